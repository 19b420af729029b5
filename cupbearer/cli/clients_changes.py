"""``cupbearer clients show`` and the changes of one client."""

from typing import TYPE_CHECKING

import click

from cupbearer.cli.asking import confirm, yes_option
from cupbearer.cli.clients_shown import client_argument, find_client, say_secret, shape
from cupbearer.cli.commands import examples
from cupbearer.cli.output import facts, say_json, tell, when
from cupbearer.cli.work import json_option, services, source

if TYPE_CHECKING:
    from chalicelib.wiring import Services


@click.command(short_help="Show one client.", epilog=examples("cupbearer clients show 'My shop' --json"))
@client_argument
@json_option
def show(*, client: str, as_json: bool) -> None:
    """Show what a client may do. Secrets cannot be shown again: only their hashes are kept."""
    found = find_client(services(), client)
    if as_json:
        say_json(shape(found))
        return
    shown = shape(found) | {"created_at": when(found.created_at)}
    facts({name: _line(value) for name, value in shown.items()})


def _line(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list | tuple):
        return " ".join(value) or "-"
    return "-" if value is None else str(value)


@click.command(
    "rotate-secret",
    short_help="Give a client a new secret.",
    epilog=examples("cupbearer clients rotate-secret 'My shop'"),
)
@client_argument
@json_option
def rotate_secret(*, client: str, as_json: bool) -> None:
    """Give a client a new secret. The one before it goes on working until the next rotation."""
    at = services()
    found = find_client(at, client)
    changed, secret = at.oauth.clients.rotate_secret(found.client_id, source=source())
    say_secret(changed, secret, as_json=as_json)


@click.command(short_help="Disable a client.", epilog=examples("cupbearer clients disable nightly-job"))
@client_argument
@json_option
def disable(*, client: str, as_json: bool) -> None:
    """Disable a client: every request of it is refused, refreshes included."""
    _set_disabled(client, disabled=True, as_json=as_json)


@click.command(
    short_help="Enable a disabled client.", epilog=examples("cupbearer clients enable nightly-job")
)
@client_argument
@json_option
def enable(*, client: str, as_json: bool) -> None:
    """Enable a disabled client."""
    _set_disabled(client, disabled=False, as_json=as_json)


def _set_disabled(text: str, *, disabled: bool, as_json: bool) -> None:
    at = services()
    found = find_client(at, text)
    client = at.oauth.clients.set_disabled(found.client_id, disabled=disabled, source=source())
    said = f"{client.name} is disabled. {_until(at)}" if disabled else f"{client.name} is enabled."
    tell(shape(client), said, as_json=as_json)


@click.command(
    short_help="Delete a client for ever.", epilog=examples("cupbearer clients delete nightly-job --yes")
)
@client_argument
@yes_option
@json_option
def delete(*, client: str, yes: bool, as_json: bool) -> None:
    """Delete a client for ever: its tokens stop working, and its id is never used again."""
    at = services()
    found = find_client(at, client)
    confirm(f"Delete {found.name} ({found.client_id})? Nobody can use it any more.", yes=yes)
    at.oauth.clients.delete(found.client_id, source=source())
    shown = {"client_id": found.client_id, "name": found.name, "deleted": True}
    tell(shown, f"{found.name} is deleted. {_until(at)}", as_json=as_json)


def _until(at: "Services") -> str:
    return f"Tokens that are out open routes for at most {at.settings.revocation_bound_seconds} s more."
