"""The refresh tokens' MAC keys."""

from concurrent.futures import ThreadPoolExecutor

from chalicelib.keys import mac_keys
from chalicelib.keys.key_wrapping import MasterKey
from chalicelib.keys.mac_keys import AHEAD_SECONDS, MacKeys
from chalicelib.keys.remote_jwks import COOL_DOWN_SECONDS
from chalicelib.keys.rotation import RING_CACHE_SECONDS
from chalicelib.store import Store
from chalicelib.store.sqlite import SqliteStore
from chalicelib.world import World
from tests.conftest import Clock
from tests.support.keys_world import MASTER_KEY, Line

KEEP_SECONDS = 90 * 86_400


def keys_on(store: Store, world: World) -> MacKeys:
    return MacKeys(store, world, MasterKey(MASTER_KEY, world), keep_seconds=KEEP_SECONDS)


def test_the_first_use_makes_one_key_for_all_processes(store: SqliteStore, world: World) -> None:
    many = [keys_on(store, world) for _ in range(8)]
    with ThreadPoolExecutor(8) as pool:
        found = set(pool.map(MacKeys.current, many))
    ((kid, octets),) = found
    assert (len(kid), len(octets)) == (8, 32)
    assert many[0].by_kid(kid) == octets


def test_a_new_key_is_known_to_all_before_one_uses_it(store: SqliteStore, world: World, clock: Clock) -> None:
    ours, theirs = keys_on(store, world), keys_on(store, world)
    old, _ = theirs.current()
    new = ours.rotate()
    assert ours.current()[0] == old
    clock.advance(RING_CACHE_SECONDS)
    assert theirs.current()[0] == old, "it has read the new key by now"
    clock.advance(AHEAD_SECONDS - RING_CACHE_SECONDS)
    assert ours.current()[0] == new
    assert theirs.by_kid(new) == ours.by_kid(new)


def test_an_old_key_is_kept_as_long_as_a_session_may_live(
    store: SqliteStore, world: World, clock: Clock
) -> None:
    ring = keys_on(store, world)
    old, octets = ring.current()
    ring.rotate()
    clock.advance(AHEAD_SECONDS + KEEP_SECONDS)
    ring.rotate()
    assert ring.by_kid(old) == octets
    clock.advance(RING_CACHE_SECONDS)
    ring.rotate()
    assert ring.by_kid(old) is None


def test_an_unknown_name_is_no_key_and_costs_one_read_a_cool_down(
    store: SqliteStore, world: World, clock: Clock
) -> None:
    line = Line(store)
    ring = keys_on(line, world)
    ring.current()
    line.requests = 0
    clock.advance(COOL_DOWN_SECONDS)
    assert [ring.by_kid(f"unknown{i}") for i in range(20)] == [None] * 20
    assert line.requests == 1


def test_the_keys_are_wrapped_at_rest(store: SqliteStore, world: World) -> None:
    keys_on(store, world).current()
    (record,) = store.get(mac_keys.RING)
    assert record is not None
    assert all(key["key"].startswith("mk1.") for key in record.data["keys"])
