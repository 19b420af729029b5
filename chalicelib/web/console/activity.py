"""What happened in the whole service, newest first: by event, person, network and time (LG-6)."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urlencode

from chalicelib.audit.events import EVENTS, OF_AN_APPLICATION, says
from chalicelib.audit.service_events import EventPage, Wanted, is_cursor, network_from
from chalicelib.audit.streams import STREAMS, stream_of
from chalicelib.audit.trail import Event
from chalicelib.errors import Invalid
from chalicelib.i18n.said import said
from chalicelib.users.user_ids import is_user_id
from chalicelib.web.console.frame import JUST_LOOKING, Outcome, Visit, console_page, shown
from chalicelib.web.console.moments import seconds_of
from chalicelib.web.event_words import more
from chalicelib.web.pages import form_words
from chalicelib.web.routes import Answer, Api, Call

if TYPE_CHECKING:
    from chalicelib.oauth.event_names import EventNames
    from chalicelib.wiring import Services

api = Api("console")

PATH = "/console/activity"
FILTERS = ("event", "person", "network", "since", "until")
MAX_TYPED = 300  # characters of a filter
A_TIME = said("A day and a time, as 2026-11-22T13:30.")
LINES = 50  # of a page, which stays below 100 KB


# What an event is about that has no name of today, by what its target begins with.
GONE = "an account that is gone:"
KINDS = {
    "client": "an application that is gone:",
    "keys": "keys of the service:",
    "registration_token": "registration token:",
    "resource": "API:",
}


class Line(NamedTuple):
    """An event as the page shows it."""

    event: Event
    says: str
    who: str | None  # a name of today, None for who was deleted
    nameless: tuple[str, str]  # what that was, and its id
    is_person: bool
    by: str  # who did it, where that is another
    application: str | None
    more: list[str]  # why, and what was changed


@api.route(PATH, methods=["GET"], **shown(*FILTERS, "cursor"))
@console_page
def activity(visit: Visit) -> Answer:
    """Show a page of events, and the filters that chose them."""
    services, cursor = visit.call.services, _cursor(visit.call)
    typed = {name: (visit.call.one(name) or "").strip()[:MAX_TYPED] for name in FILTERS}
    outcome, page = JUST_LOOKING, EventPage(())
    try:
        page = services.activity.page(_wanted(services, typed), cursor=cursor, limit=LINES)
    except Invalid as refusal:
        outcome = Outcome(told=form_words.told(refusal, typed), status=400)
    names = services.oauth.names_in(page.events)
    asked = {name: text for name, text in typed.items() if text}
    return visit.rendered(
        "console_activity.html",
        here="activity",
        outcome=outcome._replace(fields=typed),
        kinds=_kinds(),
        lines=[_line(event, names) for event in page.events],
        looked_back_to=page.looked_back_to,
        is_chosen=bool(asked),
        onward=urlencode({**asked, "cursor": page.next_cursor}) if page.next_cursor else "",
    )


def _cursor(call: Call) -> str | None:
    given = call.one("cursor") or ""
    return given if is_cursor(given) else None


def _wanted(services: "Services", typed: Mapping[str, str]) -> Wanted:
    """Return what is asked for; Invalid names every field that says nothing."""
    errors: dict[str, str] = {}

    def read(name: str, reader: Callable[[str], Any], wrong: str) -> Any:
        try:
            return reader(typed[name]) if typed[name] else None
        except (ValueError, Invalid):
            errors[name] = wrong
            return None

    wanted = Wanted(
        event=read("event", _known, said("There is no such event.")),
        user_id=read(
            "person", lambda text: _id_of(services, text), said("Nobody has this name, address or id.")
        ),
        network=read("network", network_from, said("An address, or a network as 203.0.113.0/24.")),
        since=read("since", seconds_of, A_TIME),
        until=read("until", seconds_of, A_TIME),
    )
    if errors:
        raise Invalid("Some of it cannot be looked for.", errors=errors)
    return wanted


def _known(event: str) -> str:
    if event not in EVENTS:
        raise ValueError(event)
    return event


def _id_of(services: "Services", text: str) -> str:
    """Return whose events are meant; an account that was deleted, or a program, is named by its id."""
    if ":" in text and services.audit.of(text, limit=1)[0]:
        return text  # no user's id has a colon
    users, is_id = services.accounts.users, is_user_id(text)
    if is_id and users.get(text) is not None:
        return text
    found = users.find(text)
    if found is None and not (is_id and services.audit.of(text, limit=1)[0]):
        raise ValueError(text)
    return text if found is None else found.user_id


def _kinds() -> list[tuple[str, list[tuple[str, str]]]]:
    """Return the events that can be chosen, by their streams."""
    return [
        (words, [(event, says(event, {})) for event in EVENTS if stream_of(event) == stream])
        for stream, words in STREAMS.items()
    ]


def _line(event: Event, names: "EventNames") -> Line:
    by = "" if event.actor in (event.target, "-") else names.of(event.actor) or event.actor
    if event.is_by_command_line:
        by = said("an operator at the command line")
    application = names.application(event)
    is_said = event.event in OF_AN_APPLICATION and event.detail.get("client") == application
    return Line(
        event=event,
        says=says(event.event, event.detail),
        who=names.of(event.target),
        nameless=_nameless(event.target),
        is_person=event.target in names.people,
        by=by,
        application=None if is_said else application,
        more=more(event),
    )


def _nameless(target: str) -> tuple[str, str]:
    kind, _, rest = target.partition(":")
    return (KINDS[kind], rest) if rest and kind in KINDS else (GONE, target)
