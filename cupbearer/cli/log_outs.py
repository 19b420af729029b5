"""``cupbearer log-outs``: of which log-outs clients do not know yet, and telling them again."""

from typing import TYPE_CHECKING, Any

import click

from cupbearer.cli.commands import Commands, examples
from cupbearer.cli.outboxes import (
    every_option,
    found,
    given_up_option,
    limit_option,
    send_again,
    state,
    state_shape,
)
from cupbearer.cli.output import note, say_json, table
from cupbearer.cli.work import json_option, services

if TYPE_CHECKING:
    from chalicelib.outbox.outbox import ListedLine


@click.group(
    cls=Commands,
    commands_from={
        "list": "cupbearer.cli.log_outs:list_log_outs",
        "retry": "cupbearer.cli.log_outs:retry",
    },
    short_help="See which clients could not be told of a log-out, and tell them again.",
    epilog=examples("cupbearer log-outs list", "cupbearer log-outs retry --all"),
)
def command() -> None:
    """See which clients could not be told of a log-out, and tell them again.

    A client with a --backchannel-logout-uri is told of each log-out. It is tried for a day, then given up and kept
    here for 30 days. What a client knows is not listed.
    """


@click.command(
    "list",
    short_help="List what waits or was given up.",
    epilog=examples("cupbearer log-outs list", "cupbearer log-outs list --given-up --json"),
)
@given_up_option
@limit_option("log-outs")
@json_option
def list_log_outs(*, given_up: bool, limit: int, as_json: bool) -> None:
    """List log-outs that were given up, the latest first, then what waits, the next first."""
    lines = found(services().log_outs.outbox, given_up=given_up, limit=limit)
    if as_json:
        say_json({"log_outs": [_shape(listed) for listed in lines]})
        return
    if not lines:
        note("Every client knows of every log-out.")
        return
    table(
        ("log-out", "client", "user", "asked for", "tries", "next try", "why it is not known"),
        [(each.line.line_id, _clients(each), each.line.user_id, *state(each)) for each in lines],
    )


@click.command(
    short_help="Tell clients again.",
    epilog=examples("cupbearer log-outs retry k2x…", "cupbearer log-outs retry --all"),
)
@click.argument("log_out", metavar="[LOG-OUT]", required=False)
@every_option
@json_option
def retry(*, log_out: str | None, every: bool, as_json: bool) -> None:
    """Tell a client of one LOG-OUT of the list again, now, or with --all of everything that was given up."""
    at = services()
    send_again(
        at.log_outs.outbox,
        at.log_outs.courier,
        log_out,
        every=every,
        noun="log-out",
        command="cupbearer log-outs list",
        as_json=as_json,
    )


def _clients(listed: "ListedLine[Any]") -> str:
    return " ".join(dict.fromkeys(ended.client_id for ended in listed.line.sessions))


def _shape(listed: "ListedLine[Any]") -> dict[str, Any]:
    sessions = [{"client_id": each.client_id, "sid": each.session_id} for each in listed.line.sessions]
    named = {"log_out_id": listed.line.line_id, "user_id": listed.line.user_id, "sessions": sessions}
    return named | state_shape(listed)
