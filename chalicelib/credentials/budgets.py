"""One budget of guesses: a counter in the store with a window that its first try opens (TH-1, TH-2).

A try takes a place before its check and leaves it afterwards: as a failure, or as nothing. Failures and places
together never exceed what the window allows. Why it is so: ``docs/decisions/0012-throttling.md``.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from chalicelib.errors import SlowDown
from chalicelib.store import Conflict, Counters, Key, Record, Remove, Store, Write
from chalicelib.world import SKEW_SECONDS, World

DAY = 86_400  # seconds

# Seconds between looks while others of the same account are being checked: 4 s in all, then "slow down".
TURNS = (0.05, 0.1, 0.15, *(0.2,) * 4, *(0.3,) * 4, *(0.4,) * 4)


@dataclass(frozen=True, slots=True)
class Limits:
    """The figures of the budgets; times in seconds."""

    free_failures: int = 10
    first_delay: int = 60  # until one more failure is allowed; each next delay ends at twice that time
    account_window: int = 30 * DAY
    network_attempts: int = 600
    network_window: int = 600

    def allowed(self, elapsed: float) -> int:
        """Return how many failures the window allows once this long open."""
        return self.free_failures + max(0, int(elapsed // self.first_delay)).bit_length()

    def opens_at(self, failures: int) -> int:
        """Return how long the window must be open for one failure more than these."""
        extra = failures + 1 - self.free_failures
        return min(self.first_delay << (extra - 1), self.account_window) if extra > 0 else 0


@dataclass(slots=True)
class Place:
    """A try's place in one budget, with the counters as it found them. Leave it once.

    A success takes back the failures that were over when it began: all, or at most ``forgives`` where not all need be
    the person's own.
    """

    _budgets: "Budgets"
    key: Key
    found: Counters
    forgives: int | None = None
    _left: bool = field(default=False, init=False)
    _disturbed: bool = field(default=False, init=False)

    def leave(self, failures: int = 0) -> None:
        """Give the place back, with so many failures more."""
        if not self._left:
            self._left = True
            self._budgets.settle(self.key, {"reserved": -1, "failures": failures})

    def ending(self) -> tuple[Write, ...]:
        """Return the write that ends the count with a success, as long as no other try came since (TH-2)."""
        if self._was_alone and not self._disturbed and self._forgiven == self.found["failures"]:
            return (Remove(Record(self.key, {}, self.found.version)),)
        return ()

    def lost(self, conflict: Conflict) -> None:
        """Take note of a commit that failed: if for this place, others came and their places must not be forgotten."""
        self._disturbed |= self.key in conflict.keys

    def ended(self) -> None:
        """Leave after the commit of :meth:`ending`; what that did not end is left as by :meth:`forgive`."""
        if self.ending():
            self._left = True
        else:
            self.forgive()

    def forgive(self) -> None:
        """Leave with a success: the failures that were over when this try began are forgiven.

        Of tries at one time one forgives, the one that found no other.
        """
        self.leave(-self._forgiven if self._was_alone else 0)

    @property
    def _forgiven(self) -> int:
        failures = self.found["failures"]
        return failures if self.forgives is None else min(failures, self.forgives)

    @property
    def _was_alone(self) -> bool:
        return self.found["reserved"] == 1


class Budgets:
    """The counters, on one store and clock."""

    def __init__(self, store: Store, world: World, limits: Limits) -> None:
        self._store = store
        self._world = world
        self._limits = limits

    def take_place(self, key: Key, *, forgives: int | None = None) -> Place:
        """Take a place before a check: one write. Raises SlowDown where the failures have used the budget up.

        Where others are being checked, it waits its turn. A success meanwhile leaves one that waits no more guesses
        than there were before.
        """
        seen = before = 0
        for turn in TURNS:
            counters = self.bump(key, {"reserved": 1}, seconds=self._limits.account_window)
            if counters["failures"] < seen:
                before += seen
            seen = counters["failures"]
            elapsed = self._world.now() - counters.expires_at + self._limits.account_window
            allowed = self._limits.allowed(elapsed)
            if before + seen + counters["reserved"] <= allowed:
                return Place(self, key, counters, forgives)
            self.settle(key, {"reserved": -1})
            if before + seen >= allowed:
                raise SlowDown(self._limits.opens_at(before + seen) - max(0, elapsed))
            self._wait(turn)
        raise SlowDown(1)

    def settle(self, key: Key, amounts: Mapping[str, int]) -> None:
        """Give a place back; where the record is another by now, there is neither place nor failures to take from it."""
        seconds = self._limits.account_window
        counters = self.bump(key, amounts, seconds=seconds)
        missing = {name: -counters[name] for name in amounts if counters[name] < 0}
        if missing:
            self.bump(key, missing, seconds=seconds)

    def bump(self, key: Key, amounts: Mapping[str, int], *, seconds: int) -> Counters:
        """Count within a window of so many seconds; one that opened in the future is begun again (AV-4).

        Its counts are kept, but for one free guess: so a step back of the clock neither prolongs a lock nor gives more
        than that away.
        """
        counters = self._bump(key, amounts, seconds)
        if counters.expires_at <= self._world.now() + seconds + SKEW_SECONDS:
            return counters
        try:
            self._store.commit(Remove(Record(key, {}, counters.version)))
        except Conflict:
            return self.bump(key, {**dict.fromkeys(amounts, 0), "reserved": 0}, seconds=seconds)
        kept = {name: min(count, self._limits.free_failures - 1) for name, count in counters.counts.items()}
        kept["reserved"] = max(0, amounts.get("reserved", 0))
        return self._bump(key, kept, seconds)

    def _bump(self, key: Key, amounts: Mapping[str, int], seconds: int) -> Counters:
        return self._store.bump(key, amounts, expires_at=self._world.timestamp() + seconds, lossy=True)

    def _wait(self, seconds: float) -> None:
        jitter = 0.5 + self._world.random_bytes(1)[0] / 256  # 0.5 to 1.5: not all in step
        self._world.sleep(seconds * jitter)
