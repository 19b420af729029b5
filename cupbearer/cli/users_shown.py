"""``cupbearer users show``, and how a user is shown."""

from typing import TYPE_CHECKING

import click

from cupbearer.cli.commands import examples
from cupbearer.cli.output import facts, say_json, when
from cupbearer.cli.work import (
    find_user_by_any_address,
    json_option,
    services,
    user_argument,
    user_shape,
)

if TYPE_CHECKING:
    from chalicelib.users.user import User


@click.command(short_help="Show one user.", epilog=examples("cupbearer users show zoe@example.com --json"))
@user_argument
@json_option
def show(*, user: str, as_json: bool) -> None:
    """Show one user, found also by an unverified address."""
    at = services()
    found = find_user_by_any_address(at, user)
    live = at.authentication.sessions.live(found.user_id)
    if as_json:
        say_json(user_shape(found) | {"sessions": len(live)})
        return
    facts(
        {
            "user name": found.username,
            "id": found.user_id,
            "name": found.name or "-",
            "e-mail": email_of(found),
            "scopes": " ".join(sorted(found.scopes)) or "-",
            "state": state_of(found),
            "since": when(found.created_at),
            "password": "set" if found.password else "none",
            "providers": ", ".join(user_shape(found)["providers"]) or "-",
            "sessions": str(len(live)),
        }
    )


def email_of(user: "User") -> str:
    """Return the address, and whether nobody has proven it."""
    return "-" if user.email is None else user.email if user.email_verified else f"{user.email} (unverified)"


def state_of(user: "User") -> str:
    """Return whether the account is in use."""
    if user.deletes_at is not None:
        return f"closed, gone at {when(user.deletes_at)}"
    return "disabled" if user.disabled else "active"
