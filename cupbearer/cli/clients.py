"""``cupbearer clients``: the programs that may ask this service for tokens."""

import json
from typing import TYPE_CHECKING, Any

import click

from cupbearer.cli.asking import confirm, yes_option
from cupbearer.cli.commands import Commands, examples
from cupbearer.cli.failures import Failure
from cupbearer.cli.output import facts, note, say_json, table, tell, when
from cupbearer.cli.work import json_option, services, source

if TYPE_CHECKING:
    from chalicelib.provider.client import Client

MAX_PAGE = 100
SHORT_GRANTS = {"device_code": "urn:ietf:params:oauth:grant-type:device_code"}

client_argument = click.argument("client_id", metavar="CLIENT")


@click.group(
    cls=Commands,
    commands_from={
        "create": "cupbearer.cli.clients:create",
        "list": "cupbearer.cli.clients:list_clients",
        "show": "cupbearer.cli.clients:show",
        "rotate-secret": "cupbearer.cli.clients:rotate_secret",
        "disable": "cupbearer.cli.clients:disable",
        "enable": "cupbearer.cli.clients:enable",
        "delete": "cupbearer.cli.clients:delete",
    },
    short_help="Register and manage client programs.",
    epilog=examples(
        'cupbearer clients create "My shop" --redirect-uri https://shop.example/callback',
        'cupbearer clients create "My app" --public --redirect-uri http://127.0.0.1/callback',
        "cupbearer clients create nightly-job --grant client_credentials --scope pangolins",
        "cupbearer clients rotate-secret CLIENT",
    ),
)
def command() -> None:
    """Register and manage the programs that may ask this service for tokens.

    A secret is shown once, when it is made. Two secrets work during a rotation: the new one, and the one
    before it until the next rotation.
    """


@click.command(short_help="Register a client; its secret is shown once.")
@click.argument("name")
@click.option(
    "--redirect-uri", "redirect_uris", multiple=True, metavar="URI", help="Where codes may be sent; exact."
)
@click.option(
    "--post-logout-redirect-uri",
    "logout_uris",
    multiple=True,
    metavar="URI",
    help="Where a log-out may lead.",
)
@click.option(
    "--grant",
    "grants",
    multiple=True,
    metavar="GRANT",
    help="authorization_code, refresh_token, client_credentials or device_code.",
)
@click.option(
    "--scope",
    "scopes",
    multiple=True,
    metavar="SCOPE",
    help="What it may ask for; by default openid, profile, email and offline_access.",
)
@click.option(
    "--public", is_flag=True, help="It cannot keep a secret: a browser app, a program on a desk or phone."
)
@click.option(
    "--jwks",
    "jwks",
    type=click.File("rb"),
    metavar="FILE",
    help="It proves itself by its own key (private_key_jwt): its JWK set.",
)
@click.option("--resource-server", is_flag=True, help="It may introspect every access token.")
@json_option
def create(  # noqa: PLR0913 - one argument an option
    *,
    name: str,
    redirect_uris: tuple[str, ...],
    logout_uris: tuple[str, ...],
    grants: tuple[str, ...],
    scopes: tuple[str, ...],
    public: bool,
    jwks: Any,
    resource_server: bool,
    as_json: bool,
) -> None:
    """Register a client called NAME, as people will see it.

    Without --grant it may use the authorization code and refresh grants, or client credentials where it has no
    redirect URI. Every client must use PKCE with S256.
    """
    from chalicelib.provider.clients import Registration
    from chalicelib.scopes import parse_each

    wanted = Registration(
        name=name,
        public=public,
        redirect_uris=redirect_uris,
        post_logout_redirect_uris=logout_uris,
        grants=tuple(SHORT_GRANTS.get(grant, grant) for grant in grants),
        scopes=parse_each(part for scope in scopes for part in scope.split()),
        jwks=_key_set(jwks) if jwks is not None else None,
        resource_server=resource_server,
    )
    client, secret = services().provider.clients.create(wanted, source=source())
    _say_secret(client, secret, as_json=as_json)


