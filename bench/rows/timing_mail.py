"""Whether the time of asking for a mail tells if an account exists (EN-3, M4)."""

import time
from pathlib import Path
from typing import Any

from bench import house, people
from bench.effort import Effort
from bench.findings import Figure, Finding, figure
from bench.measuring import auc, spread
from bench.rows.timing import BAND, ENOUGH, WARM_UP
from chalicelib.wiring import Services

KNOWN, UNKNOWN = "holders", "nobody"  # stems of names
RESET, LOG_IN = "reset", "log-in by mail"


def measure(effort: Effort, folder: Path) -> Finding:
    """Measure requests for resets and log-ins of known and unknown names, in turn, each name once."""
    at = house.services(folder, {"CUPBEARER_MAIL": "console:"})
    at.keys.mac.current()
    at.mail.courier = lambda _lines: (
        None
    )  # deployed it is one call that does not depend on whom a mail is for
    count = effort.timings + WARM_UP
    people.into_sqlite(people.crowd(at, count, stem=KNOWN, has_address=True), folder / "cupbearer.db")
    kinds: dict[str, tuple[str, Any]] = {
        f"{what}, {'known' if stem == KNOWN else 'unknown'}": (stem, ask)
        for what, ask in ((RESET, _reset), (LOG_IN, _log_in))
        for stem in (KNOWN, UNKNOWN)
    }
    found: dict[str, list[float]] = {kind: [] for kind in kinds}
    for number in range(count):
        order = list(kinds)[number % len(kinds) :] + list(kinds)[: number % len(kinds)]
        for kind in order:
            stem, ask = kinds[kind]
            started = time.perf_counter()
            ask(at, people.name_of(number, stem))
            if number >= WARM_UP:
                found[kind].append(time.perf_counter() - started)
    band = BAND if effort.timings >= ENOUGH else None
    figures = [figure(kind, spread(values), "ms") for kind, values in found.items()]
    figures += [
        Figure(
            f"AUC of {what}, known against unknown, away from 0.5",
            abs(auc(found[f"{what}, known"], found[f"{what}, unknown"]) - 0.5),
            "",
            band,
        )
        for what in (RESET, LOG_IN)
    ]
    note = (
        f"{effort.timings} requests of each kind, interleaved, each of another name from another network, in process on SQLite. "
        "Delivery comes after the answer, and is left out."
    )
    return Finding(
        name="timing_mail",
        title="What the time of asking for a mail tells",
        figures=tuple(figures),
        data={kind: [round(value * 1e3, 3) for value in values] for kind, values in found.items()},
        notes=(note,),
    )


def _reset(at: Services, username: str) -> None:
    at.ways_back.password_reset.ask(username, source=house.somewhere())


def _log_in(at: Services, username: str) -> None:
    at.ways_back.email_log_in.ask(
        f"{username}@example.com", browser="a browser of the bench", source=house.somewhere()
    )
