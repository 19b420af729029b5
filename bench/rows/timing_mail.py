"""Whether the time of asking for a mail tells if an account exists (EN-3, M4)."""

import random
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from bench import house, people
from bench.effort import Effort
from bench.findings import Finding
from bench.measuring import Batch, in_random_turn
from bench.rows.timing import BAND, ENOUGH, WARM_UP, figures, names, seconds_of
from chalicelib.wiring import Services

RESET, LOG_IN = "reset", "log-in by mail"
KNOWN, UNKNOWN = "known", "unknown"
AGAIN = ", again"  # what two classes that are the same differ by


def measure(effort: Effort, folder: Path) -> Finding:
    """Measure requests for resets and log-ins of known and unknown names, each name once."""
    at, chance = house.services(folder, {"CUPBEARER_MAIL": "console:"}), random.Random(effort.name)  # noqa: S311 - no secret
    at.keys.mac.current()
    at.mail.courier = lambda _lines: (
        None
    )  # deployed it is one call that does not depend on whom a mail is for
    warm_up = WARM_UP * effort.warms_up
    count = 4 * (effort.askings + warm_up)
    people.into_sqlite(people.crowd(at, count, stem="holder", has_address=True), folder / "cupbearer.db")
    there, missing = names(count, "holder", chance)
    kinds: dict[str, Batch] = {
        f"{what}, {whose}{again}": partial(ask, at, usernames)
        for what, ask in ((RESET, _reset), (LOG_IN, _log_in))
        for whose, usernames in ((KNOWN, there), (UNKNOWN, missing))
        for again in ("", AGAIN)  # as many of each: what is seldom done is done more slowly
    }
    found = in_random_turn(kinds, rounds=effort.askings, warm_up=warm_up, chance=chance)
    band = BAND if effort.askings >= ENOUGH else None
    pairs = [(f"{what}, {KNOWN}", f"{what}, {UNKNOWN}", band) for what in (RESET, LOG_IN)]
    pairs += [
        (f"{what}, {whose}", f"{what}, {whose}{AGAIN}", None)
        for what in (RESET, LOG_IN)
        for whose in (KNOWN, UNKNOWN)
    ]
    note = (
        f"{effort.askings} requests of each kind, in an order drawn anew each time, each of another name from another network, in "
        "process on SQLite. Unknown names lie among known ones. *Again* is the same kind twice: what chance alone makes of so many. "
        "Delivery comes after the answer, and is left out."
    )
    return Finding(
        name="timing_mail",
        title="What the time of asking for a mail tells",
        figures=figures(found, pairs),
        data={kind: [round(value * 1e3, 3) for value in values] for kind, values in found.items()},
        notes=(note,),
    )


def _reset(at: Services, usernames: Iterator[str]) -> float:
    ask = partial(at.ways_back.password_reset.ask, next(usernames))
    return seconds_of(partial(ask, source=house.somewhere()))


def _log_in(at: Services, usernames: Iterator[str]) -> float:
    ask = partial(at.ways_back.email_log_in.ask, f"{next(usernames)}@example.com", browser="of the bench")
    return seconds_of(partial(ask, source=house.somewhere()))
