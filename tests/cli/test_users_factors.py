"""``cupbearer users reset-factors``: the way back for who has lost every second factor."""

from pathlib import Path

import pytest

from chalicelib.credentials.factor_refusals import SecondFactorRequired
from chalicelib.world import World
from cupbearer.testing import SOURCE
from tests.conftest import Clock
from tests.support import mailed
from tests.support.command_line import CommandLine
from tests.support.factor_people import code_of


@pytest.fixture
def terminal(tmp_path: Path, world: World) -> CommandLine:
    return CommandLine.at(tmp_path, world)


def with_app(terminal: CommandLine) -> str:
    """Make a user who has an authenticator app."""
    user = terminal.make()
    signed_in = terminal.log_in()
    own, services = terminal.services.second_factors.own, terminal.services
    live = services.authentication.sessions.require_live(user.user_id, signed_in.session_id)
    secret = own.begin_totp(live).secret
    own.confirm_totp(live, code_of(secret, services.world.now()), source=SOURCE)
    with pytest.raises(SecondFactorRequired):
        terminal.log_in()
    return user.user_id


def test_it_waits_a_day_and_says_until_when(terminal: CommandLine) -> None:
    user_id = with_app(terminal)
    due_at = terminal.json("users", "reset-factors", "Zoe")["reset_at"]
    assert due_at == pytest.approx(terminal.services.world.now() + 86_400, abs=60)
    assert "until then" in terminal.done("users", "reset-factors", "Zoe")
    with pytest.raises(SecondFactorRequired):
        terminal.log_in()
    events, _ = terminal.services.audit.of(user_id)
    assert "factors_reset_asked" in {event.event for event in events if event.actor == "operator"}


def test_with_now_it_does_not_wait_and_ends_every_session(terminal: CommandLine) -> None:
    user_id = with_app(terminal)
    assert "Every session is ended" in terminal.done("users", "reset-factors", "Zoe", "--now")
    assert terminal.services.authentication.sessions.live(user_id) == ()
    assert terminal.log_in()


def test_when_the_day_is_over_the_password_is_enough_and_nobody_had_to_come(
    terminal: CommandLine, clock: Clock
) -> None:
    with_app(terminal)
    due_at = terminal.json("users", "reset-factors", "Zoe")["reset_at"]
    clock.now = due_at - 1
    with pytest.raises(SecondFactorRequired):
        terminal.log_in()
    clock.now = due_at
    assert terminal.log_in().user.username == "Zoe"


def test_as_json_now_says_when_and_a_second_time_that_there_is_nothing(
    terminal: CommandLine, clock: Clock
) -> None:
    user_id = with_app(terminal)
    told = terminal.json("users", "reset-factors", user_id, "--now")
    assert told == {"user_id": user_id, "username": "Zoe", "reset_at": clock.now}
    assert "no such second factor" in terminal.refused("users", "reset-factors", "Zoe", "--now")


@pytest.mark.parametrize("more", [(), ("--now",)])
def test_the_person_is_told_by_mail(terminal: CommandLine, more: tuple[str, ...]) -> None:
    """MF-3: whoever takes a factor away, the person learns of it."""
    with_app(terminal)
    terminal.done("users", "set-email", "Zoe", "zoe@example.com")
    terminal.done("users", "reset-factors", "Zoe", *more)
    subjects = [each.mail.values["subject"] for each in mailed.mails(terminal.services, "zoe@example.com")]
    gone = "Your second factors were taken away" if more else "Your second factors will be taken away"
    assert subjects == [gone]


def test_who_has_none_is_told_so(terminal: CommandLine) -> None:
    terminal.make()
    assert "no such second factor" in terminal.refused("users", "reset-factors", "Zoe")
