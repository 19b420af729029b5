"""A forgotten password: the same for all until the mail is read, then one act by one ticket (PW-7, EN-3, IN-3, TH-5)."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace

import pytest

from chalicelib.audit.trail import Source
from chalicelib.errors import Invalid, InvalidCredentials, RefreshRefused, SlowDown, TicketRefused
from chalicelib.users.user import User
from chalicelib.wiring import Services
from cupbearer.testing import SOURCE, AppUnderTest
from tests.support import mailed
from tests.support.overtaken import overtaken
from tests.support.watching import AWAY, log_in, watched

NEW = "another long phrase"
ADDRESS = "ann@example.com"

Change = Callable[[User], User]


@pytest.fixture
def services(cupbearer: AppUnderTest) -> Services:
    return cupbearer.services


@pytest.fixture
def ann(cupbearer: AppUnderTest) -> User:
    return mailed.with_address(cupbearer, "ann", ADDRESS)[0]


def ask(services: Services, login: str = "ann", source: Source = SOURCE) -> None:
    services.ways_back.password_reset.ask(login, source=source)


def asked(services: Services, login: str = "ann") -> str:
    """Return the text of the ticket that was mailed."""
    ask(services, login)
    return mailed.last(services, "reset_password").ticket


def reset(services: Services, text: str, new: str = NEW) -> User:
    return services.ways_back.password_reset.set_password(text, new=new, source=SOURCE)


def change(services: Services, user: User, how: Change) -> None:
    services.accounts.users.change(user.user_id, how)


class TestAsking:
    @pytest.mark.parametrize("login", ["ann", "ANN", ADDRESS, "Ann@EXAMPLE.com"])
    def test_the_mail_goes_to_the_stored_address_whatever_was_typed(
        self, services: Services, ann: User, login: str
    ) -> None:
        """IN-3."""
        ask(services, login)
        assert [each.mail.to for each in mailed.mails(services)] == [ADDRESS]

    @pytest.mark.parametrize("typed", ["ann@ex\u0430mple.com", "\u0430nn@example.com", "ann@example.com\n"])
    def test_an_address_that_looks_the_same_is_written_to_by_nobody(
        self, services: Services, ann: User, typed: str
    ) -> None:
        """IN-3, IN-4: CVE-2019-19844."""
        with suppress(Invalid):
            ask(services, typed)
        assert mailed.mails(services) == []

    @pytest.mark.parametrize(
        "how",
        [
            lambda user: replace(user, email_verified=False),
            lambda user: replace(user, disabled_by_operator=True),
            lambda user: replace(user, email=None, email_verified=False),
        ],
        ids=["unverified", "disabled", "no address"],
    )
    def test_only_a_proven_address_of_an_account_in_force_is_written_to(
        self, services: Services, ann: User, how: Change
    ) -> None:
        change(services, ann, how)
        ask(services)
        ask(services, ADDRESS)
        assert mailed.mails(services) == []

    def test_who_asks_is_told_nothing_and_each_costs_the_same(
        self, cupbearer: AppUnderTest, services: Services, ann: User
    ) -> None:
        """EN-3, M4: the same requests, with as many writes in them, and one delivery; once and again and past the cap."""
        mailed.with_address(cupbearer, "ben", "ben@example.com")
        change(
            services,
            services.accounts.users.find("ben") or ann,
            lambda user: replace(user, disabled_by_operator=True),
        )
        cupbearer.sign_up(username="cleo")
        seen, called = watched(cupbearer), list[object]()
        seen.services.mail.courier = called.append
        found = set()
        for login in ("ann", ADDRESS, "ben", "cleo", "nobody", "nobody@example.com"):
            prices = []
            for _ in range(7):
                seen.line.requests, seen.line.writes = 0, []
                called.clear()
                ask(seen.services, login, AWAY)
                prices.append((seen.line.requests, tuple(seen.line.writes), len(called)))
            found.add(tuple(prices))
        assert len(found) == 1
        assert {delivered for prices in found for *_, delivered in prices} == {1}

    def test_a_network_that_asks_too_often_is_told_so(self, services: Services, ann: User) -> None:
        """TH-6."""
        for number in range(60):
            ask(services, f"nobody-{number}", AWAY)
        with pytest.raises(SlowDown):
            ask(services, "ann", AWAY)
        ask(services, "ann", Source(ip="198.51.100.1"))

    def test_an_address_gets_so_many_an_hour_and_the_last_stays_good(
        self, cupbearer: AppUnderTest, services: Services, ann: User
    ) -> None:
        """TH-6, TH-5: by whichever name, and no stranger cuts its owner off."""
        texts = [asked(services, login) for login in ("ann", ADDRESS, "ann", ADDRESS, "ann", "ann", ADDRESS)]
        assert len(mailed.lines(services)) == len(texts)
        assert len(set(texts)) == len({text for text in texts if text}) == 5
        reset(services, texts[-1])
        cupbearer.clock.advance(3600)
        assert asked(services) not in texts

    def test_no_stranger_keeps_an_owner_from_mail_for_a_day(
        self, cupbearer: AppUnderTest, services: Services, ann: User
    ) -> None:
        """TH-5."""
        for _ in range(12):
            for _ in range(8):
                ask(services)
            cupbearer.clock.advance(3600)
        assert asked(services)

    def test_it_is_written_down_for_the_person(self, services: Services, ann: User) -> None:
        """LG-1."""
        ask(services)
        events, _ = services.audit.of(ann.user_id)
        assert "password_reset_asked" in {event.event for event in events}


class TestSetting:
    def test_the_new_password_logs_in_and_the_old_one_does_not(
        self, cupbearer: AppUnderTest, services: Services
    ) -> None:
        _, old = mailed.with_address(cupbearer, "ann", ADDRESS)
        reset(services, asked(services))
        assert log_in(cupbearer, "ann", NEW)
        with pytest.raises(InvalidCredentials):
            log_in(cupbearer, "ann", old)

    def test_every_session_ends(self, cupbearer: AppUnderTest, services: Services) -> None:
        """SE-6."""
        _, password = mailed.with_address(cupbearer, "ann", ADDRESS)
        before = log_in(cupbearer, "ann", password)
        reset(services, asked(services))
        with pytest.raises(RefreshRefused) as refused:
            services.authentication.log_in.refresh(before.refresh_token, source=SOURCE)
        assert refused.value.reason == "password_changed"

    def test_the_address_is_told_and_the_trail_knows(self, services: Services, ann: User) -> None:
        reset(services, asked(services))
        notice = mailed.last(services, "notice")
        assert notice.mail.to == ADDRESS
        assert notice.mail.values["subject"] == "Your password was changed"
        events, _ = services.audit.of(ann.user_id)
        assert ("password_changed", "reset") in {(event.event, event.detail.get("how")) for event in events}

    def test_the_link_of_that_notice_ends_all_sessions_once(
        self, cupbearer: AppUnderTest, services: Services, ann: User
    ) -> None:
        reset(services, asked(services))
        thief = log_in(cupbearer, "ann", NEW)
        text = mailed.last(services, "notice").ticket
        services.ways_back.notices.end_sessions(text, source=SOURCE)
        with pytest.raises(RefreshRefused):
            services.authentication.log_in.refresh(thief.refresh_token, source=SOURCE)
        with pytest.raises(TicketRefused):
            services.ways_back.notices.end_sessions(text, source=SOURCE)

    def test_an_address_given_up_in_the_last_week_is_told_as_well(
        self, cupbearer: AppUnderTest, services: Services, ann: User
    ) -> None:
        services.ways_back.email_verification.set_by_operator(
            ann.user_id, address="new@example.com", source=SOURCE
        )
        reset(services, asked(services))
        notices = {each.mail.to for each in mailed.mails(services) if each.mail.kind == "notice"}
        assert notices == {ADDRESS, "new@example.com"}
        cupbearer.clock.advance(8 * 86_400)
        reset(services, asked(services), "yet another long phrase")
        assert mailed.last(services, "notice").mail.to == "new@example.com"
        assert len([each for each in mailed.lines(services) if each.kind == "notice"]) == 3

    def test_a_weak_password_is_refused_and_the_link_stays_good(self, services: Services, ann: User) -> None:
        """PW-5."""
        text = asked(services)
        for weak in ("short", "ann@example.com", "password1"):
            with pytest.raises(Invalid):
                reset(services, text, weak)
        reset(services, text)

    def test_who_has_no_password_gets_one(
        self, cupbearer: AppUnderTest, services: Services, ann: User
    ) -> None:
        change(services, ann, lambda user: replace(user, password=None))
        reset(services, asked(services))
        assert log_in(cupbearer, "ann", NEW)

    def test_it_lifts_the_lock_that_strangers_made(self, cupbearer: AppUnderTest, services: Services) -> None:
        """TH-5: on the owner's new network too."""
        mailed.with_address(cupbearer, "ann", ADDRESS)
        for _ in range(12):
            for network in ("192.0.2.7", "198.51.100.9"):
                with pytest.raises((InvalidCredentials, SlowDown)):
                    log_in(cupbearer, "ann", "a wrong but long phrase", Source(ip=network))
        home = Source(ip="198.51.100.9")
        services.ways_back.password_reset.set_password(asked(services), new=NEW, source=home)
        assert log_in(cupbearer, "ann", NEW, home)


