"""``cupbearer users grant`` and the other changes of one user."""

from typing import TYPE_CHECKING

import click

from cupbearer.cli.asking import new_password, password_option
from cupbearer.cli.commands import examples
from cupbearer.cli.output import say_json, tell
from cupbearer.cli.scoping import one_each, warn_of_unknown
from cupbearer.cli.work import find_user, json_option, services, source, user_argument, user_shape

if TYPE_CHECKING:
    from chalicelib.accounts.administration import Authority
    from chalicelib.users.user import User
    from chalicelib.wiring import Services

force_option = click.option(
    "--force", is_flag=True, help="Do it even if no operator is left who can change accounts."
)
scopes_argument = click.argument("wanted", metavar="SCOPE...", nargs=-1, required=True)


@click.command(
    short_help="Grant scopes.", epilog=examples("cupbearer users grant Zoe orders:read orders:write")
)
@user_argument
@scopes_argument
@json_option
def grant(*, user: str, wanted: tuple[str, ...], as_json: bool) -> None:
    """Grant a user scopes, from the next refresh on.

    A scope that no route of this project asks for is granted with a warning.
    """
    more = one_each(wanted)
    at = services()
    before = find_user(at, user)
    after = at.accounts.administration.change_scopes(
        before.user_id, lambda held: held | more, source=source()
    )
    warn_of_unknown(at, more)
    life, counts = at.settings.access_token_seconds, at.settings.access_token_counts_seconds
    then = (
        "A new scope reaches the person at the next refresh, or by logging in again: "
        f"a token lives {life} s and counts for up to {counts} s."
    )
    _tell_scopes(before, after, then, as_json=as_json)


@click.command(short_help="Remove scopes.", epilog=examples("cupbearer users revoke Zoe orders:write"))
@user_argument
@scopes_argument
@force_option
@json_option
def revoke(*, user: str, wanted: tuple[str, ...], force: bool, as_json: bool) -> None:
    """Remove scopes from a user. Tokens that were issued keep them until they expire."""
    fewer = one_each(wanted)
    at = services()
    before = find_user(at, user)
    after = at.accounts.administration.change_scopes(
        before.user_id, lambda held: held - fewer, source=source(), by=authority(force=force)
    )
    seconds = at.settings.revocation_bound_seconds
    then = (
        f"Tokens that are out keep what they have, at most {seconds} s; from the next refresh on it is gone."
    )
    _tell_scopes(before, after, then, as_json=as_json)


@click.command(
    "set-password",
    short_help="Set a new password.",
    epilog=examples(
        "cupbearer users set-password Zoe",
        "pass show zoe | cupbearer users set-password Zoe --password-stdin",
    ),
)
@user_argument
@password_option
@json_option
def set_password(*, user: str, password_stdin: bool, as_json: bool) -> None:
    """Set a user's password, asked for and hidden, and end every session."""
    at = services()
    found = find_user(at, user)
    at.credentials.passwords.demand_on()
    password = new_password(from_stdin=password_stdin)
    at.accounts.administration.set_password(found.user_id, new=password, source=source())
    tell_change(
        at,
        found,
        f"{found.username} has a new password. Every session is ended.",
        until(at),
        as_json=as_json,
    )


@click.command(
    short_help="Lift the lock after wrong passwords.", epilog=examples("cupbearer users unlock Zoe")
)
@user_argument
@json_option
def unlock(*, user: str, as_json: bool) -> None:
    """Lift the lock that wrong passwords put on an account."""
    at = services()
    found = find_user(at, user)
    at.accounts.administration.unlock(found.user_id, source=source())
    tell_change(at, found, f"{found.username} may try to log in again.", as_json=as_json)


@click.command(short_help="Disable a user.", epilog=examples("cupbearer users disable Zoe"))
@user_argument
@force_option
@json_option
def disable(*, user: str, force: bool, as_json: bool) -> None:
    """Disable a user and end every session. "users enable" undoes it."""
    at = services()
    found = find_user(at, user)
    if found.disabled_by_operator:
        tell_change(at, found, f"{found.username} is disabled already.", as_json=as_json, changed=False)
        return
    at.accounts.administration.administer(
        found.user_id, disabled=True, source=source(), by=authority(force=force)
    )
    tell_change(
        at, found, f"{found.username} is disabled. Every session is ended.", until(at), as_json=as_json
    )


@click.command(short_help="Enable a disabled user.", epilog=examples("cupbearer users enable Zoe"))
@user_argument
@json_option
def enable(*, user: str, as_json: bool) -> None:
    """Enable a disabled user; earlier sessions stay ended."""
    at = services()
    found = find_user(at, user)
    at.accounts.administration.administer(found.user_id, disabled=False, source=source())
    tell_change(
        at, found, f"{found.username} may log in.", as_json=as_json, changed=found.disabled_by_operator
    )


def _tell_scopes(before: "User", after: "User", then: str, *, as_json: bool) -> None:
    changed = after.scopes != before.scopes
    now = f"{after.username} has {' '.join(sorted(after.scopes)) or 'no scope'}"
    lines = (f"{now} now.", then) if changed else (f"{now}, as before.",)
    tell(user_shape(after) | {"changed": changed}, *lines, as_json=as_json)


def tell_change(at: "Services", user: "User", *lines: str, as_json: bool, changed: bool = True) -> None:
    """Tell what was done to a user; as JSON the user as it is now."""
    if as_json:
        say_json(user_shape(at.accounts.users.require(user.user_id)) | {"changed": changed})
    else:
        tell(None, *lines, as_json=False)


def until(at: "Services") -> str:
    """Return how long tokens that are out go on opening routes."""
    return (
        f"Access tokens that are out open routes for at most {at.settings.revocation_bound_seconds} s more."
    )


def authority(*, force: bool) -> "Authority":
    """Return who acts at the command line."""
    from chalicelib.accounts.administration import Authority

    return Authority(force=force)
