"""The key ring: one beginning, rotation by the clock, verification from memory (KM, AV-3)."""

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from cryptography.exceptions import InvalidSignature
from jwt import PyJWKSet

from chalicelib.errors import Invalid, Unavailable, WrongMasterKey
from chalicelib.keys import key_ring
from chalicelib.keys.key_wrapping import MasterKey
from chalicelib.keys.remote_jwks import COOL_DOWN_SECONDS, JWKS_CACHE_SECONDS, STALE_SECONDS
from chalicelib.keys.rotation import MAX_KEYS, PUBLISH_AHEAD_SECONDS, RING_CACHE_SECONDS, VERIFY_AFTER_SECONDS
from chalicelib.store import Write
from chalicelib.store.sqlite import SqliteStore
from chalicelib.wiring import Services
from chalicelib.world import World
from cupbearer.testing import AppUnderTest, Client
from tests.conftest import Clock
from tests.support.keys_world import Line, private_members, ring_on


def test_the_first_use_makes_one_key_that_signs_at_once(store: SqliteStore, world: World) -> None:
    ring = ring_on(store, world)
    (key,) = ring.list()
    assert (key.kid, key.alg, key.state) == (ring.signing_key().kid, "ES256", "current")
    assert ring_on(store, world).signing_key().kid == key.kid


@pytest.mark.parametrize("algorithm", ["RS256", "ES256", "EdDSA"])
def test_what_a_ring_signs_its_published_key_verifies(
    store: SqliteStore, world: World, algorithm: str
) -> None:
    ring = ring_on(store, world, algorithm=algorithm)
    key = ring.signing_key()
    published = ring.verification_key(key.kid)
    assert published is not None
    published.verify(key.sign(b"text"), b"text")
    with pytest.raises(InvalidSignature):
        published.verify(key.sign(b"text"), b"other text")


def test_parallel_first_uses_end_with_one_key(store: SqliteStore, world: World) -> None:
    """KM-4."""
    rings = [ring_on(store, world) for _ in range(16)]
    with ThreadPoolExecutor(16) as pool:
        kids = set(pool.map(lambda ring: ring.signing_key().kid, rings))
    assert len(kids) == 1
    assert len(rings[0].list()) == 1


@pytest.mark.parametrize("algorithm", ["RS256", "ES256", "EdDSA"])
def test_the_key_set_shows_public_members_only(store: SqliteStore, world: World, algorithm: str) -> None:
    """KM-3; read by an independent library too."""
    document = ring_on(store, world, algorithm=algorithm).jwks()
    assert not private_members(document)
    (key,) = document["keys"]
    assert (key["use"], key["alg"]) == ("sig", algorithm)
    assert PyJWKSet.from_dict(document).keys[0].key_id == key["kid"]


def test_nothing_private_is_in_clear_in_the_store(store: SqliteStore, world: World) -> None:
    """KM-1."""
    ring_on(store, world).signing_key()
    (record,) = store.get(key_ring.RING)
    assert record is not None
    (kept,) = record.data["keys"]
    assert kept["private"].startswith("mk1.")
    assert not private_members({"keys": [kept["public_jwk"]]})
    assert '"d"' not in json.dumps(dict(record.data))


def test_a_ring_with_another_master_key_cannot_sign(store: SqliteStore, world: World) -> None:
    ring_on(store, world).signing_key()
    with pytest.raises(WrongMasterKey, match="another master key: give that one"):
        key_ring.KeyRing(store, world, MasterKey(b"x" * 32, world), algorithm="ES256").signing_key()


def test_a_rotation_is_published_waited_out_then_done(store: SqliteStore, world: World, clock: Clock) -> None:
    """KM-2: at no moment does a verifier that keeps to our cache time meet a key it could not know."""
    ring = ring_on(store, world)
    old = ring.signing_key().kid
    new = ring.rotate()
    assert [key["kid"] for key in ring.jwks()["keys"]] == [old, new]
    assert [key.state for key in ring.list()] == ["current", "next"]

    clock.advance(PUBLISH_AHEAD_SECONDS - 1)
    assert ring.signing_key().kid == old
    clock.advance(1)
    assert ring.signing_key().kid == new
    assert [key.state for key in ring.list()] == ["retiring", "current"]

    clock.advance(VERIFY_AFTER_SECONDS - 1)
    assert ring.verification_key(old) is not None
    clock.advance(1)
    assert ring.verification_key(old) is None
    assert [key["kid"] for key in ring.jwks()["keys"]] == [new]


