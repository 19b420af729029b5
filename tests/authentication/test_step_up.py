"""SE-8, MF-1: a second factor raises a session by putting another in its place, at once or not at all."""

import pytest

from chalicelib.credentials.factor_answers import FactorAnswer
from chalicelib.credentials.factor_refusals import SecondFactorRefused
from chalicelib.errors import SlowDown
from chalicelib.sessions.session import LiveSession, SessionRequest
from chalicelib.wiring import Services
from cupbearer.testing import SOURCE, AppUnderTest
from tests.support.factor_people import Person, person
from tests.support.overtaken import overtaken

DAY = 24 * 60 * 60


@pytest.fixture
def zoe(cupbearer: AppUnderTest) -> Person:
    return person(cupbearer).with_totp()


def raised(
    zoe: Person, code: str, *, by: Services | None = None, before: LiveSession | None = None
) -> LiveSession:
    services = by or zoe.services
    step_up = services.second_factors.step_up
    signed_in = step_up.raise_level(before or zoe.live, FactorAnswer(totp=code), source=SOURCE)
    found: LiveSession = zoe.services.authentication.sessions.require_live(zoe.user_id, signed_in.session_id)
    return found


def sessions(zoe: Person) -> list[str]:
    return [each.session_id for each in zoe.services.authentication.sessions.live(zoe.user_id)]


def test_the_session_before_is_over_and_the_new_one_says_what_was_shown(zoe: Person) -> None:
    before = zoe.live
    now = int(zoe.under_test.clock.now)
    after = raised(zoe, zoe.code()).session
    assert sessions(zoe) == [after.session_id]
    assert after.session_id != before.session.session_id
    assert (after.amr, after.factor_time) == (("pwd", "otp", "mfa"), now)
    assert (after.auth_time, after.created_at) == (before.session.auth_time, before.session.created_at)


def test_its_greatest_age_is_not_begun_anew(zoe: Person) -> None:
    """SE-4: whoever has a session and a factor has not shown the password again."""
    clock, services = zoe.under_test.clock, zoe.services
    ends = zoe.live.session.created_at + services.authentication.session_limits.absolute
    token = zoe.signed_in.refresh_token
    while clock.now < ends - 13 * DAY:
        clock.advance(13 * DAY)
        token = services.authentication.log_in.refresh(token, source=SOURCE).refresh_token
    after = raised(zoe, zoe.code()).session
    clock.now = ends - 1
    assert sessions(zoe) == [after.session_id]
    clock.now = ends
    assert sessions(zoe) == []


def test_clients_stay_logged_in_and_belong_to_the_raised_session(zoe: Person) -> None:
    """BL-5: they are told when that one ends."""
    sessions, outbox, before = zoe.services.authentication.sessions, zoe.services.log_outs.outbox, zoe.live
    openid = frozenset({"openid"})
    wanted = SessionRequest(
        SOURCE, ("pwd",), client_id="shop", scope=openid, comes_from=before.session, is_told=True
    )
    clients, _, writes = sessions.compose(before.user, wanted)
    zoe.services.store.commit(*writes, *sessions.holding(before, for_told=True))
    after = raised(zoe, zoe.code())
    assert [*outbox.lines()] == []
    sessions.end(zoe.user_id, after.session.session_id, source=SOURCE)
    (listed,) = outbox.lines()
    assert [each.session_id for each in listed.line.sessions] == [clients.session_id]


def test_a_wrong_code_changes_nothing_and_counts_against_the_account(zoe: Person) -> None:
    """TH-1: the same budget as at a log-in, in whatever session."""
    before = sessions(zoe)
    for _ in range(5):
        with pytest.raises(SecondFactorRefused):
            raised(zoe, "000000x")
    with pytest.raises(SlowDown):
        raised(zoe, zoe.code())
    assert sessions(zoe) == before


@pytest.mark.parametrize(("mistyped_here", "left"), [(True, 5), (False, 1)])
def test_a_success_takes_back_the_mistakes_of_its_own_session_alone(
    zoe: Person,
    mistyped_here: bool,
    left: int,
) -> None:
    """TH-1: else the owner's step-up would hand new guesses to whoever has the password."""
    token = zoe.pending()

    def wrong(*, here: bool) -> None:
        with pytest.raises(SecondFactorRefused):
            raised(zoe, "000000x") if here else zoe.finish(token, totp="000000x")

    for _ in range(4):
        wrong(here=mistyped_here)
    raised(zoe, zoe.code())
    for _ in range(left):
        wrong(here=False)
    with pytest.raises(SlowDown):
        wrong(here=False)


def test_a_code_counts_once(zoe: Person) -> None:
    """MF-1."""
    code = zoe.code()
    after = raised(zoe, code)
    with pytest.raises(SecondFactorRefused):
        raised(zoe, code, before=after)


@pytest.mark.parametrize("ended", ["log-out", "log-out everywhere", "disabled"])
def test_a_session_that_is_over_is_not_raised(zoe: Person, ended: str) -> None:
    """SE-7: nor one that ends in between."""
    live, services = zoe.live, zoe.services

    def end() -> None:
        if ended == "log-out":
            services.authentication.sessions.end(zoe.user_id, live.session.session_id, source=SOURCE)
        elif ended == "disabled":
            services.accounts.administration.administer(zoe.user_id, disabled=True, source=SOURCE)
        else:
            services.accounts.self_service.end_all(live, source=SOURCE)

    with pytest.raises(SecondFactorRefused) as refused:
        raised(zoe, zoe.code(), by=overtaken(services, end), before=live)
    assert refused.value.public_code == "log_in_over"
    with pytest.raises(SecondFactorRefused):
        raised(zoe, zoe.next_code(), before=live)
    assert sessions(zoe) == []


def test_a_refresh_in_another_tab_loses_nothing(zoe: Person) -> None:
    """ST-2: read again, and raised all the same."""

    def refresh() -> None:
        zoe.services.authentication.log_in.refresh(zoe.signed_in.refresh_token, source=SOURCE)

    after = raised(zoe, zoe.code(), by=overtaken(zoe.services, refresh))
    assert sessions(zoe) == [after.session.session_id]


def test_two_at_once_with_one_code_raise_it_once(zoe: Person) -> None:
    """MF-1."""
    code, live = zoe.code(), zoe.live
    with pytest.raises(SecondFactorRefused):
        raised(zoe, code, by=overtaken(zoe.services, lambda: raised(zoe, code, before=live)), before=live)
    assert len(sessions(zoe)) == 1
