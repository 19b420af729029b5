"""Where authorization requests come from: said at the authorization endpoint, or pushed by the client itself (RFC 9126)."""

from collections.abc import Callable
from dataclasses import dataclass

from chalicelib.audit.trail import Source
from chalicelib.oauth.authorization_request import (
    AuthorizationRequest,
    given_once,
    proven_client,
    registered_client,
)
from chalicelib.oauth.client import Client
from chalicelib.oauth.client_documents import ClientDocuments
from chalicelib.oauth.errors import OAuthRefusal
from chalicelib.oauth.id_tokens import IdTokens
from chalicelib.oauth.pushed_requests import PREFIX, PushedRequests
from chalicelib.oauth.request_parameters import Parameters, RequestParameters
from chalicelib.oauth.request_parser import Parser
from chalicelib.oauth.resource_indicators import ResourceIndicators
from chalicelib.world import World


@dataclass(frozen=True, slots=True)
class AuthorizationRequests:
    """Reads them. What is wrong is told on a page, until client and redirect URI are proven, and then to the client."""

    clients: ClientDocuments
    id_tokens: IdTokens
    indicators: ResourceIndicators
    pushed: PushedRequests
    world: World

    def read(self, parameters: Parameters, *, source: Source) -> AuthorizationRequest:
        """Return what is asked; beside a ``request_uri`` of ours all but ``client_id`` is ignored (RFC 9126 section 4)."""
        request_uri = _pushed(parameters)
        if request_uri is not None:
            return self.pushed.open(request_uri, given_once(parameters, "client_id"))
        client, redirect_uri = proven_client(parameters, self._finding(source))
        return self._parsed(RequestParameters(parameters, redirect_uri), client)

    def demand_proven(self, parameters: Parameters, *, source: Source) -> None:
        """Raise RefusedAtPage unless it is clear whom a request is from and where its answer goes."""
        request_uri = _pushed(parameters)
        if request_uri is None:
            proven_client(parameters, self._finding(source))
        else:
            self.pushed.open(request_uri, given_once(parameters, "client_id"))

    def push(self, parameters: Parameters, client: Client, *, source: Source) -> str:
        """Judge a request of a client that proved itself, keep it, and return its ``request_uri``; raise OAuthRefusal."""
        if "request_uri" in parameters:
            raise OAuthRefusal("invalid_request", "A request_uri cannot be pushed.")
        redirect_uri = given_once(parameters, "redirect_uri")
        registered_client(
            client.client_id,
            redirect_uri,
            lambda _: client,
            otherwise="redirect_uri is not one that this client registered.",
        )
        request = self._parsed(RequestParameters(parameters, redirect_uri), client)
        return self.pushed.keep(request, client, source=source)

    def _finding(self, source: Source) -> Callable[[str], Client | None]:
        return lambda client_id: self.clients.current(client_id, source=source)

    def _parsed(self, sent: RequestParameters, client: Client) -> AuthorizationRequest:
        def subject_of(hint: str) -> str | None:
            proof = self.id_tokens.hint(hint)
            return proof.sub if proof is not None and proof.client_id == client.client_id else None

        return Parser(sent, client, self.world.timestamp(), subject_of, self.indicators).parse()


def _pushed(parameters: Parameters) -> str | None:
    """Return the name of a pushed request; any other ``request_uri`` is one that is not supported."""
    values = parameters.get("request_uri", ())
    return values[0] if len(values) == 1 and values[0].startswith(PREFIX) else None
