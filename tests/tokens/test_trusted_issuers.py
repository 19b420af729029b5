"""Other issuers' tokens: real shapes fit, other kinds do not, and their keys are asked for rarely (FD-6, TK-7)."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest

from chalicelib.errors import InvalidToken, Unavailable
from chalicelib.keys import private_keys
from chalicelib.keys.remote_jwks import COOL_DOWN_SECONDS, JWKS_CACHE_SECONDS, STALE_SECONDS
from chalicelib.tokens.trusted_issuers import TrustedIssuer, TrustedIssuers
from chalicelib.world import World
from tests.conftest import Clock
from tests.support import forge
from tests.support.forge import NOW

ISSUER = "https://tenant.example.net/"
API = "https://api.example.com"
JWKS_URI = "https://keys.example.net/jwks.json"
DISCOVERY = "https://tenant.example.net/.well-known/openid-configuration"
GRANTS = frozenset({"cats:read", "cats:write"})
DAY = 86_400


@dataclass
class Web:
    """What the issuers' servers answer, and who asked; a missing page is an outage."""

    pages: dict[str, Any] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    def fetch(self, url: str) -> object:
        self.asked.append(url)
        if url not in self.pages:
            raise Unavailable
        return self.pages[url]


@pytest.fixture
def web() -> Web:
    return Web({JWKS_URI: forge.jwks(), DISCOVERY: {"issuer": ISSUER, "jwks_uri": JWKS_URI}})


Trust = Callable[..., TrustedIssuers]


@pytest.fixture
def trust(web: Web, world: World) -> Trust:
    """Trust one issuer, with the entry's defaults changed as told."""

    def build(**changes: Any) -> TrustedIssuers:
        settings = {"issuer": ISSUER, "audience": API, "scopes": GRANTS, **changes}
        return TrustedIssuers([TrustedIssuer(**settings)], web.fetch, world)

    return build


def foreign(*, typ: str | None = "JWT", alg: str = "RS256", **changes: Any) -> str:
    body = {
        "iss": ISSUER,
        "sub": "auth0|5f7c",
        "aud": API,
        "iat": NOW,
        "exp": NOW + DAY,
        "scope": "cats:read",
    }
    body = {name: value for name, value in {**body, **changes}.items() if value is not None}
    return forge.signed(forge.header(alg, typ=typ), body, alg=alg)


def test_auth0_a_days_life_azp_permissions_two_audiences_and_no_jti(trust: Trust) -> None:
    issuers = trust(scope_claim="permissions")
    claims = issuers.verify(
        foreign(
            aud=[API, "https://tenant.example.net/userinfo"],
            azp="client1",
            permissions=["cats:read", "users:write"],
            scope="openid profile",
        )
    )
    assert (claims.iss, claims.sub, claims.client_id) == (ISSUER, "auth0|5f7c", "client1")
    assert claims.scope == {"cats:read"}, "an issuer grants nothing that its entry does not list"
    assert (claims.jti, claims.sid, claims.amr, claims.exp) == (None, None, (), NOW + DAY)


def test_cognito_the_client_is_the_audience(trust: Trust) -> None:
    issuers = trust(audience="client1")
    good: dict[str, Any] = {
        "aud": None,
        "client_id": "client1",
        "token_use": "access",
        "typ": None,
        "jti": "j",
        "version": 2,
    }
    assert issuers.verify(foreign(**good)).client_id == "client1"
    changed: tuple[dict[str, Any], ...] = (
        {"client_id": "client2"},
        {"token_use": "id"},
        {"token_use": None},
        {"client_id": None},
    )
    for changes in changed:
        with pytest.raises(InvalidToken):
            issuers.verify(foreign(**{**good, **changes}))


def test_entra_scp_is_a_string_of_scopes(trust: Trust) -> None:
    assert trust(scope_claim="scp").verify(foreign(scp="cats:read cats:write x", azp="c")).scope == GRANTS


def test_keycloak_tells_the_use_in_a_claim(trust: Trust) -> None:
    assert trust().verify(forge.signed(forge.header(typ="JWT"), _keycloak("Bearer"))).scope == {"cats:read"}
    for use in ("ID", "Refresh", "Offline", "Logout"):
        with pytest.raises(InvalidToken):
            trust().verify(forge.signed(forge.header(typ="JWT"), _keycloak(use)))


def _keycloak(use: str) -> dict[str, Any]:
    return {
        "iss": ISSUER,
        "sub": "s",
        "aud": API,
        "iat": NOW,
        "exp": NOW + 60,
        "scope": "cats:read",
        "typ": use,
    }


def test_plain_rfc_9068(trust: Trust) -> None:
    claims = trust(typ="at+jwt").verify(
        foreign(typ="at+jwt", client_id="c", jti="j", name="Ada", sid="theirs")
    )
    assert (claims.client_id, claims.jti, claims.name) == ("c", "j", "Ada")
    assert claims.sid is None, "their session is no session of ours"


