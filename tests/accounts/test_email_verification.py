"""An address is proven by a link or a code, is unique from then on, and logs in (ST-1, MA-6, PW-7, TH-1, TH-6)."""

from dataclasses import replace

import pytest

from chalicelib.audit.trail import Source
from chalicelib.errors import Invalid, NotFound, SlowDown, Taken, TicketRefused
from chalicelib.sessions.session import LiveSession
from chalicelib.users.user import User
from chalicelib.wiring import Services
from cupbearer.testing import SOURCE, AppUnderTest
from tests.support import mailed
from tests.support.overtaken import overtaken
from tests.support.watching import log_in

ADDRESS = "ann@example.com"
NEW = "new@example.com"
WEEK = 7 * 86_400


@pytest.fixture
def services(cupbearer: AppUnderTest) -> Services:
    return cupbearer.services


def person(under_test: AppUnderTest, username: str, email: str | None = None) -> LiveSession:
    """A person who is logged in, with an address that is not proven."""
    signed_in, _ = under_test.sign_up(username=username)
    services = under_test.services
    services.accounts.users.change(signed_in.user.user_id, lambda user: replace(user, email=email))
    return services.authentication.sessions.require_live(signed_in.user.user_id, signed_in.session_id)


@pytest.fixture
def ann(cupbearer: AppUnderTest) -> LiveSession:
    return person(cupbearer, "ann", ADDRESS)


def asked(services: Services, acting: LiveSession, address: str | None = None) -> mailed.Received:
    """Return the mail that was sent: to the new address, or to the one that stands there."""

    def ask() -> None:
        services.ways_back.email_verification.ask(acting, address=address, source=SOURCE)

    (mail,) = mailed.caused(services, ask)
    return mail


def verify(services: Services, text: str) -> User:
    return services.ways_back.email_verification.verify(text, source=SOURCE)


def by_code(services: Services, acting: LiveSession, typed: str, source: Source = SOURCE) -> User:
    return services.ways_back.email_verification.verify_code(acting, typed, source=source)


def undo(services: Services, text: str) -> str:
    return services.ways_back.change_of_address.undo(text, source=SOURCE)


def now(services: Services, acting: LiveSession) -> User:
    return services.accounts.users.require(acting.user.user_id)


class TestProof:
    def test_the_link_proves_the_address_which_is_a_log_in_name_then(
        self, services: Services, ann: LiveSession
    ) -> None:
        received = asked(services, ann)
        assert received.mail.to == ADDRESS
        assert services.accounts.users.find(ADDRESS) is None
        assert verify(services, received.ticket).email_verified
        found = services.accounts.users.find("ANN@example.com")
        assert found
        assert found.user_id == ann.user.user_id
        assert services.accounts.addresses.claimed_by(ADDRESS)[0] == ()

    def test_so_does_the_code(self, services: Services, ann: LiveSession) -> None:
        assert by_code(services, ann, asked(services, ann).code.lower()).email_verified

    def test_it_is_written_down(self, services: Services, ann: LiveSession) -> None:
        """LG-1."""
        verify(services, asked(services, ann).ticket)
        events, _ = services.audit.of(ann.user.user_id)
        assert {"email_verification_asked", "email_verified"} <= {event.event for event in events}

    def test_link_and_code_are_one_ticket_which_is_used_once(
        self, services: Services, ann: LiveSession
    ) -> None:
        received = asked(services, ann)
        by_code(services, ann, received.code)
        with pytest.raises(TicketRefused):
            verify(services, received.ticket)

    def test_a_code_is_for_the_person_who_asked(
        self, cupbearer: AppUnderTest, services: Services, ann: LiveSession
    ) -> None:
        ben = person(cupbearer, "ben", "ben@example.com")
        asked(services, ben)
        with pytest.raises(Invalid):
            by_code(services, ben, asked(services, ann).code)
        assert not now(services, ben).email_verified

    def test_a_newer_one_another_password_and_its_day_end_it(
        self, cupbearer: AppUnderTest, services: Services, ann: LiveSession
    ) -> None:
        """PW-7."""
        older, newer = asked(services, ann).ticket, asked(services, ann).ticket
        with pytest.raises(TicketRefused):
            verify(services, older)
        services.accounts.administration.set_password(ann.user.user_id, new="by the operator", source=SOURCE)
        with pytest.raises(TicketRefused):
            verify(services, newer)
        again = replace(ann, user=now(services, ann))
        text = asked(services, again).ticket
        cupbearer.clock.advance(86_400)
        with pytest.raises(TicketRefused):
            verify(services, text)
        assert not now(services, ann).email_verified

    def test_two_accounts_prove_one_address_and_the_second_is_told_plainly(
        self, cupbearer: AppUnderTest, services: Services, ann: LiveSession
    ) -> None:
        """ST-1, FD-3."""
        ben = person(cupbearer, "ben", "Ann@example.com")
        one, other = asked(services, ann), asked(services, ben)
        verify(services, one.ticket)
        with pytest.raises(Taken) as refused:
            verify(services, other.ticket)
        assert refused.value.public_code == "email_taken"
        assert not now(services, ben).email_verified

    def test_and_where_the_other_is_quicker_by_a_moment(
        self, cupbearer: AppUnderTest, services: Services, ann: LiveSession
    ) -> None:
        ben = person(cupbearer, "ben", ADDRESS)
        one, other = asked(services, ann).ticket, asked(services, ben).ticket
        with pytest.raises(Taken):
            verify(overtaken(services, lambda: verify(services, one)), other)
        found = services.accounts.users.find(ADDRESS)
        assert found
        assert found.username == "ann"

    def test_wrong_codes_are_counted_by_account_and_the_link_stays_open(
        self, services: Services, ann: LiveSession
    ) -> None:
        """TH-1, TH-5: a new mail brings no new guesses."""
        for turn in range(10):
            if turn == 5:
                asked(services, ann)
            with pytest.raises(Invalid) as refused:
                by_code(services, ann, "000000")
            assert refused.value.public_code == "wrong_code"
        received = asked(services, ann)
        with pytest.raises(SlowDown):
            by_code(services, ann, received.code)
        assert verify(services, received.ticket).email_verified

    def test_mails_to_one_address_and_of_one_account_are_capped_and_the_person_is_told(
        self, cupbearer: AppUnderTest, services: Services, ann: LiveSession
    ) -> None:
        """TH-6."""
        for _ in range(5):
            asked(services, ann)
        with pytest.raises(SlowDown):
            asked(services, ann)
        ben = person(cupbearer, "ben")
        for number in range(20):
            asked(services, ben, f"stranger{number}@example.com")
        with pytest.raises(SlowDown):
            asked(services, ben, "one-more@example.com")

    def test_mails_that_one_network_causes_are_capped_whoever_asks_for_whatever(
        self, services: Services, ann: LiveSession
    ) -> None:
        """TH-6."""
        away = Source(ip="192.0.2.7")
        for number in range(60):
            services.ways_back.password_reset.ask(f"nobody-{number}", source=away)
        with pytest.raises(SlowDown):
            services.ways_back.email_verification.ask(ann, source=away)
        asked(services, ann)

    @pytest.mark.parametrize("email", [None, ADDRESS])
    def test_nothing_to_prove_is_said_plainly(
        self, cupbearer: AppUnderTest, services: Services, email: str | None
    ) -> None:
        acting = person(cupbearer, "cleo", email)
        if email:
            verify(services, asked(services, acting).ticket)
        acting = replace(acting, user=now(services, acting))
        with pytest.raises(Invalid):
            asked(services, acting)
        with pytest.raises(Invalid):
            asked(services, acting, email or "not an address")


