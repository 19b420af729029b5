"""Our access tokens: what they say, when they count, how each fault is refused (TK)."""

from typing import Any

import jwt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.errors import Invalid, InvalidToken, Unavailable
from chalicelib.jose.claims import LEEWAY_SECONDS
from chalicelib.jose.id_token import ID_TOKEN_TYP
from chalicelib.keys.key_ring import KeyRing
from chalicelib.keys.remote_jwks import STALE_SECONDS, PublishedKeys
from chalicelib.keys.rotation import PUBLISH_AHEAD_SECONDS, RING_CACHE_SECONDS
from chalicelib.store.sqlite import SqliteStore
from chalicelib.tokens.access_tokens import MAX_ACCESS_TOKEN_CHARACTERS, Grant, JwtAccess
from chalicelib.tokens.jwt_access_tokens import (
    AccessVerifier,
    Signer,
    verify_kind,
)
from chalicelib.world import World
from tests.conftest import Clock
from tests.support import forge
from tests.support.keys_world import Line, ring_on

SCOPE = frozenset({"get:profile", "messages:write"})


@pytest.fixture
def ring(store: SqliteStore, world: World) -> KeyRing:
    return ring_on(store, world)


@pytest.fixture
def tokens(ring: KeyRing, world: World) -> JwtAccess:
    return tokens_of(ring, world)


def tokens_of(ring: KeyRing, world: World, *, seconds: int = 300) -> JwtAccess:
    return JwtAccess(ring, world, issuer=forge.ISSUER, audience=forge.AUDIENCE, seconds=seconds)


def minted(tokens: JwtAccess, **said: Any) -> str:
    return tokens.issue(Grant(**said)).token


@pytest.mark.parametrize("algorithm", forge.ALGORITHMS)
def test_what_is_minted_is_verified(store: SqliteStore, world: World, algorithm: str) -> None:
    tokens = tokens_of(ring_on(store, world, algorithm=algorithm), world)
    text = minted(
        tokens, sub="u1", client_id="cupbearer", scope=SCOPE, sid="s1", auth_time=forge.NOW, amr=("pwd",)
    )
    claims = tokens.verify(text)
    assert (claims.iss, claims.sub, claims.client_id, claims.scope) == (
        forge.ISSUER,
        "u1",
        "cupbearer",
        SCOPE,
    )
    assert (claims.sid, claims.auth_time, claims.amr) == ("s1", forge.NOW, ("pwd",))
    assert (claims.iat, claims.exp) == (forge.NOW, forge.NOW + 300)
    assert tokens.verify(text) is claims, "a repeated token is remembered"


@pytest.mark.parametrize("algorithm", forge.ALGORITHMS)
def test_an_independent_library_verifies_our_tokens_by_our_key_set(
    store: SqliteStore, world: World, algorithm: str
) -> None:
    """RFC 9068 section 2: header and claims, to the letter."""
    ring = ring_on(store, world, algorithm=algorithm)
    text = minted(tokens_of(ring, world), sub="u1", client_id="cupbearer", scope=SCOPE)
    head = jwt.get_unverified_header(text)
    assert head == {"typ": "at+jwt", "alg": algorithm, "kid": ring.signing_key().kid}
    payload = jwt.decode(
        text,
        jwt.PyJWKSet.from_dict(ring.jwks())[head["kid"]],
        algorithms=[algorithm],
        audience=forge.AUDIENCE,
        issuer=forge.ISSUER,
        options={"verify_exp": False, "verify_iat": False},
    )
    assert set(payload) == {"iss", "sub", "aud", "client_id", "iat", "exp", "jti", "scope"}
    assert payload["scope"] == "get:profile messages:write"


