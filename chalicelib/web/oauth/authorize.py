"""Where clients send browsers: to be let in, and to be let out again."""

from collections.abc import Mapping
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from chalicelib.i18n.said import said
from chalicelib.web import forms
from chalicelib.web.call import HTML
from chalicelib.web.cookies import browser_session
from chalicelib.web.oauth import log_out_form
from chalicelib.web.oauth.page_refusals import page
from chalicelib.web.pages.page_forms import message, see_other
from chalicelib.web.routes import Answer, Api, Call

if TYPE_CHECKING:
    from chalicelib.oauth.logout import LogoutRequest

api = Api("oauth")

MAX_QUERY = 8000  # characters of a request by form that goes on as a URL: every gateway and browser takes it


@api.route(
    "/oauth/authorize", methods=["GET"], public=True, status=303, content_type=HTML, refuses=(400, 429)
)
@page
def authorize(call: Call) -> Answer:
    """Begin the authorization code flow with PKCE (RFC 6749 section 4.1, OpenID Connect Core section 3.1.2).

    Faults of the client or its redirect URI are shown on a page; all others are sent to that redirect URI.
    """
    from chalicelib.web.oauth.authorization_flow import lead_on

    provider = call.services.oauth
    request = provider.requests.read(call.query, source=call.source)
    step = provider.authorization.next_step(request, browser_session.logged_in(call), source=call.source)
    return lead_on(call, request, browser_session.browser(call), step)


@api.route(
    "/oauth/authorize",
    methods=["POST"],
    public=True,
    form=True,
    status=303,
    content_type=HTML,
    refuses=(400,),
)
@page
def authorize_by_form(call: Call) -> Answer:
    """Take the same request as a form (OpenID Connect Core section 3.1.2.1).

    Once its size and its client are checked, it goes on as a GET: with a form from another site a browser sends no
    cookie, so nobody would be logged in.
    """
    from chalicelib.oauth.errors import RefusedAtPage

    fields = forms.many(call)
    query = _query(fields)
    if len(query) > MAX_QUERY:
        raise RefusedAtPage(
            "invalid_request",
            said(
                "The application's request is too long: encoded, its parameters have at most {most} characters.",
                most=MAX_QUERY,
            ),
        )
    call.services.oauth.requests.demand_proven(fields, source=call.source)
    return see_other(f"{call.services.settings.issuer}/oauth/authorize?{query}")


@api.route("/oauth/logout", methods=["GET"], public=True, content_type=HTML, refuses=(400,))
@page
def log_out_by_link(call: Call) -> Answer:
    """End the log-in at this browser, and the client's session (OpenID Connect RP-Initiated Logout 1.0).

    Without an ID token that proves whose log-in it is, the person is asked.
    """
    is_ours = "request" in call.query
    request = log_out_form.opened(call, call.one("request") or "") if is_ours else _parsed(call, call.query)
    logged_in = browser_session.logged_in(call)
    if request.is_of(logged_in) or logged_in is None:
        return _log_out(call, request)
    from chalicelib.web.pages.rendering import render

    browser = browser_session.browser(call)
    return render(
        "logout.html",
        headers=browser_session.set_cookies(browser.cookies),
        form_action=_targets(request),
        **log_out_form.shown(call, browser, logged_in, request),
    )


@api.route("/oauth/logout", methods=["POST"], public=True, form=True, content_type=HTML, refuses=(400,))
@page
def log_out_by_form(call: Call) -> Answer:
    """Take a client's logout request as a form, or the person's answer to our question."""
    form = forms.many(call)
    if "csrf" not in form:
        # A form from another site does not tell who is logged in, so it goes on as a GET, the ID token left behind.
        query = urlencode({"request": log_out_form.sealed(call, _parsed(call, form))})
        return see_other(f"{call.services.settings.issuer}/oauth/logout?{query}")
    fields, logged_in = forms.once(form), browser_session.logged_in(call)
    log_out_form.demand(call, browser_session.browser(call), logged_in, fields.get("csrf"))
    return _log_out(call, log_out_form.opened(call, fields.get("request", "")))


def _log_out(call: Call, request: "LogoutRequest") -> Answer:
    from chalicelib.oauth import logout
    from chalicelib.oauth.redirect_uris import with_parameters

    logged_in = browser_session.logged_in(call)
    logout.carry_out(request, logged_in, call.services.authentication.sessions, source=call.source)
    cookies = browser_session.dropped()
    if request.redirect_uri is not None:
        return see_other(with_parameters(request.redirect_uri, {"state": request.state}), cookies)
    headers = browser_session.set_cookies(cookies)
    return message("You are logged out", "Nobody is logged in at this browser any more.", headers=headers)


def _parsed(call: Call, parameters: Mapping[str, tuple[str, ...]]) -> "LogoutRequest":
    from chalicelib.oauth import logout

    provider = call.services.oauth
    return logout.parse(parameters, find=provider.clients.find, hint=provider.id_tokens.hint)


def _targets(request: "LogoutRequest") -> tuple[str, ...]:
    from chalicelib.oauth.redirect_uris import form_target

    return (form_target(request.redirect_uri),) if request.redirect_uri else ()


def _query(fields: Mapping[str, tuple[str, ...]]) -> str:
    return urlencode([(name, value) for name, values in fields.items() for value in values])