class TestChange:
    @pytest.fixture
    def verified(self, services: Services, ann: LiveSession) -> LiveSession:
        verify(services, asked(services, ann).ticket)
        return replace(ann, user=now(services, ann))

    def changed(self, services: Services, acting: LiveSession, address: str = NEW) -> LiveSession:
        verify(services, asked(services, acting, address).ticket)
        return replace(acting, user=now(services, acting))

    def undo_of(self, services: Services, old: str = ADDRESS) -> str:
        return mailed.last(services, "address_changed", old).ticket

    def test_the_old_one_stays_until_the_new_one_is_proven(
        self, services: Services, verified: LiveSession
    ) -> None:
        received = asked(services, verified, NEW)
        assert received.mail.to == NEW
        assert (now(services, verified).email, now(services, verified).email_verified) == (ADDRESS, True)
        assert asked(services, verified).mail.to == NEW  # sent again, without naming it
        user = verify(services, mailed.last(services, "verify_address").ticket)
        assert (user.email, user.email_verified) == (NEW, True)
        assert services.accounts.users.find(ADDRESS) is None
        assert services.accounts.users.find(NEW)

    def test_that_it_is_anothers_is_told_by_its_proof_alone(
        self, cupbearer: AppUnderTest, services: Services, verified: LiveSession
    ) -> None:
        """EN-3: the wish of anybody's address is answered alike, so who cannot read the mailbox learns nothing."""
        mailed.with_address(cupbearer, "ben", "ben@example.com")
        text = asked(services, verified, "ben@example.com").ticket
        with pytest.raises(Taken):
            verify(services, text)
        assert now(services, verified).email == ADDRESS

    def test_a_change_that_was_begun_ends_with_the_sessions_and_is_not_sent_again(
        self, services: Services, verified: LiveSession
    ) -> None:
        """MF-3: a thief's wish does not outlive the password."""
        text = asked(services, verified, NEW).ticket
        services.accounts.administration.set_password(
            verified.user.user_id, new="by the operator", source=SOURCE
        )
        with pytest.raises(TicketRefused):
            verify(services, text)
        acting = replace(verified, user=now(services, verified))
        with pytest.raises(Invalid):
            asked(services, acting)

    def test_the_old_one_is_told_and_undoes_it_for_a_week(
        self, cupbearer: AppUnderTest, services: Services, verified: LiveSession
    ) -> None:
        self.changed(services, verified)
        received = mailed.last(services, "address_changed")
        assert (received.mail.to, received.mail.values["new"]) == (ADDRESS, NEW)
        cupbearer.clock.advance(WEEK - 1)
        undo(services, received.ticket)
        user = now(services, verified)
        assert (user.email, user.email_verified, user.password) == (ADDRESS, True, None)
        assert services.accounts.users.find(NEW) is None

    def test_after_a_week_it_stays(
        self, cupbearer: AppUnderTest, services: Services, verified: LiveSession
    ) -> None:
        self.changed(services, verified)
        text = self.undo_of(services)
        cupbearer.clock.advance(WEEK)
        with pytest.raises(TicketRefused):
            undo(services, text)

    def test_undoing_ends_every_session_and_leads_to_a_new_password(
        self, cupbearer: AppUnderTest, services: Services, verified: LiveSession
    ) -> None:
        self.changed(services, verified)
        text = undo(services, self.undo_of(services))
        sessions = services.authentication.sessions
        assert sessions.find_live(verified.user.user_id, verified.session.session_id) is None
        services.ways_back.password_reset.set_password(text, new="another long phrase", source=SOURCE)
        assert log_in(cupbearer, ADDRESS, "another long phrase")

    def test_it_outlives_the_password_that_a_thief_changes(
        self, services: Services, verified: LiveSession
    ) -> None:
        self.changed(services, verified)
        services.accounts.administration.set_password(
            verified.user.user_id, new="of the thief", source=SOURCE
        )
        undo(services, self.undo_of(services))

    def test_it_is_undone_once(self, services: Services, verified: LiveSession) -> None:
        self.changed(services, verified)
        text = self.undo_of(services)
        undo(services, text)
        with pytest.raises(TicketRefused):
            undo(services, text)

    def test_an_undoing_takes_back_every_later_change_and_none_of_those_undoes_it(
        self, services: Services, verified: LiveSession
    ) -> None:
        """The second address of a thief, who changed twice, gets nothing back."""
        acting = self.changed(services, verified)
        self.changed(services, acting, "newer@example.com")
        first, second = self.undo_of(services), self.undo_of(services, NEW)
        undo(services, first)
        with pytest.raises(TicketRefused):
            undo(services, second)
        assert now(services, verified).email == ADDRESS

    def test_undoing_a_later_change_leaves_the_earlier_one_to_be_undone(
        self, services: Services, verified: LiveSession
    ) -> None:
        acting = self.changed(services, verified)
        self.changed(services, acting, "newer@example.com")
        undo(services, self.undo_of(services, NEW))
        assert now(services, verified).email == NEW
        undo(services, self.undo_of(services))
        assert now(services, verified).email == ADDRESS

    def test_a_change_that_comes_between_is_undone_too(
        self, services: Services, verified: LiveSession
    ) -> None:
        """Without luck: the thief's second change is quicker than the commit."""
        acting = self.changed(services, verified)
        text, by_thief = self.undo_of(services), []

        def change() -> None:
            self.changed(services, acting, "newer@example.com")
            by_thief.append(self.undo_of(services, NEW))

        undo(overtaken(services, change), text)
        assert now(services, verified).email == ADDRESS
        with pytest.raises(TicketRefused):
            undo(services, by_thief[0])

    def test_an_address_that_another_account_has_proven_meanwhile_is_not_taken_back(
        self, cupbearer: AppUnderTest, services: Services, verified: LiveSession
    ) -> None:
        self.changed(services, verified)
        text = self.undo_of(services)
        mailed.with_address(cupbearer, "ben", ADDRESS)
        with pytest.raises(Taken) as refused:
            undo(services, text)
        assert refused.value.public_code == "email_taken"


