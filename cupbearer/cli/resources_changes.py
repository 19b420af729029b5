"""``cupbearer resources show`` and the changes of one resource."""

from typing import Any

import click

from cupbearer.cli.asking import confirm, yes_option
from cupbearer.cli.commands import examples
from cupbearer.cli.failures import Failure
from cupbearer.cli.output import tell
from cupbearer.cli.resources_shown import (
    changes,
    find_resource,
    resource_argument,
    resource_flags,
    tell_resource,
)
from cupbearer.cli.work import json_option, services, source


@click.command(short_help="Show one API.", epilog=examples("cupbearer resources show Orders --json"))
@resource_argument
@json_option
def show(*, resource: str, as_json: bool) -> None:
    """Show a registered API: its identifier, name and scopes."""
    at = services()
    tell_resource(at, find_resource(at, resource), as_json=as_json)


@click.command(
    short_help="Change what an API was registered with.",
    epilog=examples(
        'cupbearer resources update Orders --scope orders:write="Place orders for you"',
        "cupbearer resources update https://api.example.com --remove-scope orders:write",
    ),
)
@resource_argument
@resource_flags
@click.option(
    "--remove-scope", "without", multiple=True, metavar="SCOPE", help="A scope that it has no more."
)
@json_option
def update(*, resource: str, as_json: bool, without: tuple[str, ...], **given: Any) -> None:
    """Change an API; what is not said stays as it is, its identifier for ever. A scope is added, or worded anew.

    The next token for it carries no scope that was removed.
    """
    if not without and all(value is None for value in given.values()):
        raise click.UsageError("Say what to change: cupbearer resources update --help lists it.")
    at = services()
    found = find_resource(at, resource)
    if unknown := set(without) - found.scope_names:
        has = ", ".join(sorted(found.scope_names))
        raise Failure(f"{found.name} has no scope {', '.join(sorted(unknown))}: it has {has}.")
    wanted = changes({**given, "without": frozenset(without)})
    changed = at.oauth.resources.update(found.identifier, wanted, source=source())
    tell_resource(at, changed, f"{changed.name} is changed.", as_json=as_json)


@click.command(
    short_help="Remove an API for ever.", epilog=examples("cupbearer resources delete Orders --yes")
)
@resource_argument
@yes_option
@json_option
def delete(*, resource: str, yes: bool, as_json: bool) -> None:
    """Remove an API: nobody gets a token for it any more, by a refresh neither."""
    at = services()
    found = find_resource(at, resource)
    confirm(f"Remove {found.name} ({found.identifier})? No client gets a token for it any more.", yes=yes)
    at.oauth.resources.delete(found.identifier, source=source())
    said = f"{found.name} is removed. Signed tokens that are out end within {at.settings.access_token_seconds} s."
    tell({"resource": found.identifier, "deleted": True}, said, as_json=as_json)
