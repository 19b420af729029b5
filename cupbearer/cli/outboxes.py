"""What the commands of all outboxes share: which lines are listed, and sending them again."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import click

from cupbearer.cli.failures import Failure
from cupbearer.cli.output import counted, tell, when

if TYPE_CHECKING:
    from chalicelib.outbox.outbox import Courier, ListedLine, Outbox

given_up_option = click.option("--given-up", is_flag=True, help="Only what is not tried any more.")
every_option = click.option("--all", "every", is_flag=True, help="Everything that was given up.")


def limit_option(what: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Return the option that says how many are listed."""
    return click.option(
        "--limit", type=click.IntRange(1, 1000), default=50, show_default=True, help=f"How many {what}."
    )


def found(
    outbox: "Outbox[Any]", *, given_up: bool, limit: int, is_shown: Callable[[Any], bool] = lambda _: True
) -> "list[ListedLine[Any]]":
    """Return lines that were given up, the latest first, then what waits, the next first."""
    lines: list[ListedLine[Any]] = []
    for listed in outbox.lines():
        if (given_up and listed.due is not None) or len(lines) == limit:
            break
        if is_shown(listed.line):
            lines.append(listed)
    return lines


def state(listed: "ListedLine[Any]") -> tuple[str, str, str, str]:
    """Return the last columns of a table: asked for, tries, next try, reason."""
    due = when(listed.due) if listed.due is not None else "given up"
    return when(listed.line.at), str(listed.line.tries), due, listed.line.reason or "-"


def state_shape(listed: "ListedLine[Any]") -> dict[str, Any]:
    """Return what is said of each line as JSON."""
    return {
        "asked_at": listed.line.at,
        "tries": listed.line.tries,
        "next_try": listed.due,
        "given_up": listed.due is None,
        "reason": listed.line.reason or None,
    }


def send_again(
    outbox: "Outbox[Any]",
    courier: "Courier",
    line_id: str | None,
    *,
    every: bool,
    noun: str,
    command: str,
    as_json: bool,
) -> None:
    """Have one line, or all that were given up, sent again, and say so."""
    if every == (line_id is not None):
        raise click.UsageError(f"Say which: the id of one {noun.upper()}, or --all.")
    chosen = [each for each in outbox.lines() if each.line.line_id == line_id or (every and each.due is None)]
    if not chosen and not every:
        raise Failure(f"There is no {noun} {line_id!r}: {command} shows what there is.")
    moved = [each.line.line_id for each in chosen if outbox.retry(each)]
    if moved:
        courier(())
    tell({"retried": moved}, f"{counted(len(moved), noun)} to be sent again.", as_json=as_json)
