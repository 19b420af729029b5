"""People are told by mail of what happened at their account, with one link that ends all sessions (MA-5, PW-6)."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from chalicelib import scopes
from chalicelib.accounts.notice_words import WORDS
from chalicelib.accounts.provisioning import Newcomer
from chalicelib.audit.trail import Source
from chalicelib.errors import RefreshRefused, TicketRefused
from chalicelib.users.user import User, new_user
from chalicelib.wiring import Services
from cupbearer.testing import SOURCE, AppUnderTest
from tests.support import mailed
from tests.support.factor_people import Person, person
from tests.support.watching import log_in, watched

ADDRESS = "ann@example.com"
FIREFOX, CHROME = (
    "Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0",
    "Mozilla/5.0 (Windows NT 10.0) Chrome/140.0",
)
HOME, AWAY = Source(ip="192.0.2.7", user_agent=FIREFOX), Source(ip="198.51.100.9", user_agent=FIREFOX)
PHONE = replace(HOME, user_agent="Mozilla/5.0 (iPhone) Safari/605.1.15")
NEWER = replace(HOME, user_agent=FIREFOX.replace("140", "141"))


@pytest.fixture
def services(cupbearer: AppUnderTest) -> Services:
    return cupbearer.services


@pytest.fixture
def ann(cupbearer: AppUnderTest) -> Person:
    """Someone who has proven an address, and is known at home."""
    made = person(cupbearer, username="ann")
    made.log_in(HOME)
    cupbearer.services.ways_back.email_verification.set_by_operator(
        made.user_id, address=ADDRESS, source=SOURCE
    )
    made.signed_in = made.log_in(HOME)
    return made


def told(services: Services, act: Callable[[], object]) -> list[Any]:
    """What the mails say that an act causes."""
    before = [id_ for id_, _ in _lines(services)]
    act()
    return [mail for id_, mail in _lines(services) if id_ not in before and mail.kind == "notice"]


def _lines(services: Services) -> list[tuple[str, Any]]:
    return [(listed.line.line_id, listed.line.mail) for listed in services.mail.outbox.lines()]


def subject(what: str) -> str:
    return WORDS[what].subject


class TestLogIns:
    @pytest.mark.parametrize("source", [AWAY, PHONE], ids=["network", "device"])
    def test_one_from_a_new_place_is_told_once(self, services: Services, ann: Person, source: Source) -> None:
        (mail,) = told(services, lambda: ann.log_in(source))
        assert (mail.to, mail.values["subject"]) == (ADDRESS, subject("new_device"))
        assert mail.values["where"] == source.ip
        assert mail.values["device"] == ("Safari on iPhone" if source is PHONE else "Firefox on Linux")
        assert told(services, lambda: ann.log_in(source)) == []

    def test_one_from_a_known_place_is_told_to_nobody_however_often_and_after_an_update_of_the_browser(
        self, cupbearer: AppUnderTest, services: Services, ann: Person
    ) -> None:
        def act() -> None:
            for source in (HOME, NEWER, HOME):
                cupbearer.clock.advance(30 * 24 * 3600)  # no session of before is left
                ann.log_in(source)

        assert told(services, act) == []

    def test_the_first_of_an_account_is_nothing_new(
        self, cupbearer: AppUnderTest, services: Services
    ) -> None:
        wanted = new_user(username="ben", email="ben@example.com")
        newcomer, password = Newcomer(wanted, scopes.NONE, email_verified=True), "a long enough phrase"
        services.accounts.provisioning.make(newcomer, password=password, source=SOURCE)
        assert told(services, lambda: log_in(cupbearer, "ben", password, AWAY)) == []

    def test_of_who_has_proven_no_address_no_device_is_kept(
        self, cupbearer: AppUnderTest, services: Services
    ) -> None:
        ben = person(cupbearer, username="ben")
        assert told(services, lambda: [ben.log_in(source) for source in (HOME, PHONE, AWAY)]) == []
        assert services.accounts.users.require(ben.user_id).devices == ()

    def test_a_refused_one_is_told_to_nobody_and_teaches_nothing(
        self, services: Services, ann: Person
    ) -> None:
        right, ann.password = ann.password, "a wrong but long phrase"
        with pytest.raises(Exception, match="wrong"):
            ann.log_in(AWAY)
        ann.password = right
        assert len(told(services, lambda: ann.log_in(AWAY))) == 1

    def test_one_that_waits_for_a_second_factor_is_told_when_it_is_through(
        self, services: Services, ann: Person
    ) -> None:
        ann.with_totp()
        pending: list[str] = []
        assert told(services, lambda: pending.append(ann.pending(AWAY))) == []
        mails = told(services, lambda: ann.finish(pending[0], source=AWAY, totp=ann.code()))
        assert [mail.values["subject"] for mail in mails] == [subject("new_device")]

    def test_one_from_a_known_place_costs_no_request_more_than_without_mail(
        self, cupbearer: AppUnderTest, ann: Person
    ) -> None:
        cupbearer.sign_up(username="ben", name="Ben")  # who has no address
        ann.log_in(HOME)
        seen = watched(cupbearer)

        def price(username: str, password: str) -> tuple[int, tuple[int, ...]]:
            seen.line.requests, seen.line.writes = 0, []
            seen.services.authentication.log_in.with_password(
                username=username, password=password, source=HOME
            )
            return seen.line.requests, tuple(seen.line.writes)

        _, password = cupbearer.sign_up(username="cleo")
        price("cleo", password)  # known there from now on
        assert price("ann", ann.password) == price("cleo", password)


def _changed(person: Person) -> None:
    person.services.accounts.self_service.change_password(
        person.live, current=person.password, new="another long phrase", source=HOME
    )


def _set(person: Person) -> None:
    person.services.accounts.administration.set_password(
        person.user_id, new="another long phrase", source=AWAY
    )


def _app_removed(person: Person) -> None:
    person.services.second_factors.own.remove(person.live, "totp", source=HOME)


def _code_used(person: Person) -> None:
    code = person.recovery_codes()[0]
    person.finish(person.pending(HOME), source=HOME, recovery_code=code)


def _code_shown(person: Person) -> None:
    """A recovery code shown for an act, not at a log-in."""
    from chalicelib.credentials.factor_answers import FactorAnswer

    code = person.recovery_codes()[0]
    person.services.accounts.reauthentication.demand(
        person.live, password=None, answer=FactorAnswer(recovery_code=code), source=HOME
    )


def _deleted(person: Person) -> None:
    person.services.accounts.self_service.delete_own(person.live, password=person.password, source=HOME)


ACTS: dict[
    str, tuple[bool, Callable[[Person], object], list[str]]
] = {  # with an app before, the act, what is told
    "password changed": (False, _changed, ["password_changed"]),
    "password set": (False, _set, ["password_set_by_operator"]),
    "app added": (False, Person.with_totp, ["factor_added"]),
    "passkey added": (False, Person.with_passkey, ["factor_added"]),
    "app removed": (True, _app_removed, ["factor_removed"]),
    "codes made": (True, Person.recovery_codes, ["recovery_codes_made"]),
    "code used": (True, _code_used, ["recovery_codes_made", "recovery_code_used"]),
    "code shown": (True, _code_shown, ["recovery_codes_made", "recovery_code_used"]),
    "reset asked": (
        True,
        lambda it: it.services.second_factors.reset.ask(it.user_id, source=AWAY),
        ["factors_reset_asked"],
    ),
    "reset": (
        True,
        lambda it: it.services.second_factors.reset.act(it.user_id, source=AWAY),
        ["factors_reset"],
    ),
    "deleted": (False, _deleted, ["account_deleted"]),
}


class TestActs:
    @pytest.mark.parametrize("name", ACTS)
    def test_each_is_told_to_the_person_and_not_where_an_operator_sits(
        self, services: Services, ann: Person, name: str
    ) -> None:
        has_app, act, expected = ACTS[name]
        if has_app:
            ann.with_totp()
        mails = told(services, lambda: act(ann))
        assert sorted(mail.values["subject"] for mail in mails) == sorted(map(subject, expected))
        assert {mail.to for mail in mails} == {ADDRESS}
        for mail in mails:
            assert (mail.ticket is None) == (mail.values["subject"] == subject("account_deleted"))
            assert mail.values["where"] in ("", SOURCE.ip, HOME.ip)

    @pytest.mark.parametrize("name", ACTS)
    def test_who_has_proven_no_address_is_told_nothing_and_costs_no_request_more(
        self, cupbearer: AppUnderTest, services: Services, name: str
    ) -> None:
        has_app, act, _ = ACTS[name]
        ben = person(cupbearer, username="ben")
        if has_app:
            ben.with_totp()
        assert told(services, lambda: act(ben)) == []

    def test_the_mail_and_the_act_are_both_there_or_neither(
        self, cupbearer: AppUnderTest, services: Services, ann: Person
    ) -> None:
        """DL-2: the line of the outbox is a write of the act's own commit."""
        commits: list[set[str]] = []
        store = services.store
        commit = store.commit

        def seen(*writes: Any) -> None:
            from chalicelib.store import key_of

            commits.append({key_of(write).partition.partition("#")[0] for write in writes})
            commit(*writes)

        store.commit = seen  # type: ignore[method-assign]
        _changed(ann)
        assert [each for each in commits if "outbox" in each] == [each for each in commits if "user" in each]


