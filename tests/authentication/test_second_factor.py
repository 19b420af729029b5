"""MF-2: the gate of every log-in. The first proof of who has a second factor begins nothing but a pending log-in."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from types import SimpleNamespace
from typing import Any, ClassVar

import pytest

from chalicelib.audit.trail import Source
from chalicelib.credentials.factor_answers import FactorAnswer
from chalicelib.credentials.factor_refusals import SecondFactorRefused, SecondFactorRequired
from chalicelib.errors import Invalid, InvalidToken
from chalicelib.sessions.session import SessionRequest
from chalicelib.store import Write
from cupbearer.testing import SOURCE, AppUnderTest, Client, QuickServices
from tests.support.factor_people import STEP, Person, person
from tests.support.keys_world import Line

ELSEWHERE = Source(ip="127.0.0.1", user_agent="another program")
DAY = 86_400


@pytest.fixture
def zoe(cupbearer: AppUnderTest) -> Person:
    return person(cupbearer).with_totp()


def is_over(zoe: Person, token: str, source: Source = SOURCE) -> bool:
    with pytest.raises(SecondFactorRefused) as refusal:
        zoe.finish(token, totp=zoe.code(), source=source)
    return refusal.value.public_code == "log_in_over"


def session(zoe: Person, signed_in: Any) -> Any:
    return zoe.services.authentication.sessions.require_live(zoe.user_id, signed_in.session_id).session


class TestGate:
    def test_who_has_no_factor_is_asked_for_none(self, cupbearer: AppUnderTest) -> None:
        ann = person(cupbearer)
        assert session(ann, ann.log_in()).amr == ("pwd",)

    def test_a_right_password_begins_no_session(self, zoe: Person) -> None:
        before = zoe.services.authentication.sessions.live(zoe.user_id)
        assert zoe.asked().kinds == ("totp",)
        assert zoe.services.authentication.sessions.live(zoe.user_id) == before

    def test_nor_does_a_log_in_through_a_provider_or_by_mail(self, zoe: Person) -> None:
        """TH-4: whoever begins sessions comes through here."""
        for amr in (("fed",), ("email",)):
            account = zoe.services.authentication.sessions.read_account(zoe.user_id)
            with pytest.raises(SecondFactorRequired):
                zoe.services.authentication.log_in.start(account, SessionRequest(SOURCE, amr))

    def test_both_proofs_together_begin_one_that_says_so(self, zoe: Person) -> None:
        """RFC 8176; MF-4."""
        now = int(zoe.under_test.clock.now)
        found = session(zoe, zoe.finish(zoe.pending(), totp=zoe.code()))
        assert (found.amr, found.auth_time, found.factor_time) == (("pwd", "otp", "mfa"), now, now)

    def test_the_scope_that_was_asked_for_is_kept(self, cupbearer: AppUnderTest) -> None:
        """SC-2."""
        ann = person(cupbearer, granted=["a", "b"]).with_totp()
        with pytest.raises(SecondFactorRequired) as asked:
            cupbearer.services.authentication.log_in.with_password(
                username=ann.username, password=ann.password, scope=frozenset({"a"}), source=SOURCE
            )
        assert ann.finish(asked.value.pending_token or "", totp=ann.code()).scope == {"a"}

    def test_the_network_is_the_persons_own_only_after_both(self, zoe: Person) -> None:
        """TH-5: else a stolen password would buy its thief a budget of his own."""
        away = Source(ip="192.0.2.9")
        token = zoe.pending(away)
        assert away.network not in zoe.live.user.networks
        zoe.finish(token, totp=zoe.code(), source=away)
        assert away.network in zoe.live.user.networks

    def test_an_answer_is_one_of_three(self, zoe: Person) -> None:
        several: tuple[dict[str, Any], ...] = ({}, {"totp": "1", "recovery_code": "2"})
        for answer in several:
            with pytest.raises(Invalid):
                zoe.finish(zoe.pending(), **answer)

    def test_a_factor_that_one_does_not_have_is_wrong(self, zoe: Person) -> None:
        several: tuple[dict[str, Any], ...] = ({"recovery_code": "x"}, {"passkey": {}})
        for answer in several:
            with pytest.raises(SecondFactorRefused):
                zoe.finish(zoe.pending(), **answer)


class TestPending:
    def test_it_is_spent_once(self, zoe: Person) -> None:
        """ST-2."""
        token = zoe.pending()
        zoe.finish(token, totp=zoe.code())
        zoe.under_test.clock.advance(STEP)
        assert is_over(zoe, token)

    def test_a_wrong_code_does_not_spend_it(self, zoe: Person) -> None:
        token = zoe.pending()
        with pytest.raises(SecondFactorRefused):
            zoe.finish(token, totp="x")
        assert zoe.finish(token, totp=zoe.code())

    def test_it_lives_five_minutes(self, zoe: Person) -> None:
        token, other = zoe.pending(), zoe.pending()
        zoe.under_test.clock.advance(299)
        assert zoe.finish(token, totp=zoe.code())
        zoe.under_test.clock.advance(1)
        assert is_over(zoe, other)

    def test_a_step_back_of_the_clock_prolongs_nothing(self, zoe: Person) -> None:
        """AV-4."""
        token = zoe.pending()
        zoe.under_test.clock.advance(-3600)
        assert is_over(zoe, token)

    @pytest.mark.parametrize(
        "source", [ELSEWHERE, replace(SOURCE, browser="of another"), replace(ELSEWHERE, browser="b")]
    )
    def test_it_belongs_to_who_began_it(self, zoe: Person, source: Source) -> None:
        """SE-8: a browser by our name for it, a program by what it calls itself."""
        assert is_over(zoe, zoe.pending(), source)

    def test_a_browsers_is_for_no_program(self, zoe: Person) -> None:
        browser = replace(SOURCE, browser="b")
        token = zoe.pending(browser)
        assert is_over(zoe, token, SOURCE)
        assert zoe.finish(token, totp=zoe.code(), source=replace(browser, user_agent="updated meanwhile"))

    @pytest.mark.parametrize("token", ["", "cbm_", "cbm_" + "x" * 43, "cbr_" + "x" * 43, "x" * 10_000])
    def test_anything_else_is_none(self, zoe: Person, token: str) -> None:
        assert is_over(zoe, token)

    def test_it_opens_nothing_else(self, zoe: Person, client: Client) -> None:
        """TK-7: neither an access nor a refresh token, and no session of a browser."""
        token = zoe.pending()
        for verify in (
            zoe.services.tokens.bearer.verify,
            lambda text: zoe.services.authentication.log_in.refresh(text, source=SOURCE),
        ):
            with pytest.raises(Exception, match=r"token"):
                verify(token)
        assert zoe.services.authentication.browser_sessions.find(token) is None

    ACTS: ClassVar[dict[str, Callable[[Person], Any]]] = {
        "log out everywhere": lambda zoe: zoe.services.accounts.self_service.end_all(zoe.live, source=SOURCE),
        "disable": lambda zoe: zoe.services.accounts.administration.administer(
            zoe.user_id, disabled=True, source=SOURCE
        ),
        "set password": lambda zoe: zoe.services.accounts.administration.set_password(
            zoe.user_id, new="quite another phrase", source=SOURCE
        ),
        "add a factor": lambda zoe: zoe.with_passkey(),
        "delete": lambda zoe: zoe.services.accounts.administration.delete(zoe.user_id, source=SOURCE),
    }

    @pytest.mark.parametrize("act", ACTS)
    def test_what_ends_all_sessions_ends_it(self, zoe: Person, act: str) -> None:
        """SE-6, SE-7."""
        token = zoe.pending()
        self.ACTS[act](zoe)
        assert is_over(zoe, token)

    def test_its_token_is_kept_by_hash(self, zoe: Person) -> None:
        """TK-10, M9."""
        line = Keeping(zoe.services.store)
        services = QuickServices(zoe.under_test.settings, zoe.services.world, store=line)
        with pytest.raises(SecondFactorRequired) as asked:
            services.authentication.log_in.with_password(
                username=zoe.username, password=zoe.password, source=SOURCE
            )
        assert line.kept
        assert (asked.value.pending_token or "")[4:] not in repr(line.kept)


class Keeping(Line):
    """The way to a real store that remembers what was written."""

    kept: tuple[Write, ...] = ()

    def commit(self, *writes: Write) -> None:
        self.kept += writes
        super().commit(*writes)


class TestRequests:
    """The design's section 8."""

    def watched(self, zoe: Person) -> tuple[QuickServices, Line]:
        line = Line(zoe.services.store)
        services = QuickServices(zoe.under_test.settings, zoe.services.world, store=line)
        services.tokens.access  # noqa: B018 - keys in memory already
        services.keys.ring.signing_key()
        services.keys.mac.current()
        line.requests = 0
        return services, line

    def test_the_second_step_is_two_reads_and_three_writes(self, zoe: Person) -> None:
        away = Source(ip="192.0.2.7")
        zoe.finish(zoe.pending(away), totp=zoe.code(), source=away)  # the network is known then
        zoe.under_test.clock.advance(STEP)
        token = zoe.pending(away)
        services, line = self.watched(zoe)
        services.second_factors.step.finish(token, FactorAnswer(totp=zoe.code()), source=away)
        assert line.requests <= 5

    def test_the_first_step_costs_what_a_log_in_costs(self, zoe: Person) -> None:
        ann = person(zoe.under_test)
        costs = []
        for each in (ann, zoe):
            services, line = self.watched(each)
            with suppress(SecondFactorRequired):
                services.authentication.log_in.with_password(
                    username=each.username, password=each.password, source=Source(ip="192.0.2.8")
                )
            costs.append(line.requests)
        assert costs[1] <= costs[0] == 6


