"""The console's frame: who may come in, and what each of its pages has (CO-1).

A page is a view of a :class:`Visit` behind :func:`console_page`; what its forms do stands in :mod:`.changes`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import wraps
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import quote, urlencode

from chalicelib import scopes
from chalicelib.errors import NotFound
from chalicelib.i18n.said import said
from chalicelib.scopes import ADMINISTER
from chalicelib.web import refusals
from chalicelib.web.call import HTML, Answer, Call
from chalicelib.web.cookies import browser_session
from chalicelib.web.endpoints import Said
from chalicelib.web.pages import second_factor_form
from chalicelib.web.pages.form_words import NOTHING, Told
from chalicelib.web.pages.page_forms import ACCOUNT, csrf_token, message, page, refusal_page, see_other
from chalicelib.world import is_within

if TYPE_CHECKING:
    from chalicelib.sessions.session import LiveSession

READ = "users:read"
FACTOR_SECONDS = 60 * 60  # a second factor this recent opens the console
FORM = "console"  # what the CSRF tokens are for
SENT: Said = {  # of a POST: what comes from a form
    "public": True,
    "form": True,
    "status": 303,
    "content_type": HTML,
    "refuses": (400, 403, 404, 409, 429),
}


class Place(NamedTuple):
    """A line of the console's own navigation."""

    name: str
    path: str
    words: str


PLACES = (
    Place("people", "/console", said("People")),
    Place("activity", "/console/activity", said("Activity")),
    Place("statistics", "/console/statistics", said("Statistics")),
    Place("clients", "/console/clients", said("Applications")),
    Place("resources", "/console/resources", said("APIs")),
    Place("keys", "/console/keys", said("Keys")),
    Place("settings", "/console/settings", said("Settings")),
)
MAX_CURSOR = 255  # characters
NOT_LOGGED_IN = said("You are not logged in any more. Log in, then do this again.")
NOT_SHOWN = said("Your second factor is more than an hour old. Show it, then do this again.")


class Outcome(NamedTuple):
    """What a form came to, for the page that shows it again: what was done, or what is wrong with what was typed."""

    done: str = ""  # a sentence
    told: Told = NOTHING
    status: int = 200
    fields: Mapping[str, str] = {}


JUST_LOOKING = Outcome()


def shown(*query: str) -> Said:
    """Return what a page's ``GET`` says of itself, with the parameters that it takes."""
    return {
        "public": True,
        "query": query,
        "content_type": HTML,
        "redirects": (303,),
        "refuses": (403, 404),
    }


@dataclass(frozen=True, slots=True)
class Visit:
    """Somebody who may be here: the log-in at the browser, as it was read for this request, and the scopes it holds."""

    call: Call
    live: "LiveSession"
    held: scopes.Scopes

    @property
    def may_change(self) -> bool:
        """Return whether the person may change anything here."""
        return scopes.covers(self.held, ADMINISTER)

    def rendered(self, template: str, *, here: str, outcome: Outcome = JUST_LOOKING, **values: Any) -> Answer:
        """Return a page of the console, whose forms are good for this log-in; ``here`` is the name of its place."""
        from chalicelib.web.pages.rendering import render

        browser = browser_session.browser(self.call)
        return render(
            template,
            status=outcome.status,
            headers=browser_session.set_cookies(browser.cookies),
            csrf=csrf_token(self.call, browser, FORM, self.live.session.session_id),
            here=here,
            places=PLACES,
            may_change=self.may_change,
            operator=self.live.user.display_name,
            done=outcome.done,
            said=outcome.told.said,
            errors=outcome.told.errors,
            fields=outcome.fields,
            **values,
        )


def console_page(view: Callable[[Visit], Answer]) -> Callable[[Call], Answer]:
    """Return the view of a page of the console, for whoever may see it; others are led to what they lack."""

    @page
    @wraps(view)
    def answer(call: Call) -> Answer:
        found = entered(call)
        try:
            return view(found) if isinstance(found, Visit) else found
        except NotFound as refusal:  # whom another operator deleted meanwhile, say
            return refusal_page(refusal, onward=("/console", said("Console")))

    return answer


def entered(call: Call) -> Visit | Answer:
    """Return who comes in, judged by what holds now; or the way to the log-in, to a second factor, or out again."""
    live = browser_session.logged_in(call)
    if live is None:
        return _first(
            call, NOT_LOGGED_IN, (f"/login?{urlencode({'return_to': own_address(call)})}", said("Log in"))
        )
    limits = call.services.authentication.session_limits
    held = live.session.granted(live.user, limits)
    if not scopes.covers(live.user.scopes, READ):
        return _refused(
            live, said("It takes the scope {scope}, which whoever runs this service gives.", scope=READ)
        )
    if not _is_shown(call, live):
        address = second_factor_form.address(call, return_to=own_address(call))
        return _first(
            call, NOT_SHOWN, (address.removeprefix(call.services.settings.issuer), said("Second factor"))
        )
    if not scopes.covers(held, READ):
        return _refused(live, said("It takes a second factor. Add one to your account, then log in with it."))
    return Visit(call, live, held)


def _first(call: Call, why: str, onward: tuple[str, str]) -> Answer:
    """Return the way to what has to come first; to a form it is told, or its act would seem to be done."""
    if call.method == "GET":
        return see_other(f"{call.services.settings.issuer}{onward[0]}")
    return message("Nothing has been done", why, status=403, onward=onward)


def _is_shown(call: Call, live: "LiveSession") -> bool:
    """Return whether a second factor was shown in the last hour; who has none cannot show any."""
    shown_at = live.session.factor_time
    if shown_at is not None and is_within(shown_at, FACTOR_SECONDS, now=call.services.world.now()):
        return True
    return not call.services.accounts.reauthentication.factors(live).is_set


def _refused(live: "LiveSession", why: str) -> Answer:
    user = live.user.display_name
    text = said("You are logged in as {user}, who may not open the console. {why}", user=user, why=why)
    return message(refusals.NOT_ALLOWED, text, status=403, onward=ACCOUNT)


def cursor_of(call: Call) -> str | None:
    """Return where a page of a list starts, None for its beginning, and for what was never one of ours."""
    after = call.one("after") or ""
    return after if after.isascii() and after.isprintable() and 0 < len(after) <= MAX_CURSOR else None


def own_address(call: Call) -> str:
    """Return the path of the page that is asked for, to come back to; of a form, that of the page that it is on."""
    path = call.path.format(**{name: quote(value, safe="") for name, value in call.params.items()})
    asked = [(name, value) for name, values in call.query.items() for value in values]
    return f"{path}?{urlencode(asked)}" if asked and call.method == "GET" else path
