"""Measuring side by side: contenders take turns in every round, so what disturbs the machine disturbs them alike."""

import gc
import random
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

Batch = Callable[[], float]  # does its work and returns the seconds of one piece of it


@dataclass(frozen=True, slots=True)
class Spread:
    """The median of many measurements and the quartiles around it."""

    median: float
    low: float
    high: float
    count: int


def spread(values: Sequence[float]) -> Spread:
    """Return median and quartiles."""
    low, median, high = statistics.quantiles(values, n=4) if len(values) > 1 else (values[0],) * 3
    return Spread(median=median, low=low, high=high, count=len(values))


def in_turn(contenders: Mapping[str, Batch], *, rounds: int, warm_up: int = 2) -> dict[str, list[float]]:
    """Return the seconds of each contender, round by round; who begins changes with the round."""
    names = list(contenders)
    found: dict[str, list[float]] = {name: [] for name in names}
    for number in range(-warm_up, rounds):
        first = number % len(names)
        for name in names[first:] + names[:first]:
            seconds = contenders[name]()
            if number >= 0:
                found[name].append(seconds)
    return found


def in_random_turn(
    contenders: Mapping[str, Batch], *, rounds: int, warm_up: int, chance: random.Random
) -> dict[str, list[float]]:
    """Return what :meth:`in_turn` does, in an order that is drawn anew for each round.

    In any fixed one each comes after the same other again and again, and finds what that leaves in caches.
    """
    found: dict[str, list[float]] = {name: [] for name in contenders}
    for number in range(-warm_up, rounds):
        for name in chance.sample(list(contenders), len(contenders)):
            seconds = contenders[name]()
            if number >= 0:
                found[name].append(seconds)
    return found


def ratio(ours: Sequence[float], theirs: Sequence[float]) -> Spread:
    """Return ours over theirs, of the same round each."""
    return spread([mine / yours for mine, yours in zip(ours, theirs, strict=True)])


def ratio_undisturbed(ours: Sequence[float], theirs: Sequence[float]) -> float:
    """Return ours over theirs by the fastest tenth of each: what a busy machine adds to both is left out."""
    mine, yours = (sorted(values)[len(values) // 10] for values in (ours, theirs))
    return mine / yours


def processor_seconds_each(work: Callable[[], object], times: int = 1) -> float:
    """Return the processor time of one call: what a busy machine gives to others in between is not in it."""
    return seconds_each(work, times, clock=time.process_time)


def seconds_each(
    work: Callable[[], object], times: int = 1, *, clock: Callable[[], float] = time.perf_counter
) -> float:
    """Return the seconds of one call, without the garbage collector's own moments."""
    gc.collect()
    gc.disable()
    try:
        started = clock()
        for _ in range(times):
            work()
        return (clock() - started) / times
    finally:
        gc.enable()


def auc(one: Sequence[float], other: Sequence[float]) -> float:
    """Return how often a value of ``one`` is above one of ``other`` (Mann and Whitney): 0.5 tells nothing."""
    ranked = sorted([(value, 1) for value in one] + [(value, 0) for value in other])
    above = 0.0
    below_here = 0
    for _, is_one in ranked:
        above += below_here if is_one else 0
        below_here += not is_one
    return above / (len(one) * len(other))