class TestRememberedDevices:
    def remembered(self, zoe: Person) -> str:
        token = zoe.finish(zoe.pending(), totp=zoe.code(), remember=True).device_token
        zoe.under_test.clock.advance(STEP)
        assert token
        return token

    def test_a_remembered_device_is_not_asked_for_thirty_days(self, zoe: Person) -> None:
        """Its session says truly what was shown: the password, and when a factor was."""
        shown_at = int(zoe.under_test.clock.now)
        device = replace(SOURCE, device=self.remembered(zoe))
        found = session(zoe, zoe.log_in(device))
        assert (found.amr, found.factor_time) == (("pwd",), shown_at)
        zoe.under_test.clock.advance(30 * DAY)
        assert zoe.asked(device)

    def test_where_the_time_is_made_shorter_that_holds_for_those_of_before(
        self, cupbearer: AppUnderTest, zoe: Person
    ) -> None:
        device = replace(SOURCE, device=self.remembered(zoe))
        shorter = replace(cupbearer.settings, remember_device_days=7)
        services = QuickServices(shorter, zoe.services.world, store=zoe.services.store)
        zoe.under_test = SimpleNamespace(services=services, clock=cupbearer.clock)
        cupbearer.clock.advance(7 * DAY - 2 * STEP)
        assert zoe.log_in(device)
        cupbearer.clock.advance(2 * STEP)
        assert zoe.asked(device)

    def test_another_device_is_asked(self, zoe: Person) -> None:
        token = self.remembered(zoe)
        for text in (None, "", token[:-1] + ("x" if token[-1] != "x" else "y"), "cbd_" + "a" * 26):
            assert zoe.asked(replace(SOURCE, device=text))

    def test_it_stands_for_no_password(self, zoe: Person) -> None:
        device = replace(SOURCE, device=self.remembered(zoe))
        zoe.password = "wrong and long enough"
        with pytest.raises(Exception, match="wrong"):
            zoe.log_in(device)

    def test_it_is_one_persons(self, zoe: Person) -> None:
        ann = person(zoe.under_test).with_totp()
        assert ann.asked(replace(SOURCE, device=self.remembered(zoe)))

    @pytest.mark.parametrize("act", ["log out everywhere", "set password", "add a factor"])
    def test_what_ends_all_sessions_forgets_it(self, zoe: Person, act: str) -> None:
        device = replace(SOURCE, device=self.remembered(zoe))
        if act == "set password":
            new = "quite another phrase"
            zoe.services.accounts.administration.set_password(zoe.user_id, new=new, source=SOURCE)
            zoe.password = new
        else:
            TestPending.ACTS[act](zoe)
        assert zoe.asked(device)

    def test_there_are_ten_at_most_the_oldest_go(self, zoe: Person) -> None:
        """DS-3."""
        tokens = [self.remembered(zoe) for _ in range(11)]
        assert len(zoe.factors.devices) == 10
        assert zoe.asked(replace(SOURCE, device=tokens[0]))
        assert zoe.log_in(replace(SOURCE, device=tokens[10]))


def test_a_token_never_stands_in_what_a_refusal_prints(zoe: Person) -> None:
    """LG-2."""
    asked = zoe.asked()
    assert (asked.pending_token or "-")[4:] not in repr(asked) + str(asked)
    with pytest.raises(InvalidToken):
        zoe.services.tokens.bearer.verify(asked.pending_token or "")
