"""``cupbearer clients update``: a client is changed, its id stays."""

from typing import Any

import click

from cupbearer.cli.clients_options import chosen_fields, chosen_options, client_fields
from cupbearer.cli.clients_shown import client_argument, find_client, shape
from cupbearer.cli.commands import examples
from cupbearer.cli.output import tell
from cupbearer.cli.scoping import warn_of_unknown
from cupbearer.cli.work import json_option, services, source


@click.command(
    short_help="Change what a client was registered with.",
    epilog=examples(
        "cupbearer clients update 'My shop' --pkce optional",
        "cupbearer clients update 'My shop' --redirect-uri https://shop.example/a --redirect-uri https://shop.example/b",
        "cupbearer clients update 'My shop' --post-logout-redirect-uri ''",
    ),
)
@client_argument
@click.option("--name", metavar="NAME", help="What people see.")
@client_fields
@click.option(
    "--resource-server/--no-resource-server",
    default=None,
    help="Whether it may introspect every access token.",
)
@json_option
def update(*, client: str, as_json: bool, **given: Any) -> None:
    """Change a client; what is not said stays as it is.

    What may be given several times is replaced as a whole: say all that should hold, or '' for none. A client
    that is given --jwks has no secret any more. Whether it is public cannot be changed: register it anew.
    """
    at = services()
    found = find_client(at, client)
    fields, options = chosen_fields(given), chosen_options(given)
    if not fields and not options:
        raise click.UsageError("Say what to change: cupbearer clients update --help lists it.")
    changed = at.oauth.clients.reword(found.client_id, fields, options, source=source())
    warn_of_unknown(at, fields.get("scopes", frozenset()))
    said = ", ".join(sorted((*fields, *options)))
    tell(shape(changed), f"{changed.name} is changed: {said}.", as_json=as_json)