class TestATicketEnds:
    @pytest.fixture
    def text(self, services: Services, ann: User) -> str:
        return asked(services)

    def refused(self, services: Services, text: str) -> None:
        password = services.accounts.users.require(self.user_id(services)).password
        with pytest.raises(TicketRefused):
            services.ways_back.password_reset.read(text)
        with pytest.raises(TicketRefused):
            reset(services, text)
        assert services.accounts.users.require(self.user_id(services)).password == password

    def user_id(self, services: Services) -> str:
        user = services.accounts.users.find("ann")
        assert user
        return user.user_id

    def test_with_its_use(self, services: Services, text: str) -> None:
        reset(services, text)
        self.refused(services, text)

    def test_with_a_newer_one_by_either_name(self, services: Services, text: str) -> None:
        assert asked(services, ADDRESS) != text
        self.refused(services, text)

    def test_after_half_an_hour(self, cupbearer: AppUnderTest, services: Services, text: str) -> None:
        cupbearer.clock.advance(30 * 60)
        self.refused(services, text)

    def test_with_a_new_password(self, services: Services, ann: User, text: str) -> None:
        services.accounts.administration.set_password(ann.user_id, new="by the operator", source=SOURCE)
        self.refused(services, text)

    def test_with_the_end_of_all_sessions(self, services: Services, ann: User, text: str) -> None:
        services.accounts.administration.end_session(ann.user_id, None, source=SOURCE)
        self.refused(services, text)

    def test_with_another_address(self, services: Services, ann: User, text: str) -> None:
        services.ways_back.email_verification.set_by_operator(
            ann.user_id, address="new@example.com", source=SOURCE
        )
        self.refused(services, text)

    def test_with_the_proof_of_the_address(self, services: Services, ann: User, text: str) -> None:
        change(services, ann, lambda user: replace(user, email_verified=False))
        self.refused(services, text)

    def test_while_the_account_is_disabled(self, services: Services, ann: User, text: str) -> None:
        services.accounts.administration.administer(ann.user_id, disabled=True, source=SOURCE)
        self.refused(services, text)
        services.accounts.administration.administer(ann.user_id, disabled=False, source=SOURCE)
        self.refused(services, text)

    @pytest.mark.parametrize("kind", ["verify_address", "log_in", "address_changed", "notice"], ids=str)
    def test_and_none_of_another_kind_is_one(self, services: Services, ann: User, kind: str) -> None:
        """TK-7."""
        ways = services.ways_back
        ways.email_log_in.ask(ADDRESS, browser="b", source=SOURCE)
        services.store.commit(*ways.email_verification.beginning(ann, ADDRESS))
        services.store.commit(*ways.notices.telling(ann, "password_changed", to=ADDRESS, source=SOURCE))
        changed = replace(ann, email="new@example.com")
        services.store.commit(*ways.change_of_address.telling_old(ann, changed, source=SOURCE))
        self.refused(services, mailed.last(services, kind, ADDRESS).ticket)

    def test_when_the_password_changes_while_it_is_used(
        self, services: Services, ann: User, text: str
    ) -> None:
        """Without luck: between the look at the ticket and the commit."""

        def by_another() -> None:
            services.accounts.administration.set_password(ann.user_id, new="by the operator", source=SOURCE)

        with pytest.raises(TicketRefused):
            reset(overtaken(services, by_another), text)
        user = services.accounts.users.require(ann.user_id)
        assert services.credentials.passwords.verify("by the operator", user.password).ok

    def test_but_not_when_the_account_changes_in_something_else(
        self, cupbearer: AppUnderTest, services: Services, ann: User, text: str
    ) -> None:
        def renamed() -> None:
            services.accounts.administration.administer(ann.user_id, name="Anna", source=SOURCE)

        reset(overtaken(services, renamed), text)
        assert log_in(cupbearer, "ann", NEW).user.name == "Anna"
