"""``cupbearer clients``: the programs that may ask this service for tokens."""

import json
from typing import Any

import click

from cupbearer.cli.clients_shown import every_client, say_secret, shape
from cupbearer.cli.commands import Commands, examples
from cupbearer.cli.failures import Failure
from cupbearer.cli.output import note, say_json, table
from cupbearer.cli.scoping import warn_of_unknown
from cupbearer.cli.work import json_option, services, source

DEVICE_CODE = "urn:ietf:params:oauth:grant-type:device_code"
SHORT_GRANTS = {
    "authorization_code": "authorization_code",
    "refresh_token": "refresh_token",
    "client_credentials": "client_credentials",
    "device_code": DEVICE_CODE,
}


@click.group(
    cls=Commands,
    commands_from={
        "create": "cupbearer.cli.clients:create",
        "list": "cupbearer.cli.clients:list_clients",
        "show": "cupbearer.cli.clients_changes:show",
        "rotate-secret": "cupbearer.cli.clients_changes:rotate_secret",
        "disable": "cupbearer.cli.clients_changes:disable",
        "enable": "cupbearer.cli.clients_changes:enable",
        "delete": "cupbearer.cli.clients_changes:delete",
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

    A CLIENT is named by its id, or by its name where only one has it.

    A secret is shown once, when it is made. Two secrets work during a rotation: the new one, and the one
    before it until the next rotation.
    """


@click.command(short_help="Register a client; its secret is shown once.")
@click.argument("name")
@click.option(
    "--redirect-uri",
    "redirect_uris",
    multiple=True,
    metavar="URI",
    help="Where codes may be sent: the exact URI.",
)
@click.option(
    "--post-logout-redirect-uri",
    "logout_uris",
    multiple=True,
    metavar="URI",
    help="Where the browser may be sent after a log-out.",
)
@click.option(
    "--grant",
    "grants",
    multiple=True,
    metavar="GRANT",
    callback=lambda _context, _option, given: _known_grants(given),
    help="authorization_code, refresh_token, client_credentials or device_code.",
)
@click.option(
    "--scope",
    "scopes",
    multiple=True,
    metavar="SCOPE",
    help="The scopes it may ask for; by default openid, profile, email and offline_access.",
)
@click.option("--public", is_flag=True, help="It cannot keep a secret: a browser, desktop or mobile app.")
@click.option(
    "--jwks",
    "jwks",
    type=click.File("rb"),
    metavar="FILE",
    help="Its JWK set, if it authenticates with its own key (private_key_jwt).",
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
    from chalicelib.oauth.clients import Registration
    from chalicelib.scopes import parse_each

    wanted = Registration(
        name=name,
        public=public,
        redirect_uris=redirect_uris,
        post_logout_redirect_uris=logout_uris,
        grants=grants,
        scopes=parse_each(part for scope in scopes for part in scope.split()),
        jwks=_key_set(jwks) if jwks is not None else None,
        resource_server=resource_server,
    )
    client, secret = services().oauth.clients.create(wanted, source=source())
    warn_of_unknown(wanted.scopes)
    say_secret(client, secret, as_json=as_json)


@click.command("list", short_help="List clients.")
@json_option
def list_clients(*, as_json: bool) -> None:
    """List clients in the order of registration."""
    clients = every_client(services())
    if as_json:
        say_json({"clients": [shape(client) for client in clients]})
        return
    if not clients:
        note("There are no clients yet: cupbearer clients create --help says how one is made.")
        return
    rows = [
        (c.client_id, c.name, c.auth_method, " ".join(sorted(c.scopes)), "disabled" if c.disabled else "")
        for c in clients
    ]
    table(("client", "name", "proves itself by", "scopes", ""), rows)


def _known_grants(given: tuple[str, ...]) -> tuple[str, ...]:
    for grant in given:
        if grant not in SHORT_GRANTS and grant not in SHORT_GRANTS.values():
            raise Failure(f"The grant {grant!r} is none of: {', '.join(SHORT_GRANTS)}.")
    return tuple(SHORT_GRANTS.get(grant, grant) for grant in given)


def _key_set(file: Any) -> dict[str, Any]:
    try:
        found = json.load(file)
    except ValueError:
        raise Failure('The key set is not JSON: give --jwks a file that holds {"keys": [...]}.') from None
    if not isinstance(found, dict):
        raise Failure('The key set is not a JWK set: give --jwks a file that holds {"keys": [...]}.')
    return found
