"""Whether the time of a refused log-in tells if an account exists (EN-2, M4)."""

import random
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path

from bench import house, people
from bench.effort import Effort
from bench.findings import Figure, Finding, figure
from bench.measuring import Batch, auc, in_random_turn, spread
from chalicelib.errors import Refusal
from chalicelib.wiring import Services

WRONG, UNKNOWN, DISABLED = "wrong password", "unknown user", "disabled account"
AGAIN = "unknown user, again"  # what two classes that are the same differ by; and there are as many unknown as known
WARM_UP = 20
BAND = 0.05  # the classifier's AUC may be this far from the 0.5 of a coin
ENOUGH = 400  # of each class: with fewer, chance alone goes beyond the band

Pairs = Sequence[tuple[str, str, float | None]]  # two classes, and how far apart they may be


def measure(effort: Effort, folder: Path) -> Finding:
    """Measure refused log-ins of three kinds of accounts, each account once."""
    at, chance = house.services(folder), random.Random(effort.name)  # noqa: S311 - no secret
    at.keys.ring.signing_key()
    warm_up = WARM_UP * effort.warms_up
    count = 2 * (effort.timings + warm_up)
    for stem, disabled in (("wrongs", False), ("halted", True)):
        crowd = people.crowd(at, count, stem=stem, disabled=disabled)
        people.into_sqlite(crowd, folder / "cupbearer.db")
    there, missing = names(count, "wrongs", chance)
    halted, _ = names(count, "halted", chance)
    kinds: dict[str, Batch] = {
        WRONG: partial(_refused, at, there, right=False),
        UNKNOWN: partial(_refused, at, missing, right=False),
        AGAIN: partial(_refused, at, missing, right=False),
        DISABLED: partial(_refused, at, halted, right=True),
    }
    found = in_random_turn(kinds, rounds=effort.timings, warm_up=warm_up, chance=chance)
    band = BAND if effort.timings >= ENOUGH else None
    pairs = [(WRONG, UNKNOWN, band), (WRONG, DISABLED, band), (UNKNOWN, DISABLED, band)]
    return Finding(
        name="timing",
        title="What the time of a refused log-in tells",
        figures=figures(found, [*pairs, (UNKNOWN, AGAIN, None)]),
        data={kind: [round(value * 1e3, 3) for value in values] for kind, values in found.items()},
        notes=(
            (
                f"{effort.timings} log-ins of each kind, in an order drawn anew each time, each of another account from another "
                "network, in process on SQLite; the disabled ones with the right password. Unknown names lie among known ones. "
                f"*Again* is the same kind twice: what chance alone makes of so many. The hash is {house.HASH}."
            ),
        ),
    )


def names(count: int, stem: str, chance: random.Random) -> tuple[Iterator[str], Iterator[str]]:
    """Return the names of a crowd, and as many that nobody has, each beside one of the crowd; both in random order."""
    known, unknown = (chance.sample(range(count), count) for _ in range(2))
    return (
        iter([people.name_of(number, stem) for number in known]),
        iter([f"{people.name_of(number, stem)}a" for number in unknown]),
    )


def figures(found: Mapping[str, Sequence[float]], pairs: Pairs) -> tuple[Figure, ...]:
    """Return how long each class takes, and what tells one of a pair from the other."""
    return (
        *(figure(kind, spread(values), "ms") for kind, values in found.items()),
        *(
            Figure(
                f"AUC of {one} against {other}, away from 0.5",
                abs(auc(found[one], found[other]) - 0.5),
                "",
                band,
            )
            for one, other, band in pairs
        ),
    )


def seconds_of(act: Callable[[], object]) -> float:
    """Return how long an act takes that may be refused."""
    started = time.perf_counter()
    with suppress(Refusal):
        act()
    return time.perf_counter() - started


def _refused(at: Services, usernames: Iterator[str], *, right: bool) -> float:
    password = house.PASSWORD if right else "another-phrase-1"
    log_in = partial(at.authentication.log_in.with_password, username=next(usernames), password=password)
    return seconds_of(partial(log_in, source=house.somewhere()))