class TestLink:
    @pytest.fixture
    def text(self, services: Services, ann: Person) -> str:
        self.thief = ann.log_in(AWAY)
        return mailed.last(services, "notice").ticket

    def test_it_ends_every_session_once(self, services: Services, ann: Person, text: str) -> None:
        notices = services.ways_back.notices
        assert notices.read(text)[1].user_id == ann.user_id
        notices.end_sessions(text, source=SOURCE)
        for token in (self.thief.refresh_token, ann.signed_in.refresh_token):
            with pytest.raises(RefreshRefused):
                services.authentication.log_in.refresh(token, source=AWAY)
        with pytest.raises(TicketRefused):
            notices.end_sessions(text, source=SOURCE)

    def test_looking_at_it_ends_nothing(self, services: Services, ann: Person, text: str) -> None:
        services.ways_back.notices.read(text)
        services.authentication.log_in.refresh(self.thief.refresh_token, source=AWAY)

    def test_it_is_good_for_a_week(
        self, cupbearer: AppUnderTest, services: Services, ann: Person, text: str
    ) -> None:
        cupbearer.clock.advance(7 * 24 * 3600)
        with pytest.raises(TicketRefused):
            services.ways_back.notices.end_sessions(text, source=SOURCE)


@pytest.mark.parametrize("what", WORDS)
def test_every_notice_can_be_rendered_and_says_what_to_do(
    cupbearer: AppUnderTest, services: Services, ann: Person, what: str
) -> None:
    user: User = services.accounts.users.require(ann.user_id)
    facts = {
        "factor": "A passkey (<b>Laptop</b>\r\nBcc: eve@example.com)",
        "until": "15 Jan 2027, 08:00 UTC",
        "provider": "Google",
    }
    services.store.commit(*services.ways_back.notices.telling(user, what, source=HOME, **facts))
    sent: list[Any] = []

    class Sink:
        def send(self, mail: Any) -> None:
            sent.append(mail)

    services.mail.__dict__["sender"] = Sink()
    services.mail.outbox.deliver_due()
    mail = sent[-1]
    assert "{" not in mail.text + mail.subject
    assert "Firefox on Linux" in mail.text
    assert "<b>" not in mail.html
    assert b"\nBcc:" not in mail.octets
    assert ("/end-sessions?ticket=" in mail.text) == WORDS[what].has_link