def test_the_longest_token_is_within_2_kb(store: SqliteStore, world: World) -> None:
    """TK-8: 600 characters of scope, a long issuer, the longest signature."""
    issuer = "https://" + "a" * 80 + ".execute-api.eu-central-1.amazonaws.com/api"
    tokens = JwtAccess(
        ring_on(store, world, algorithm="RS256"), world, issuer=issuer, audience=issuer, seconds=900
    )
    scope = frozenset(f"{i:02}:{'s' * 26}" for i in range(20))
    text = minted(
        tokens,
        sub=world.identifier(),
        client_id=world.identifier(),
        scope=scope,
        sid=world.identifier(),
        auth_time=forge.NOW,
        amr=("pwd", "otp", "mfa"),
    )
    assert len(text) <= MAX_ACCESS_TOKEN_CHARACTERS
    with pytest.raises(Invalid) as refused:
        minted(tokens, sub="u1", client_id="c", scope=scope | {"one:more"})
    assert refused.value.public_code == "invalid_scope"


@pytest.mark.parametrize("seconds", [0, -1, 901])
def test_no_access_token_lives_over_15_minutes(ring: KeyRing, world: World, seconds: int) -> None:
    with pytest.raises(ValueError, match="900"):
        tokens_of(ring, world, seconds=seconds)


@pytest.mark.parametrize(
    ("after", "accepted"), [(0, True), (359, True), (359.9, True), (360, False), (361, False)]
)
def test_a_token_dies_at_its_expiry_and_the_leeway(
    tokens: JwtAccess, ring: KeyRing, world: World, clock: Clock, *, after: float, accepted: bool
) -> None:
    """TK-5: ±59 and ±61 s; the remembered one on the same second as a new one."""
    text = minted(tokens, sub="u1", client_id="c", scope=SCOPE)
    tokens.verify(text)
    clock.advance(after)
    for verifier in (tokens, tokens_of(ring, world)):
        if accepted:
            assert verifier.verify(text).exp == forge.NOW + 300
        else:
            with pytest.raises(InvalidToken):
                verifier.verify(text)


@pytest.mark.parametrize(
    ("changes", "accepted"),
    [
        ({"iat": forge.NOW + LEEWAY_SECONDS - 1}, True),
        ({"iat": forge.NOW + LEEWAY_SECONDS + 1, "exp": forge.NOW + 300}, False),
        ({"exp": forge.NOW - LEEWAY_SECONDS + 1, "iat": forge.NOW - 300}, True),
        ({"exp": forge.NOW - LEEWAY_SECONDS - 1, "iat": forge.NOW - 300}, False),
        ({"exp": forge.NOW - LEEWAY_SECONDS, "iat": forge.NOW - 300}, False),
        ({"nbf": forge.NOW + LEEWAY_SECONDS - 1}, True),
        ({"nbf": forge.NOW + LEEWAY_SECONDS + 1}, False),
        ({"exp": forge.NOW + 900}, True),
        ({"exp": forge.NOW + 901}, False),
        ({"exp": forge.NOW}, False),
        ({"exp": forge.NOW + 299.5}, True),
    ],
)
def test_the_edges_of_time(world: World, changes: dict[str, Any], *, accepted: bool) -> None:
    text = forge.signed(body=forge.payload(**changes))
    if accepted:
        assert forge.verifier(world).verify(text).sub
    else:
        with pytest.raises(InvalidToken):
            forge.verifier(world).verify(text)


@pytest.mark.parametrize("skew", [-60, 60])
def test_a_minute_between_two_clocks_does_no_harm(
    ring: KeyRing, world: World, clock: Clock, skew: int
) -> None:
    """AV-4, with the shortest life there may be."""
    text = minted(tokens_of(ring, world, seconds=60), sub="u1", client_id="c", scope=SCOPE)
    clock.advance(skew)
    assert tokens_of(ring, world).verify(text).sub == "u1"


def test_a_clock_that_steps_back_prolongs_no_life(tokens: JwtAccess, clock: Clock) -> None:
    """AV-4: to be valid again a token would have to be from the future."""
    text = minted(tokens, sub="u1", client_id="c", scope=SCOPE)
    clock.advance(-LEEWAY_SECONDS - 1)
    with pytest.raises(InvalidToken):
        tokens.verify(text)


