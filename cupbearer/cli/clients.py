"""``cupbearer clients``: the programs that may ask this service for tokens."""

import json
from typing import TYPE_CHECKING, Any

import click

from cupbearer.cli.clients_options import chosen_fields, chosen_options, client_fields
from cupbearer.cli.clients_shown import every_client, say_secret, shape
from cupbearer.cli.commands import Commands, examples
from cupbearer.cli.output import note, say_json, table
from cupbearer.cli.scoping import warn_of_unknown
from cupbearer.cli.work import json_option, services, source

if TYPE_CHECKING:
    from chalicelib.oauth.client import Client
    from chalicelib.wiring import Services


@click.group(
    cls=Commands,
    commands_from={
        "create": "cupbearer.cli.clients:create",
        "list": "cupbearer.cli.clients:list_clients",
        "show": "cupbearer.cli.clients_changes:show",
        "update": "cupbearer.cli.clients_update:update",
        "rotate-secret": "cupbearer.cli.clients_changes:rotate_secret",
        "disable": "cupbearer.cli.clients_changes:disable",
        "enable": "cupbearer.cli.clients_changes:enable",
        "delete": "cupbearer.cli.clients_changes:delete",
    },
    short_help="Register and manage client programs.",
    epilog=examples(
        'cupbearer clients create "My shop" --redirect-uri https://shop.example/callback',
        'cupbearer clients create "My app" --public --redirect-uri http://127.0.0.1/callback',
        "cupbearer clients create nightly-job --grant client_credentials --scope users:read",
        "cupbearer clients update 'My shop' --redirect-uri https://shop.example/callback2",
        "cupbearer clients rotate-secret CLIENT",
    ),
)
def command() -> None:
    """Register and manage the programs that may ask this service for tokens.

    A CLIENT is named by its id, or by its name where only one has it.

    A secret is shown once, when it is made. Two secrets work during a rotation: the new one, and the one
    before it until the next rotation.
    """


@click.command(
    short_help="Register a client; its secret is shown once.",
    epilog=examples(
        'cupbearer clients create "My shop" --redirect-uri https://shop.example/callback \\',
        "    --post-logout-redirect-uri https://shop.example/",
        'cupbearer clients create "My app" --public --trusted --redirect-uri https://app.example.com/',
        'cupbearer clients create "My CLI" --public --grant device_code --grant refresh_token',
        "cupbearer clients create nightly-job --grant client_credentials --scope users:read",
    ),
)
@click.argument("name")
@client_fields
@click.option("--public", is_flag=True, help="It cannot keep a secret: a browser, desktop or mobile app.")
@click.option("--resource-server", is_flag=True, help="It may introspect every access token.")
@json_option
def create(*, name: str, public: bool, resource_server: bool, as_json: bool, **given: Any) -> None:
    """Register a client called NAME, as people will see it.

    URIs, grants and scopes may be given several times. Without --grant it may use the authorization code and
    refresh grants, or client credentials where it has no redirect URI. Every client must use PKCE with S256, unless
    --pkce says otherwise.
    """
    fields = {"name": name, "public": public, "resource_server": resource_server, **chosen_fields(given)}
    at = services()
    client, secret = at.oauth.clients.register(fields, chosen_options(given), source=source())
    warn_of_unknown(at, fields.get("scopes", frozenset()))
    say_secret(client, secret, as_json=as_json)
    _say_origins(client, at)


def _say_origins(client: "Client", at: "Services") -> None:
    """Tell which origins have to be allowed, if a public client is a page: else its browser keeps our answers from it."""
    missing = at.oauth.clients.origins_to_allow(client)
    if missing:
        origins = json.dumps([*at.settings.allowed_origins, *missing])
        note(
            f"If it runs in a browser, the service must allow its origin: CUPBEARER_ALLOWED_ORIGINS='{origins}'"
        )


@click.command(
    "list",
    short_help="List clients.",
    epilog=examples("cupbearer clients list --json", "cupbearer clients list --origin registration"),
)
@click.option(
    "--origin",
    type=click.Choice(("operator", "document", "registration")),
    help="Only those that are known by that: an operator, their own document, or their own registration.",
)
@json_option
def list_clients(*, origin: str | None, as_json: bool) -> None:
    """List clients in the order of registration."""
    clients = [each for each in every_client(services()) if origin in (None, each.origin)]
    if as_json:
        say_json({"clients": [shape(client) for client in clients]})
        return
    if not clients:
        note("There are no clients yet: cupbearer clients create --help says how one is made.")
        return
    rows = [
        (
            c.client_id,
            c.name,
            str(c.origin),
            c.auth_method,
            " ".join(sorted(c.scopes)),
            "disabled" if c.disabled else "",
        )
        for c in clients
    ]
    table(("client", "name", "known by", "proves itself by", "scopes", ""), rows)
