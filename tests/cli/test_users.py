"""Users at the command line."""

from pathlib import Path

import pytest

from chalicelib.errors import InvalidCredentials, RefreshRefused, SlowDown
from chalicelib.world import World
from tests.support import mailed
from tests.support.command_line import PHRASE, SOURCE, CommandLine


@pytest.fixture
def terminal(tmp_path: Path, world: World) -> CommandLine:
    return CommandLine.at(tmp_path, world)


def test_a_user_is_made_with_the_default_scopes_and_can_log_in(terminal: CommandLine) -> None:
    user = terminal.make()
    assert user.scopes == {"get:profile"}
    assert terminal.log_in().user.user_id == user.user_id


def test_scopes_may_be_chosen_at_the_start_or_none_at_all(terminal: CommandLine) -> None:
    assert terminal.make("Zoe", "--scope", "a", "--scope", "b").scopes == {"a", "b"}
    assert terminal.make("Yan", "--no-scope").scopes == frozenset()
    assert terminal.run("users", "create", "Xi", "--no-scope", "--scope", "a").exit_code == 2


def test_the_operator_makes_users_where_sign_up_is_closed(tmp_path: Path, world: World) -> None:
    assert CommandLine.at(tmp_path, world, SIGN_UP="closed").make().username == "Zoe"


def test_a_verified_address_logs_in_and_is_unique(terminal: CommandLine) -> None:
    terminal.make("Zoe", "--email", "zoe@example.com", "--email-verified")
    assert terminal.log_in("ZOE@example.com").user.username == "Zoe"
    arguments = (
        "users",
        "create",
        "Yan",
        "--email",
        "zoe@example.com",
        "--email-verified",
        "--password-stdin",
    )
    assert terminal.refused(*arguments, stdin=PHRASE) == "This e-mail address is taken."
    assert terminal.services.accounts.users.find("Yan") is None


def test_a_weak_or_absent_password_and_a_taken_name_make_nobody(terminal: CommandLine) -> None:
    create = ("users", "create", "Zoe", "--password-stdin")
    assert "common" in terminal.refused(*create, stdin="password123\n")
    assert "one line" in terminal.refused(*create, stdin="")
    assert "one line" in terminal.refused(*create, stdin="first line\nsecond line\n")
    assert "no terminal" in terminal.refused("users", "create", "Zoe")
    terminal.make()
    assert terminal.refused("users", "create", "zoe") == "This user name is taken."


def test_a_password_is_never_an_argument(terminal: CommandLine) -> None:
    for command in (("create", "Zoe"), ("set-password", "Zoe")):
        assert terminal.run("users", *command, "some password").exit_code == 2


def test_a_user_is_found_by_name_verified_address_and_id(terminal: CommandLine) -> None:
    user = terminal.make("Zoe", "--email", "zoe@example.com", "--email-verified")
    for name in ("zoe", "Zoe@Example.com", user.user_id):
        assert terminal.json("users", "show", name)["user_id"] == user.user_id


@pytest.mark.parametrize(
    "name", ["Nobody", "nobody@example.com", "a\x1b[31m", "a@", "", "x" * 3000, "a" * 26]
)
def test_whoever_is_not_there_is_told_in_one_sentence(terminal: CommandLine, name: str) -> None:
    sentence = terminal.refused("users", "show", name)
    assert sentence.startswith("There is no user")
    assert "\x1b" not in sentence


def test_an_unverified_address_finds_nobody(terminal: CommandLine) -> None:
    terminal.make("Zoe", "--email", "zoe@example.com")
    assert "There is no user" in terminal.refused("users", "disable", "zoe@example.com")


def test_an_id_goes_before_a_user_name_that_looks_like_it(terminal: CommandLine) -> None:
    """IN-3: nobody registers another's id as a user name and is granted what was meant for that one."""
    user = terminal.make()
    terminal.make(user.user_id)
    terminal.done("users", "grant", user.user_id, "orders:write")
    assert "orders:write" in terminal.services.accounts.users.require(user.user_id).scopes


