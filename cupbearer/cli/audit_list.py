"""``cupbearer audit list``: what happened in the whole service."""

from dataclasses import asdict
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

import click

from cupbearer.cli.audit import sentence
from cupbearer.cli.commands import examples
from cupbearer.cli.moments import MOMENT
from cupbearer.cli.output import note, say_json, table, when
from cupbearer.cli.work import find_user_or_trail, json_option, services

if TYPE_CHECKING:
    from chalicelib.audit.service_events import Network
    from chalicelib.audit.trail import Event
    from chalicelib.oauth.event_names import EventNames


def _network(_ctx: click.Context, _param: click.Parameter, text: str | None) -> "Network | None":
    from chalicelib.audit.service_events import network_from

    try:
        return None if text is None else network_from(text)
    except ValueError as error:
        raise click.BadParameter(f"That is no network: {error}.") from None


@click.command(
    "list",
    short_help="Show what happened in the whole service.",
    epilog=examples(
        "cupbearer audit list --since 2h",
        "cupbearer audit list --event log_in_failed --network 203.0.113.7",
        "cupbearer audit list --user Zoe --since 2026-11-20 --json",
    ),
)
@click.option("--event", metavar="EVENT", help="Only this event, as log_in_failed; its name is in --json.")
@click.option("--user", metavar="USER", help="Only what happened to one account.")
@click.option(
    "--network",
    metavar="NETWORK",
    callback=_network,
    help="Only from an address, or a network as 203.0.113.0/24.",
)
@click.option(
    "--since",
    metavar="WHEN",
    type=MOMENT,
    help="Only since then: 2h, 7d, 2026-11-20, 2026-11-20T13:30 (UTC).",
)
@click.option("--until", metavar="WHEN", type=MOMENT, help="Only before then.")
@click.option("--limit", type=click.IntRange(1, 1000), default=50, show_default=True, help="How many events.")
@click.option("--after", metavar="CURSOR", help="Continue where an earlier answer ended.")
@json_option
def command(*, user: str | None, limit: int, after: str | None, as_json: bool, **chosen: Any) -> None:
    """Show what happened in the whole service, newest first.

    With --event or --network a page looks through a bounded part of what there is, and says how far back
    it has looked. Guesses at names that nobody has are only counted: see "cupbearer stats".
    """
    from chalicelib.audit.service_events import Wanted

    _demand_known(chosen["event"])
    at = services()
    wanted = Wanted(user_id=None if user is None else find_user_or_trail(at, user), **chosen)
    try:
        page = at.activity.page(wanted, cursor=after, limit=limit)
    except ValueError as error:
        raise click.BadParameter(f"{error}.", param_hint="--after") from None
    names = at.oauth.names_in(page.events)
    if as_json:
        rows = [_shape(event, names) for event in page.events]
        say_json({"events": rows, "next_cursor": page.next_cursor, "looked_back_to": page.looked_back_to})
        return
    if page.events:
        table(
            ("when", "what", "who", "outcome", "from"),
            [(when(e.at), sentence(e), _who(e, names), e.outcome, e.ip or "-") for e in page.events],
        )
    elif page.next_cursor is None:
        note("There is no such event of the last 90 days.")
    if page.next_cursor is not None:
        note(f"Looked back to {when(page.looked_back_to)}. There may be more: --after {page.next_cursor}")


def _demand_known(event: str | None) -> None:
    from chalicelib.audit.events import EVENTS

    if event is not None and event not in EVENTS:
        nearest = get_close_matches(event, EVENTS, n=1)
        hint = f"Did you mean {nearest[0]}?" if nearest else f"There are: {', '.join(sorted(EVENTS))}."
        raise click.BadParameter(f"There is no event {event!r}. {hint}", param_hint="--event")


def _who(event: "Event", names: "EventNames") -> str:
    who = names.of(event.target) or event.target
    return who if event.actor == event.target else f"{who}, by {names.of(event.actor) or event.actor}"


def _shape(event: "Event", names: "EventNames") -> dict[str, object]:
    from chalicelib.audit.events import says

    return asdict(event) | {
        "says": says(event.event, event.detail),
        "target_name": names.of(event.target),
        "actor_name": names.of(event.actor),
        "application": names.application(event),
    }
