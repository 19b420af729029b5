"""Introspection answers as signed JWTs (RFC 9701): what the JSON says to the same caller, for those who must prove it later."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from chalicelib.oauth.errors import OAuthRefusal
from chalicelib.tokens.jwt_access_tokens import Signer
from chalicelib.world import World

TYP = "token-introspection+jwt"
MEDIA_TYPE = f"application/{TYP}"

_NEVER = re.compile(r"q\s*=\s*0(\.0{0,3})?", re.IGNORECASE)  # RFC 9110 section 12.4.2: not acceptable


@dataclass(frozen=True, slots=True)
class IntrospectionJwts:
    """Mints them."""

    signer: Signer
    world: World
    issuer: str

    def mint(self, answer: Mapping[str, Any], *, client_id: str) -> str:
        """Return the answer, signed for the client that asked (section 5).

        It has neither ``sub`` nor ``exp`` of its own, and so is never taken for an access token (section 8.1).
        """
        payload = {
            "iss": self.issuer,
            "aud": client_id,
            "iat": self.world.timestamp(),
            "token_introspection": answer,
        }
        return self.signer.sign(TYP, payload)


def is_wanted(accept: str | None) -> bool:
    """Return whether an ``Accept`` header names the media type, which no wildcard does (section 4)."""
    for each in (accept or "").split(","):
        kind, *parameters = (part.strip() for part in each.split(";"))
        if kind.lower() == MEDIA_TYPE:
            return not any(_NEVER.fullmatch(parameter) for parameter in parameters)
    return False


def demand_credentials(form: Mapping[str, str], authorization: str | None) -> None:
    """Raise OAuthRefusal, a 400, for a caller that does not even try to prove who it is (section 5)."""
    if authorization is None and form.keys().isdisjoint(("client_secret", "client_assertion")):
        raise OAuthRefusal("invalid_request", "A signed answer is given to those alone who authenticate.")
