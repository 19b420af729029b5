"""How a client is named on the command line, and how it is shown."""

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click

from cupbearer.cli.failures import Failure
from cupbearer.cli.output import facts, note, say_json

if TYPE_CHECKING:
    from chalicelib.oauth.client import Client
    from chalicelib.wiring import Services

PAGE = 100

client_argument = click.argument("client", metavar="CLIENT")


def every_client(at: "Services") -> "list[Client]":
    """Return all clients in the order of registration."""
    clients, after = at.oauth.clients.page(limit=PAGE)
    found = [*clients]
    while after is not None:
        clients, after = at.oauth.clients.page(after=after, limit=PAGE)
        found.extend(clients)
    return found


def find_client(at: "Services", text: str) -> "Client":
    """Return the client that an id, or a name that only one has, stands for."""
    client = at.oauth.clients.find(text)
    if client is not None:
        return client
    named = [client for client in every_client(at) if client.name == text]
    if len(named) > 1:
        ids = ", ".join(client.client_id for client in named)
        raise Failure(f"{len(named)} clients are called {text!r}: give the id of one ({ids}).")
    if not named:
        raise Failure(
            f"There is no client {text!r}: give its id or its name; cupbearer clients list shows them."
        )
    return named[0]


def shape(client: "Client") -> dict[str, Any]:
    """Return what may be shown of a client: all but the hashes."""
    return {
        "client_id": client.client_id,
        "name": client.name,
        "origin": str(client.origin),
        **({} if client.document is None else {"document": asdict(client.document)}),
        "auth_method": client.auth_method,
        "redirect_uris": [*client.redirect_uris],
        "post_logout_redirect_uris": [*client.post_logout_redirect_uris],
        "grants": [*client.grants],
        "scopes": sorted(client.scopes),
        "secrets": len(client.secrets),
        "resource_server": client.resource_server,
        "disabled": client.disabled,
        "created_at": client.created_at,
        **client.options.shown(),
        "id_token_claims": client.reads_id_token,
    }


def say_secret(client: "Client", secret: str | None, *, as_json: bool) -> None:
    """Show the id and the secret, and what the client may have: of all else that it asks for it gets nothing."""
    credentials = {"client_id": client.client_id} | ({"client_secret": secret} if secret else {})
    grants, allowed = [*client.grants], sorted(client.scopes)
    if as_json:
        say_json({**credentials, "grants": grants, "scopes": allowed})
        return
    facts({**credentials, "grants": " ".join(grants) or "none", "scopes": " ".join(allowed) or "none"})
    if secret:
        note("The secret is not shown again.")