@pytest.mark.parametrize("alg", forge.ALGORITHMS)
def test_each_algorithm_only_where_the_entry_takes_it(trust: Trust, alg: str) -> None:
    assert trust().verify(foreign(alg=alg)).sub
    others = frozenset(forge.ALGORITHMS) - {alg}
    with pytest.raises(InvalidToken):
        trust(algorithms=others).verify(foreign(alg=alg))


@pytest.mark.parametrize(
    "changes",
    [
        {"iss": "https://tenant.example.net"},
        {"iss": "https://TENANT.example.net/"},
        {"iss": ["https://tenant.example.net/"]},
        {"iss": None},
        {"aud": "https://api.example.com/"},
        {"aud": None},
        {"aud": None, "client_id": API},
        {"sub": None},
        {"exp": None},
        {"iat": None},
        {"exp": NOW + DAY + 1},
        {"exp": NOW - 60, "iat": NOW - 600},
        {"iat": NOW + 61},
        {"nbf": NOW + 61},
        {"scope": {"cats:read": True}},
        {"scope": ["cats:read", 1]},
        {"scope": None},
        {"typ": "logout+jwt"},
        {"typ": "secevent+jwt"},
        {"typ": "id_token+jwt"},
        {"nonce": "n"},
        {"at_hash": "x"},
        {"c_hash": "x"},
        {"events": {}},
        {"token_use": "id"},
        {"azp": 1},
        {"client_id": ""},
        {"name": ["Ada"]},
    ],
)
def test_a_token_with_one_fault_is_refused(trust: Trust, changes: dict[str, Any]) -> None:
    """TK-5 to TK-7: validly signed by the trusted issuer, and still not for us."""
    assert trust().verify(foreign(azp="c")).sub
    with pytest.raises(InvalidToken):
        trust().verify(foreign(**{"azp": "c", **changes}))


def test_what_an_entry_demands_is_demanded(trust: Trust) -> None:
    for demand in ({"typ": "at+jwt"}, {"client_claim": "cid"}, {"max_age_seconds": 3600}):
        with pytest.raises(InvalidToken):
            trust(**demand).verify(foreign())
    assert trust(client_claim="cid").verify(foreign(cid="okta-client", azp="x")).client_id == "okta-client"


def test_a_token_that_names_no_client_has_an_empty_one(trust: Trust) -> None:
    assert trust().verify(foreign()).client_id == ""


def test_an_issuer_may_have_several_audiences(trust: Trust) -> None:
    assert trust(audience=("x", API)).verify(foreign()).sub


def test_an_issuer_that_is_not_listed_is_never_asked(trust: Trust, web: Web) -> None:
    """TK-2: what a token says about itself sends us nowhere."""
    with pytest.raises(InvalidToken):
        trust().verify(foreign(iss="https://evil.example/"))
    assert web.asked == []


def test_an_issuer_listed_twice_is_a_mistake(web: Web, world: World) -> None:
    entry = TrustedIssuer(issuer=ISSUER, audience=API, scopes=GRANTS)
    with pytest.raises(ValueError, match="twice"):
        TrustedIssuers([entry, entry], web.fetch, world)


def test_discovery_is_asked_once_and_not_at_all_where_the_keys_are_told(
    trust: Trust, web: Web, clock: Clock
) -> None:
    issuers = trust()
    issuers.verify(foreign())
    clock.advance(JWKS_CACHE_SECONDS)
    issuers.verify(foreign(jti="2"))
    assert web.asked == [DISCOVERY, JWKS_URI, JWKS_URI]
    web.asked.clear()
    trust(jwks_uri=JWKS_URI).verify(foreign())
    assert web.asked == [JWKS_URI]


@pytest.mark.parametrize(
    "document",
    [None, [], {}, {"issuer": ISSUER}, {"issuer": ISSUER[:-1], "jwks_uri": JWKS_URI}, {"jwks_uri": JWKS_URI}],
)
def test_a_discovery_document_of_somebody_else_is_trouble(trust: Trust, web: Web, document: object) -> None:
    """OpenID Connect Discovery section 4.3."""
    web.pages[DISCOVERY] = document
    with pytest.raises(Unavailable):
        trust().verify(foreign())
    assert JWKS_URI not in web.asked


@pytest.mark.parametrize(
    "answer", [None, "<html>", [], {}, {"keys": []}, {"keys": [{"kty": "oct", "k": "AA"}]}]
)
def test_the_last_good_keys_survive_answers_without_keys(
    trust: Trust, web: Web, clock: Clock, answer: object
) -> None:
    """FD-6."""
    issuers = trust()
    issuers.verify(foreign())
    web.pages[JWKS_URI] = answer
    clock.advance(STALE_SECONDS - 1)
    assert issuers.verify(foreign(jti="2")).sub
    clock.advance(STALE_SECONDS)
    with pytest.raises(Unavailable):
        issuers.verify(foreign(jti="3"))


