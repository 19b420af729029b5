"""``cupbearer users export``: everybody, a JSON object a line, in the form that ``users import`` reads."""

import json
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import click

from cupbearer.cli.commands import examples
from cupbearer.cli.failures import Failure
from cupbearer.cli.output import counted, note, say_json
from cupbearer.cli.work import services

if TYPE_CHECKING:
    from chalicelib.users.user import User
    from chalicelib.users.users import Users

PAGE = 100


@click.command(
    short_help="Export all users as JSON lines.",
    epilog=examples(
        "cupbearer users export > users.jsonl",
        "cupbearer users export --with-hashes | age -r age1… > users.jsonl.age",
    ),
)
@click.option(
    "--with-hashes", is_flag=True, help="With password hashes, to move elsewhere; never to a terminal."
)
@click.option("--json", "as_json", is_flag=True, help="One JSON document; without it, one object per line.")
def command(*, with_hashes: bool, as_json: bool) -> None:
    """Export all users as JSON lines, in the form that "users import" reads.

    Password hashes are left out unless asked for: whoever has them can guess at leisure. Sessions, linked
    providers and the audit trail are not exported.
    """
    if with_hashes and sys.stdout.isatty():
        raise Failure("Password hashes are not shown on a terminal: send the output to a file or a program.")
    lines = (_line(user, with_hashes=with_hashes) for user in _everybody(services().accounts.users))
    number = 0
    if as_json:
        rows = [*lines]
        say_json({"users": rows})
        number = len(rows)
    for line in lines:
        click.echo(json.dumps(line))
        number += 1
    note(f"{counted(number, 'user')} exported.")


def _everybody(users: "Users") -> Iterator["User"]:
    page, cursor = users.page(limit=PAGE)
    yield from page
    while cursor is not None:
        page, cursor = users.page(after=cursor, limit=PAGE)
        yield from page


def _line(user: "User", *, with_hashes: bool) -> dict[str, Any]:
    line: dict[str, Any] = {
        "username": user.username,
        "email": user.email,
        "email_verified": user.email_verified,
        "name": user.name,
        "scopes": sorted(user.scopes),
        "disabled": user.disabled,
        "user_id": user.user_id,
        "created_at": user.created_at,
    }
    return line | {"password_hash": user.password} if with_hashes else line
