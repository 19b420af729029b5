"""``cupbearer resources``: the APIs of one's own that clients get tokens for (RFC 8707)."""

from typing import Any

import click

from cupbearer.cli.commands import Commands, examples
from cupbearer.cli.output import note, say_json, table
from cupbearer.cli.resources_shown import (
    changes,
    every_resource,
    open_to,
    resource_flags,
    shape,
    tell_resource,
)
from cupbearer.cli.work import json_option, services, source


@click.group(
    cls=Commands,
    commands_from={
        "create": "cupbearer.cli.resources:create",
        "list": "cupbearer.cli.resources:list_resources",
        "show": "cupbearer.cli.resources_changes:show",
        "update": "cupbearer.cli.resources_changes:update",
        "delete": "cupbearer.cli.resources_changes:delete",
    },
    short_help="Register the APIs that clients get tokens for.",
    epilog=examples(
        'cupbearer resources create https://api.example.com --name Orders --scope orders:read="Read your orders"',
        'cupbearer resources update Orders --scope orders:write="Place orders for you"',
        "cupbearer resources list",
    ),
)
def command() -> None:
    """Register the APIs of your own that clients get access tokens for, beside this service's own routes.

    A RESOURCE is named by its identifier, the URI that clients send as resource=…, or by its name where only one
    has it. Which clients may ask for one follows from the scopes that they are registered with: those that have
    one of its scopes, and with --for-any-client those too that no operator registered. A token for it opens none
    of this service's routes, and a token for those opens none of its.
    """


@click.command(
    short_help="Register an API.",
    epilog=examples(
        "cupbearer resources create https://api.example.com --name Orders \\",
        '    --scope orders:read="Read your orders" --scope orders:write="Place orders for you"',
        'cupbearer clients update "My shop" --scope "openid orders:read"',
    ),
)
@click.argument("identifier", metavar="URI")
@resource_flags
@json_option
def create(*, identifier: str, as_json: bool, **given: Any) -> None:
    """Register the API that is known as URI: what clients send as resource=…, and what its tokens say as aud.

    Each scope is given with what it lets an application do, in the words that people are asked with.
    """
    at = services()
    made = at.oauth.resources.create(identifier, changes(given), source=source())
    tell_resource(at, made, f"{made.name} is registered as {made.identifier}.", as_json=as_json)


@click.command(
    "list", short_help="List the registered APIs.", epilog=examples("cupbearer resources list --json")
)
@json_option
def list_resources(*, as_json: bool) -> None:
    """List the registered APIs in the order of their identifiers."""
    at = services()
    found = every_resource(at)
    if as_json:
        say_json({"resources": [shape(at, each) for each in found]})
        return
    if not found:
        note("There are no resources yet: cupbearer resources create --help says how one is made.")
        return
    rows = [
        (
            each.identifier,
            each.name,
            " ".join(sorted(each.scope_names)),
            open_to(each),
        )
        for each in found
    ]
    table(("resource", "name", "scopes", "open to"), rows)
