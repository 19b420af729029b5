"""How a resource is named on the command line, what may be said of one, and how it is shown."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import click

from cupbearer.cli.failures import Failure
from cupbearer.cli.output import facts, say, say_json, when

if TYPE_CHECKING:
    from chalicelib.oauth.resource import Resource
    from chalicelib.oauth.resources import ResourceChanges
    from chalicelib.wiring import Services

PAGE = 100

resource_argument = click.argument("resource", metavar="RESOURCE")


def _described(
    _context: click.Context, _option: click.Parameter, given: tuple[str, ...]
) -> dict[str, str] | None:
    from chalicelib.oauth.resource_rules import scopes_in_words

    return scopes_in_words(given) or None


FLAGS = (
    click.option("--name", metavar="NAME", help="What people know it by; a new one without it: its host."),
    click.option(
        "--scope",
        "scopes",
        multiple=True,
        metavar='SCOPE="WORDS"',
        callback=_described,
        help="A scope, and what it lets an application do.",
    ),
    click.option(
        "--host-metadata/--no-host-metadata",
        default=None,
        help="Publish its metadata (RFC 9728) here, for an API that cannot do so itself.",
    ),
    click.option(
        "--for-any-client/--no-for-any-client",
        "open_to_clients",
        default=None,
        help="Clients that no operator registered may ask for its scopes too; people still have to consent.",
    ),
)


def resource_flags(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the flags of what may be said of a resource."""
    for flag in reversed(FLAGS):
        command = flag(command)
    return command


def changes(given: Mapping[str, Any]) -> "ResourceChanges":
    """Return what the flags say."""
    from chalicelib.oauth.resources import ResourceChanges

    return ResourceChanges(**given)


def every_resource(at: "Services") -> "list[Resource]":
    """Return all resources in the order of their identifiers."""
    found, after = at.oauth.resources.page(limit=PAGE)
    every = [*found]
    while after is not None:
        found, after = at.oauth.resources.page(after=after, limit=PAGE)
        every.extend(found)
    return every


def find_resource(at: "Services", text: str) -> "Resource":
    """Return the resource that an identifier, or a name that only one has, stands for."""
    (found,) = at.oauth.resources.find(text)
    if found is not None:
        return found
    named = [each for each in every_resource(at) if each.name == text]
    if len(named) > 1:
        identifiers = ", ".join(each.identifier for each in named)
        raise Failure(
            f"{len(named)} resources are called {text!r}: give the identifier of one ({identifiers})."
        )
    if not named:
        raise Failure(
            f"There is no resource {text!r}: give its identifier or its name; cupbearer resources list shows them."
        )
    return named[0]


def metadata_url(at: "Services", resource: "Resource") -> str | None:
    """Return where its metadata is published here, if it is."""
    from chalicelib.oauth.hosted_metadata import path_of
    from chalicelib.web.refusals import METADATA_PATH

    issuer = at.settings.issuer
    path = path_of(resource.identifier, issuer=issuer) if resource.host_metadata else None
    return None if path is None else f"{issuer}{METADATA_PATH}/{path}"


def shape(at: "Services", resource: "Resource") -> dict[str, Any]:
    """Return what is shown of a resource."""
    return {
        "resource": resource.identifier,
        "name": resource.name,
        "scopes": {each.scope: each.says for each in resource.scopes},
        "host_metadata": resource.host_metadata,
        "open_to_clients": resource.open_to_clients,
        "resource_metadata": metadata_url(at, resource),
        "created_at": resource.created_at,
    }


def open_to(resource: "Resource") -> str:
    """Return who may ask for a token for it."""
    return "any client" if resource.open_to_clients else "clients registered with its scopes"


def tell_resource(at: "Services", resource: "Resource", *lines: str, as_json: bool) -> None:
    """Show a resource: as JSON for programs, else after lines for people."""
    if as_json:
        say_json(shape(at, resource))
        return
    say(*lines)
    facts(
        {
            "resource": resource.identifier,
            "name": resource.name,
            **{f"scope {each.scope}": each.says for each in resource.scopes},
            "metadata": metadata_url(at, resource) or "not hosted here",
            "open to": open_to(resource),
            "created_at": when(resource.created_at),
        }
    )
