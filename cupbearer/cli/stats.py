"""``cupbearer stats``: how often what happened, by the day or the hour."""

from typing import TYPE_CHECKING

import click

from cupbearer.cli.commands import examples
from cupbearer.cli.output import note, say, say_json, table, when
from cupbearer.cli.work import json_option, services

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chalicelib.audit.counts import Span

EIGHTHS = "▏▎▍▌▋▊▉█"
BAR = 6  # characters of the longest bar: a row of hours, 100 columns wide, is the widest
SHOWN = {  # columns; the rest is in --json
    "log_ins": "log-ins",
    "failures": "failed",
    "sign_ups": "sign-ups",
    "reuse": "reused",
    "throttles": "slowed down",
}


@click.command(
    short_help="Count log-ins, failures, sign-ups and more, by the day or the hour.",
    epilog=examples("cupbearer stats", "cupbearer stats --days 7", "cupbearer stats --hours 48 --json"),
)
@click.option("--days", type=click.IntRange(1, 400), help="How many days, today the last. [default: 30]")
@click.option(
    "--hours", type=click.IntRange(1, 400), help="How many hours instead, the present one the last."
)
@json_option
def command(*, days: int | None, hours: int | None, as_json: bool) -> None:
    """Count log-ins, failures, sign-ups, reuse and throttles, by days of UTC or by hours.

    "Reused" are refresh tokens and codes that came twice, and copied passkeys; "slowed down" are accounts,
    once an hour each. A log-in at an application is counted apart (--json), an import is no sign-up.
    """
    if days and hours:
        raise click.UsageError("--days and --hours contradict each other.")
    at = services()
    spans = at.counts.hours(hours) if hours else at.counts.days(days or 30)
    nobodys = at.counts.of_nobody(days or 30) if not hours else None
    if as_json:
        rows = [{"start": span.start, **span.counts} for span in spans]
        said = {} if nobodys is None else {"failures_of_unknown_names": nobodys}
        say_json({"unit": "hour" if hours else "day", "spans": rows, **said})
        return
    most = {name: max(span.counts[name] for span in spans) for name in SHOWN}
    table(
        ("hour (UTC)" if hours else "day (UTC)", *SHOWN.values()),
        [
            (_start(span, by_hour=bool(hours)), *(_cell(span.counts[name], most[name]) for name in SHOWN))
            for span in spans
        ],
    )
    say(f"in all: {_totals(spans)}")
    if nobodys:
        note(f"{nobodys:,} of the failed log-ins were guesses at names that nobody has.")


def _start(span: "Span", *, by_hour: bool) -> str:
    text = when(span.start)
    return text[:16].replace(" ", "  ") if by_hour else text[:10]


def _cell(count: int, most: int) -> str:
    """Return a count with a little bar, which is as long as its share of the largest."""
    if not count:
        return "0"
    full, rest = divmod(-(-count * BAR * 8 // most), 8)
    return f"{count:<6,} {'█' * full}{EIGHTHS[rest - 1] if rest else ''}"


def _totals(spans: "Sequence[Span]") -> str:
    sums = {words: sum(span.counts[name] for span in spans) for name, words in SHOWN.items()}
    return ", ".join(
        f"{sum_:,} {words.removesuffix('s') if sum_ == 1 else words}" for words, sum_ in sums.items()
    )
