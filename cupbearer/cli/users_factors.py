"""``cupbearer users reset-factors``: the way back for who has lost every second factor."""

import click

from cupbearer.cli.commands import examples
from cupbearer.cli.output import tell, when
from cupbearer.cli.work import find_user, json_option, services, source, user_argument


@click.command(
    "reset-factors",
    short_help="Take lost second factors away.",
    epilog=examples("cupbearer users reset-factors Zoe", "cupbearer users reset-factors Zoe --now"),
)
@user_argument
@click.option(
    "--now", "at_once", is_flag=True, help="Do not wait a day: you know that it is the person who asks."
)
@json_option
def reset_factors(*, user: str, at_once: bool, as_json: bool) -> None:
    """Take the second factors of a user away: passkeys, authenticator app, recovery codes, remembered browsers.

    They end after 24 hours, in which the person can take that back on the account page; with --now at once, with
    every session. The password stays.
    """
    at = services()
    found = find_user(at, user)
    reset = at.second_factors.reset
    if at_once:
        reset.act(found.user_id, source=source())
        due_at = int(at.world.now())
        said = f"{found.username} has no second factor any more. Every session is ended."
    else:
        due_at = reset.ask(found.user_id, source=source())
        said = f"The second factors of {found.username} end at {when(due_at)}; until then the person can take that back."
    tell({"user_id": found.user_id, "username": found.username, "reset_at": due_at}, said, as_json=as_json)
