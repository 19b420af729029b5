"""Keys of the refresh tokens' MAC: shared with nobody, wrapped at rest, kept as long as sessions live."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from chalicelib.errors import Unavailable
from chalicelib.keys.key_wrapping import Wrapper, unwrapped
from chalicelib.keys.rotation import RING_CACHE_SECONDS, RING_TIMES, Noting
from chalicelib.stale_cache import StaleIfErrorCache
from chalicelib.store import Conflict, Insert, Key, Record, Replace, Store, StoreUnavailable
from chalicelib.store.retrying import retrying
from chalicelib.store.stored_values import StoredValue
from chalicelib.world import World

RING = Key("keys", "refresh")
KEY_BYTES = 32  # HMAC-SHA-256 with a key of its own length (RFC 7518 section 3.2)
KID_CHARACTERS = 8
AHEAD_SECONDS = 2 * RING_CACHE_SECONDS  # every process has read a new key before one of them uses it


class MacKeySource(Protocol):
    """Where MAC keys come from: the ring below, or another in tests."""

    def current(self) -> tuple[str, bytes]:
        """Return the key that signs now, with its id."""

    def by_kid(self, kid: str) -> bytes | None:
        """Return a key that still verifies."""


@dataclass(frozen=True, slots=True)
class _MacKey(StoredValue):
    kid: str
    created_at: int
    used_from: int
    key: str  # wrapped


@dataclass(frozen=True, slots=True)
class MacKeyInfo:
    """What an operator sees of a key. Times are seconds since the epoch."""

    kid: str
    state: Literal["next", "current", "retiring"]
    created_at: int
    used_from: int


@dataclass(frozen=True, slots=True)
class _Loaded:
    record: Record
    keys: tuple[_MacKey, ...]  # oldest first, never empty


class MacKeys:
    """The MAC keys of one store; each is kept for ``keep_seconds`` after its successor came into use."""

    def __init__(self, store: Store, world: World, wrapper: Wrapper, *, keep_seconds: int) -> None:
        self._store = store
        self._world = world
        self._wrapper = wrapper
        self._keep_seconds = keep_seconds
        self._loaded = StaleIfErrorCache(self._load, world, RING_TIMES, trouble=StoreUnavailable)
        self._plain: dict[str, bytes] = {}

    def current(self) -> tuple[str, bytes]:
        """Return the name and the octets of the key for new tokens. Unavailable when it cannot be read."""
        keys, now = self._loaded.get().keys, self._world.now()
        entry = next((key for key in reversed(keys) if key.used_from <= now), keys[0])
        return entry.kid, self._unwrapped(entry)

    def check(self) -> None:
        """Raise WrongMasterKey where there are keys that cannot be unwrapped; make none where there are none."""
        if self._plain or self._store.get(RING) != (None,):
            self.current()

    def by_kid(self, kid: str) -> bytes | None:
        """Return the key of that name, None for none. An unknown name may cause one read a cool-down."""
        entry = _named(self._loaded.get(), kid) or _named(self._loaded.newer(), kid)
        return None if entry is None else self._unwrapped(entry)

    def list(self) -> tuple[MacKeyInfo, ...]:
        """Return the keys, oldest first, as they stand in the store now."""
        keys, now = self._load().keys, self._world.now()
        current = next((key for key in reversed(keys) if key.used_from <= now), keys[0])
        return tuple(
            MacKeyInfo(
                kid=key.kid,
                state="current" if key is current else "next" if key.used_from > now else "retiring",
                created_at=key.created_at,
                used_from=key.used_from,
            )
            for key in keys
        )

    def rotate(self, *, emergency: bool = False, noting: Noting | None = None) -> str:
        """Add a key to be used after AHEAD_SECONDS, drop those no session needs, and return its kid.

        ``noting`` makes of the kid what the same commit writes down.

        In an emergency it is used at once and all others are dropped: everybody has to log in again, at the
        latest when every process has read the ring anew, after RING_CACHE_SECONDS.
        """
        new = self._new_key(ahead=0 if emergency else AHEAD_SECONDS)
        noted = noting(new.kid) if noting else ()

        def attempt() -> None:
            loaded, now = self._load(), self._world.now()
            ends = [key.used_from + self._keep_seconds + RING_CACHE_SECONDS for key in loaded.keys[1:]]
            ended = zip(loaded.keys, [*ends, now + 1], strict=True)
            kept = [] if emergency else [key for key, end in ended if now < end]
            self._store.commit(Replace(loaded.record, _data((*kept, new))), *noted)

        retrying(attempt, busy=Unavailable())
        self._loaded.put(self._load())
        return new.kid

    def _load(self) -> _Loaded:
        (record,) = self._store.get(RING)
        if record is None:
            record = self._start()
        return _Loaded(record, tuple(map(_MacKey.from_data, record.data["keys"])))

    def _start(self) -> Record:
        with suppress(Conflict):
            self._store.commit(Insert(RING, _data((self._new_key(ahead=0),))))
        (record,) = self._store.get(RING)
        if record is None:
            raise Unavailable
        return record

    def _new_key(self, *, ahead: int) -> _MacKey:
        kid, now = self._world.identifier()[:KID_CHARACTERS], self._world.timestamp()
        wrapped = self._wrapper.wrap(self._world.random_bytes(KEY_BYTES), context=_context(kid))
        return _MacKey(kid=kid, created_at=now, used_from=now + ahead, key=wrapped)

    def _unwrapped(self, entry: _MacKey) -> bytes:
        plain = self._plain.get(entry.kid)
        if plain is None:
            plain = unwrapped(self._wrapper, entry.key, context=_context(entry.kid))
            self._plain[entry.kid] = plain
        return plain


def _named(loaded: _Loaded, kid: str) -> _MacKey | None:
    return next((key for key in loaded.keys if key.kid == kid), None)


def _data(keys: tuple[_MacKey, ...]) -> Mapping[str, Any]:
    return {"keys": [key.data() for key in keys]}


def _context(kid: str) -> str:
    return f"refresh:{kid}"