def test_a_verifier_that_keeps_our_key_set_as_long_as_it_may_knows_every_key_that_signs(
    cupbearer: AppUnderTest, client: Client
) -> None:
    """KM-2: what is promised to verifiers and what a rotation waits for are one fact."""
    services, clock = cupbearer.services, client.clock
    old = services.keys.ring.signing_key().kid
    elsewhere = Services(services.settings, services.world).keys.ring
    elsewhere.rotate()
    clock.advance(
        59
    )  # our process read its ring a minute ago at most: it may still publish the old one alone
    published = client.get("/.well-known/jwks.json")
    assert [key["kid"] for key in published.json["keys"]] == [old]
    assert published.headers["Cache-Control"] == "public, max-age=300"
    clock.advance(300 + 30 + 60)  # then it may not fetch again for 30 s, and its clock may be 60 s behind
    assert elsewhere.signing_key().kid == old
    clock.advance(1)
    assert elsewhere.signing_key().kid != old


def test_a_rotation_publishes_450_seconds_ahead_and_a_key_verifies_1020_after() -> None:
    """The decision of the key ring (docs/decisions/0020) adds them up."""
    assert PUBLISH_AHEAD_SECONDS == 300 + 30 + 60 + 60
    assert VERIFY_AFTER_SECONDS == 900 + 60 + 60


def test_another_process_follows_a_rotation_without_being_told(
    store: SqliteStore, world: World, clock: Clock
) -> None:
    ring, other = ring_on(store, world), ring_on(store, world)
    assert other.signing_key().kid == ring.signing_key().kid
    new = ring.rotate()
    clock.advance(RING_CACHE_SECONDS)
    assert other.verification_key(new) is not None
    clock.advance(PUBLISH_AHEAD_SECONDS - RING_CACHE_SECONDS)
    assert other.signing_key().kid == new


def test_a_retired_key_leaves_the_store_at_the_next_rotation(
    store: SqliteStore, world: World, clock: Clock
) -> None:
    ring = ring_on(store, world)
    old = ring.signing_key().kid
    ring.rotate()
    clock.advance(PUBLISH_AHEAD_SECONDS + VERIFY_AFTER_SECONDS)
    assert [key.state for key in ring.list()] == ["retired", "current"]
    ring.rotate()
    assert old not in {key.kid for key in ring.list()}


def test_an_emergency_removes_all_older_keys_at_once(store: SqliteStore, world: World, clock: Clock) -> None:
    """KM-2: other processes take them no longer than their cache of the ring lasts."""
    ring, other = ring_on(store, world), ring_on(store, world)
    old = other.signing_key().kid
    waiting = ring.rotate()
    new = ring.rotate(emergency=True)
    assert ring.signing_key().kid == new
    assert [key["kid"] for key in ring.jwks()["keys"]] == [new]
    assert ring.verification_key(old) is None
    assert ring.verification_key(waiting) is None
    clock.advance(RING_CACHE_SECONDS)
    assert other.verification_key(old) is None
    assert key_ring.EMERGENCY_SECONDS == JWKS_CACHE_SECONDS


def test_parallel_rotations_lose_no_key(store: SqliteStore, world: World) -> None:
    rings = [ring_on(store, world) for _ in range(4)]
    with ThreadPoolExecutor(4) as pool:
        kids = list(pool.map(lambda ring: ring.rotate(), rings))
    assert set(kids) < {key.kid for key in rings[0].list()}
    assert len(rings[0].list()) == 5


class Overtaken(Line):
    """A store at which something else happens right after each commit, once."""

    def __init__(self, store: SqliteStore, meanwhile: Callable[[], object]) -> None:
        super().__init__(store)
        self._meanwhile = [meanwhile]

    def commit(self, *writes: Write) -> None:
        super().commit(*writes)
        if self._meanwhile:
            self._meanwhile.pop()()


@pytest.mark.parametrize("emergency", [False, True])
def test_a_rotation_that_another_overtakes_puts_its_key_into_the_ring_once(
    store: SqliteStore, world: World, emergency: bool
) -> None:
    """The other one sets the end of our key before we have looked again."""
    other = ring_on(store, world)
    other.signing_key()
    later: list[str] = []
    ours = ring_on(Overtaken(store, lambda: later.append(other.rotate())), world).rotate(emergency=emergency)
    kids = [key.kid for key in other.list()]
    assert kids.count(ours) == 1
    assert kids[-2:] == [ours, *later]


