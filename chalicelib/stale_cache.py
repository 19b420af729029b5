"""A value fetched from elsewhere, kept fresh, and kept at all when elsewhere is in trouble (FD-6, AV-3).

Signing keys from the store, an issuer's keys over HTTP, what a provider says of itself: the rules are the same.
"""

from collections.abc import Callable
from threading import Lock
from typing import Generic, TypeVar

from chalicelib.errors import Unavailable
from chalicelib.value import Value
from chalicelib.world import World

RETRY_SECONDS = 2.0  # between tries while there is nothing to fall back on, so that recovery takes no longer

T = TypeVar("T")


class Times(Value):
    """How long a value is fresh, the least time between two loads, and how long it may outlive trouble."""

    fresh_seconds: float
    cool_down_seconds: float
    stale_seconds: float


class _Moment(Value):
    monotonic: float
    now: float


class StaleIfErrorCache(Generic[T]):
    """The last value that ``load`` gave; Unavailable and what else ``trouble`` names are the trouble it may raise.

    Thread-safe: one caller loads, the others go on with what there is. They wait when there is nothing, or
    when they ask for something newer.
    """

    def __init__(
        self, load: Callable[[], T], world: World, times: Times, *, trouble: type[Exception] = Unavailable
    ) -> None:
        self._may_raise = (Unavailable, trouble)
        self._load = load
        self._world = world
        self._times = times
        self._lock = Lock()
        self._held: tuple[T, _Moment] | None = None
        self._trouble: tuple[Exception, _Moment] | None = None  # of the last try, None if it went well

    def get(self) -> T:
        """Return the value, loaded again when it is not fresh. Unavailable when there is none to keep."""
        held = self._held
        if held is not None and self._age(held[1]) < self._times.fresh_seconds:
            return held[0]
        usable = self._usable()
        if not self._lock.acquire(blocking=usable is None):
            return usable  # type: ignore[return-value]  # not None, or the lock would have been waited for
        try:
            return self._loaded(self._times.fresh_seconds)
        finally:
            self._lock.release()

    def newer(self) -> T:
        """Return the value, loaded again unless that was done within the cool-down (for an unknown name).

        Unavailable when the last try failed: then nobody knows whether the name exists.
        """
        with self._lock:
            value = self._loaded(self._times.cool_down_seconds)
            if self._trouble is not None:
                raise Unavailable from self._trouble[0]
            return value

    def put(self, value: T) -> None:
        """Take a value that was just written or read elsewhere."""
        self._held, self._trouble = (value, self._moment()), None

    def _loaded(self, seconds: float) -> T:
        """Load, unless another thread did or the last failure is too young. The lock is held."""
        if self._held is not None and self._age(self._held[1]) < seconds:
            return self._held[0]
        pause = RETRY_SECONDS if self._usable() is None else self._times.cool_down_seconds
        if self._trouble is None or self._age(self._trouble[1]) >= pause:
            try:
                self.put(self._load())
            except self._may_raise as trouble:
                self._trouble = (trouble, self._moment())
        held = self._usable()
        if held is not None:
            return held
        raise Unavailable from (self._trouble[0] if self._trouble else None)

    def _usable(self) -> T | None:
        held = self._held
        return held[0] if held is not None and self._age(held[1]) < self._times.stale_seconds else None

    def _moment(self) -> _Moment:
        return _Moment(self._world.monotonic(), self._world.now())

    def _age(self, then: _Moment) -> float:
        """Return seconds by the clock that saw more: in a frozen Lambda the monotonic one stands still."""
        return max(self._world.monotonic() - then.monotonic, self._world.now() - then.now)
