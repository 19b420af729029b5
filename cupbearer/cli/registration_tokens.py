"""``cupbearer registration-tokens``: leave for programs to register themselves as clients (RFC 7591 section 3)."""

from typing import TYPE_CHECKING, Any

import click

from cupbearer.cli.commands import Commands, examples
from cupbearer.cli.output import facts, note, say_json, table, tell, when
from cupbearer.cli.work import json_option, services, source

if TYPE_CHECKING:
    from chalicelib.oauth.initial_access_tokens import InitialAccessToken
    from chalicelib.wiring import Services

PAGE = 100


@click.group(
    cls=Commands,
    commands_from={
        "create": "cupbearer.cli.registration_tokens:create",
        "list": "cupbearer.cli.registration_tokens:list_tokens",
        "revoke": "cupbearer.cli.registration_tokens:revoke",
    },
    short_help="Let programs register themselves as clients.",
    epilog=examples(
        "cupbearer registration-tokens create --uses 5 --days 7 --note 'For the team in Oslo'",
        "cupbearer registration-tokens list",
    ),
)
def command() -> None:
    """Let programs register themselves as clients, by an initial access token (RFC 7591).

    It is shown at POST /oauth/register as Authorization: Bearer, where CUPBEARER_REGISTRATION is token or open. A
    client that registers with one may have a secret and does not expire; people are told that nobody has verified it.
    """


@click.command(
    short_help="Make a token; it is shown once.",
    epilog=examples("cupbearer registration-tokens create --uses 5 --days 7"),
)
@click.option("--uses", type=int, default=1, show_default=True, help="How many clients it registers.")
@click.option("--days", type=int, default=7, show_default=True, help="How long it is good for.")
@click.option("--note", "words", default="", metavar="TEXT", help="Whom it is for.")
@json_option
def create(*, uses: int, days: int, words: str, as_json: bool) -> None:
    """Make a token that registers so many clients within so many days."""
    at = services()
    made, text = at.registration.initial_access_tokens.create(
        uses=uses, days=days, note=words, source=source()
    )
    if as_json:
        say_json({**_shape(made), "initial_access_token": text})
        return
    facts({"initial_access_token": text, "uses": str(made.uses), "until": when(made.expires_at)})
    note("The token is not shown again.")
    if at.settings.registration == "off":
        note("CUPBEARER_REGISTRATION is off: set it to token, or nobody registers with it.")


@click.command(
    "list", short_help="List tokens.", epilog=examples("cupbearer registration-tokens list --json")
)
@json_option
def list_tokens(*, as_json: bool) -> None:
    """List the tokens that are not over. They cannot be shown again: only their hashes are kept."""
    found = _every_token(services())
    if as_json:
        say_json({"registration_tokens": [_shape(each) for each in found]})
        return
    if not found:
        note("There are no tokens: cupbearer registration-tokens create --help says how one is made.")
        return
    rows = [(t.token_id, str(t.uses), when(t.expires_at), t.note or "-") for t in found]
    table(("token", "clients left", "until", "note"), rows)


@click.command(
    short_help="Revoke a token.", epilog=examples("cupbearer registration-tokens revoke k2x… --json")
)
@click.argument("token", metavar="TOKEN")
@json_option
def revoke(*, token: str, as_json: bool) -> None:
    """Revoke the token that the list calls TOKEN. Clients that it registered stay."""
    found = services().registration.initial_access_tokens.revoke(token, source=source())
    tell({"registration_token": found.token_id, "revoked": True}, "The token is revoked.", as_json=as_json)


def _every_token(at: "Services") -> "list[InitialAccessToken]":
    tokens = at.registration.initial_access_tokens
    found, after = tokens.page(limit=PAGE)
    every = [*found]
    while after is not None:
        found, after = tokens.page(after=after, limit=PAGE)
        every.extend(found)
    return every


def _shape(token: "InitialAccessToken") -> dict[str, Any]:
    return {
        "registration_token": token.token_id,
        "uses": token.uses,
        "created_at": token.created_at,
        "expires_at": token.expires_at,
        "note": token.note,
    }
