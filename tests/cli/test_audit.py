"""What happened and how often, at the command line."""

from contextlib import suppress
from pathlib import Path

import pytest

from chalicelib.audit.trail import Source
from chalicelib.errors import InvalidCredentials
from chalicelib.world import World
from tests.conftest import Clock
from tests.support.command_line import CommandLine


@pytest.fixture
def terminal(tmp_path: Path, world: World) -> CommandLine:
    return CommandLine.at(tmp_path, world)


@pytest.fixture
def busy(terminal: CommandLine, clock: Clock) -> CommandLine:
    """Two people, a log-in, and two wrong guesses from a network, of somebody and of nobody."""
    terminal.make()
    terminal.make("Yan")
    clock.advance(1)
    terminal.log_in()
    for name in ("Yan", "nobody"):
        clock.advance(1)
        with suppress(InvalidCredentials):
            terminal.services.authentication.log_in.with_password(
                username=name, password="a wrong long phrase", source=Source(ip="203.0.113.7")
            )
    return terminal


def listed(terminal: CommandLine, *arguments: str) -> list[tuple[str, str | None]]:
    events = terminal.json("audit", "list", *arguments)["events"]
    return [(event["event"], event["target_name"]) for event in events]


def test_the_whole_services_events_name_the_people(busy: CommandLine) -> None:
    assert listed(busy)[:2] == [("log_in_failed", "Yan"), ("log_in", "Zoe")]
    printed = busy.done("audit", "list")
    assert "A log-in was refused: wrong password" in printed
    assert "203.0.113.7" in printed


def test_events_are_found_by_event_person_network_and_time(busy: CommandLine) -> None:
    assert listed(busy, "--event", "log_in_failed") == [("log_in_failed", "Yan")]
    assert listed(busy, "--user", "Zoe") == [("log_in", "Zoe"), ("sign_up", "Zoe")]
    assert listed(busy, "--network", "203.0.113.0/24") == [("log_in_failed", "Yan")]
    assert listed(busy, "--since", "2100-01-01") == []
    assert listed(busy, "--until", "2001-01-01T10:00") == []
    assert len(listed(busy, "--since", "2001-01-01T10:00+02:00")) == 4


def test_a_page_ends_with_where_the_next_begins(busy: CommandLine) -> None:
    first = busy.json("audit", "list", "--limit", "3")
    rest = busy.json("audit", "list", "--limit", "3", "--after", first["next_cursor"])
    assert [len(first["events"]), len(rest["events"])] == [3, 1]
    assert (rest["next_cursor"], rest["looked_back_to"]) == (None, None)
    assert "--after" in busy.run("audit", "list", "--limit", "1").stderr


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--event", "log_in_faild"), "Did you mean log_in_failed?"),
        (("--network", "next door"), "That is no network"),
        (("--since", "yesterday"), "is no moment"),
        (("--user", "Xi"), "There is no user 'Xi'"),
    ],
)
def test_what_is_mistyped_is_said(busy: CommandLine, arguments: tuple[str, ...], said: str) -> None:
    result = busy.run("audit", "list", *arguments)
    assert result.exit_code
    assert said in result.stderr


def test_a_persons_trail_needs_no_word_of_command(busy: CommandLine) -> None:
    for words in (("audit", "Zoe"), ("audit", "show", "Zoe"), ("audit", "--limit", "50", "Zoe")):
        assert [event["event"] for event in busy.json(*words)["events"]] == ["log_in", "sign_up"]


def test_a_deleted_persons_events_stay_and_name_the_id(busy: CommandLine) -> None:
    """LG-7."""
    user_id = busy.json("users", "show", "Zoe")["user_id"]
    busy.done("users", "delete", "Zoe", "--yes")
    assert ("deleted", None) in listed(busy)
    assert {event["target"] for event in busy.json("audit", "list", "--user", user_id)["events"]} == {user_id}


def test_numbers_by_the_day_and_by_the_hour(busy: CommandLine) -> None:
    """LG-5."""
    printed = busy.json("stats", "--days", "7")
    assert (printed["unit"], len(printed["spans"])) == ("day", 7)
    today = printed["spans"][-1]
    assert (today["log_ins"], today["failures"], today["sign_ups"]) == (1, 2, 2)
    assert printed["failures_of_unknown_names"] == 1
    hours = busy.json("stats", "--hours", "48")
    assert (hours["unit"], sum(hour["failures"] for hour in hours["spans"])) == ("hour", 2)


def test_numbers_for_people_have_a_line_a_day_and_bars_no_longer_than_a_terminal(busy: CommandLine) -> None:
    lines = busy.done("stats").splitlines()
    assert len([line for line in lines if line[:2] == "20"]) == 30
    assert "██████" in lines[-2]
    assert max(map(len, lines)) <= 100
    assert lines[-1].startswith("in all: 1 log-in, 2 failed, 2 sign-ups")
    assert "guesses at names that nobody has" in busy.run("stats").stderr
    assert busy.run("stats", "--days", "2", "--hours", "2").exit_code == 2
