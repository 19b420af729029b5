"""Budgets for guessing: a record per account and one per network, spent before a check (TH-1 to TH-6).

An account has 10 free failures, then one more after 1, 2, 4, 8… minutes: 26 in 30 days, far below NIST's 100.
A success clears it. Unknown accounts are counted alike. Why: ``docs/decisions/0012-throttling.md``.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Self

from chalicelib.errors import SlowDown
from chalicelib.networks import network_of
from chalicelib.store import Counters, Forget, Key, Store, Write
from chalicelib.world import World

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
class Reservation:
    """The right to check one secret once. Settle it by exactly one of the three."""

    _throttle: "Throttle"
    key: Key
    _settled: bool = field(default=False, init=False)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        """Withdraw when the check could not be made, so that trouble of ours weighs on nobody."""
        if kind is not None:
            self.withdraw()

    def failed(self) -> None:
        """Count a wrong guess."""
        self._settle({"reserved": -1, "failures": 1})

    def withdraw(self) -> None:
        """Give it back: nothing was checked, or what was proven was not about a secret."""
        self._settle({"reserved": -1})

    def cleared(self) -> tuple[Write, ...]:
        """Return the writes that end the count, for the commit of the success itself."""
        return (Forget(self.key),)

    def _settle(self, amounts: dict[str, int]) -> None:
        if not self._settled:
            self._settled = True
            self._throttle.settle(self.key, amounts)


class Throttle:
    """Counts attempts and failures in the store, so that all processes share one budget."""

    def __init__(self, store: Store, world: World, limits: Limits | None = None) -> None:
        self._store = store
        self._world = world
        self._limits = limits or Limits()

    def reserve(self, *, account: str, network: str | None, known: bool) -> Reservation:
        """Reserve one check before it is made: two writes, one without a network. Raises SlowDown.

        ``account`` is the canonical name, whether or not it exists. ``known`` says that its owner logged in from
        this network before: that has a budget of its own, out of the reach of strangers (TH-5).
        """
        where = network_of(network)
        if where is not None:
            limits = self._limits
            self.spend("network", where, limit=limits.network_attempts, seconds=limits.network_window)
        key = _known_key(account, where) if known and where else _account_key(account)
        for turn in TURNS:
            counters = self._bump(key, {"reserved": 1})
            opened = counters.expires_at - self._limits.account_window
            allowed = self._limits.allowed(self._world.now() - opened)
            if counters["failures"] + counters["reserved"] <= allowed:
                return Reservation(self, key)
            self.settle(key, {"reserved": -1})
            if counters["failures"] >= allowed:
                raise SlowDown(opened + self._limits.opens_at(counters["failures"]) - self._world.now())
            self._wait(turn)
        raise SlowDown(1)

    def spend(self, kind: str, name: str | None, *, limit: int, seconds: int) -> None:
        """Count one of ``limit`` things in ``seconds``; raise SlowDown past it. None is not counted."""
        if name is None:
            return
        now = self._world.timestamp()
        counters = self._store.bump(_key(kind, name), {"attempts": 1}, expires_at=now + seconds, lossy=True)
        if counters["attempts"] > limit:
            raise SlowDown(counters.expires_at - self._world.now())

    def is_first(self, kind: str, name: str, *, seconds: int) -> bool:
        """Tell whether this is the first of its kind in a window of ``seconds``: one write, whatever the answer."""
        expires_at = self._world.timestamp() + seconds
        return (
            self._store.bump(_key(kind, name), {"times": 1}, expires_at=expires_at, lossy=True)["times"] == 1
        )

    def unlock(self, account: str, *, networks: Iterable[str] = ()) -> None:
        """Forget the failures of an account: everywhere else, and in those networks it is known from."""
        found = {where for each in networks if (where := network_of(each))}
        self._store.commit(
            Forget(_account_key(account)), *(Forget(_known_key(account, each)) for each in found)
        )

    def settle(self, key: Key, amounts: dict[str, int]) -> None:
        """Give a reservation back; for :class:`Reservation`.

        Where a success has forgotten the record meanwhile, there is none to give back: what this took from
        the new record's reservations is put in again, else the next guessers could overrun it.
        """
        if self._bump(key, amounts)["reserved"] < 0:
            self._bump(key, {"reserved": 1})

    def _bump(self, key: Key, amounts: dict[str, int]) -> Counters:
        return self._store.bump(
            key, amounts, expires_at=self._world.timestamp() + self._limits.account_window, lossy=True
        )

    def _wait(self, seconds: float) -> None:
        jitter = 0.5 + self._world.random_bytes(1)[0] / 256  # 0.5 to 1.5: not all in step
        self._world.sleep(seconds * jitter)


def _account_key(account: str) -> Key:
    return _key("account", account)


def _known_key(account: str, network: str) -> Key:
    return _key("known", f"{account}\n{network}")


def _key(kind: str, name: str) -> Key:
    """Return where a budget is kept; names only as digests, since they may be addresses of people."""
    return Key(f"throttle#{kind}#{hashlib.sha256(name.encode()).hexdigest()}", "budget")
