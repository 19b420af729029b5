"""Key sets that are fetched: what a newer one adds."""

from chalicelib.keys.remote_jwks import COOL_DOWN_SECONDS, PublishedKeys
from chalicelib.world import World
from tests.conftest import Clock
from tests.support import forge


def test_a_key_that_was_fetched_again_is_no_other_key(world: World, clock: Clock) -> None:
    """A forged token that names no key is verified once by each key, not once more after each fetch."""
    only = {"keys": [key for key in forge.jwks()["keys"] if key["alg"] == "RS256"][:1]}
    keys = PublishedKeys(lambda: only, world)
    assert [key.alg for key in keys.only_keys("RS256")] == ["RS256"]
    clock.advance(COOL_DOWN_SECONDS)
    assert len(list(keys.only_keys("RS256"))) == 1


def test_another_key_under_the_same_name_is_another(world: World, clock: Clock) -> None:
    old, new = (dict(forge.key_of("ES256", name).public_jwk, kid="one") for name in ("ours", "theirs"))
    sets = [{"keys": [new]}, {"keys": [old]}]
    keys = PublishedKeys(lambda: sets[-1], world)
    keys.verification_key("one")
    sets.pop()
    clock.advance(COOL_DOWN_SECONDS)
    assert len(list(keys.only_keys("ES256"))) == 2
