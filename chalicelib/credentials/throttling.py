"""Throttling: budgets of guesses per name that is asked for, per account and per network (TH-1 to TH-6).

An account has 10 free failures, then one more after 1, 2, 4, 8… minutes: 26 in 30 days, far below NIST's 100.
A success clears it. Unknown accounts are counted alike. Why: ``docs/decisions/0012-throttling.md``.
"""

import hashlib
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from typing import Self

from chalicelib.credentials.budgets import DAY, Budgets, Limits, Place
from chalicelib.errors import SlowDown
from chalicelib.networks import network_of
from chalicelib.store import MAX_WRITES, Conflict, Forget, Key, Store, Write
from chalicelib.world import World

__all__ = ["Limits", "Reservation", "Throttle"]

# Of codes so short that a year of guesses counts: 16 in a year, so at most 32 in any 365 days (docs/decisions/0083).
CODE_LIMITS = Limits(free_failures=5, first_delay=6 * 3600, account_window=365 * DAY)


@dataclass(slots=True)
class Reservation:
    """The right to check one secret once. Settle it by exactly one of its verbs.

    ``with`` it around the commit that holds :meth:`cleared`: what stops that commit weighs on nobody.
    """

    _places: tuple[Place, ...]
    spent: SlowDown | None = None  # the account's budget is: whatever the check finds, the answer is "wrong"
    _settled: bool = field(default=False, init=False)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        """Withdraw when nothing came of it; count the success when the block, a commit, is through."""
        if kind is not None:
            self.withdraw()
        elif not self._settled:
            self._settled = True
            for place in self._places:
                place.ended()

    def succeeded(self) -> None:
        """Count a success that has no commit of its own."""
        if not self._settled:
            self._settled = True
            for place in self._places:
                place.forgive()

    def failed(self) -> None:
        """Count a wrong guess."""
        self._leave(1)

    def withdraw(self) -> None:
        """Give it back: nothing was checked, or what was proven was not about a secret."""
        self._leave(0)

    def cleared(self) -> tuple[Write, ...]:
        """Return the writes that end the count, for the commit of the success itself; ask anew for each try of it."""
        return tuple(write for place in self._places for write in place.ending())

    def lost(self, conflict: Conflict) -> None:
        """Take note that a commit of :meth:`cleared` failed, before the next try."""
        for place in self._places:
            place.lost(conflict)

    def _leave(self, failures: int) -> None:
        if not self._settled:
            self._settled = True
            for place in self._places:
                place.leave(failures)


class Throttle:
    """Counts attempts and failures in the store, so that all processes share one budget."""

    def __init__(self, store: Store, world: World, limits: Limits | None = None) -> None:
        self._store = store
        self._world = world
        self._limits = limits or Limits()
        self._budgets = Budgets(store, world, self._limits)
        self._codes = Budgets(store, world, CODE_LIMITS)

    def reserve(self, *, account: str, network: str | None, known: Collection[str] = ()) -> Reservation:
        """Reserve one check before it is made: two writes, one without a network. Raises SlowDown.

        ``account`` is the canonical name, whether or not it exists. ``known`` are the networks that its
        owner logged in from before: each has a budget of its own, out of the reach of strangers (TH-5).
        """
        where = self._admit(network)
        return Reservation((self._budgets.take_place(_account(account, where, known)),))

    def reserve_guess(
        self, *, name: str, account: str, network: str | None, known: Collection[str] = ()
    ) -> Reservation:
        """Reserve one check of an account's password by the name that was typed. Raises SlowDown.

        That depends on what came from this network for this name and on nothing else, so it says nothing of the
        account behind it. The account's own budget, one for all its names (TH-4), comes with the reservation as ``spent``.
        """
        where = self._admit(network)
        asked = self._budgets.take_place(_asked(name, where))
        try:
            return Reservation((asked, self._budgets.take_place(_account(account, where, known))))
        except SlowDown as spent:
            return Reservation((asked,), spent)
        except BaseException:
            asked.leave()
            raise

    def reserve_code(self, account: str, *, network: str | None, own_failures: int) -> Reservation:
        """Reserve one check of a short code of an account, whatever the network. Raises SlowDown.

        A success takes back only the ``own_failures`` of the log-in that it ends: those of others go on to count.
        """
        self._admit(network)
        return Reservation((self._codes.take_place(_code(account), forgives=own_failures),))

    def admit(self, network: str | None) -> Reservation:
        """Count one attempt at what nobody can guess: of its network alone. Raises SlowDown."""
        self._admit(network)
        return Reservation(())

    def _admit(self, network: str | None) -> str | None:
        """Count one attempt of a network, and return which it is."""
        where = network_of(network)
        limits = self._limits
        self.spend("network", where, limit=limits.network_attempts, seconds=limits.network_window)
        return where

    def spend(self, kind: str, name: str | None, *, limit: int, seconds: int) -> None:
        """Count one of ``limit`` things in ``seconds``; raise SlowDown past it. None is not counted."""
        if name is None:
            return
        counters = self._budgets.bump(_key(kind, name), {"attempts": 1}, seconds=seconds)
        if counters["attempts"] > limit:
            raise SlowDown(min(seconds, counters.expires_at - self._world.now()))

    def is_first(self, kind: str, name: str, *, seconds: int) -> bool:
        """Return whether this is the first of its kind in a window of ``seconds``: one write, whatever the answer."""
        return self._budgets.bump(_key(kind, name), {"times": 1}, seconds=seconds)["times"] == 1

    def unlock(
        self, account: str, *, names: Iterable[str] = (), networks: Iterable[str] = (), user_id: str = ""
    ) -> None:
        """Forget the failures of an account by all its names, in those networks and without one, and those of its codes."""
        found: set[str | None] = {network_of(each) for each in networks} | {None}
        keys = {_account(account, where, known) for where in found for known in ((), found)}
        keys |= {_asked(name, where) for where in found for name in (account, *names)}
        keys |= {_code(user_id)} if user_id else set()
        forgetting = [Forget(key) for key in sorted(keys)]
        for start in range(0, len(forgetting), MAX_WRITES):
            self._store.commit(*forgetting[start : start + MAX_WRITES])


def _asked(name: str, where: str | None) -> Key:
    return _key("asked", f"{name}\n{where or '-'}")


def _code(account: str) -> Key:
    return _key("code", account)


def _account(account: str, where: str | None, known: Collection[str | None]) -> Key:
    """Return the budget of a network that the account's owner comes from, or the one that all others share."""
    is_usual = where is not None and where in known
    return _key("known", f"{account}\n{where}") if is_usual else _key("account", account)


def _key(kind: str, name: str) -> Key:
    """Return where a budget is kept; names only as digests, since they may be addresses of people."""
    return Key(f"throttle#{kind}#{hashlib.sha256(name.encode()).hexdigest()}", "budget")
