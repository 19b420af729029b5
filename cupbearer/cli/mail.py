"""``cupbearer mail``: what has not left the outbox, and sending it again."""

from typing import TYPE_CHECKING, Any

import click

from cupbearer.cli.commands import Commands, examples
from cupbearer.cli.failures import Failure
from cupbearer.cli.output import counted, note, say_json, table, tell, when
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
@click.option("--given-up", is_flag=True, help="Only what is not tried any more.")
@click.option("--limit", type=click.IntRange(1, 1000), default=50, show_default=True, help="How many mails.")
@json_option
def list_mail(*, given_up: bool, limit: int, as_json: bool) -> None:
    """List mail that was given up, the latest first, then what waits, the next first."""
    found: list[ListedLine[Line]] = []
    for listed in services().mail.outbox.lines():
        if (given_up and listed.due is not None) or len(found) == limit:
            break
        if listed.line.mail.to:  # a decoy is nobody's mail
            found.append(listed)
    if as_json:
        say_json({"mail": [_shape(listed) for listed in found]})
        return
    if not found:
        note("No mail waits, and none was given up.")
        return
    table(
        ("mail", "kind", "to", "asked for", "tries", "next try", "why it has not left"),
        [
            (
                each.line.line_id,
                each.line.mail.kind,
                each.line.mail.to,
                when(each.line.at),
                str(each.line.tries),
                when(each.due) if each.due is not None else "given up",
                each.line.reason or "-",
            )
            for each in found
        ],
    )


@click.command(
    short_help="Send what was given up again.",
    epilog=examples("cupbearer mail retry k2x…", "cupbearer mail retry --all"),
)
@click.argument("mail", metavar="[MAIL]", required=False)
@click.option("--all", "every", is_flag=True, help="Everything that was given up.")
@json_option
def retry(*, mail: str | None, every: bool, as_json: bool) -> None:
    """Send one MAIL of the list again, now, or with --all everything that was given up.

    A mail whose link or code is over by now is not sent.
    """
    if every == (mail is not None):
        raise click.UsageError("Say which: the id of one MAIL, or --all.")
    at = services()
    outbox = at.mail.outbox
    chosen = [each for each in outbox.lines() if each.line.line_id == mail or (every and each.due is None)]
    if not chosen and not every:
        raise Failure(f"There is no mail {mail!r}: cupbearer mail list shows what there is.")
    moved = [each.line.line_id for each in chosen if outbox.retry(each)]
    if moved:
        at.mail.courier(())
    tell({"retried": moved}, f"{counted(len(moved), 'mail')} to be sent again.", as_json=as_json)


def _shape(listed: "ListedLine[Line]") -> dict[str, Any]:
    line = listed.line
    return {
        "mail_id": line.line_id,
        "kind": line.mail.kind,
        "to": line.mail.to,
        "asked_at": line.at,
        "tries": line.tries,
        "next_try": listed.due,
        "given_up": listed.due is None,
        "reason": line.reason or None,
    }
