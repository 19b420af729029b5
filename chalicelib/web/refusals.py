"""What each medium makes of a refusal: the one table of status, RFC 6749 error, page title and the gateway's sentence.

``problems`` presents it as a problem document, ``oauth/error_responses`` as an error object, ``pages/page_forms`` as
a page; ``gateway_responses`` is what API Gateway refuses by itself.
"""

from http import HTTPStatus
from typing import NamedTuple

from chalicelib import errors
from chalicelib.credentials import factor_refusals
from chalicelib.errors import Refusal
from chalicelib.jose.jws import ALGORITHMS
from chalicelib.store import StoreUnavailable
from chalicelib.tokens.proof_refusals import ProofRefused
from chalicelib.users.account_refusals import AccountClosed
from chalicelib.web.headers import NONCE

REALM = "cupbearer"
METADATA_PATH = "/.well-known/oauth-protected-resource"  # RFC 9728 section 3
DID_NOT_WORK, NOT_ALLOWED = "This did not work", "This is not allowed"


class Medium(NamedTuple):
    """How one kind of refusal is shown. ``gateway`` is the sentence where API Gateway refuses before us, if it does."""

    status: int
    title: str = DID_NOT_WORK
    oauth_error: str = "invalid_request"
    gateway: str | None = None


REFUSALS: dict[type[Refusal], Medium] = {
    errors.Invalid: Medium(400, gateway="This is not a request that can be read."),
    errors.FormRefused: Medium(400),
    errors.InvalidCredentials: Medium(401),
    factor_refusals.SecondFactorRequired: Medium(401),
    factor_refusals.SecondFactorRefused: Medium(401),
    AccountClosed: Medium(403, "This account is closed"),
    errors.InvalidToken: Medium(401, gateway=errors.InvalidToken("").detail),
    errors.RefreshRefused: Medium(401),
    ProofRefused: Medium(401, oauth_error="invalid_dpop_proof"),
    errors.TicketRefused: Medium(400, "This link opens nothing"),
    errors.InsufficientScope: Medium(403, NOT_ALLOWED, gateway="The access token does not open this route."),
    errors.NotAllowed: Medium(403, NOT_ALLOWED),
    errors.NotFound: Medium(404, gateway="There is no such path, or it does not take this method."),
    errors.Taken: Medium(409, oauth_error="temporarily_unavailable"),
    errors.TooLarge: Medium(413, gateway="The body is larger than 10 MB."),
    errors.UnsupportedMediaType: Medium(415, gateway="The body is of a type that this route does not read."),
    errors.KeyReused: Medium(422),
    errors.SlowDown: Medium(
        429,
        "Too many tries",
        "slow_down",
        gateway="There are too many requests at once: wait, then try again.",
    ),
    errors.Unavailable: Medium(
        503, "Please try again", "temporarily_unavailable", gateway=errors.Unavailable().detail
    ),
    errors.WrongMasterKey: Medium(503, "Please try again", "temporarily_unavailable"),
}


def as_refusal(error: Exception) -> Refusal | None:
    """Return the refusal that an exception means, or None for a defect."""
    if isinstance(error, Refusal):
        return error
    if isinstance(error, StoreUnavailable):
        return errors.Unavailable()
    return None


def medium(refusal: Refusal) -> Medium:
    """Return how a refusal is shown."""
    return REFUSALS[type(refusal)]


def oauth_error(refusal: Refusal) -> str:
    """Return what a refusal of ours is called where only the words of RFC 6749 are understood."""
    if isinstance(refusal, errors.Invalid) and refusal.public_code == "invalid_scope":
        return "invalid_scope"
    return medium(refusal).oauth_error


def headers(refusal: Refusal, *, issuer: str | None = None) -> dict[str, str | list[str]]:
    """Return the challenge of a 401 or 403, and when to try again."""
    found: dict[str, str | list[str]] = {}
    if medium(refusal).status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
        tells = issuer is not None and wants_a_token(refusal)
        found["WWW-Authenticate"] = challenge(refusal) + (pointer(issuer or "") if tells else "")
    if isinstance(refusal, ProofRefused) and refusal.nonce is not None:
        found[NONCE] = refusal.nonce
    return found | retry_after(refusal)


def retry_after(refusal: Refusal) -> dict[str, str | list[str]]:
    """Return the header that says when to try again, where that is known."""
    if isinstance(refusal, errors.SlowDown | errors.Unavailable):
        return {"Retry-After": str(refusal.retry_after)}
    return {}


def wants_a_token(refusal: Refusal) -> bool:
    """Return whether another access token would help: its caller is told where to learn who issues one."""
    return isinstance(refusal, errors.InvalidToken | errors.InsufficientScope)


def metadata_url(issuer: str) -> str:
    """Return where our own API says who issues tokens for it (RFC 9728)."""
    return f"{issuer}{METADATA_PATH}"


def pointer(issuer: str) -> str:
    """Return the end of a challenge that leads there (RFC 9728 section 5.1)."""
    return f', resource_metadata="{metadata_url(issuer)}"'


def challenge(refusal: Refusal) -> str:
    """Return the ``WWW-Authenticate`` value of a 401 or 403; no error is named where no token was shown."""
    if isinstance(refusal, errors.InsufficientScope):
        return f'Bearer realm="{REALM}", error="insufficient_scope", scope="{refusal.scope}"'
    if isinstance(refusal, errors.InvalidToken):
        return f'Bearer realm="{REALM}", error="invalid_token"'
    if isinstance(refusal, ProofRefused):
        algs = " ".join(sorted(ALGORITHMS))
        return f'DPoP realm="{REALM}", error="{refusal.public_code}", algs="{algs}"'
    return f'Bearer realm="{REALM}"'
