"""Operators find people, change what is known of somebody, and read it all in 100 columns (CO-3, CO-4)."""

import json
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from chalicelib.audit.trail import Source
from chalicelib.world import World
from cupbearer.testing import SOURCE
from tests.conftest import Clock
from tests.support.command_line import PHRASE, CommandLine
from tests.support.factor_people import code_of

DAY = 86_400
WIDEST = 100
LONG = "long" * 12


@pytest.fixture
def terminal(tmp_path: Path, world: World) -> CommandLine:
    return CommandLine.at(tmp_path, world)


def bring(terminal: CommandLine, *people: dict[str, str]) -> None:
    """Import people, who need no password here."""
    file = terminal.directory / "people.jsonl"
    file.write_text("".join(json.dumps(each) + "\n" for each in people))
    terminal.done("users", "import", str(file))


def listed(terminal: CommandLine, *options: str) -> list[str]:
    return [user["username"] for user in terminal.json("users", "list", *options)["users"]]


def day_of(seconds: float) -> str:
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S}"


def test_people_are_found_by_the_beginning_of_user_name_name_or_address(terminal: CommandLine) -> None:
    bring(
        terminal, {"username": "Zoe"}, {"username": "Ann", "name": "Zoltan"},
        {"username": "Bob", "email": "zone@example.com"}, {"username": "Azo"},
    )  # fmt: skip
    assert sorted(listed(terminal, "--search", "ZO")) == ["Ann", "Bob", "Zoe"]
    assert "begins with 'nob'" in terminal.run("users", "list", "--search", "nob").stderr


def test_who_is_disabled_and_who_has_a_second_factor_are_lists(terminal: CommandLine) -> None:
    user = terminal.make("Zoe")
    bring(terminal, {"username": "Ann"})
    assert "Nobody is disabled" in terminal.run("users", "list", "--disabled").stderr
    terminal.done("users", "disable", "Ann")
    live = terminal.services.authentication.sessions.require_live(user.user_id, terminal.log_in().session_id)
    own = terminal.services.second_factors.own
    secret = own.begin_totp(live).secret
    own.confirm_totp(live, code_of(secret, terminal.services.world.now()), source=SOURCE)
    assert listed(terminal, "--disabled") == ["Ann"]
    assert listed(terminal, "--factor") == ["Zoe"]


def test_since_leaves_out_whoever_was_made_or_seen_earlier(terminal: CommandLine, clock: Clock) -> None:
    terminal.make("Old")
    terminal.make("Away")
    terminal.log_in("Away")
    clock.now += 10 * DAY
    bring(terminal, {"username": "New"})
    terminal.log_in("Old")
    yesterday = day_of(clock.now - DAY)
    assert listed(terminal)[-1] == "New"
    assert listed(terminal, "--since", yesterday) == ["New"]
    assert listed(terminal, "--seen") == ["Old", "Away"]
    assert listed(terminal, "--seen", "--since", yesterday) == ["Old"]
    printed = terminal.json("users", "list", "--seen", "--since", yesterday, "--limit", "2")
    assert printed["next_cursor"] is None
    assert printed["users"][0]["seen_at"] == int(clock.now)
    tomorrow = day_of(clock.now + DAY)
    assert "nobody of this kind since" in terminal.run("users", "list", "--since", tomorrow).stderr


def test_more_people_than_one_batch_reads_are_one_list_and_pages_join_up(terminal: CommandLine) -> None:
    bring(terminal, *({"username": f"person{n:03d}"} for n in range(103)))
    everybody = [f"person{n:03d}" for n in range(103)]
    assert sorted(listed(terminal, "--limit", "1000")) == everybody
    first = terminal.json("users", "list", "--search", "person", "--limit", "101")
    rest = terminal.json("users", "list", "--search", "person", "--after", first["next_cursor"])
    assert [user["username"] for user in (*first["users"], *rest["users"])] == everybody
    assert rest["next_cursor"] is None


@pytest.mark.parametrize(
    "options", [("--seen", "--disabled"), ("--search", "zo", "--since", "7d"), ("--since", "never")]
)
def test_what_contradicts_itself_is_refused(terminal: CommandLine, options: tuple[str, ...]) -> None:
    assert terminal.run("users", "list", *options).exit_code == 2


def test_an_edit_sets_name_and_verified_address_and_the_trail_says_so(terminal: CommandLine) -> None:
    bring(terminal, {"username": "Zoe", "email": "old@example.com"})
    changed = terminal.json("users", "edit", "Zoe", "--name", "Zoe B.", "--email", "zoe@example.com")
    assert (changed["name"], changed["email"], changed["email_verified"]) == (
        "Zoe B.",
        "zoe@example.com",
        True,
    )
    assert changed["changed"] is True
    events, _ = terminal.services.audit.of(changed["user_id"])
    assert {"profile_changed", "email_verified"} <= {e.event for e in events if e.actor == "operator"}
    assert "Zoe: name Zoe B., e-mail zoe@example.com, as before." in terminal.done(
        "users", "edit", "zoe@example.com", "--name", "Zoe B."
    )


def test_an_edit_that_is_refused_changes_nothing(terminal: CommandLine) -> None:
    bring(terminal, {"username": "Zoe", "name": "Zoe"})
    terminal.make("Ann", "--email", "ann@example.com", "--email-verified")
    before = terminal.json("users", "show", "Zoe")
    assert terminal.run("users", "edit", "Zoe").exit_code == 2
    for name, address in (
        ("Z\u202eoe", "zoe@example.com"),
        ("New", "ann@example.com"),
        ("New", "no address"),
    ):
        terminal.refused("users", "edit", "Zoe", "--name", name, "--email", address)
    assert terminal.json("users", "show", "Zoe") == before


def test_tables_fit_100_columns_of_a_terminal_whatever_is_in_them(
    terminal: CommandLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    scopes = [word for n in range(4) for word in ("--scope", f"{LONG}:{n}")]
    terminal.make("Zoe", "--email", f"{LONG}@{LONG}.example.com", *scopes)
    seen = Source(ip="2001:db8:1111:2222:3333:4444:5555:6666", user_agent=LONG * 3)
    terminal.services.authentication.log_in.with_password(username="Zoe", password=PHRASE, source=seen)
    bring(terminal, {"username": "Ann", "email": f"{LONG}@example.com"})
    terminal.done("users", "disable", "Ann")
    uri = f"https://{LONG}.example.com/{LONG}/{LONG}"
    terminal.done("resources", "create", uri, "--name", LONG, "--scope", f"{LONG}:read={LONG}")
    terminal.done("clients", "create", LONG, "--grant", "client_credentials", *scopes)
    terminal.done("registration-tokens", "create", "--note", LONG * 2)
    terminal.done("keys", "rotate", "--ring", "both")
    monkeypatch.setenv("TTY_COMPATIBLE", "1")
    monkeypatch.setenv("COLUMNS", "160")
    for command in (
        ("users", "list"), ("users", "list", "--seen"), ("users", "list", "--disabled"), ("audit", "list"),
        ("audit", "Zoe"), ("sessions", "list", "Zoe"), ("resources", "list"), ("clients", "list"),
        ("registration-tokens", "list"), ("keys", "list"), ("stats",),
    ):  # fmt: skip
        lines = re.sub(r"\x1b\[[0-9;]*m", "", terminal.done(*command)).splitlines()
        assert "─" in "".join(lines), command  # a table as a terminal gets it
        assert max(map(len, lines)) <= WIDEST, command
