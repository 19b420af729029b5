"""Keys, sessions and the demo users at the command line."""

from pathlib import Path

import pytest

from chalicelib.errors import InvalidToken, RefreshRefused
from chalicelib.keys.rotation import PUBLISH_AHEAD_SECONDS
from chalicelib.wiring import Services
from chalicelib.world import World
from tests.conftest import Clock
from tests.support.cli_desk import SOURCE, Desk


@pytest.fixture
def desk(tmp_path: Path, world: World) -> Desk:
    return Desk.at(tmp_path, world)


def phrase_of(told: str, username: str) -> str:
    (line,) = (line for line in told.splitlines() if line.startswith(username))
    return line.rpartition(" ")[2]


def elsewhere(desk: Desk) -> Services:
    """Another process on the same store, which has cached nothing."""
    return Services(desk.services.settings, desk.services.world)


def test_an_ordinary_rotation_is_noticed_by_nobody(desk: Desk, clock: Clock) -> None:
    """KM-2."""
    desk.make()
    token = desk.log_in().access_token
    desk.done("keys", "rotate")
    old, new = desk.json("keys", "list")["signing"]
    assert (old["state"], new["state"]) == ("current", "next")
    assert elsewhere(desk).bearer_tokens.verify(token).client_id == "cupbearer"
    clock.advance(PUBLISH_AHEAD_SECONDS)
    assert [key["state"] for key in desk.json("keys", "list")["signing"]] == ["retiring", "current"]


def test_an_emergency_asks_and_then_the_old_key_counts_no_more_while_sessions_go_on(desk: Desk) -> None:
    desk.make()
    signed_in = desk.log_in()
    assert "--yes" in desk.refused("keys", "rotate", "--emergency")
    desk.done("keys", "rotate", "--emergency", "--yes")
    assert [key["state"] for key in desk.json("keys", "list")["signing"]] == ["current"]
    with pytest.raises(InvalidToken):
        elsewhere(desk).bearer_tokens.verify(signed_in.access_token)
    again = elsewhere(desk).log_in.refresh(signed_in.refresh_token, source=SOURCE)
    assert elsewhere(desk).bearer_tokens.verify(again.access_token).sid == signed_in.session_id


def test_the_refresh_ring_rotates_without_a_log_out(desk: Desk, clock: Clock) -> None:
    desk.make()
    signed_in = desk.log_in()
    desk.done("keys", "rotate", "--ring", "refresh")
    clock.advance(600)
    assert [key["state"] for key in desk.json("keys", "list")["refresh"]] == ["retiring", "current"]
    assert len(desk.json("keys", "list")["signing"]) == 1
    assert elsewhere(desk).log_in.refresh(signed_in.refresh_token, source=SOURCE).user.username == "Zoe"


def test_an_emergency_of_the_refresh_ring_logs_everybody_out(desk: Desk) -> None:
    desk.make()
    signed_in = desk.log_in()
    desk.done("keys", "rotate", "--ring", "both", "--emergency", "--yes")
    assert [key["state"] for key in desk.json("keys", "list")["refresh"]] == ["current"]
    with pytest.raises(RefreshRefused):
        elsewhere(desk).log_in.refresh(signed_in.refresh_token, source=SOURCE)
    assert elsewhere(desk).log_in.with_password(
        username="Zoe", password="a phrase of some length", source=SOURCE
    )


def test_the_list_of_keys_is_for_people_too(desk: Desk) -> None:
    told = desk.done("keys", "list")
    assert "EdDSA" in told
    assert len(told.splitlines()) == 3


def test_one_session_is_ended_by_its_id_and_the_others_go_on(desk: Desk) -> None:
    desk.make()
    one, other = desk.log_in(), desk.log_in()
    assert {s["session_id"] for s in desk.json("sessions", "list", "Zoe")["sessions"]} == {
        one.session_id,
        other.session_id,
    }
    desk.done("sessions", "end", "Zoe", one.session_id)
    with pytest.raises(RefreshRefused):
        desk.services.log_in.refresh(one.refresh_token, source=SOURCE)
    assert desk.services.log_in.refresh(other.refresh_token, source=SOURCE).user.username == "Zoe"
    assert "has no session" in desk.refused("sessions", "end", "Zoe", one.session_id)


def test_all_sessions_are_ended_at_once(desk: Desk) -> None:
    desk.make()
    desk.log_in()
    desk.log_in()
    assert desk.run("sessions", "end", "Zoe").exit_code == 2
    assert "--yes" in desk.refused("sessions", "end", "Zoe", "--all")
    desk.done("sessions", "end", "Zoe", "--all", "--yes")
    assert desk.json("sessions", "list", "Zoe") == {"sessions": []}
    assert "nowhere" in desk.run("sessions", "list", "Zoe").stderr


def test_the_demo_users_log_in_and_hold_what_is_said(desk: Desk) -> None:
    told = desk.done("demo")
    for name, scope in (("Cthon98", {"pangolins"}), ("AzureDiamond", set())):
        assert desk.log_in(name, phrase_of(told, name)).scope == scope


def test_demo_again_mends_scopes_and_leaves_the_pass_phrases(desk: Desk) -> None:
    phrase = phrase_of(desk.done("demo"), "Cthon98")
    desk.done("users", "revoke", "Cthon98", "pangolins")
    desk.done("users", "grant", "AzureDiamond", "pangolins")
    desk.done("users", "disable", "Cthon98")
    assert phrase not in desk.done("demo")
    assert desk.log_in("Cthon98", phrase).scope == {"pangolins"}
    assert desk.json("users", "show", "AzureDiamond")["scopes"] == []
    assert len(desk.json("users", "list")["users"]) == 2


def test_demo_makes_new_pass_phrases_when_asked(desk: Desk) -> None:
    old = phrase_of(desk.done("demo"), "Cthon98")
    new = phrase_of(desk.done("demo", "--new-passwords"), "Cthon98")
    assert new != old
    assert desk.log_in("Cthon98", new).user.username == "Cthon98"


def test_production_has_no_demo_users(tmp_path: Path, world: World) -> None:
    """DP-2."""
    from dataclasses import replace

    desk = Desk.at(tmp_path, world)
    desk.services.settings = replace(desk.services.settings, production=True)
    assert "production" in desk.refused("demo")
    assert desk.json("users", "list")["users"] == []