@click.command("list", short_help="List clients.")
@json_option
def list_clients(*, as_json: bool) -> None:
    """List clients in the order of registration."""
    at, after = services(), None
    clients: list[Client] = []
    while True:
        page, after = at.provider.clients.page(after=after, limit=MAX_PAGE)
        clients.extend(page)
        if after is None:
            break
    if as_json:
        say_json({"clients": [shape(client) for client in clients]})
        return
    rows = [
        (c.client_id, c.name, c.auth_method, " ".join(sorted(c.scopes)), "disabled" if c.disabled else "")
        for c in clients
    ]
    table(("client", "name", "proves itself by", "scopes", ""), rows)


@click.command(short_help="Show one client.")
@client_argument
@json_option
def show(*, client_id: str, as_json: bool) -> None:
    """Show what a client may do. Secrets cannot be shown again: only their hashes are kept."""
    client = services().provider.clients.require(client_id)
    if as_json:
        say_json(shape(client))
        return
    told = shape(client) | {"created_at": when(client.created_at)}
    facts({name: " ".join(value) if isinstance(value, list) else str(value) for name, value in told.items()})


@click.command("rotate-secret", short_help="Give a client a new secret.")
@client_argument
@json_option
def rotate_secret(*, client_id: str, as_json: bool) -> None:
    """Give a client a new secret. The one before it goes on working until the next rotation."""
    client, secret = services().provider.clients.rotate_secret(client_id, source=source())
    _say_secret(client, secret, as_json=as_json)


@click.command(short_help="Refuse a client everything.")
@client_argument
@json_option
def disable(*, client_id: str, as_json: bool) -> None:
    """Refuse a client everything, refreshes included; what it holds ends within minutes."""
    client = services().provider.clients.set_disabled(client_id, disabled=True, source=source())
    tell(shape(client), f"{client.name} is disabled.", as_json=as_json)


@click.command(short_help="Honour a disabled client again.")
@client_argument
@json_option
def enable(*, client_id: str, as_json: bool) -> None:
    """Honour a disabled client again."""
    client = services().provider.clients.set_disabled(client_id, disabled=False, source=source())
    tell(shape(client), f"{client.name} is enabled.", as_json=as_json)


@click.command(short_help="Delete a client for ever.")
@client_argument
@yes_option
@json_option
def delete(*, client_id: str, yes: bool, as_json: bool) -> None:
    """Delete a client for ever."""
    clients = services().provider.clients
    client = clients.require(client_id)
    confirm(f"Delete {client.name}? Nobody can use it any more.", yes=yes)
    clients.delete(client_id, source=source())
    told = {"client_id": client.client_id, "name": client.name, "deleted": True}
    tell(told, f"{client.name} is deleted.", as_json=as_json)


def shape(client: "Client") -> dict[str, Any]:
    """Return what may be told of a client: all but the hashes."""
    return {
        "client_id": client.client_id,
        "name": client.name,
        "auth_method": client.auth_method,
        "redirect_uris": [*client.redirect_uris],
        "post_logout_redirect_uris": [*client.post_logout_redirect_uris],
        "grants": [*client.grants],
        "scopes": sorted(client.scopes),
        "secrets": len(client.secrets),
        "resource_server": client.resource_server,
        "disabled": client.disabled,
        "created_at": client.created_at,
    }


def _say_secret(client: "Client", secret: str | None, *, as_json: bool) -> None:
    """Tell the id and the secret, and what the client may have: of all else that it asks for it gets nothing."""
    told = {"client_id": client.client_id} | ({"client_secret": secret} if secret else {})
    grants, allowed = [*client.grants], sorted(client.scopes)
    if as_json:
        say_json({**told, "grants": grants, "scopes": allowed})
        return
    facts({**told, "grants": " ".join(grants) or "none", "scopes": " ".join(allowed) or "none"})
    if secret:
        note("The secret is not shown again.")


def _key_set(file: Any) -> dict[str, Any]:
    try:
        found = json.load(file)
    except ValueError:
        raise Failure("The key set is not JSON.") from None
    if not isinstance(found, dict):
        raise Failure("The key set is not a JWK set.")
    return found
