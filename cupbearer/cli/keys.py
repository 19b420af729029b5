"""``cupbearer keys``: the keys that sign access tokens, and those of refresh tokens."""

from dataclasses import asdict

import click

from cupbearer.cli.asking import confirm, yes_option
from cupbearer.cli.commands import Commands, examples
from cupbearer.cli.output import say_json, table, tell, when
from cupbearer.cli.work import json_option, services, source


@click.group(
    cls=Commands,
    commands_from={"list": "cupbearer.cli.keys:list_keys", "rotate": "cupbearer.cli.keys:rotate"},
    short_help="List and rotate keys.",
    epilog=examples("cupbearer keys list", "cupbearer keys rotate", "cupbearer keys rotate --emergency"),
)
def command() -> None:
    """List and rotate keys.

    The signing ring signs access and ID tokens; its public half is at /.well-known/jwks.json. The refresh
    ring authenticates refresh tokens and is shared with nobody. No private key is ever shown.
    """


@click.command(
    "list", short_help="List the keys of both rings.", epilog=examples("cupbearer keys list --json")
)
@json_option
def list_keys(*, as_json: bool) -> None:
    """List the keys of both rings, oldest first."""
    at = services()
    signing, refresh = at.keys.ring.list(), at.keys.mac.list()
    if as_json:
        say_json({"signing": [asdict(key) for key in signing], "refresh": [asdict(key) for key in refresh]})
        return
    rows = [("signing", k.kid, k.alg, k.state, when(k.signs_from), when(k.verifies_until)) for k in signing]
    rows += [("refresh", k.kid, "HMAC", k.state, when(k.used_from), "-") for k in refresh]
    table(("ring", "key", "algorithm", "state", "used from", "taken until"), rows)


@click.command(
    short_help="Start to use a new key.",
    epilog=examples(
        "cupbearer keys rotate",
        "cupbearer keys rotate --ring refresh",
        "cupbearer keys rotate --ahead 3          an HTTP API's JWT authorizer keeps keys for two hours",
        "cupbearer keys rotate --emergency        a private key has leaked",
    ),
)
@click.option(
    "--ring",
    type=click.Choice(["signing", "refresh", "both"]),
    default="signing",
    show_default=True,
    help="Whose key: of access and ID tokens, of refresh tokens, or both.",
)
@click.option("--emergency", is_flag=True, help="The old keys have leaked: they stop counting at once.")
@click.option(
    "--ahead",
    type=click.IntRange(1, 24),
    default=None,
    metavar="HOURS",
    help="Publish a signing key so long before it signs, for verifiers that keep our keys longer than they are told.",
)
@yes_option
@json_option
def rotate(*, ring: str, emergency: bool, ahead: int | None, yes: bool, as_json: bool) -> None:
    """Start to use a new key.

    Ordinarily nobody notices: the new key is published first and used when every cache has seen it, and
    what the old one signed counts until it expires. In an emergency the old keys stop counting at once.
    """
    from chalicelib.accounts.key_rotation import EMERGENCIES, RINGS

    if ahead and (emergency or ring != "signing"):
        raise click.UsageError("--ahead is for an ordinary rotation of the signing ring.")
    rings = [name for name in RINGS if ring in (name, "both")]
    at = services()
    if emergency:
        warning = " ".join(EMERGENCIES[name] for name in rings)
        confirm(f"{warning} Go on?", yes=yes)
    rotating, seconds = at.accounts.key_rotation, (ahead or 0) * 3600
    made = [
        rotating.rotate(name, emergency=emergency, ahead_seconds=seconds, source=source()) for name in rings
    ]
    lines = [
        f"The {each.ring} ring has a new key {each.kid}, used from {when(each.used_from)}." for each in made
    ]
    tell({"rotated": [asdict(each) for each in made]}, *lines, as_json=as_json)
