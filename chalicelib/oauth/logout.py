"""RP-initiated logout (OpenID Connect RP-Initiated Logout 1.0): who may end what, and where it may lead."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from chalicelib.audit.trail import Source
from chalicelib.errors import NotFound
from chalicelib.oauth import redirect_uris
from chalicelib.oauth.client import Client
from chalicelib.oauth.errors import RefusedAtPage
from chalicelib.oauth.id_tokens import Hint
from chalicelib.sessions.session import LiveSession
from chalicelib.sessions.sessions import Sessions
from chalicelib.store.stored_values import StoredValue

MAX_STATE = 2000
MAX_CLIENT_ID = 255  # characters; ours have 26


@dataclass(frozen=True, slots=True)
class LogoutRequest(StoredValue):
    """What a client asks for. ``redirect_uri`` is proven to be the client's; ``subject`` comes from an ID token of ours."""

    client_id: str | None = None
    redirect_uri: str | None = None
    state: str | None = None
    subject: str | None = None
    session_id: str | None = None

    def is_of(self, logged_in: LiveSession | None) -> bool:
        """Return whether it needs no question: it proves whose log-in it ends, and nobody else is at the browser."""
        if self.subject is None:
            return False
        return logged_in is None or logged_in.user.user_id == self.subject


def parse(
    parameters: Mapping[str, tuple[str, ...]],
    *,
    find: Callable[[str], Client | None],
    hint: Callable[[str], Hint | None],
) -> LogoutRequest:
    """Return the request; raise RefusedAtPage where it does not prove whose it is or where it may lead."""
    given = {name: _one(values) for name, values in parameters.items()}
    token = given.get("id_token_hint") or None
    proof = hint(token) if token else None
    if token and proof is None:
        raise RefusedAtPage("invalid_request", "The application sent an id_token_hint that is not ours.")
    client_id = given.get("client_id") or (proof.client_id if proof else None)
    if proof is not None and client_id != proof.client_id:
        raise RefusedAtPage("invalid_request", "The application sent another application's id_token_hint.")
    if client_id is not None and len(client_id) > MAX_CLIENT_ID:
        raise RefusedAtPage("invalid_request", "The application sent a client_id that is none of ours.")
    uri = given.get("post_logout_redirect_uri") or None
    if uri is not None:
        client = find(client_id) if client_id else None
        registered = client.post_logout_redirect_uris if client and not client.disabled else ()
        if not redirect_uris.is_registered(uri, registered, any_port=False):
            raise RefusedAtPage(
                "invalid_request",
                "The address to return to is not one that this application registered.",
                client_id=client_id,
                uri=uri,
            )
    return LogoutRequest(
        client_id=client_id,
        redirect_uri=uri,
        state=(given.get("state") or "")[:MAX_STATE] or None,
        subject=proof.sub if proof else None,
        session_id=proof.session_id if proof else None,
    )


def carry_out(
    request: LogoutRequest, logged_in: LiveSession | None, sessions: Sessions, *, source: Source
) -> None:
    """End the client's own session and the browser's, in this order: so each client is told once.

    What is over already is no fault.
    """
    ending = []
    if request.subject is not None and request.session_id is not None:
        _, session = sessions.read(request.subject, request.session_id)
        if session is not None and session.client_id == request.client_id:
            ending.append((request.subject, request.session_id))
    if logged_in is not None:
        ending.append((str(logged_in.user.user_id), str(logged_in.session.session_id)))
    for user_id, session_id in ending:
        try:
            sessions.end(user_id, session_id, source=source)
        except NotFound:
            continue


def _one(values: tuple[str, ...]) -> str:
    if len(values) != 1:
        raise RefusedAtPage("invalid_request", "The application sent a parameter more than once.")
    return values[0]
