"""Deletion with a grace: closed at once, taken back by a log-in, and gone by itself (docs/decisions/0084)."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

import pytest

from chalicelib.audit.trail import Source
from chalicelib.errors import Invalid, InvalidCredentials, InvalidToken, NotAllowed, RefreshRefused, Taken
from chalicelib.oauth.client_rules import Registration
from chalicelib.oauth.consents import Wanted
from chalicelib.store import Insert, Key, owned_partitions
from chalicelib.users.account_refusals import AccountClosed
from chalicelib.users.user import login_key, profile_key
from chalicelib.wiring import Services
from cupbearer.testing import SOURCE, AppUnderTest
from tests.support import mailed
from tests.support.factor_people import Person, person

DAYS = 7
DAY = 24 * 3600
ADDRESS = "ann@example.com"
OPERATOR = Source(ip="198.51.100.9", user_agent="an operator")


@pytest.fixture
def cupbearer_settings() -> dict[str, str]:
    return {"CUPBEARER_DELETION_GRACE_DAYS": str(DAYS)}


@pytest.fixture
def services(cupbearer: AppUnderTest) -> Services:
    return cupbearer.services


@pytest.fixture
def ann(cupbearer: AppUnderTest) -> Person:
    """Somebody of whom everything is kept that can be: an address, factors, a consent."""
    made = person(cupbearer, username="ann")
    services = cupbearer.services
    services.ways_back.email_verification.set_by_operator(made.user_id, address=ADDRESS, source=SOURCE)
    wanted = Registration(name="an app", redirect_uris=("https://app.example/cb",))
    app, _ = services.oauth.clients.create(wanted, source=SOURCE)
    _, giving = services.oauth.consents.giving(made.user_id, Wanted(app, frozenset()), source=SOURCE)
    services.store.commit(*giving)
    return made


def close(ann: Person) -> int:
    deletes_at = ann.services.accounts.self_service.delete_own(ann.live, password=ann.password, source=SOURCE)
    assert deletes_at is not None
    return int(deletes_at)


def refused(ann: Person) -> AccountClosed:
    with pytest.raises(AccountClosed) as caught:
        ann.log_in()
    return caught.value


def take_back(ann: Person) -> None:
    ann.services.accounts.deletion.take_back(refused(ann).restore_token, source=SOURCE)


class TestClosing:
    def test_it_ends_every_session_at_once_and_opens_nothing(self, services: Services, ann: Person) -> None:
        """SE-6."""
        live, elsewhere = ann.live, ann.log_in()
        close(ann)
        with pytest.raises(InvalidToken):
            services.authentication.sessions.require_live(ann.user_id, live.session.session_id)
        with pytest.raises(RefreshRefused, match="disabled"):
            services.authentication.log_in.refresh(elsewhere.refresh_token, source=SOURCE)

    def test_a_log_in_says_until_when_and_only_to_who_proves_the_password(
        self, cupbearer: AppUnderTest, ann: Person
    ) -> None:
        """EN-1."""
        until = close(ann)
        assert until == cupbearer.clock.now + DAYS * DAY
        assert refused(ann).deletes_at == until
        ann.password = "a wrong but long phrase"
        with pytest.raises(InvalidCredentials):
            ann.log_in()

    def test_of_who_has_a_second_factor_it_is_shown_before_anything_is_said(self, ann: Person) -> None:
        """MF-2."""
        ann.with_totp()
        _close_with_code(ann)
        pending = ann.pending()
        with pytest.raises(AccountClosed):
            ann.finish(pending, totp=ann.next_code())

    def test_the_names_stay_taken(self, cupbearer: AppUnderTest, services: Services, ann: Person) -> None:
        close(ann)
        with pytest.raises(Taken):
            cupbearer.sign_up(username="ann")
        ben, _ = cupbearer.sign_up(username="ben")
        with pytest.raises(Taken):
            services.ways_back.email_verification.set_by_operator(
                ben.user.user_id, address=ADDRESS, source=SOURCE
            )

    def test_the_person_is_told_until_when(self, services: Services, ann: Person) -> None:
        close(ann)
        mail = mailed.last(services, "notice", ADDRESS).mail
        assert mail.values["subject"] == "Your account is closed"
        assert "22 Jan 2027" in mail.values["what"]

    def test_what_an_operator_does_is_told_and_not_from_where(
        self, cupbearer: AppUnderTest, services: Services, ann: Person
    ) -> None:
        deletion, values = services.accounts.deletion, []
        for act in (deletion.delete, deletion.undelete, partial(deletion.delete, at_once=True)):
            cupbearer.clock.advance(1)
            act(ann.user_id, source=OPERATOR)
            values.append(mailed.mails(services, ADDRESS)[-1].mail.values)
        assert [each["subject"] for each in values] == [
            "Your account is closed",
            "Your account is open again",
            "Your account was deleted",
        ]
        assert "Whoever runs this service closed" in values[0]["what"]
        assert {(each["where"], each["device"]) for each in values} == {("", "")}

    def test_the_last_operator_cannot_be_closed(self, cupbearer: AppUnderTest) -> None:
        boss = person(cupbearer, username="boss", granted=["users:write"])
        with pytest.raises(NotAllowed, match="last account"):
            close(boss)

    def test_closing_again_prolongs_nothing(
        self, cupbearer: AppUnderTest, services: Services, ann: Person
    ) -> None:
        until = close(ann)
        cupbearer.clock.advance(DAY)
        assert services.accounts.deletion.delete(ann.user_id, source=OPERATOR) == until


def _close_with_code(ann: Person) -> None:
    from chalicelib.credentials.factor_answers import FactorAnswer

    ann.services.accounts.self_service.delete_own(
        ann.live, password=None, answer=FactorAnswer(totp=ann.code()), source=SOURCE
    )


class TestGoing:
    def test_when_the_grace_is_over_nothing_of_it_is_left_and_nobody_had_to_act(
        self, cupbearer: AppUnderTest, services: Services, ann: Person
    ) -> None:
        """Whatever belongs to the person, but for the trail, is absent at that very second."""
        ann.with_passkey()
        ann.recovery_codes()
        services.accounts.deletion.delete(ann.user_id, source=OPERATOR)
        cupbearer.clock.advance(DAYS * DAY - 1)
        assert services.accounts.users.get(ann.user_id) is not None
        cupbearer.clock.advance(1)
        for kind in owned_partitions.KINDS:
            records = services.store.list(owned_partitions.partition_of(kind, ann.user_id)).records
            assert [each for each in records if not each.key.sort.startswith("session#")] == []
        keys = (profile_key(ann.user_id), login_key("ann"), login_key(ADDRESS))
        assert services.store.get(*keys) == (None, None, None)
        users, _ = services.accounts.users.listed()
        assert [user.username for user in users] == []

    @pytest.mark.parametrize("is_cut_short", [False, True])
    def test_of_more_than_a_commit_holds_nothing_is_left_either(
        self, cupbearer: AppUnderTest, services: Services, ann: Person, is_cut_short: bool
    ) -> None:
        """Also where the process died after the first commit, and the account is deleted again."""
        if is_cut_short:
            services.accounts.deletion.delete(ann.user_id, source=OPERATOR)
        partition = _many_consents(services, ann)
        services.accounts.deletion.delete(ann.user_id, source=OPERATOR)
        assert len(services.store.list(partition, limit=1000).records) > 120
        cupbearer.clock.advance(DAYS * DAY)
        assert services.store.list(partition, limit=1000).records == ()

    def test_the_user_name_and_the_address_are_free_then_and_the_id_is_anothers_never(
        self, cupbearer: AppUnderTest, services: Services, ann: Person
    ) -> None:
        """DL-3."""
        close(ann)
        cupbearer.clock.advance(DAYS * DAY)
        another, _ = cupbearer.sign_up(username="ann")
        services.ways_back.email_verification.set_by_operator(
            another.user.user_id, address=ADDRESS, source=SOURCE
        )
        assert another.user.user_id != ann.user_id

    def test_a_log_in_is_refused_as_of_nobody(self, cupbearer: AppUnderTest, ann: Person) -> None:
        close(ann)
        token = refused(ann).restore_token
        cupbearer.clock.advance(DAYS * DAY)
        with pytest.raises(InvalidCredentials):
            ann.log_in()
        with pytest.raises(Invalid):
            ann.services.accounts.deletion.take_back(token, source=SOURCE)

    def test_a_factor_shown_meanwhile_is_kept_no_longer_than_the_account(
        self, cupbearer: AppUnderTest, services: Services, ann: Person
    ) -> None:
        ann.with_totp()
        _close_with_code(ann)
        with pytest.raises(AccountClosed):
            ann.finish(ann.pending(), totp=ann.next_code())
        cupbearer.clock.advance(DAYS * DAY)
        left = services.authentication.sessions.read_account(ann.user_id)
        assert (left.user, left.others) == (None, ())

    def test_what_an_operator_changes_meanwhile_prolongs_nothing(
        self, cupbearer: AppUnderTest, services: Services, ann: Person
    ) -> None:
        close(ann)
        services.accounts.administration.administer(ann.user_id, name="Anna", source=OPERATOR)
        services.ways_back.email_verification.set_by_operator(
            ann.user_id, address="anna@example.com", source=OPERATOR
        )
        cupbearer.clock.advance(DAYS * DAY)
        keys = (profile_key(ann.user_id), login_key("ann"), login_key("anna@example.com"))
        assert services.store.get(*keys) == (None, None, None)
        assert services.accounts.users.listed()[0] == ()


class TestTakingBack:
    def test_of_more_than_a_commit_holds_everything_stays_too(
        self, cupbearer: AppUnderTest, services: Services, ann: Person
    ) -> None:
        _many_consents(services, ann)
        before = _kept(services, ann)
        close(ann)
        take_back(ann)
        cupbearer.clock.advance(DAYS * DAY)
        assert len(before) > 120
        assert _kept(services, ann).keys() == before.keys()

    def test_everything_is_as_before_and_stays(
        self, cupbearer: AppUnderTest, services: Services, ann: Person
    ) -> None:
        device = ann.with_passkey()
        codes = ann.recovery_codes()
        before = _kept(services, ann)
        services.accounts.self_service.delete_own(ann.live, password=None, source=SOURCE)
        with pytest.raises(AccountClosed) as caught:
            ann.finish(ann.pending(), recovery_code=codes[0])
        services.accounts.deletion.take_back(caught.value.restore_token, source=SOURCE)
        cupbearer.clock.advance(DAYS * DAY)
        after = _kept(services, ann)
        assert after.keys() == before.keys()
        assert all(expires_at is None for expires_at in after.values())
        assert device.credential_id
        ann.finish(ann.pending(), recovery_code=codes[1])

    def test_an_earlier_session_stays_ended(self, services: Services, ann: Person) -> None:
        before = ann.signed_in.refresh_token
        close(ann)
        take_back(ann)
        with pytest.raises(RefreshRefused):
            services.authentication.log_in.refresh(before, source=SOURCE)

    def test_the_person_is_told_where_it_was_taken_back(self, services: Services, ann: Person) -> None:
        """Whoever has the password can: the link ends every session."""
        close(ann)
        (told,) = mailed.caused(services, lambda: take_back(ann))
        assert told.mail.values["subject"] == "Your account is open again"
        assert told.mail.values["where"] == SOURCE.ip
        assert told.ticket

    def test_the_token_is_good_once_and_for_ten_minutes(
        self, cupbearer: AppUnderTest, services: Services, ann: Person
    ) -> None:
        close(ann)
        token = refused(ann).restore_token
        services.accounts.deletion.take_back(token, source=SOURCE)
        close(replace(ann, signed_in=ann.log_in()))
        with pytest.raises(Invalid):
            services.accounts.deletion.take_back(token, source=SOURCE)
        late = refused(ann).restore_token
        cupbearer.clock.advance(10 * 60)
        with pytest.raises(Invalid):
            services.accounts.deletion.take_back(late, source=SOURCE)

    def test_what_an_operator_closed_or_disabled_the_person_cannot_open(
        self, services: Services, ann: Person
    ) -> None:
        services.accounts.deletion.delete(ann.user_id, source=OPERATOR)
        with pytest.raises(InvalidCredentials):
            ann.log_in()
        services.accounts.deletion.undelete(ann.user_id, source=OPERATOR)
        ann.signed_in = ann.log_in()
        close(ann)
        token = refused(ann).restore_token
        services.accounts.administration.administer(ann.user_id, disabled=True, source=OPERATOR)
        with pytest.raises(InvalidCredentials):
            ann.log_in()
        with pytest.raises(Invalid):
            services.accounts.deletion.take_back(token, source=SOURCE)

    def test_who_forgot_the_password_comes_back_by_mail(self, services: Services, ann: Person) -> None:
        """And so does who was locked out by a thief that closed the account."""
        close(ann)
        services.ways_back.password_reset.ask("ann", source=SOURCE)
        text = mailed.last(services, "reset_password").ticket
        ann.password = "another long phrase"
        services.ways_back.password_reset.set_password(text, new=ann.password, source=SOURCE)
        take_back(ann)
        ann.log_in()

    def test_the_trail_has_both(self, services: Services, ann: Person) -> None:
        """LG-1."""
        close(ann)
        take_back(ann)
        events = [event.event for event in services.audit.of(ann.user_id)[0]]
        assert {"account_closed", "account_taken_back"} <= set(events)


def _many_consents(services: Services, ann: Person) -> str:
    """Give more than one commit holds, and more than are listed at once; return where they are."""
    partition = owned_partitions.partition_of("consents", ann.user_id)
    for many in (range(60), range(60, 120)):
        services.store.commit(*(Insert(Key(partition, f"app-{number:03}"), {}) for number in many))
    return partition


def _kept(services: Services, ann: Person) -> dict[Any, int | None]:
    """What is kept of somebody, and until when; sessions and the trail end at times of their own."""
    found = {}
    for kind in owned_partitions.KINDS:
        for record in services.store.list(
            owned_partitions.partition_of(kind, ann.user_id), limit=1000
        ).records:
            if not record.key.sort.startswith("session#"):
                found[record.key] = record.expires_at
    for named in services.store.get(login_key("ann"), login_key(ADDRESS)):
        if named is not None:
            found[named.key] = named.expires_at
    return found


AT_ONCE: dict[str, Callable[[Person], object]] = {
    "by the person": lambda it: it.services.accounts.self_service.delete_own(
        it.live, password=it.password, source=SOURCE
    ),
    "by an operator": lambda it: it.services.accounts.deletion.delete(it.user_id, source=OPERATOR),
}


@pytest.mark.parametrize("way", AT_ONCE)
class TestWithoutGrace:
    @pytest.fixture
    def cupbearer_settings(self) -> dict[str, str]:
        return {}

    def test_it_is_gone_at_once(self, services: Services, ann: Person, way: str) -> None:
        assert AT_ONCE[way](ann) is None
        assert services.accounts.users.get(ann.user_id) is None


def test_now_means_at_once_also_of_what_is_closed(services: Services, ann: Person) -> None:
    close(ann)
    assert services.accounts.deletion.delete(ann.user_id, at_once=True, source=OPERATOR) is None
    with pytest.raises(InvalidCredentials):
        ann.log_in()