def test_the_list_goes_on_where_it_ended(terminal: CommandLine) -> None:
    for name in ("Zoe", "Yan", "Xi"):
        terminal.make(name)
    first = terminal.json("users", "list", "--limit", "2")
    rest = terminal.json("users", "list", "--limit", "2", "--after", first["next_cursor"])
    assert {user["username"] for user in first["users"] + rest["users"]} == {"Zoe", "Yan", "Xi"}
    assert "Zoe" in terminal.done("users", "list")


def test_granted_scopes_reach_the_person_at_the_next_refresh(terminal: CommandLine) -> None:
    user = terminal.make()
    signed_in = terminal.log_in()
    printed = terminal.done("users", "grant", "Zoe", "orders:read", "orders:write", "get:profile")
    assert "next refresh" in printed
    assert terminal.services.accounts.users.require(user.user_id).scopes == {
        "get:profile",
        "orders:read",
        "orders:write",
    }
    assert "orders:write" not in signed_in.scope
    refreshed = terminal.services.authentication.log_in.refresh(signed_in.refresh_token, source=SOURCE)
    assert "orders:write" in refreshed.scope
    assert "as before" in terminal.done("users", "grant", "Zoe", "orders:read")
    terminal.done("users", "revoke", "Zoe", "orders:read", "orders:write", "never:had")
    assert terminal.services.accounts.users.require(user.user_id).scopes == {"get:profile"}


def test_what_is_no_scope_is_not_granted(terminal: CommandLine) -> None:
    terminal.make()
    assert "printable ASCII" in terminal.refused("users", "grant", "Zoe", 'a"b')
    assert "600" in terminal.refused("users", "grant", "Zoe", *(f"scope:{n:03}" for n in range(100)))


def test_a_disabled_user_is_out_until_enabled(terminal: CommandLine) -> None:
    terminal.make()
    signed_in = terminal.log_in()
    assert "360 s" in terminal.done("users", "disable", "Zoe")
    with pytest.raises(RefreshRefused, match="disabled"):
        terminal.services.authentication.log_in.refresh(signed_in.refresh_token, source=SOURCE)
    with pytest.raises(InvalidCredentials):
        terminal.log_in()
    assert "already" in terminal.done("users", "disable", "Zoe")
    terminal.done("users", "enable", "Zoe")
    assert terminal.log_in().user.username == "Zoe"


def test_a_new_password_ends_every_session(terminal: CommandLine) -> None:
    terminal.make()
    signed_in = terminal.log_in()
    terminal.done("users", "set-password", "Zoe", "--password-stdin", stdin="another long phrase\r\n")
    with pytest.raises(RefreshRefused, match="password"):
        terminal.services.authentication.log_in.refresh(signed_in.refresh_token, source=SOURCE)
    assert terminal.log_in(password="another long phrase").user.username == "Zoe"


def test_unlock_lifts_the_lock_after_wrong_passwords(terminal: CommandLine) -> None:
    terminal.make()
    for _ in range(10):
        with pytest.raises(InvalidCredentials):
            terminal.log_in(password="wrong")
    with pytest.raises(SlowDown):
        terminal.log_in()
    terminal.done("users", "unlock", "Zoe")
    assert terminal.log_in().user.username == "Zoe"


@pytest.mark.parametrize("words", [("disable",), ("revoke", "users:write"), ("delete", "--yes")])
def test_the_last_operator_is_taken_away_by_force_only(terminal: CommandLine, words: tuple[str, ...]) -> None:
    """SC-2: and the refusal says how."""
    act, *rest = words
    terminal.make("Zoe", "--scope", "users:write")
    said = terminal.refused("users", act, "Zoe", *rest)
    assert "last account that holds users:write" in said
    assert "--force" in said
    assert terminal.run("users", act, "Zoe", *rest, "--force").exit_code == 0


def test_delete_asks_and_says_what_is_lost(terminal: CommandLine) -> None:
    user = terminal.make()
    terminal.log_in()
    assert "--yes" in terminal.refused("users", "delete", "Zoe")
    assert terminal.services.accounts.users.get(user.user_id) is not None
    assert "for ever" in terminal.run("users", "delete", "--help").output
    printed = terminal.done("users", "delete", "Zoe", "--yes")
    assert user.user_id in printed
    assert terminal.services.accounts.users.get(user.user_id) is None
    assert {event["event"] for event in terminal.json("audit", user.user_id)["events"]} >= {
        "sign_up",
        "deleted",
    }


