"""One person: what there is of the account, and what may be done with it (CO-2, CO-4)."""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from chalicelib.audit.trail import OPERATOR
from chalicelib.errors import NotFound
from chalicelib.i18n.said import said
from chalicelib.web.console.changes import changed, outcome_of
from chalicelib.web.console.frame import SENT, Outcome, Visit, console_page, shown
from chalicelib.web.console.person_acts import ACTS
from chalicelib.web.event_words import more
from chalicelib.web.routes import Answer, Api, Call

if TYPE_CHECKING:
    from chalicelib.audit.trail import Event
    from chalicelib.users.user import User

api = Api("console")

PATH = "/console/people/{user_id}"
EVENTS = 20  # of the trail on a page
MAX_CURSOR = 64  # characters
IDS = {"session_id", "replaces", "consent_id"}
TOLD = IDS | {"operator", "client", "granted", "revoked", "changed", "provider"}  # of an event, in words


class Line(NamedTuple):
    """An event as the page shows it; ``by`` is who did it where that was not the person, ``rest`` what has no words."""

    event: "Event"
    says: str
    by: str
    more: list[str]
    rest: tuple[tuple[str, str], ...]


@api.route(PATH, methods=["GET"], **shown("done", "before"))
@console_page
def person(visit: Visit) -> Answer:
    """Show one person: account, scopes, sessions, second factors, identities, consents, and what happened."""
    return _shown(visit, outcome_of(visit.call, ACTS))


@api.route(PATH, methods=["POST"], **SENT)
def change_person(call: Call) -> Answer:
    """Do with the account what a form of that page asks."""
    return changed(call, ACTS, _shown)


def _shown(visit: Visit, outcome: Outcome) -> Answer:
    services, user_id = visit.call.services, visit.call.params["user_id"]
    account = services.authentication.sessions.read_account(user_id)
    user = account.user
    if user is None:
        raise NotFound("user")
    sessions = services.authentication.sessions.live_among(account)
    settings, consents = services.settings, services.oauth.consents.of(user_id)
    return visit.rendered(
        "console_person.html",
        here="people",
        outcome=outcome,
        person=user,
        address=f"/console/people/{user_id}",
        is_own=user_id == visit.live.user.user_id,
        sessions=sessions,
        factors=services.second_factors.gate.factors(account),
        consents=consents,
        called={consent.client_id: consent.client_name for consent in consents},
        can_be_sent=services.mail.is_sent and settings.password_log_in and user.email_verified,
        grace_days=settings.deletion_grace_days,
        **_trail(visit.call, user),
    )


def _trail(call: Call, user: "User") -> dict[str, Any]:
    """Return a page of what happened, with who did it, and where the one before it starts."""
    before = (call.one("before") or "")[:MAX_CURSOR] or None
    events, next_before = call.services.audit.of(user.user_id, after=before, limit=EVENTS)
    names = _names(call, {event.actor for event in events} - {user.user_id})
    return {
        "lines": [_line(event, user, names) for event in events],
        "next_before": next_before,
        "is_later_page": before is not None,
    }


def _line(event: "Event", user: "User", names: Mapping[str, str]) -> Line:
    from chalicelib.audit.events import says

    by = "" if event.actor in (user.user_id, "-") else names.get(event.actor, event.actor)
    rest = ((name.replace("_", " "), value) for name, value in event.detail.items() if name not in TOLD)
    return Line(event, says(event.event, event.detail), by, more(event), tuple(rest))


def _names(call: Call, actors: Iterable[str]) -> Mapping[str, str]:
    """Return the user names of operators by their ids, by one request where there are any; the command line has none."""
    found = call.services.accounts.users.called(actors)
    return {OPERATOR: said("the command line"), **found}
