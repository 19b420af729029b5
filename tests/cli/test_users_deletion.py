"""``cupbearer users delete`` where there is a grace, ``--now``, and ``undelete`` (docs/decisions/0084)."""

from pathlib import Path

import pytest

from chalicelib.errors import InvalidCredentials, RefreshRefused
from chalicelib.world import World
from cupbearer.testing import SOURCE
from tests.conftest import Clock
from tests.support.command_line import CommandLine

DAYS = 7
DAY = 24 * 60 * 60


@pytest.fixture
def terminal(tmp_path: Path, world: World) -> CommandLine:
    return CommandLine.at(tmp_path, world, DELETION_GRACE_DAYS=str(DAYS))


def test_a_deletion_closes_says_until_when_and_is_over_by_itself(terminal: CommandLine, clock: Clock) -> None:
    user, signed_in = terminal.make(), terminal.log_in()
    told = terminal.json("users", "delete", "Zoe", "--yes")
    assert told == {
        "user_id": user.user_id, "username": "Zoe", "deleted": False, "deletes_at": clock.now + DAYS * DAY,
    }  # fmt: skip
    with pytest.raises(RefreshRefused, match="disabled"):
        terminal.services.authentication.log_in.refresh(signed_in.refresh_token, source=SOURCE)
    assert terminal.json("users", "show", "Zoe")["deletes_at"] == told["deletes_at"]
    clock.advance(DAYS * DAY)
    assert "There is no user" in terminal.refused("users", "show", "Zoe")


def test_the_answer_tells_of_the_grace_and_of_the_way_back(terminal: CommandLine) -> None:
    terminal.make()
    said = terminal.done("users", "delete", "Zoe", "--yes")
    assert "Zoe is closed" in said
    assert "cupbearer users undelete" in said


def test_with_now_nothing_is_left_and_the_name_is_free(terminal: CommandLine) -> None:
    """Of who is open, and of who is closed already."""
    for is_closed in (False, True):
        user = terminal.make()
        if is_closed:
            terminal.done("users", "delete", "Zoe", "--yes")
        told = terminal.json("users", "delete", "Zoe", "--yes", "--now")
        assert told == {"user_id": user.user_id, "username": "Zoe", "deleted": True}
        assert terminal.services.accounts.users.get(user.user_id) is None
    terminal.make()
    assert "Zoe is deleted." in terminal.done("users", "delete", "Zoe", "--yes", "--now")


def test_undelete_opens_the_account_and_no_session_of_before(terminal: CommandLine, clock: Clock) -> None:
    """SE-6, LG-1."""
    user, signed_in = terminal.make(), terminal.log_in()
    terminal.done("users", "delete", "Zoe", "--yes")
    with pytest.raises(InvalidCredentials):  # an operator closed it: the person cannot open it
        terminal.log_in()
    assert "Zoe may log in." in terminal.done("users", "undelete", "Zoe")
    with pytest.raises(RefreshRefused):
        terminal.services.authentication.log_in.refresh(signed_in.refresh_token, source=SOURCE)
    clock.advance(2 * DAYS * DAY)
    assert terminal.log_in().user.user_id == user.user_id
    by_operator = {e["event"] for e in terminal.json("audit", "Zoe")["events"] if e["actor"] == "operator"}
    assert {"account_closed", "account_taken_back"} <= by_operator


def test_undelete_as_json_says_whether_anything_was_changed(terminal: CommandLine) -> None:
    user = terminal.make()
    terminal.done("users", "delete", "Zoe", "--yes")
    first, second = (terminal.json("users", "undelete", user.user_id) for _ in range(2))
    assert (first["user_id"], first["changed"], first["disabled"]) == (user.user_id, True, False)
    assert second["changed"] is False
    assert "Zoe is not closed." in terminal.done("users", "undelete", "Zoe")


def test_who_is_gone_is_not_brought_back(terminal: CommandLine, clock: Clock) -> None:
    terminal.make()
    terminal.done("users", "delete", "Zoe", "--yes")
    clock.advance(DAYS * DAY)
    assert "There is no user" in terminal.refused("users", "undelete", "Zoe")
    assert terminal.make().username == "Zoe"


@pytest.mark.parametrize("more", [(), ("--now",)])
def test_the_last_operator_is_closed_by_force_only(terminal: CommandLine, more: tuple[str, ...]) -> None:
    """SC-4."""
    terminal.make("Zoe", "--scope", "users:write")
    assert "--force" in terminal.refused("users", "delete", "Zoe", "--yes", *more)
    assert terminal.run("users", "delete", "Zoe", "--yes", "--force", *more).exit_code == 0
