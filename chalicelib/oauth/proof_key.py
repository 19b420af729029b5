"""PKCE at our endpoints (RFC 7636): who must use it, and that nobody is talked out of it (RFC 9700 sections 2.1.1, 4.8.2)."""

import hmac
import re

from chalicelib.keys import pkce
from chalicelib.oauth.client import Client
from chalicelib.oauth.errors import OAuthRefusal
from chalicelib.oauth.grants.forms import Form, required

MISSING = "PKCE is required: code_challenge is missing."
NO_NONCE = "Without PKCE, nonce is required, and openid in scope: code_challenge and nonce are missing."

_CHALLENGE = re.compile(r"[A-Za-z0-9_-]{43}")  # BASE64URL(SHA256()), RFC 7636 section 4.2
_VERIFIER = re.compile(r"[A-Za-z0-9._~-]{43,128}")  # RFC 7636 section 4.1


def must_be_used(client: Client) -> bool:
    """Return whether each authorization request of a client needs a code challenge (OP-3)."""
    return client.public or client.options.pkce != "optional"


def problem_of_request(
    client: Client, challenge: str | None, method: str | None, *, has_nonce: bool
) -> str | None:
    """Return what is wrong with the challenge of an authorization request, if anything is.

    ``has_nonce``: an ID token will carry the client's nonce, which stands in for a challenge that may be left out.
    """
    if challenge is None:
        if method is not None or must_be_used(client):
            return MISSING
        return None if has_nonce else NO_NONCE
    if method != pkce.METHOD:
        return f"The only code_challenge_method is {pkce.METHOD}."
    return None if _CHALLENGE.fullmatch(challenge) else "code_challenge must be 43 characters of base64url."


def verifier_of(form: Form, client: Client) -> str | None:
    """Return the verifier of a token request; raise OAuthRefusal where it is missing or is none."""
    verifier = required(form, "code_verifier") if must_be_used(client) else form.get("code_verifier")
    if verifier is not None and not _VERIFIER.fullmatch(verifier):
        raise OAuthRefusal("invalid_request", "code_verifier has 43 to 128 characters of A-Z a-z 0-9 - . _ ~")
    return verifier


def fits(verifier: str | None, challenge: str | None) -> bool:
    """Return whether a code made with a challenge is given its verifier, and one made without is given none."""
    if verifier is None or challenge is None:
        return verifier is None and challenge is None
    return hmac.compare_digest(pkce.code_challenge(verifier), challenge)
