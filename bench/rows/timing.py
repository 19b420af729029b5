"""Whether the time of a refused log-in tells if an account exists (EN-2, M4)."""

import time
from contextlib import suppress
from pathlib import Path

from bench import house, people
from bench.effort import Effort
from bench.findings import Figure, Finding, figure
from bench.measuring import auc, spread
from chalicelib.errors import Refusal
from chalicelib.wiring import Services

KINDS = ("wrong password", "unknown user", "disabled account")
WARM_UP = 10
BAND = 0.05  # the classifier's AUC may be this far from the 0.5 of a coin
ENOUGH = 400  # of each class: with fewer, chance alone goes beyond the band


def measure(effort: Effort, folder: Path) -> Finding:
    """Measure refused log-ins of three kinds of accounts, in turn, each account once."""
    at = house.services(folder)
    at.keys.ring.signing_key()
    for stem, disabled in (("wrongs", False), ("halted", True)):
        crowd = people.crowd(at, effort.timings + WARM_UP, stem=stem, disabled=disabled)
        people.into_sqlite(crowd, folder / "cupbearer.db")
    stems = {KINDS[0]: "wrongs", KINDS[1]: "nobody", KINDS[2]: "halted"}
    found: dict[str, list[float]] = {kind: [] for kind in KINDS}
    for number in range(effort.timings + WARM_UP):
        first = number % len(KINDS)
        for kind in KINDS[first:] + KINDS[:first]:
            seconds = _refused(at, people.name_of(number, stems[kind]), right=kind == KINDS[2])
            if number >= WARM_UP:
                found[kind].append(seconds)
    band = BAND if effort.timings >= ENOUGH else None
    pairs = [(KINDS[0], KINDS[1]), (KINDS[0], KINDS[2]), (KINDS[1], KINDS[2])]
    figures = [figure(kind, spread(values), "ms") for kind, values in found.items()]
    figures += [
        Figure(
            f"AUC of {one} against {other}, away from 0.5", abs(auc(found[one], found[other]) - 0.5), "", band
        )
        for one, other in pairs
    ]
    return Finding(
        name="timing",
        title="What the time of a refused log-in tells",
        figures=tuple(figures),
        data={kind: [round(value * 1e3, 3) for value in values] for kind, values in found.items()},
        notes=(
            (
                f"{effort.timings} log-ins of each kind, interleaved, each of another account from another network, in process on "
                f"SQLite; the disabled ones with the right password. The hash is {house.HASH}."
            ),
        ),
    )


def _refused(at: Services, username: str, *, right: bool) -> float:
    source = house.somewhere()
    started = time.perf_counter()
    with suppress(Refusal):
        at.authentication.log_in.with_password(
            username=username, password=house.PASSWORD if right else "another-phrase-1", source=source
        )
    return time.perf_counter() - started