def test_an_issuer_out_of_reach_is_trouble_and_not_a_bad_token(trust: Trust, web: Web, clock: Clock) -> None:
    """AZ-5; it is asked again after two seconds, not by every caller."""
    issuers = trust()
    web.pages.clear()
    for _ in range(20):
        with pytest.raises(Unavailable):
            issuers.verify(foreign())
    assert web.asked == [DISCOVERY]
    web.pages |= {DISCOVERY: {"issuer": ISSUER, "jwks_uri": JWKS_URI}, JWKS_URI: forge.jwks()}
    clock.advance(2)
    assert issuers.verify(foreign()).sub


def test_a_flood_of_unknown_kids_causes_one_fetch_in_a_cool_down(
    trust: Trust, web: Web, clock: Clock
) -> None:
    """CVE-2026-48524, FD-6."""
    issuers = trust(jwks_uri=JWKS_URI)
    issuers.verify(foreign())
    clock.advance(COOL_DOWN_SECONDS)
    for i in range(100):
        with pytest.raises(InvalidToken):
            issuers.verify(
                forge.signed(forge.header(kid=f"k{i}", typ="JWT"), forge.payload(iss=ISSUER, aud=API))
            )
    assert web.asked == [JWKS_URI] * 2


def test_a_rotated_key_is_found_by_its_unknown_name(trust: Trust, web: Web, clock: Clock) -> None:
    web.pages[JWKS_URI] = {"keys": [forge.key_of("ES256").public_jwk]}
    issuers = trust(jwks_uri=JWKS_URI)
    issuers.verify(foreign(alg="ES256"))
    web.pages[JWKS_URI] = {"keys": [forge.key_of("EdDSA").public_jwk]}
    clock.advance(COOL_DOWN_SECONDS)
    assert issuers.verify(foreign(alg="EdDSA")).sub
    with pytest.raises(InvalidToken):
        issuers.verify(foreign(alg="ES256"))


def nameless(alg: str = "ES256", key: private_keys.NewKey | None = None) -> str:
    body = {"iss": ISSUER, "sub": "a", "aud": API, "iat": NOW, "exp": NOW + DAY, "scope": "cats:read"}
    return forge.signed({"alg": alg, "typ": "JWT"}, body, alg=alg, key=key)


def test_an_access_token_need_not_name_the_one_key_for_its_alg(trust: Trust, web: Web) -> None:
    """RFC 7515 section 4.1.4."""
    assert trust(jwks_uri=JWKS_URI).verify(nameless()).sub == "a"
    with pytest.raises(InvalidToken, match=r"The access token"):
        trust(jwks_uri=JWKS_URI).verify(nameless(key=forge.key_of("ES256", "a stranger's")))
    with pytest.raises(InvalidToken):
        trust(jwks_uri=JWKS_URI, algorithms=frozenset({"RS256"})).verify(nameless())


def test_among_several_keys_for_its_alg_an_access_token_must_name_its_own_also_later(
    trust: Trust, web: Web, clock: Clock
) -> None:
    """What was verified a moment ago is looked at anew: another key may be meant by now."""
    issuers = trust(jwks_uri=JWKS_URI)
    assert issuers.verify(nameless()).sub == "a"
    web.pages[JWKS_URI] = {"keys": [*forge.jwks()["keys"], forge.key_of("ES256", "theirs").public_jwk]}
    clock.advance(JWKS_CACHE_SECONDS)
    with pytest.raises(InvalidToken) as refused:
        issuers.verify(nameless())
    assert "names no key" in refused.value.reason
    assert issuers.verify(foreign(alg="ES256")).sub


def test_one_issuers_key_signs_nothing_for_another(web: Web, world: World) -> None:
    web.pages["https://b.example/jwks"] = {"keys": [forge.key_of("ES256", "theirs").public_jwk]}
    issuers = TrustedIssuers(
        [
            TrustedIssuer(issuer=ISSUER, audience=API, scopes=GRANTS, jwks_uri=JWKS_URI),
            TrustedIssuer(
                issuer="https://b.example", audience=API, scopes=GRANTS, jwks_uri="https://b.example/jwks"
            ),
        ],
        web.fetch,
        world,
    )
    with pytest.raises(InvalidToken):
        issuers.verify(foreign(iss="https://b.example", alg="ES256"))
    assert ISSUER in issuers
    assert "https://c.example" not in issuers


def test_a_token_that_its_issuer_bound_to_a_key_says_so(trust: Trust) -> None:
    """PO-17: so that it is no bearer token here either; another way of binding is not looked at (RFC 7800 section 3.1)."""
    issuers = trust()
    assert issuers.verify(foreign(cnf={"jkt": "k" * 43})).jkt == "k" * 43
    assert issuers.verify(foreign(cnf={"x5t#S256": "c" * 43})).jkt is None
    assert issuers.verify(foreign()).jkt is None


@pytest.mark.parametrize("cnf", ["x", [], 7, {"jkt": 7}, {"jkt": ""}, {"jkt": None}])
def test_a_confirmation_that_cannot_be_read_is_refused(trust: Trust, cnf: Any) -> None:
    with pytest.raises(InvalidToken):
        trust().verify(foreign(cnf=cnf))
