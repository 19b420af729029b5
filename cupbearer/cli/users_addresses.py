"""``cupbearer users verify-email`` and ``set-email``: an address that an operator vouches for."""

import click

from cupbearer.cli.commands import examples
from cupbearer.cli.failures import Failure
from cupbearer.cli.output import tell
from cupbearer.cli.work import find_user, json_option, services, source, user_argument, user_shape


@click.command(
    "verify-email",
    short_help="Mark a user's address as verified.",
    epilog=examples("cupbearer users verify-email Zoe"),
)
@user_argument
@json_option
def verify_email(*, user: str, as_json: bool) -> None:
    """Mark the address of a user as verified: it logs in, gets password resets, and is unique.

    Only after you have made sure that it is this person's. Where mail is sent, people do it themselves.
    """
    _set(user, None, as_json=as_json)


@click.command(
    "set-email",
    short_help="Set a user's address, verified.",
    epilog=examples("cupbearer users set-email Zoe zoe@example.com"),
)
@user_argument
@click.argument("address")
@json_option
def set_email(*, user: str, address: str, as_json: bool) -> None:
    """Set the address of a user, as verified.

    Where mail is sent, a verified address that it replaces is told, and can undo it for seven days. Only after you have made
    sure that the new one is this person's.
    """
    _set(user, address, as_json=as_json)


def _set(user: str, address: str | None, *, as_json: bool) -> None:
    at = services()
    before = find_user(at, user)
    if address is None and before.email is None:
        name = before.username
        raise Failure(f"{name} has no address: cupbearer users set-email {name} ADDRESS sets a verified one.")
    after = at.ways_back.email_verification.set_by_operator(before.user_id, address=address, source=source())
    changed = (before.email, before.email_verified) != (after.email, after.email_verified)
    then = "It logs in from now on." if changed else "It was so before."
    line = f"{after.email} is the verified address of {after.username}."
    tell(user_shape(after) | {"changed": changed}, line, then, as_json=as_json)