class TestOperator:
    def verify(self, services: Services, user_id: str, address: str | None = None) -> User:
        return services.ways_back.email_verification.set_by_operator(user_id, address=address, source=SOURCE)

    def test_one_is_taken_as_proven_and_written_down(self, services: Services, ann: LiveSession) -> None:
        assert self.verify(services, ann.user.user_id).email_verified
        events, _ = services.audit.of(ann.user.user_id)
        assert ("email_verified", "operator") in {(event.event, event.actor) for event in events}

    def test_another_is_set_and_the_old_one_told(self, services: Services, ann: LiveSession) -> None:
        self.verify(services, ann.user.user_id)
        assert self.verify(services, ann.user.user_id, NEW).email == NEW
        assert mailed.last(services, "address_changed").mail.to == ADDRESS

    def test_what_cannot_be_is_refused(
        self, cupbearer: AppUnderTest, services: Services, ann: LiveSession
    ) -> None:
        with pytest.raises(Invalid):
            self.verify(services, person(cupbearer, "ben").user.user_id)
        with pytest.raises(Invalid):
            self.verify(services, ann.user.user_id, "no address")
        with pytest.raises(NotFound):
            self.verify(services, "a" * 26)
        self.verify(services, ann.user.user_id)
        with pytest.raises(Taken):
            self.verify(services, person(cupbearer, "cleo").user.user_id, ADDRESS)
