"""``cupbearer users edit``: the name and the address of a user."""

import click

from cupbearer.cli.commands import examples
from cupbearer.cli.output import tell
from cupbearer.cli.users_shown import email_of
from cupbearer.cli.work import find_user, json_option, services, source, user_argument, user_shape


@click.command(
    "edit",
    short_help="Change a user's name or address.",
    epilog=examples(
        'cupbearer users edit Zoe --name "Zoe B."',
        "cupbearer users edit Zoe --email zoe@example.com --json",
    ),
)
@user_argument
@click.option("--name", metavar="TEXT", help="What to call the person.")
@click.option("--email", metavar="ADDRESS", help='The address, as verified: as "users set-email" sets it.')
@json_option
def command(*, user: str, name: str | None, email: str | None, as_json: bool) -> None:
    """Change what is known of a user: the name, the address. A user name is its owner's, and stays.

    What is refused changes nothing. Scopes: "users grant" and "revoke".
    """
    from chalicelib.users import names

    if name is None and email is None:
        raise click.UsageError("Give what changes: --name, --email.")
    if name is not None:
        names.clean_name(name)  # refused before the address is set: no half of it is done
    at = services()
    before = after = find_user(at, user)
    if email is not None:
        after = at.ways_back.email_verification.set_by_operator(
            before.user_id, address=email, source=source()
        )
    if name is not None:
        after = at.accounts.administration.administer(before.user_id, name=name, source=source())
    changed = user_shape(after) != user_shape(before)
    tell(
        user_shape(after) | {"changed": changed},
        f"{after.username}: name {after.name or '-'}, e-mail {email_of(after)}{'' if changed else ', as before'}.",
        as_json=as_json,
    )
