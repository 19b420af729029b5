"""``cupbearer sessions``: who is logged in where."""

from typing import TYPE_CHECKING, Any

import click

from cupbearer.cli.asking import confirm, yes_option
from cupbearer.cli.commands import Commands, examples
from cupbearer.cli.failures import Failure
from cupbearer.cli.output import counted, note, say_json, table, tell, when
from cupbearer.cli.work import find_user, json_option, services, source, user_argument

if TYPE_CHECKING:
    from chalicelib.sessions.session import Session


@click.group(
    cls=Commands,
    commands_from={"list": "cupbearer.cli.sessions:list_sessions", "end": "cupbearer.cli.sessions:end"},
    short_help="See and end somebody's sessions.",
    epilog=examples("cupbearer sessions list Zoe", "cupbearer sessions end Zoe --all"),
)
def command() -> None:
    """See and end somebody's sessions: a session is one log-in on one device."""


@click.command(
    "list", short_help="List live sessions.", epilog=examples("cupbearer sessions list Zoe --json")
)
@user_argument
@json_option
def list_sessions(*, user: str, as_json: bool) -> None:
    """List somebody's live sessions, the last used first."""
    at = services()
    found = find_user(at, user)
    live = at.authentication.sessions.live(found.user_id)
    if as_json:
        say_json({"sessions": [_shape(session) for session in live]})
        return
    if not live:
        note(f"{found.username} is logged in nowhere.")
        return
    table(
        ("session", "client", "begun", "last used", "from", "with"),
        [
            (
                s.session_id,
                s.client_id,
                when(s.created_at),
                when(s.last_used_at),
                s.ip or "-",
                s.user_agent or "-",
            )
            for s in live
        ],
    )


@click.command(
    short_help="End one session, or all.",
    epilog=examples("cupbearer sessions end Zoe k2x…", "cupbearer sessions end Zoe --all --yes"),
)
@user_argument
@click.argument("session_id", metavar="[SESSION]", required=False)
@click.option("--all", "every", is_flag=True, help="Every session of the user, by one write.")
@yes_option
@json_option
def end(*, user: str, session_id: str | None, every: bool, yes: bool, as_json: bool) -> None:
    """End one session by its id, or every one with --all: the person has to log in again there."""
    if every == (session_id is not None):
        raise click.UsageError("Say which: the id of one SESSION, or --all.")
    from chalicelib.errors import NotFound

    at = services()
    found = find_user(at, user)
    if every:
        live = len(at.authentication.sessions.live(found.user_id))
        confirm(f"End {counted(live, 'session')} of {found.username}?", yes=yes)
    try:
        at.accounts.administration.end_session(found.user_id, session_id, source=source())
    except NotFound:
        hint = f"cupbearer sessions list {found.username} shows the ids"
        raise Failure(f"{found.username} has no session {session_id!r}: {hint}.") from None
    tell(
        {"user_id": found.user_id, "username": found.username, "ended": "all" if every else session_id},
        f"{found.username}: {'every session' if every else 'the session'} is ended.",
        f"Access tokens that are out open routes for at most {at.settings.revocation_bound_seconds} s more.",
        as_json=as_json,
    )


def _shape(session: "Session") -> dict[str, Any]:
    return {
        "session_id": session.session_id,
        "client_id": session.client_id,
        "scope": None if session.scope is None else sorted(session.scope),
        "created_at": session.created_at,
        "last_used_at": int(session.last_used_at),
        "ip": session.ip,
        "user_agent": session.user_agent,
        "amr": list(session.amr),
    }
