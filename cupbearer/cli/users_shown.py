"""``cupbearer users list`` and ``show``."""

from typing import TYPE_CHECKING

import click

from cupbearer.cli.commands import examples
from cupbearer.cli.output import counted, facts, note, say_json, table, when
from cupbearer.cli.work import (
    find_user_by_any_address,
    json_option,
    named_by,
    services,
    user_argument,
    user_shape,
)

if TYPE_CHECKING:
    from chalicelib.users.user import User


@click.command(
    "list",
    short_help="List users.",
    epilog=examples(
        "cupbearer users list",
        "cupbearer users list --limit 1000 --json",
        "cupbearer users list --email zoe@example.com",
    ),
)
@click.option("--limit", type=click.IntRange(1, 1000), default=50, show_default=True, help="How many users.")
@click.option("--after", metavar="CURSOR", help="Continue where an earlier answer ended.")
@click.option("--email", metavar="ADDRESS", help="Only whose account names this address, verified or not.")
@json_option
def list_users(*, limit: int, after: str | None, email: str | None, as_json: bool) -> None:
    """List users in the order of sign-up; "users export" gives them all.

    Anyone can write anyone's address into an account: an address that is not verified proves nothing.
    """
    at = services()
    if email is None:
        users, cursor = at.accounts.users.page(after=after, limit=limit)
    else:
        users, cursor = named_by(at, email, after=after, limit=limit)
    if as_json:
        say_json({"users": [user_shape(user) for user in users], "next_cursor": cursor})
        return
    if not users:
        nobody = f"No account names {email}." if email else "There are no users yet."
        note(nobody if after is None else "There are no more users.")
        return
    table(
        ("user name", "e-mail", "scopes", "state", "since"),
        [
            (u.username, _email(u), " ".join(sorted(u.scopes)) or "-", _state(u), when(u.created_at))
            for u in users
        ],
    )
    if cursor:
        note(f"There are more: --after {cursor}")


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
            "e-mail": _email(found),
            "scopes": " ".join(sorted(found.scopes)) or "-",
            "state": _state(found),
            "since": when(found.created_at),
            "password": "set" if found.password else "none",
            "providers": ", ".join(user_shape(found)["providers"]) or "-",
            "sessions": counted(len(live), "session"),
        }
    )


def _email(user: "User") -> str:
    return "-" if user.email is None else user.email if user.email_verified else f"{user.email} (unverified)"


def _state(user: "User") -> str:
    if user.deletes_at is not None:
        return f"closed, gone at {when(user.deletes_at)}"
    return "disabled" if user.disabled else "active"
