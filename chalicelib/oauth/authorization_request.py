"""Authorization requests as frozen values, and the proof of whom they are from (OP-1); ``request_parser`` reads the rest."""

from collections.abc import Callable
from dataclasses import dataclass, field

from chalicelib import scopes
from chalicelib.i18n.said import said
from chalicelib.oauth import proof_key, redirect_uris
from chalicelib.oauth.authorization_response import QUERY, AuthorizationResponse
from chalicelib.oauth.client import Client
from chalicelib.oauth.errors import ErrorCode, RefusedAtClient, RefusedAtPage
from chalicelib.oauth.request_parameters import Parameters
from chalicelib.sessions import assurance
from chalicelib.sessions.resource_scopes import ResourceScopes
from chalicelib.sessions.session import LiveSession
from chalicelib.store.stored_values import StoredValue, stored_unless_default

MAX_PARAMETERS = 50
# A program that registered itself keeps its id longer than we do, if nobody used it.
UNKNOWN_CLIENT = said(
    "This application is not registered here, or is disabled. If it was connected a while ago, remove the connection "
    "there and add it again."
)


@dataclass(frozen=True, slots=True)
class AuthorizationRequest(StoredValue):
    """What a client asks of a person, proven to be the client's. Times are seconds since the epoch.

    ``not_before`` is when the log-in must have happened or later; ``subject`` is the only person it is meant for.
    """

    client_id: str
    redirect_uri: str
    scope: scopes.Scopes
    code_challenge: str | None
    state: str | None = None
    nonce: str | None = None
    not_before: int = 0
    silent: bool = False
    asks_consent: bool = False
    login_hint: str | None = None
    subject: str | None = None
    acr_values: tuple[str, ...] = ()  # levels that a log-in should reach, the first wished for most
    # The APIs that tokens are wanted for; none: our own.
    audience: tuple[ResourceScopes, ...] = field(default=(), metadata=stored_unless_default())
    # The hash of its ``request_uri``, where the client pushed it (RFC 9126).
    pushed_as: str | None = field(default=None, metadata=stored_unless_default())
    # The log-in must reach one of the levels: they are a condition, no wish (Core section 5.5.1.1).
    must_reach: bool = field(default=False, metadata=stored_unless_default())
    # The claims of the person that the ID token should hold.
    id_token_claims: tuple[str, ...] = field(default=(), metadata=stored_unless_default())
    response_mode: str = field(default=QUERY, metadata=stored_unless_default())
    # The thumbprint of the key that must redeem the code (RFC 9449 section 10).
    dpop_jkt: str | None = field(default=None, metadata=stored_unless_default())

    # What the application would have the pages written in: a wish, of which nothing is refused (Core section 3.1.2.1).
    ui_locales: str = field(default="", metadata=stored_unless_default())

    def demand_still_allowed(self, client: Client) -> None:
        """Raise RefusedAtClient where the client was changed since, and may not ask this any more (OP-4)."""
        if self.code_challenge is None and proof_key.must_be_used(client):
            raise self.refused("invalid_request", proof_key.MISSING)
        if self.pushed_as is None and client.options.require_pushed_authorization_requests:
            raise self.refused("invalid_request", "This client must push its requests (RFC 9126 section 6).")

    def demand_level(self, live: LiveSession) -> None:
        """Raise RefusedAtClient where a log-in does not reach a level that the client will not do without."""
        if self.must_reach and assurance.reached(live.session.amr).isdisjoint(self.acr_values):
            raise self.refused(
                "unmet_authentication_requirements", "The log-in does not reach the level that acr demands."
            )

    def refused(self, error: ErrorCode, description: str) -> RefusedAtClient:
        """Return the refusal that goes to its client at its redirect URI."""
        return RefusedAtClient(
            error,
            description,
            redirect_uri=self.redirect_uri,
            state=self.state,
            response_mode=self.response_mode,
        )

    def answered(self, *, code: str, issuer: str) -> AuthorizationResponse:
        """Return the answer that gives the client its code."""
        parameters = {"code": code, "state": self.state, "iss": issuer}
        return AuthorizationResponse(self.redirect_uri, parameters, self.response_mode)


def proven_client(parameters: Parameters, find: Callable[[str], Client | None]) -> tuple[Client, str]:
    """Return the client and the redirect URI of a request; raise RefusedAtPage unless both are proven."""
    if len(parameters) > MAX_PARAMETERS:
        raise RefusedAtPage("invalid_request", "The request has too many parameters.")
    client_id, redirect_uri = given_once(parameters, "client_id"), given_once(parameters, "redirect_uri")
    otherwise = said("The address to return to is not one that this application registered.")
    return registered_client(client_id, redirect_uri, find, otherwise=otherwise), redirect_uri


def registered_client(
    client_id: str, redirect_uri: str, find: Callable[[str], Client | None], *, otherwise: str
) -> Client:
    """Return the client that may be answered at this redirect URI; raise RefusedAtPage, which says ``otherwise``."""
    client = find(client_id)
    if client is None or client.disabled:
        raise RefusedAtPage("invalid_client", UNKNOWN_CLIENT, client_id=client_id)
    if not redirect_uris.is_registered(redirect_uri, client.redirect_uris, any_port=client.public):
        raise RefusedAtPage("invalid_request", otherwise, client_id=client_id, uri=redirect_uri)
    return client


def given_once(parameters: Parameters, name: str) -> str:
    """Return a parameter without which nothing is proven; raise RefusedAtPage where it is missing or repeated."""
    values = parameters.get(name, ())
    if len(values) != 1 or not values[0]:
        raise RefusedAtPage(
            "invalid_request", said("The application must send {name} exactly once.", name=name)
        )
    return values[0]
