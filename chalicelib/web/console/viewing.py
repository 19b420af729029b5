"""The account as its person sees it: ten minutes, reading only, under a banner that cannot be missed (OV-8).

The browser keeps the view's token in a cookie; it counts beside the log-in of the operator that it names, and nowhere else.
"""

from typing import TYPE_CHECKING

from chalicelib.errors import InvalidToken
from chalicelib.web.console.changes import Acts, Change, changed
from chalicelib.web.console.frame import (
    FORM,
    JUST_LOOKING,
    SENT,
    Outcome,
    Visit,
    console_page,
    own_address,
    shown,
)
from chalicelib.web.cookies import browser_session, host_cookie
from chalicelib.web.pages.page_forms import csrf_token, see_other
from chalicelib.web.pages.plain_forms import account_values
from chalicelib.web.routes import Answer, Api, Call

if TYPE_CHECKING:
    from chalicelib.sessions.views import View

api = Api("console")

PATH = "/console/people/{user_id}/view"
COOKIE = "__Host-cupbearer_view"


@api.route(PATH, methods=["GET"], **shown())
@console_page
def viewed_account(visit: Visit) -> Answer:
    """Show an account as its person sees it, while the operator's view of it goes on; else the form that begins one."""
    found = _view(visit)
    return _offered(visit, JUST_LOOKING) if found is None else _account(visit, *found)


@api.route(PATH, methods=["POST"], **SENT)
def begin_or_end(call: Call) -> Answer:
    """Begin to see as a person sees, or end it."""
    return changed(call, ACTS, _offered)


def _begin(change: Change) -> Answer:
    begun = change.call.services.accounts.views.begin(
        change.visit.live, change.call.params["user_id"], source=change.source
    )
    kept = host_cookie.kept(COOKIE, begun.token.token, seconds=begun.token.expires_in, same_site="Strict")
    return see_other(f"{change.call.services.settings.issuer}{own_address(change.call)}", [kept])


def _end(change: Change) -> Answer:
    person = own_address(change.call).removesuffix("/view")
    return see_other(
        f"{change.call.services.settings.issuer}{person}", [host_cookie.dropped(COOKIE, same_site="Strict")]
    )


ACTS: Acts = {"begin": (_begin, ""), "end": (_end, "")}


def _view(visit: Visit) -> "tuple[View, int] | None":
    """Return what this operator sees of this person by the browser's view, and when that is over; None for nothing."""
    services, text = visit.call.services, visit.call.cookie(COOKIE)
    if text is None:
        return None
    try:
        claims = services.tokens.bearer.verify(text)
        view = services.accounts.views.look(claims)
    except InvalidToken:
        return None
    is_theirs = (claims.act, claims.sid) == (visit.live.user.user_id, visit.live.session.session_id)
    return (view, claims.exp) if is_theirs and claims.sub == visit.call.params["user_id"] else None


def _offered(visit: Visit, outcome: Outcome) -> Answer:
    person = visit.call.services.accounts.users.require(visit.call.params["user_id"])
    return visit.rendered(
        "console_view.html", here="people", outcome=outcome, person=person, address=own_address(visit.call)
    )


def _account(visit: Visit, view: "View", until: int) -> Answer:
    from chalicelib.web.pages.rendering import render

    call, live = visit.call, view.acting()
    browser = browser_session.browser(call)
    return render(
        "viewed_account.html",
        headers=browser_session.set_cookies(browser.cookies),
        end_csrf=csrf_token(call, browser, FORM, visit.live.session.session_id),
        end_at=own_address(call),
        until=until,
        person=view.person,
        csrf="",  # of the forms that are shown: they are the person's, and good for nothing here
        path="",
        said="",
        errors={},
        **account_values(call.services, live),
    )