def test_an_emergency_that_follows_a_rotation_at_once_has_the_last_word(
    store: SqliteStore, world: World
) -> None:
    other = ring_on(store, world)
    other.signing_key()
    last: list[str] = []
    ring_on(Overtaken(store, lambda: last.append(other.rotate(emergency=True))), world).rotate()
    assert [key.kid for key in other.list()] == last


@pytest.mark.race
def test_of_many_parallel_rotations_no_key_is_twice_in_the_ring(
    store: SqliteStore, world: World, clock: Clock
) -> None:
    rings = [ring_on(store, world) for _ in range(4)]
    before = {rings[0].signing_key().kid}
    for _ in range(20):
        with ThreadPoolExecutor(4) as pool:
            made = list(pool.map(lambda ring: ring.rotate(), rings))
        kids = [key.kid for key in rings[0].list()]
        assert len(set(kids)) == len(kids)
        assert set(kids) == {*before, *made}
        clock.advance(PUBLISH_AHEAD_SECONDS + VERIFY_AFTER_SECONDS)
        before = {kids[-1]}


def test_a_ring_does_not_grow_without_limit(store: SqliteStore, world: World) -> None:
    ring = ring_on(store, world)
    for _ in range(MAX_KEYS - 1):
        ring.rotate()
    with pytest.raises(Invalid, match="too many keys"):
        ring.rotate()
    assert ring.rotate(emergency=True) == ring.signing_key().kid


def test_another_configured_algorithm_comes_in_by_rotation(
    store: SqliteStore, world: World, clock: Clock
) -> None:
    ring_on(store, world, algorithm="ES256").signing_key()
    changed = ring_on(store, world, algorithm="EdDSA")
    assert changed.signing_key().alg == "ES256"
    assert [key.alg for key in changed.list()] == ["ES256", "EdDSA"]
    clock.advance(PUBLISH_AHEAD_SECONDS)
    assert changed.signing_key().alg == "EdDSA"


def test_two_versions_with_different_algorithms_do_not_rotate_by_turns(
    store: SqliteStore, world: World
) -> None:
    """DP-4: during a deployment both run on one table."""
    old, new = (ring_on(store, world, algorithm=alg) for alg in ("ES256", "EdDSA"))
    for _ in range(3):
        old.list()
        new.list()
    assert [key.alg for key in new.list()] == ["ES256", "EdDSA"]


def test_the_ring_works_from_memory_while_the_store_is_away(
    store: SqliteStore, world: World, clock: Clock
) -> None:
    """AV-3: for an hour, then it is unavailable rather than wrong; it comes back by itself."""
    line = Line(store)
    ring = ring_on(line, world)
    kid = ring.signing_key().kid
    line.cut = True
    clock.advance(STALE_SECONDS - 1)
    assert ring.verification_key(kid) is not None
    assert ring.jwks()["keys"]
    assert ring.signing_key().kid == kid
    clock.advance(COOL_DOWN_SECONDS)
    with pytest.raises(Unavailable):
        ring.verification_key(kid)
    line.cut = False
    clock.advance(2)
    assert ring.verification_key(kid) is not None


def test_a_ring_that_was_never_read_is_unavailable_not_empty(store: SqliteStore, world: World) -> None:
    line = Line(store)
    line.cut = True
    with pytest.raises(Unavailable):
        ring_on(line, world).verification_key("any")


def test_unknown_names_cause_one_read_in_a_cool_down(store: SqliteStore, world: World, clock: Clock) -> None:
    line = Line(store)
    ring = ring_on(line, world)
    ring.signing_key()
    line.requests = 0
    for i in range(50):
        assert ring.verification_key(f"unknown-{i}") is None
    assert line.requests == 0, "it was read a moment ago"
    clock.advance(COOL_DOWN_SECONDS)
    for i in range(50):
        assert ring.verification_key(f"unknown-{i}") is None
    assert line.requests == 1


def test_whether_an_unknown_name_exists_is_not_known_while_the_store_is_away(
    store: SqliteStore, world: World, clock: Clock
) -> None:
    """AZ-5: trouble is never told as a bad token."""
    line = Line(store)
    ring = ring_on(line, world)
    ring.signing_key()
    line.cut = True
    clock.advance(COOL_DOWN_SECONDS)
    with pytest.raises(Unavailable):
        ring.verification_key("unknown")
