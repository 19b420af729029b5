"""What commands print: lines, tables and JSON. Nothing that a stranger chose reaches a terminal as a control code.

A user name, a user agent or a token's kid may hold an escape sequence; every text goes through :func:`plain`.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import click

WIDEST = 100  # columns of a table on a terminal, however wide that is: longer lines are hard to read
UNWRAPPED = 10_000  # columns of what is not a terminal: one record, one line


def plain(text: str) -> str:
    """Return the text with every character that is not printable written as its code point."""
    return (
        text if text.isprintable() else "".join(c if c.isprintable() else f"<U+{ord(c):04X}>" for c in text)
    )


def say(*lines: str) -> None:
    """Print lines."""
    for line in lines:
        click.echo(plain(line))


def note(line: str) -> None:
    """Tell something beside the result, on standard error."""
    click.echo(plain(line), err=True)


def say_json(value: Any) -> None:
    """Print a JSON document, in ASCII so that it is safe to look at."""
    click.echo(json.dumps(value, indent=2, ensure_ascii=True))


def tell(value: Any, *lines: str, as_json: bool) -> None:
    """Print what was done: as JSON for programs, else as lines for people."""
    if as_json:
        say_json(value)
    else:
        say(*lines)


def when(seconds: float | None) -> str:
    """Return a moment as text, in UTC."""
    return "-" if seconds is None else f"{datetime.fromtimestamp(int(seconds), UTC):%Y-%m-%d %H:%M:%S}Z"


def table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Print a table: framed and fitted to a terminal, one line a record elsewhere."""
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    console = Console(highlight=False)
    terminal = console.is_terminal
    console.width = min(console.width, WIDEST) if terminal else UNWRAPPED
    drawn = Table(box=box.SIMPLE_HEAD if terminal else None, header_style="bold", pad_edge=False)
    for column in columns:
        drawn.add_column(column, overflow="fold")
    for row in rows:
        drawn.add_row(*(Text(plain(cell)) for cell in row))
    console.print(drawn)


def facts(pairs: Mapping[str, str]) -> None:
    """Print what is known of one thing, a line a fact."""
    width = max(map(len, pairs))
    say(*(f"{name:<{width}}  {value}" for name, value in pairs.items()))


def counted(number: int, thing: str) -> str:
    """Return ``1 session`` or ``2 sessions``."""
    return f"{number} {thing}" if number == 1 else f"{number} {thing}s"
