"""``cupbearer users list``: everybody, the newest, who was seen last, or whom a search finds."""

from typing import TYPE_CHECKING, Any

import click

from cupbearer.cli.commands import examples
from cupbearer.cli.moments import MOMENT
from cupbearer.cli.output import note, say_json, table, when
from cupbearer.cli.users_shown import email_of, state_of
from cupbearer.cli.work import json_option, named_by, services, user_shape

if TYPE_CHECKING:
    from collections.abc import Callable

    from chalicelib.users.people import Found
    from chalicelib.users.user import User
    from chalicelib.wiring import Services

    Pages = Callable[[str | None, int], Found]

AT_ONCE = 100  # users of one batch of reads
WAYS = ("search", "email", "disabled", "factor", "seen")  # of which one may be chosen


@click.command(
    "list",
    short_help="List and search users.",
    epilog=examples(
        "cupbearer users list",
        "cupbearer users list --limit 1000 --json",
        "cupbearer users list --search zo",
        "cupbearer users list --seen --since 7d",
        "cupbearer users list --email zoe@example.com",
    ),
)
@click.option("--search", metavar="BEGINNING", help="Only whose user name, name or address begins so.")
@click.option("--email", metavar="ADDRESS", help="Only whose account names this address, verified or not.")
@click.option("--disabled", is_flag=True, help="Only who is disabled, the newest first.")
@click.option("--factor", is_flag=True, help="Only who has a second factor, the newest first.")
@click.option("--seen", is_flag=True, help="Only who was ever here, the last seen first.")
@click.option(
    "--since", metavar="WHEN", type=MOMENT,
    help="Only accounts made since then, the newest first; with --seen who was seen since: 7d, 2026-11-20.",
)  # fmt: skip
@click.option("--limit", type=click.IntRange(1, 1000), default=50, show_default=True, help="How many users.")
@click.option("--after", metavar="CURSOR", help="Continue where an earlier answer to the same ended.")
@json_option
def command(*, limit: int, after: str | None, as_json: bool, since: int | None, **chosen: Any) -> None:
    """List users in the order of sign-up, or as is asked; "users export" gives them all.

    When somebody was seen is known by the day. Anyone can write anyone's address into an account: an address
    that is not verified proves nothing. Accounts of an earlier release are found after "users index".
    """
    way = _way(chosen, since)
    users, cursor = _gathered(_pages(services(), way, chosen), after, limit)
    if since is not None:
        recent = tuple(user for user in users if _moment(user, way) >= since)
        users, cursor = (
            recent,
            cursor if len(recent) == len(users) else None,
        )  # the lists begin with the latest
    if as_json:
        say_json({"users": [user_shape(user) for user in users], "next_cursor": cursor})
        return
    if users:
        table(
            ("user name", "e-mail", "scopes", "state", "last seen" if way == "seen" else "since"),
            [_row(user, way) for user in users],
        )
    elif cursor is None:
        note(_nobody(way, chosen, since) if after is None else "There are no more users.")
    if cursor:
        note(f"There are more: --after {cursor}")


def _way(chosen: dict[str, Any], since: int | None) -> str:
    """Return which list is read; raise UsageError where that is not one."""
    ways = [way for way in WAYS if chosen[way] not in (None, False)]
    if len(ways) > 1:
        raise click.UsageError("Give one of --search, --email, --disabled, --factor and --seen.")
    way = ways[0] if ways else "everybody"
    if since is None:
        return way
    if way in ("search", "email"):
        raise click.UsageError(f"--since and --{way} cannot be given together.")
    return "newest" if way == "everybody" else way


def _pages(at: "Services", way: str, chosen: dict[str, Any]) -> "Pages":
    """Return what gives a page of that list."""
    people = at.accounts.people
    others: dict[str, Pages] = {
        "everybody": lambda after, limit: at.accounts.users.page(after=after, limit=limit),
        "search": lambda after, limit: people.search(chosen["search"], after=after, limit=limit),
        "email": lambda after, limit: named_by(at, chosen["email"], after=after, limit=limit),
    }
    return others.get(way, lambda after, limit: people.listed(way, after=after, limit=limit))


def _gathered(pages: "Pages", after: str | None, limit: int) -> "Found":
    """Return so many users, by as many pages as that takes, and after what the next one starts."""
    found, cursor = pages(after, min(limit, AT_ONCE))
    while cursor is not None and len(found) < limit:
        more, cursor = pages(cursor, min(limit - len(found), AT_ONCE))
        found = (*found, *more)
    return found, cursor


def _moment(user: "User", way: str) -> int:
    return (user.seen_at or 0) if way == "seen" else user.created_at


def _row(user: "User", way: str) -> tuple[str, ...]:
    scopes = " ".join(sorted(user.scopes)) or "-"
    moment = when(user.seen_at)[:10] if way == "seen" else when(user.created_at)
    return user.username, email_of(user), scopes, state_of(user), moment


def _nobody(way: str, chosen: dict[str, Any], since: int | None) -> str:
    if since is not None:
        return f"There is nobody of this kind since {when(since)}."
    return {
        "everybody": "There are no users yet.",
        "search": f"No user name, name or address begins with {chosen['search']!r}.",
        "email": f"No account names {chosen['email']}.",
        "disabled": "Nobody is disabled.",
        "factor": "Nobody has a second factor.",
        "seen": "Nobody was seen yet.",
    }[way]
