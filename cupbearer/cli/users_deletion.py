"""``cupbearer users delete`` and ``undelete``."""

from typing import TYPE_CHECKING

import click

from cupbearer.cli.asking import confirm, yes_option
from cupbearer.cli.commands import examples
from cupbearer.cli.output import counted, tell, when
from cupbearer.cli.users_changes import authority, force_option, tell_change, until
from cupbearer.cli.work import find_user, json_option, services, source, user_argument

if TYPE_CHECKING:
    from chalicelib.users.user import User
    from chalicelib.wiring import Services


@click.command(
    short_help="Delete a user for ever.",
    epilog=examples("cupbearer users delete Zoe", "cupbearer users delete Zoe --yes --now"),
)
@user_argument
@click.option("--now", "at_once", is_flag=True, help="At once, without the grace that the service gives.")
@yes_option
@force_option
@json_option
def delete(*, user: str, at_once: bool, yes: bool, force: bool, as_json: bool) -> None:
    """Delete a user for ever: profile, password, scopes, linked providers and sessions.

    The user name and the address become free for others, who get another id. The audit trail is kept
    until it is 90 days old. Where the service gives a grace (CUPBEARER_DELETION_GRACE_DAYS), the account is
    closed at once and goes when that is over; until then "users undelete" takes it back. "users disable" keeps
    everything.
    """
    at = services()
    found = find_user(at, user)
    grace = 0 if at_once else at.settings.deletion_grace_days
    confirm(_question(at, found, grace), yes=yes)
    deletes_at = at.accounts.deletion.delete(
        found.user_id, at_once=at_once, source=source(), by=authority(force=force)
    )
    told = {"user_id": found.user_id, "username": found.username, "deleted": deletes_at is None}
    if deletes_at is None:
        done = f"{found.username} is deleted. The trail stays: cupbearer audit {found.user_id}"
    else:
        told["deletes_at"] = deletes_at
        done = f"{found.username} is closed and will be deleted at {when(deletes_at)}. Until then: cupbearer users undelete"
    tell(told, done, until(at), as_json=as_json)


@click.command(
    short_help="Take back a deletion within its grace.", epilog=examples("cupbearer users undelete Zoe")
)
@user_argument
@json_option
def undelete(*, user: str, as_json: bool) -> None:
    """Open the account of a user again that was deleted and is not gone yet; earlier sessions stay ended."""
    at = services()
    found = find_user(at, user)
    if found.closing is None:
        tell_change(at, found, f"{found.username} is not closed.", as_json=as_json, changed=False)
        return
    at.accounts.deletion.undelete(found.user_id, source=source())
    tell_change(at, found, f"{found.username} may log in.", as_json=as_json)


def _question(at: "Services", found: "User", grace: int) -> str:
    live = len(at.authentication.sessions.live(found.user_id))
    lost = [
        f"scopes: {' '.join(sorted(found.scopes)) or 'none'}",
        counted(len(found.identities), "linked provider"),
        counted(live, "live session"),
    ]
    after = f", when {counted(grace, 'day')} of grace are over" if grace else ""
    return (
        f"Delete {found.username} ({found.email or 'no e-mail'}, id {found.user_id}) for ever{after}? "
        f"Lost are the profile, the password, {', '.join(lost)}."
    )
