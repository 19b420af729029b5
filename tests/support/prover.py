"""A client's own key, and the proofs that it makes (RFC 9449 section 4.2): good ones, and whatever a test changes of them."""

import hashlib
import json
import secrets
from dataclasses import dataclass, field
from typing import Any

from chalicelib.jose import jws
from chalicelib.jose.thumbprint import thumbprint
from chalicelib.keys import private_keys
from chalicelib.world import World

MEMBERS = ("kty", "crv", "n", "e", "x", "y")


@dataclass
class Prover:
    """Makes proofs by the clock of ``world``. A change to None leaves a member or claim out."""

    world: World
    alg: str = "ES256"
    key: private_keys.NewKey = field(init=False)

    def __post_init__(self) -> None:
        self.key = private_keys.generate(self.alg)

    @property
    def jwk(self) -> dict[str, str]:
        return {name: value for name, value in self.key.public_jwk.items() if name in MEMBERS}

    @property
    def jkt(self) -> str:
        return thumbprint(self.jwk)

    def proof(
        self,
        method: str,
        url: str,
        token: str | None = None,
        *,
        header: dict[str, Any] | None = None,
        **changes: Any,
    ) -> str:
        head = {"typ": "dpop+jwt", "alg": self.alg, "jwk": self.jwk} | (header or {})
        claims = {
            "jti": secrets.token_urlsafe(16),
            "htm": method,
            "htu": url,
            "iat": self.world.timestamp(),
            "ath": None if token is None else jws.encode(hashlib.sha256(token.encode()).digest()),
        } | changes
        return self.signed(*({k: v for k, v in each.items() if v is not None} for each in (head, claims)))

    def signed(self, head: dict[str, Any], claims: dict[str, Any]) -> str:
        text = ".".join(jws.encode(json.dumps(part).encode()) for part in (head, claims))
        signature = private_keys.load("", self.alg, self.key.private_der).sign(text.encode())
        return f"{text}.{jws.encode(signature)}"
