"""``cupbearer audit``: what happened, to an account or in the whole service."""

from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from cupbearer.cli.commands import Commands, examples
from cupbearer.cli.output import note, say_json, table, when
from cupbearer.cli.work import find_user_or_trail, json_option, services, user_argument

if TYPE_CHECKING:
    from chalicelib.audit.trail import Event


class Audit(Commands):
    """``audit USER`` is short for ``audit show USER``."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Take what names no command for the user whom ``show`` is about."""
        known = (*self.list_commands(ctx), *self.get_help_option_names(ctx))
        return super().parse_args(ctx, args if not args or args[0] in known else ["show", *args])


@click.group(
    cls=Audit,
    commands_from={"show": "cupbearer.cli.audit:show", "list": "cupbearer.cli.audit_list:command"},
    short_help="Show what happened, to an account or in the whole service.",
    epilog=examples(
        "cupbearer audit Zoe",
        "cupbearer audit list --since 2h",
        "cupbearer audit list --event session_reused",
        "cupbearer audit list --network 203.0.113.0/24 --since 2026-11-20",
    ),
)
def command() -> None:
    """Show what happened, newest first: "audit USER" to an account, "audit list" in the whole service.

    Events are kept for 90 days and outlive accounts.
    """


@click.command(
    short_help="Show what happened to an account.",
    epilog=examples("cupbearer audit Zoe", "cupbearer audit show zoe@example.com --limit 200 --json"),
)
@user_argument
@click.option("--limit", type=click.IntRange(1, 1000), default=50, show_default=True, help="How many events.")
@click.option("--after", metavar="CURSOR", help="Continue where an earlier answer ended.")
@json_option
def show(*, user: str, limit: int, after: str | None, as_json: bool) -> None:
    """Show what happened to an account, newest first.

    The trail is kept for 90 days and outlives the account: that of a deleted user is found by the id.
    """
    from chalicelib.audit.events import says

    at = services()
    user_id = find_user_or_trail(at, user)
    events, cursor = at.audit.of(user_id, after=after, limit=limit)
    if as_json:
        rows = [asdict(event) | {"says": says(event.event, event.detail)} for event in events]
        say_json({"events": rows, "next_cursor": cursor})
        return
    if not events:
        note("There is no event of the last 90 days.")
        return
    table(
        ("when", "what", "outcome", "by", "from", "with"),
        [(when(e.at), sentence(e), e.outcome, _by(e), e.ip or "-", e.user_agent or "-") for e in events],
    )
    if cursor:
        note(f"There is more: --after {cursor}")


def sentence(event: "Event") -> str:
    """Return an event as a sentence, with what is known beside."""
    from chalicelib.audit.events import says

    detail = ", ".join(f"{name}: {value}" for name, value in event.detail.items() if name != "session_id")
    said = says(event.event, event.detail)
    return f"{said} ({detail})" if detail else said


def _by(event: "Event") -> str:
    return "the user" if event.actor == event.target else event.actor
