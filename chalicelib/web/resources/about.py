"""What the service tells of itself: its keys, its health, its interface."""

import msgspec

from chalicelib import VERSION
from chalicelib.errors import Unavailable
from chalicelib.keys.remote_jwks import JWKS_CACHE_SECONDS
from chalicelib.store import Key, StoreLost
from chalicelib.web.routes import Answer, Api, Call

api = Api("about")


class Health(msgspec.Struct, frozen=True):
    """The state of the service, and what a program may rely on.

    ``revocation_bound_seconds`` is the longest that an access token still opens what was taken away by a log-out, a
    disabled account or client, a smaller scope, a withdrawn consent or a new password (M8). The
    ``expires_in`` of a token is ``access_token_seconds``; as clocks differ, it is accepted for up to
    ``access_token_counts_seconds``.
    """

    status: str
    version: str
    store: str
    access_token_seconds: int
    access_token_counts_seconds: int
    revocation_bound_seconds: int


class Jwks(msgspec.Struct, frozen=True):
    """A JWK Set (RFC 7517 section 5): public members only."""

    keys: list[dict[str, str]]


@api.route("/.well-known/jwks.json", methods=["GET"], public=True, gives=Jwks, any_origin=True)
def jwks(call: Call) -> Answer:
    """Return the public keys that verify our tokens."""
    headers = {"Cache-Control": f"public, max-age={JWKS_CACHE_SECONDS}"}
    return Answer(call.services.keys.ring.jwks(), headers=headers)


@api.route("/health", methods=["GET"], public=True, gives=Health)
def health(call: Call) -> Answer:
    """Return whether the store answers and its keys can be read, and how long a revoked token may go on working."""
    try:
        call.services.store.get(Key("health", "probe"))
    except StoreLost as lost:
        raise Unavailable(f"Nothing can be read or kept: {lost.public}.") from lost
    call.services.keys.ring.check()
    call.services.keys.mac.check()
    settings = call.services.settings
    return Answer(
        Health(
            status="ok",
            version=VERSION,
            store=settings.store_engine,
            access_token_seconds=settings.access_token_seconds,
            access_token_counts_seconds=settings.access_token_counts_seconds,
            revocation_bound_seconds=settings.revocation_bound_seconds,
        )
    )


@api.route("/openapi.json", methods=["GET"], public=True, gives=dict)
def openapi(call: Call) -> Answer:
    """Return the OpenAPI 3.1 description of every route."""
    from chalicelib.web.openapi import description

    settings = call.services.settings
    document = description(issuer=settings.issuer, name=settings.brand.shown)
    return Answer(document, headers={"Cache-Control": "public, max-age=300"})