def test_every_change_is_in_the_trail_with_its_actor(terminal: CommandLine) -> None:
    """LG-1, LG-4."""
    terminal.make()
    terminal.done("users", "grant", "Zoe", "orders:read")
    terminal.done("users", "disable", "Zoe")
    events = terminal.json("audit", "Zoe")["events"]
    assert {event["event"] for event in events} == {"sign_up", "scopes_changed", "disabled"}
    assert {event["actor"] for event in events} == {"operator"}
    assert "(granted: orders:read)" in terminal.done("audit", "Zoe")


def test_a_strangers_control_codes_never_reach_the_terminal(terminal: CommandLine) -> None:
    """LG-3: a user agent is whatever a caller sent."""
    terminal.make()
    evil = SOURCE.__class__(ip="192.0.2.7", user_agent="\x1b]0;owned\x07\x9b31m\u202eabc")
    terminal.services.authentication.log_in.with_password(username="Zoe", password=PHRASE, source=evil)
    for command in (("sessions", "list", "Zoe"), ("audit", "Zoe"), ("audit", "Zoe", "--json")):
        printed = terminal.done(*command)
        assert "owned" in printed
        assert not {"\x1b", "\x07", "\x9b", "\u202e"} & set(printed)


def test_an_operator_verifies_and_sets_addresses(terminal: CommandLine) -> None:
    """SC-4: written down, unique, and the address that is given up is told."""
    terminal.make("Zoe", "--email", "zoe@example.com")
    assert terminal.json("users", "verify-email", "Zoe")["email_verified"]
    assert "It was so before" in terminal.done("users", "verify-email", "zoe@example.com")
    changed = terminal.json("users", "set-email", "Zoe", "new@example.com")
    assert (changed["email"], changed["email_verified"], changed["changed"]) == (
        "new@example.com",
        True,
        True,
    )
    assert terminal.log_in("NEW@example.com").user.username == "Zoe"
    assert "email_changed" in terminal.done("audit", "Zoe", "--json")
    terminal.make("Yan")
    assert "no address" in terminal.refused("users", "verify-email", "Yan")
    assert terminal.refused("users", "set-email", "Yan", "new@example.com") == "This e-mail address is taken."
    assert "example.com" in terminal.refused("users", "set-email", "Yan", "no address")


def test_who_gives_up_an_address_by_an_operator_is_told_and_can_undo_it(terminal: CommandLine) -> None:
    """SC-4: an operator who was talked into it has a week to learn so."""
    user = terminal.make("Zoe", "--email", "zoe@example.com", "--email-verified")
    assert terminal.done("users", "set-email", "Zoe", "thief@example.com").startswith(
        "thief@example.com is the verified address of Zoe."
    )
    told = mailed.last(terminal.services, "address_changed", "zoe@example.com")
    terminal.services.ways_back.change_of_address.undo(told.ticket, source=SOURCE)
    shown = terminal.json("users", "show", user.user_id)
    assert (shown["email"], shown["email_verified"], shown["has_password"]) == (
        "zoe@example.com", True, False,
    )  # fmt: skip


def test_where_nobody_has_a_password_none_is_asked_for_or_set(tmp_path: Path, world: World) -> None:
    """PW-8."""
    ways = {"MAIL": "console:", "EMAIL_LOG_IN": "on", "PASSWORD_LOG_IN": "off"}
    terminal = CommandLine.at(tmp_path, world, **ways)
    made = terminal.run("users", "create", "Zoe", "--email", "zoe@example.com", "--email-verified")
    assert made.exit_code == 0, made.output
    zoe = terminal.services.accounts.users.find("zoe@example.com")
    assert zoe is not None
    assert zoe.password is None
    for arguments in (("create", "Yan", "--password-stdin"), ("set-password", "Zoe", "--password-stdin")):
        assert "Nobody has a password here" in terminal.refused("users", *arguments, stdin=PHRASE)
