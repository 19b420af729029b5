"""``cupbearer demo``: two users to try things with, and what to try."""

from typing import TYPE_CHECKING

import click

from cupbearer.cli.commands import examples
from cupbearer.cli.failures import Failure
from cupbearer.cli.output import say, say_json
from cupbearer.cli.work import json_option, services, source

if TYPE_CHECKING:
    from chalicelib.scopes import Scopes
    from chalicelib.wiring import Services
    from chalicelib.world import World

WITH_SAMPLES = {"Cthon98": frozenset({"pangolins"}), "AzureDiamond": frozenset[str]()}
WITHOUT = dict.fromkeys(WITH_SAMPLES, frozenset[str]())  # nothing asks for that scope
PHRASE_GROUPS = 4  # of four characters with five bits each: 80 bits


@click.command(
    short_help="Make two users to try things with.",
    epilog=examples("cupbearer demo", "cupbearer demo --new-passwords"),
)
@click.option("--new-passwords", is_flag=True, help="Make new pass phrases; the sessions of both end.")
@json_option
def command(*, new_passwords: bool, as_json: bool) -> None:
    """Make two users: Cthon98, who has the scope pangolins, and AzureDiamond, who has none.

    Where CUPBEARER_SAMPLES is off no route asks for that scope, and neither has one.

    Their pass phrases are random and shown once. Run again, it puts their scopes right and leaves the
    pass phrases alone. Refused in production.
    """
    at = services()
    if at.settings.production:
        raise Failure("CUPBEARER_ENV is production, where there are no demo users.")
    held = WITH_SAMPLES if at.settings.samples else WITHOUT
    phrases = {name: _put_right(at, name, held[name], new_password=new_passwords) for name in held}
    if as_json:
        made = [
            {"username": name, "scopes": sorted(held[name]), "password": phrase}
            for name, phrase in phrases.items()
        ]
        say_json({"issuer": at.settings.issuer, "users": made})
        return
    for name, phrase in phrases.items():
        scope = f"scope {' '.join(held[name])}" if held[name] else "no scope"
        say(f"{name}: {scope}, pass phrase {phrase or 'as it was (--new-passwords makes another)'}")
    url, password = at.settings.issuer, phrases["Cthon98"] or "…"
    guarded = "pangolins" if at.settings.samples else "users/me"
    say(
        "",
        "Try, with the service running (cupbearer serve):",
        f"  curl -s {url}/sessions -H 'content-type: application/json' \\",
        f"""    -d '{{"username": "Cthon98", "password": "{password}"}}'""",
        f"  curl {url}/{guarded} -H 'authorization: Bearer ACCESS_TOKEN'",
    )


def _put_right(at: "Services", username: str, granted: "Scopes", *, new_password: bool) -> str | None:
    """Make or mend one user and return the pass phrase if it is a new one."""
    phrase = _phrase(at.world)
    user = at.accounts.users.find(username)
    if user is None:
        from chalicelib.accounts.provisioning import Newcomer
        from chalicelib.users.user import new_user

        newcomer = Newcomer(new_user(username=username), granted)
        at.accounts.provisioning.make(newcomer, password=phrase, source=source())
    else:
        at.accounts.administration.administer(user.user_id, granted=granted, disabled=False, source=source())
        if new_password:
            at.accounts.administration.set_password(user.user_id, new=phrase, source=source())
    return phrase if user is None or new_password else None


def _phrase(world: "World") -> str:
    letters = world.identifier()
    return "-".join(letters[4 * group : 4 * group + 4] for group in range(PHRASE_GROUPS))
