"""``cupbearer users``: its commands, and those that make a user."""

from typing import TYPE_CHECKING

import click

from cupbearer.cli.asking import new_password, password_option
from cupbearer.cli.commands import Commands, examples
from cupbearer.cli.failures import Failure
from cupbearer.cli.output import counted, say, say_json
from cupbearer.cli.scoping import one_each, warn_of_unknown
from cupbearer.cli.work import (
    json_option,
    services,
    source,
    user_shape,
)

if TYPE_CHECKING:
    from chalicelib.scopes import Scopes

USERS = {
    "create": "cupbearer.cli.users:create",
    "list": "cupbearer.cli.users_list:command",
    "show": "cupbearer.cli.users_shown:show",
    "edit": "cupbearer.cli.users_edit:command",
    "grant": "cupbearer.cli.users_changes:grant",
    "revoke": "cupbearer.cli.users_changes:revoke",
    "set-password": "cupbearer.cli.users_changes:set_password",
    "reset-factors": "cupbearer.cli.users_factors:reset_factors",
    "unlock": "cupbearer.cli.users_changes:unlock",
    "disable": "cupbearer.cli.users_changes:disable",
    "enable": "cupbearer.cli.users_changes:enable",
    "delete": "cupbearer.cli.users_deletion:delete",
    "undelete": "cupbearer.cli.users_deletion:undelete",
    "verify-email": "cupbearer.cli.users_addresses:verify_email",
    "set-email": "cupbearer.cli.users_addresses:set_email",
    "index": "cupbearer.cli.users:index",
    "index-addresses": "cupbearer.cli.users:index_addresses",
    "import": "cupbearer.cli.users_import:command",
    "export": "cupbearer.cli.users_export:command",
}


@click.group(
    cls=Commands,
    commands_from=USERS,
    short_help="Make, change, import and export users.",
    epilog=examples(
        "cupbearer users create Zoe --email zoe@example.com",
        "cupbearer users grant Zoe orders:read orders:write",
        "cupbearer users disable zoe@example.com",
        "cupbearer users import old-users.jsonl --dry-run",
    ),
)
def command() -> None:
    """Make, change, import and export users.

    A USER is named by user name, verified e-mail address or id.
    """


@click.command(
    short_help="Make a user.",
    epilog=examples(
        "cupbearer users create Zoe --email zoe@example.com --scope orders:read --scope orders:write",
        "pass show zoe | cupbearer users create Zoe --password-stdin",
    ),
)
@click.argument("username")
@click.option("--email", metavar="ADDRESS", help="The address, not verified unless that is said.")
@click.option("--email-verified", is_flag=True, help="Mark the address as verified: it can log in at once.")
@click.option("--name", metavar="TEXT", help="What to call the person.")
@click.option(
    "--scope",
    "wanted",
    multiple=True,
    metavar="SCOPE",
    help="Instead of the default scopes; repeatable.",
)
@click.option("--no-scope", is_flag=True, help="No scope at all.")
@password_option
@json_option
def create(
    *,
    username: str,
    email: str | None,
    email_verified: bool,
    name: str | None,
    wanted: tuple[str, ...],
    no_scope: bool,
    password_stdin: bool,
    as_json: bool,
) -> None:
    """Make a user, also where sign-up is closed.

    The password is asked for, hidden, unless nobody has one here (CUPBEARER_PASSWORD_LOG_IN=off).
    """
    from chalicelib.accounts.provisioning import Newcomer
    from chalicelib.users.user import new_user

    if no_scope and wanted:
        raise click.UsageError("--no-scope and --scope contradict each other.")
    if email_verified and email is None:
        raise click.UsageError("--email-verified needs --email.")
    chosen = one_each(wanted)
    at = services()
    granted = chosen if wanted or no_scope else at.settings.default_scopes
    newcomer = Newcomer(new_user(username=username, email=email, name=name), granted, email_verified)
    if at.accounts.users.id_of(newcomer.wanted.username.canonical):
        raise Failure("This user name is taken.")  # before a password is asked for in vain
    has_password = at.credentials.passwords.is_on or password_stdin
    password = new_password(from_stdin=password_stdin) if has_password else None
    user = at.accounts.provisioning.make(newcomer, password=password, source=source())
    warn_of_unknown(at, chosen)
    if as_json:
        say_json(user_shape(user))
        return
    say(f"{user.username} is made, with {_scopes(user.scopes)}.", f"id  {user.user_id}")


@click.command(
    "index-addresses",
    short_help="Index the addresses of accounts that an earlier release made.",
    epilog=examples("cupbearer users index-addresses"),
)
@json_option
def index_addresses(*, as_json: bool) -> None:
    """Index unverified addresses, so that accounts of an earlier release are found by them.

    Run it once after the upgrade: it reads every account, page by page. Newer accounts need nothing.
    """
    _index(as_json=as_json)


@click.command(
    "index",
    short_help="Index the accounts that an earlier release made.",
    epilog=examples("cupbearer users index"),
)
@json_option
def index(*, as_json: bool) -> None:
    """Write the lines that accounts are listed and searched by, where an earlier release left them out.

    Run it once after the upgrade: it reads every account, page by page. Newer accounts need nothing. Safe to repeat.
    """
    _index(as_json=as_json)


def _index(*, as_json: bool) -> None:
    written = services().accounts.people.index()
    if as_json:
        say_json({"indexed": written})
        return
    say(f"{counted(written, 'account')} more can be found.")


def _scopes(granted: "Scopes") -> str:
    return (
        f"the {'scope' if len(granted) == 1 else 'scopes'} {' '.join(sorted(granted))}"
        if granted
        else "no scope"
    )
