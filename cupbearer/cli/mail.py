"""``cupbearer mail``: what has not left the outbox, and sending it again."""

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
    from chalicelib.mail.message import Line
    from chalicelib.outbox.outbox import ListedLine


@click.group(
    cls=Commands,
    commands_from={"list": "cupbearer.cli.mail:list_mail", "retry": "cupbearer.cli.mail:retry"},
    short_help="See mail that has not left, and send it again.",
    epilog=examples("cupbearer mail list", "cupbearer mail retry --all"),
)
def command() -> None:
    """See mail that has not left, and send it again.

    A mail is tried for a day, then given up and kept here for 30 days. What has left is not listed.
    """


@click.command(
    "list",
    short_help="List what waits or was given up.",
    epilog=examples("cupbearer mail list", "cupbearer mail list --given-up --json"),
)
@given_up_option
@limit_option("mails")
@json_option
def list_mail(*, given_up: bool, limit: int, as_json: bool) -> None:
    """List mail that was given up, the latest first, then what waits, the next first."""
    outbox = services().mail.outbox  # a decoy in it is nobody's mail
    lines = found(outbox, given_up=given_up, limit=limit, is_shown=lambda line: bool(line.mail.to))
    if as_json:
        say_json({"mail": [_shape(listed) for listed in lines]})
        return
    if not lines:
        note("No mail waits, and none was given up.")
        return
    table(
        ("mail", "kind", "to", "asked for", "tries", "next try", "why it has not left"),
        [(each.line.line_id, each.line.mail.kind, each.line.mail.to, *state(each)) for each in lines],
    )


@click.command(
    short_help="Send what was given up again.",
    epilog=examples("cupbearer mail retry k2x…", "cupbearer mail retry --all"),
)
@click.argument("mail", metavar="[MAIL]", required=False)
@every_option
@json_option
def retry(*, mail: str | None, every: bool, as_json: bool) -> None:
    """Send one MAIL of the list again, now, or with --all everything that was given up.

    A mail whose link or code is over by now is not sent.
    """
    at = services()
    send_again(
        at.mail.outbox,
        at.mail.courier,
        mail,
        every=every,
        noun="mail",
        command="cupbearer mail list",
        as_json=as_json,
    )


def _shape(listed: "ListedLine[Line]") -> dict[str, Any]:
    line = listed.line
    return {"mail_id": line.line_id, "kind": line.mail.kind, "to": line.mail.to} | state_shape(listed)
