"""A token of another issuer reaches what its entry grants, and never acts as a person of ours (FD-5, SC-4)."""

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from tests.journeys.carriers import over_http
from tests.journeys.walk import Walker
from tests.parts.server import running
from tests.support import forge
from tests.support.hostile_http import answers, page, serving

AUDIENCE = "https://api.example.com"


@dataclass(frozen=True)
class Place:
    walker: Walker
    issuer: str

    def token(self, *, alg: str = "RS256", **changes: Any) -> str:
        now = int(time.time())
        claims = {"iss": self.issuer, "sub": "them|42", "aud": AUDIENCE, "iat": now, "exp": now + 600}
        body = claims | {"scope": "get:profile pangolins users:write", "azp": "app"} | changes
        key = forge.key_of(alg, "theirs")
        head = {"alg": alg, "kid": key.kid, "typ": "JWT"}
        return forge.signed(head, {n: v for n, v in body.items() if v is not None}, alg=alg, key=key)

    def status(self, path: str, **changes: Any) -> int:
        return self.walker.get(path, self.token(**changes))[0]


@pytest.fixture(scope="module", params=["jwt", "opaque"])
def place(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """A service that trusts an issuer whose keys are served on loopback."""
    keys = {"keys": [forge.key_of(alg, "theirs").public_jwk for alg in forge.ALGORITHMS]}
    folder = tmp_path_factory.mktemp("trusting")
    with serving(answers(page(json.dumps(keys)))) as issuer:
        name = issuer.url.removesuffix("/jwks.json")
        entry = {
            "issuer": name,
            "audience": AUDIENCE,
            "scopes": "get:profile pangolins",
            "jwks_uri": issuer.url,
        }
        trusted = json.dumps([entry])
        with running(folder, TRUSTED_ISSUERS=trusted, ACCESS_TOKENS=request.param) as server:
            yield Place(over_http(server), name)
        assert len(issuer.requests) <= 2


@pytest.mark.parametrize("alg", forge.ALGORITHMS)
def test_its_token_passes_the_authorizer_and_reaches_the_profile(place: Place, alg: str) -> None:
    assert place.walker.get("/profile", place.token(alg=alg)) == (200, {"name": "them|42"})
    assert place.walker.get("/profile", place.token(alg=alg, name="Zoë")) == (200, {"name": "Zoë"})


def test_it_grants_what_its_entry_lists_and_nothing_else(place: Place) -> None:
    """SC-2: users:write is in the token, and not in the entry."""
    assert place.status("/pangolins") == 200
    assert place.status("/pangolins", scope="get:profile") == 403
    assert place.walker.ask("DELETE", "/users/x", place.token(), None)[0] == 403


def test_it_is_never_a_person_of_ours(place: Place) -> None:
    """SC-4: whatever its subject is called."""
    status, tokens = place.walker.post(
        "/users", {"username": "victim", "password": "a long phrase", "log_in": True}
    )
    assert status in {201, 409}
    sub = tokens["user"]["user_id"] if status == 201 else "x"
    for path in ("/users/me", "/sessions", "/users/me/activity", "/users/me/identities"):
        assert place.status(path, sub=sub, sid=tokens.get("session_id"), client_id="cupbearer") == 403
    assert place.walker.get("/profile", place.token(sub=sub)) == (200, {"name": sub})


@pytest.mark.parametrize(
    "changes",
    [{"aud": "https://other.example"}, {"aud": None}, {"exp": 1}, {"iss": "http://127.0.0.1:1"}, {"sub": ""}, {"sub": None},
     {"nbf": 4_000_000_000}, {"exp": None}],
)  # fmt: skip
def test_another_token_opens_nothing(place: Place, changes: dict[str, Any]) -> None:
    """TK-5, TK-6."""
    assert place.status("/profile", **changes) == 401
