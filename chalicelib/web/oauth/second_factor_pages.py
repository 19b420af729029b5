"""``/login/second-factor``: of a log-in that waits for it, or of who is logged in and needs a higher level (MF-2, SE-8).

No script is needed for codes.
"""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from chalicelib.credentials.factor_refusals import SecondFactorRefused
from chalicelib.errors import Invalid, Refusal, SlowDown
from chalicelib.i18n.said import said
from chalicelib.web import forms, refusals
from chalicelib.web.call import HTML
from chalicelib.web.cookies import browser_session, pending_log_in, remembered_device
from chalicelib.web.oauth.page_refusals import page
from chalicelib.web.pages import return_to
from chalicelib.web.pages.page_forms import csrf_token, demand_own_form, see_other
from chalicelib.web.pages.second_factor_form import PATH
from chalicelib.web.pages.shown_factors import shown_in
from chalicelib.web.routes import Answer, Api, Call

if TYPE_CHECKING:
    from chalicelib.authentication.log_in import LogInResult
    from chalicelib.sessions.session import LiveSession
    from chalicelib.web.cookies.browser_session import Browser

api = Api("pages")

FORM = "second factor"  # what its CSRF token is for
SHOWN_STATUS = {401: 400}  # a form is no HTTP authentication: there is no challenge to answer
OVER = said("This log-in took too long, or was begun in another browser: log in again.")


@dataclass(frozen=True, slots=True)
class _Asked:
    """Of whom a factor is asked: the log-in that waits by its token, or who is logged in; and what can be shown."""

    kinds: tuple[str, ...]
    token: str = ""
    live: "LiveSession | None" = None

    @property
    def about(self) -> str:
        """Return what the form is for: one that was made for a log-in is none for another."""
        from chalicelib.keys.secret_hash import hash_of

        return self.live.session.session_id if self.live else hash_of(self.token)


@api.route(
    PATH,
    methods=["GET"],
    public=True,
    query=("request", "return_to"),
    content_type=HTML,
    redirects=(303,),
    refuses=(400,),
)
@page
def second_factor_page(call: Call) -> Answer:
    """Ask for a second factor."""
    browser = browser_session.browser(call)
    fields = {name: text for name in ("request", "return_to") if (text := call.one(name))}
    asked = _asked(call, browser)
    if asked is None:
        return see_other(_log_in_link(call, fields), browser.cookies)
    return _page(call, browser, asked, fields)


@api.route(PATH, methods=["POST"], public=True, form=True, status=303, content_type=HTML, refuses=(400, 429))
@page
def second_factor_by_form(call: Call) -> Answer:
    """Take the factor, then go on to where the log-in was on the way to."""
    fields, browser = forms.single(call), browser_session.browser(call)
    path, asked = return_to.own_path(fields.get("return_to")), _asked(call, browser)
    if asked is None:
        return _page(call, browser, _Asked(()), fields, SecondFactorRefused(OVER, reason="over"))
    demand_own_form(call, browser, fields.get("csrf"), FORM, asked.about)
    try:
        signed_in = _show(call, browser, asked, fields)
    except (SecondFactorRefused, SlowDown, Invalid) as refusal:
        is_over = refusal.public_code == "log_in_over"
        return _page(call, browser, _Asked(()) if is_over else asked, fields, refusal)
    return _go_on(call, browser, signed_in, path, fields.get("request"))


def _asked(call: Call, browser: "Browser") -> _Asked | None:
    """Return of whom a factor is asked: a log-in that waits goes before the one that is there."""
    token = pending_log_in.of(call)
    if token is not None:
        source = browser_session.source(call, browser)
        with suppress(SecondFactorRefused):
            return _Asked(call.services.second_factors.step.waiting(token, source=source).kinds, token)
    live = browser_session.logged_in(call)
    if live is None:
        return None
    return _Asked(call.services.accounts.reauthentication.factors(live).kinds, live=live)


def _show(call: Call, browser: "Browser", asked: _Asked, fields: Mapping[str, str]) -> "LogInResult":
    source, answer = browser_session.source(call, browser), shown_in(fields)
    second_factors = call.services.second_factors
    if asked.live is not None:
        return second_factors.step_up.raise_level(asked.live, answer, source=source)
    remember = fields.get("remember") == "yes"
    return second_factors.step.finish(asked.token, answer, remember=remember, source=source)


def _go_on(
    call: Call, browser: "Browser", signed_in: "LogInResult", path: str | None, text: str | None
) -> Answer:
    from chalicelib.web.oauth import authorization_flow

    more = (*remembered_device.kept(call, signed_in.device_token), pending_log_in.dropped())
    if path is not None:
        cookies = (*return_to.cookies_of(call, signed_in, path), *more)
        return see_other(call.services.settings.issuer + path, cookies)
    pending = authorization_flow.opened(call, browser, text) if text else None
    return authorization_flow.begun(call, signed_in, pending, more=more, stepped_up=True)


def _page(
    call: Call,
    browser: "Browser",
    asked: _Asked,
    fields: Mapping[str, str],
    refusal: Refusal | None = None,
) -> Answer:
    """Return the page: its form, or where to get a second factor, or that the log-in is over."""
    from chalicelib.web.pages.rendering import render

    where = _where(call, browser, fields)
    if asked.live is not None and not asked.kinds and not _must_enrol(call, asked.live):
        return see_other(where["go_on"], browser.cookies)
    status = refusals.medium(refusal).status if refusal else 200
    headers = refusals.retry_after(refusal) if refusal else {}
    return render(
        "second_factor.html",
        status=SHOWN_STATUS.get(status, status),
        headers={**headers, **browser_session.set_cookies(browser.cookies)},
        csrf=csrf_token(call, browser, FORM, asked.about),
        kinds=asked.kinds,
        user=asked.live.user.display_name if asked.live else "",
        said=refusal.detail if refusal else "",
        days=0 if asked.live else call.services.settings.remember_device_days,
        **where,
    )


def _where(call: Call, browser: "Browser", fields: Mapping[str, str]) -> dict[str, Any]:
    """Return what the page knows of where the log-in leads."""
    from chalicelib.web.oauth import authorization_flow

    text, path = fields.get("request", ""), return_to.own_path(fields.get("return_to")) or ""
    pending = authorization_flow.opened(call, browser, text) if text else None
    request = pending.request if pending else None
    provider = call.services.oauth
    client = provider.authorization.client_of(request, source=call.source) if request else None
    return {
        "request": text,
        "return_to": path,
        "client": client.called if client else "",
        "form_action": authorization_flow.form_targets(pending),
        "go_on": call.services.settings.issuer
        + (_with_request("/continue", text) if text else path or "/account"),
        "log_in": _log_in_link(call, fields),
    }


def _must_enrol(call: Call, live: "LiveSession") -> bool:
    return live.session.lacks_factor(call.services.authentication.session_limits)


def _log_in_link(call: Call, fields: Mapping[str, str]) -> str:
    return call.services.settings.issuer + _with_request("/login", fields.get("request", ""))


def _with_request(path: str, text: str) -> str:
    return f"{path}?request={quote(text)}" if text else path
