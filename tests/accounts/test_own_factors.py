"""MF-3, SE-6: what people and operators do with second factors, and what sensitive acts ask for."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from chalicelib.credentials.factor_answers import FactorAnswer
from chalicelib.credentials.factor_refusals import SecondFactorRequired
from chalicelib.errors import InvalidToken, NotAllowed, NotFound
from cupbearer.testing import SOURCE, AppUnderTest
from tests.support.factor_people import STEP, Person, person

DAY = 86_400


@pytest.fixture
def zoe(cupbearer: AppUnderTest) -> Person:
    return person(cupbearer).with_totp()


def demand(zoe: Person, **answer: Any) -> Any:
    given = FactorAnswer(**answer) if answer else None
    return zoe.services.accounts.reauthentication.demand(zoe.live, password=None, answer=given, source=SOURCE)


def refusal_of(zoe: Person, **answer: Any) -> str:
    with pytest.raises(NotAllowed) as refusal:
        demand(zoe, **answer)
    return refusal.value.public_code


def sensitive(zoe: Person) -> tuple[Callable[[], Any], ...]:
    """Acts with the password and without a second factor."""
    accounts = zoe.services.accounts.self_service
    password, new = zoe.password, "another long phrase"
    return (
        lambda: zoe.services.accounts.reauthentication.demand(zoe.live, password=password, source=SOURCE),
        lambda: accounts.delete_own(zoe.live, password=password, source=SOURCE),
        lambda: accounts.change_profile(
            zoe.live, changes={"username": "zoe2"}, password=password, source=SOURCE
        ),
        lambda: accounts.change_password(zoe.live, current=password, new=new, source=SOURCE),
    )


class TestStepUp:
    def test_a_factor_of_the_last_five_minutes_is_enough(self, zoe: Person) -> None:
        assert demand(zoe)
        zoe.under_test.clock.advance(5 * 60 - STEP)
        assert demand(zoe)
        zoe.under_test.clock.advance(1)
        assert refusal_of(zoe) == "second_factor_required"

    def test_a_fresh_password_does_not_stand_for_it(self, zoe: Person) -> None:
        """MF-3: whoever has the password alone changes nothing that guards the account."""
        zoe.under_test.clock.advance(301)
        for act in sensitive(zoe):
            with pytest.raises(NotAllowed) as refusal:
                act()
            assert refusal.value.public_code == "second_factor_required"

    def test_nor_does_the_factor_stand_for_the_current_password(self, zoe: Person) -> None:
        """PW-6."""
        with pytest.raises(NotAllowed) as refusal:
            zoe.services.accounts.self_service.change_password(
                zoe.live, current="wrong but long", new="another long phrase", source=SOURCE
            )
        assert refusal.value.public_code == "wrong_password"

    def test_one_shown_with_the_act_counts_once_and_for_the_next_five_minutes(self, zoe: Person) -> None:
        zoe.under_test.clock.advance(301)
        code = zoe.code()
        live = demand(zoe, totp=code)
        assert live.session.factor_time == int(zoe.under_test.clock.now)
        assert demand(zoe)
        zoe.under_test.clock.advance(STEP - 1)
        assert refusal_of(zoe, totp=code) == "invalid_second_factor"

    def test_with_it_the_act_is_done(self, zoe: Person) -> None:
        zoe.under_test.clock.advance(301)
        zoe.services.accounts.self_service.change_password(
            zoe.live,
            current=zoe.password,
            new="another long phrase",
            answer=FactorAnswer(totp=zoe.code()),
            source=SOURCE,
        )
        zoe.password = "another long phrase"
        assert zoe.asked()

    def test_wrong_ones_spend_the_same_budget(self, zoe: Person) -> None:
        """TH-4: five at the log-in and at the act together; a right one takes back those of this session."""
        zoe.under_test.clock.advance(301)
        wrong = str((int(zoe.code()) + 1) % 1_000_000).zfill(6)
        for _ in range(4):
            assert refusal_of(zoe, totp=wrong) == "invalid_second_factor"
        assert demand(zoe, totp=zoe.code())
        zoe.under_test.clock.advance(STEP)
        for _ in range(5):
            refusal_of(zoe, totp="x")
        with pytest.raises(Exception, match="Too many"):
            demand(zoe, totp=zoe.next_code())

    def test_a_remembered_device_is_not_fresh(self, zoe: Person) -> None:
        token = zoe.finish(zoe.pending(), totp=zoe.code(), remember=True).device_token
        zoe.under_test.clock.advance(DAY)
        zoe.signed_in = zoe.log_in(replace(SOURCE, device=token))
        assert refusal_of(zoe) == "second_factor_required"

    def test_who_has_none_is_asked_for_the_password_as_ever(self, cupbearer: AppUnderTest) -> None:
        ann = person(cupbearer)
        reauthentication = cupbearer.services.accounts.reauthentication
        cupbearer.clock.advance(301)
        assert reauthentication.demand(ann.live, password=ann.password, source=SOURCE)


class TestOwnFactors:
    def test_to_add_or_remove_one_ends_all_other_sessions_and_is_written_down(
        self, cupbearer: AppUnderTest
    ) -> None:
        """SE-6, LG-1."""
        ann = person(cupbearer)
        other = ann.log_in()
        ann.with_passkey("Key")
        sessions = cupbearer.services.authentication.sessions
        with pytest.raises(InvalidToken):
            sessions.require_live(ann.user_id, other.session_id)
        (passkey,) = ann.factors.passkeys
        cupbearer.services.second_factors.own.remove(ann.live, passkey.factor_id, source=SOURCE)
        assert {event.event for event in cupbearer.services.audit.of(ann.user_id)[0]} >= {
            "factor_removed",
            "factor_added",
        }
        assert ann.log_in()

    def test_the_last_one_takes_the_recovery_codes_and_devices_along(self, zoe: Person) -> None:
        zoe.recovery_codes()
        assert zoe.finish(zoe.pending(), totp=zoe.code(), remember=True).device_token
        key = zoe.with_passkey()
        own = zoe.services.second_factors.own
        own.remove(zoe.live, "totp", source=SOURCE)
        assert zoe.asked().kinds == ("passkey", "recovery_code")
        assert key.counter == 0
        own.remove(zoe.live, zoe.factors.passkeys[0].factor_id, source=SOURCE)
        assert zoe.log_in()
        prefix = zoe.services.store.list(f"user#{zoe.user_id}", prefix="factor#")
        assert prefix.records == ()

    def test_nobody_elses_is_found(self, zoe: Person) -> None:
        """SC-3."""
        ann = person(zoe.under_test)
        ann.with_passkey()
        for factor_id in ("", "totp ", "recovery-codes", ann.factors.passkeys[0].factor_id):
            with pytest.raises(NotFound):
                zoe.services.second_factors.own.remove(zoe.live, factor_id, source=SOURCE)

    def test_the_only_way_to_log_in_stays(self, cupbearer: AppUnderTest) -> None:
        ann = person(cupbearer)
        ann.with_passkey()
        cupbearer.services.accounts.users.change(ann.user_id, lambda user: replace(user, password=None))
        with pytest.raises(NotAllowed) as refusal:
            cupbearer.services.second_factors.own.remove(
                ann.live, ann.factors.passkeys[0].factor_id, source=SOURCE
            )
        assert refusal.value.public_code == "last_way_to_log_in"

    def test_a_deleted_account_leaves_none(self, zoe: Person) -> None:
        zoe.recovery_codes()
        zoe.with_passkey()
        zoe.services.accounts.administration.delete(zoe.user_id, source=SOURCE)
        assert zoe.services.store.list(f"user#{zoe.user_id}").records == ()


class TestReset:
    def test_it_acts_after_a_day_at_the_next_log_in(self, zoe: Person) -> None:
        zoe.recovery_codes()
        reset = zoe.services.second_factors.reset
        due_at = reset.ask(zoe.user_id, source=SOURCE)
        assert due_at == int(zoe.under_test.clock.now) + DAY
        zoe.under_test.clock.advance(DAY - 1)
        assert zoe.asked()
        zoe.under_test.clock.advance(1)
        assert zoe.log_in()
        assert not zoe.services.store.list(f"user#{zoe.user_id}", prefix="factor#").records
        events = {event.event for event in zoe.services.audit.of(zoe.user_id)[0]}
        assert events >= {"factors_reset_asked", "factors_reset"}

    def test_a_factor_that_came_after_it_stays(self, zoe: Person) -> None:
        zoe.services.second_factors.reset.ask(zoe.user_id, source=SOURCE)
        zoe.under_test.clock.advance(DAY)
        zoe.signed_in = zoe.log_in()
        zoe.under_test.clock.advance(1)
        zoe.with_totp()
        zoe.under_test.clock.advance(DAY)
        assert zoe.asked().kinds == ("totp",)

    def test_now_it_acts_at_once_and_ends_every_session(self, zoe: Person) -> None:
        zoe.services.second_factors.reset.act(zoe.user_id, source=SOURCE)
        with pytest.raises(InvalidToken):
            _ = zoe.live
        assert zoe.log_in()

    def test_it_can_be_taken_back(self, zoe: Person) -> None:
        reset = zoe.services.second_factors.reset
        reset.ask(zoe.user_id, source=SOURCE)
        reset.withdraw(zoe.user_id, source=SOURCE, actor=zoe.user_id)
        zoe.under_test.clock.advance(2 * DAY)
        with pytest.raises(SecondFactorRequired):
            zoe.log_in()
        with pytest.raises(NotFound):
            reset.withdraw(zoe.user_id, source=SOURCE, actor=zoe.user_id)

    def test_who_has_no_factor_has_none_to_take_away(self, cupbearer: AppUnderTest) -> None:
        ann = person(cupbearer)
        for act in (cupbearer.services.second_factors.reset.ask, cupbearer.services.second_factors.reset.act):
            with pytest.raises(NotFound):
                act(ann.user_id, source=SOURCE)
            with pytest.raises(NotFound):
                act("nobody", source=SOURCE)
