"""``cupbearer log-outs``: of which log-outs clients do not know, and telling them again (BL-7)."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from chalicelib.outbox.delivery import BACK_OFF
from chalicelib.sessions.log_outs import Ended, LogOut
from chalicelib.world import World
from tests.conftest import Clock
from tests.oauth.server import CALLBACK
from tests.parts.relying_party import RelyingParty, listening
from tests.support.command_line import CommandLine


@pytest.fixture
def party() -> Iterator[RelyingParty]:
    with listening() as party:
        yield party


@pytest.fixture
def terminal(tmp_path: Path, world: World) -> CommandLine:
    return CommandLine.at(tmp_path, world)


def log_out(terminal: CommandLine, party: RelyingParty, *, status: int) -> dict[str, str]:
    """Register a client, end a session of Zoe's there, and tell it; return what names both."""
    made = terminal.json(
        "clients", "create", "Shop", "--redirect-uri", CALLBACK, "--backchannel-logout-uri", party.uri
    )
    named = {"client_id": made["client_id"], "sid": "a" * 26}
    outbox = terminal.services.log_outs.outbox
    line = LogOut(
        line_id="b" * 26,
        at=terminal.services.world.timestamp(),
        user_id="c" * 26,
        sessions=(Ended(named["client_id"], named["sid"]),),
    )
    terminal.services.store.commit(*outbox.storing(line))
    party.status = status
    outbox.deliver_due()
    return named


def test_where_nothing_waits_that_is_said(terminal: CommandLine) -> None:
    assert terminal.run("log-outs", "list").stderr.endswith("Every client knows of every log-out.\n")
    assert terminal.json("log-outs", "list") == {"log_outs": []}


def test_what_a_client_refused_is_listed_with_the_reason_and_told_again(
    terminal: CommandLine, party: RelyingParty, clock: Clock
) -> None:
    named = log_out(terminal, party, status=400)
    (listed,) = terminal.json("log-outs", "list", "--given-up")["log_outs"]
    assert listed == {
        "log_out_id": "b" * 26, "user_id": "c" * 26, "sessions": [named], "asked_at": int(clock.now), "tries": 1,
        "next_try": None, "given_up": True, "reason": "status 400: the client refused the log-out",
    }  # fmt: skip
    assert "refused the log-out" in terminal.done("log-outs", "list")
    party.status = 200
    assert terminal.json("log-outs", "retry", "--all") == {"retried": ["b" * 26]}
    assert party.sids == {named["sid"]}
    assert terminal.json("log-outs", "list") == {"log_outs": []}


def test_what_is_tried_again_is_listed_with_the_time_and_told_at_once_when_asked(
    terminal: CommandLine, party: RelyingParty, clock: Clock
) -> None:
    log_out(terminal, party, status=503)
    (listed,) = terminal.json("log-outs", "list")["log_outs"]
    assert (listed["next_try"], listed["reason"]) == (int(clock.now) + BACK_OFF[0], "status 503")
    assert terminal.json("log-outs", "list", "--given-up") == {"log_outs": []}
    assert "could not be told" in terminal.run("log-outs", "retry", listed["log_out_id"]).stderr
    assert len(party.posts) == 2
    refused = terminal.refused("log-outs", "retry", "x")
    assert refused == "There is no log-out 'x': cupbearer log-outs list shows what there is."


def test_a_client_is_given_its_uri_later_and_loses_it(terminal: CommandLine) -> None:
    terminal.done("clients", "create", "Shop", "--redirect-uri", CALLBACK)
    uri = "https://shop.example/backchannel?tenant=a"
    terminal.done(
        "clients", "update", "Shop", "--backchannel-logout-uri", uri, "--backchannel-logout-session-required"
    )
    shown = terminal.json("clients", "show", "Shop")
    assert (shown["backchannel_logout_uri"], shown["backchannel_logout_session_required"]) == (uri, True)
    terminal.done("clients", "update", "Shop", "--backchannel-logout-uri", "")
    assert terminal.json("clients", "show", "Shop")["backchannel_logout_uri"] is None
    said = terminal.refused("clients", "update", "Shop", "--backchannel-logout-uri", "http://shop.example/x")
    assert "must be https" in said