def test_a_remembered_token_falls_with_its_key(
    ring: KeyRing, world: World, tokens: JwtAccess, clock: Clock
) -> None:
    """KM-2: an emergency reaches tokens that were verified a moment ago."""
    text = minted(tokens, sub="u1", client_id="c", scope=SCOPE)
    tokens.verify(text)
    ring.rotate(emergency=True)
    with pytest.raises(InvalidToken):
        tokens.verify(text)
    clock.advance(RING_CACHE_SECONDS)
    assert tokens.verify(minted(tokens, sub="u1", client_id="c", scope=SCOPE)).sub == "u1"


def test_no_token_is_refused_through_three_rotations(ring: KeyRing, world: World, clock: Clock) -> None:
    """M7 in small: a verifier on the published set, which it asks for as rarely as it may."""
    tokens = tokens_of(ring, world)
    verifier = AccessVerifier(
        PublishedKeys(ring.jwks, world), world, issuer=forge.ISSUER, audience=forge.AUDIENCE
    )
    alive: list[str] = []
    signers: set[str] = set()
    for minute in range(120):
        if minute % 40 == 10:
            ring.rotate()
        alive = [*alive[-4:], minted(tokens, sub="u1", client_id="c", scope=SCOPE)]
        signers.add(ring.signing_key().kid)
        for text in alive:
            verifier.verify(text)
        clock.advance(60)
    assert len(signers) == 4


def test_trouble_with_the_keys_is_never_told_as_a_bad_token(
    store: SqliteStore, world: World, clock: Clock
) -> None:
    """AZ-5."""
    line = Line(store)
    tokens = tokens_of(ring_on(line, world), world)
    text = minted(tokens, sub="u1", client_id="c", scope=SCOPE)
    line.cut = True
    with pytest.raises(Unavailable):
        tokens_of(ring_on(line, world), world).verify(text)
    assert tokens.verify(text).sub == "u1"
    clock.advance(STALE_SECONDS + PUBLISH_AHEAD_SECONDS)
    with pytest.raises(Unavailable):
        tokens.verify(text)


@pytest.mark.parametrize("typ", [None, "JWT", "at+jwtx", "id+jwt", "logout+jwt", "at jwt", "x/at+jwt"])
def test_a_token_of_another_kind_is_no_access_token(world: World, typ: str | None) -> None:
    """TK-7."""
    with pytest.raises(InvalidToken):
        forge.verifier(world).verify(forge.signed(forge.header(typ=typ)))


@pytest.mark.parametrize("typ", ["at+jwt", "AT+JWT", "application/at+jwt", "Application/At+Jwt"])
def test_the_type_is_a_media_type_in_any_case(world: World, typ: str) -> None:
    """RFC 7515 section 4.1.9."""
    assert forge.verifier(world).verify(forge.signed(forge.header(typ=typ))).sub


def test_kinds_are_mutually_exclusive(ring: KeyRing, tokens: JwtAccess) -> None:
    """TK-7: the same ring signs ID tokens; neither passes for the other."""
    id_token = Signer(ring).sign(ID_TOKEN_TYP, forge.payload(nonce="n"))
    access_token = minted(tokens, sub="u1", client_id="c", scope=SCOPE)
    assert verify_kind(id_token, ring, typ=ID_TOKEN_TYP)[0]["nonce"] == "n"
    with pytest.raises(InvalidToken):
        tokens.verify(id_token)
    with pytest.raises(InvalidToken):
        verify_kind(access_token, ring, typ=ID_TOKEN_TYP)


@pytest.mark.parametrize("aud", [forge.AUDIENCE, [forge.AUDIENCE], ["x", forge.AUDIENCE]])
def test_the_audience_is_a_string_or_a_list_that_holds_us(world: World, aud: object) -> None:
    assert forge.verifier(world).verify(forge.signed(body=forge.payload(aud=aud))).sub


@given(
    text=st.text(max_size=200) | st.lists(st.text(alphabet="eyJ.0A_-", max_size=40), max_size=5).map(".".join)
)
def test_any_text_ends_as_a_refusal(text: str) -> None:
    """TK-9."""
    with pytest.raises(InvalidToken):
        forge.verifier(World(now=lambda: forge.NOW)).verify(text)
