"""The pages to log in and to sign up at: server-rendered, no script needed (BR-2, SE-8)."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from chalicelib.credentials.factor_refusals import SecondFactorRequired
from chalicelib.errors import Invalid, InvalidCredentials, NotAllowed, Refusal, SlowDown, Taken, Unavailable
from chalicelib.web import forms, refusals
from chalicelib.web.call import HTML
from chalicelib.web.cookies import browser_session
from chalicelib.web.oauth import email_log_in_forms, log_out_form
from chalicelib.web.oauth.page_refusals import form, page
from chalicelib.web.pages import captcha, form_words
from chalicelib.web.pages.page_forms import csrf_token, demand_own_form
from chalicelib.web.routes import Answer, Api, Call

if TYPE_CHECKING:
    from chalicelib.web.cookies.browser_session import Browser
    from chalicelib.web.oauth.authorization_flow import Pending

api = Api("pages")

REQUIRED = ("username", "password")
FIELDS = {"login": REQUIRED, "signup": (*REQUIRED, "email")}  # as they stand on the page
SHOWN_STATUS = {401: 400}  # a form is no HTTP authentication: there is no challenge to answer


@api.route(
    "/login", methods=["GET"], public=True, query=("request", "return_to"), content_type=HTML, refuses=(400,)
)
@page
def log_in_page(call: Call) -> Answer:
    """Show the log-in form; it leads on to an authorization request, to a page of our site, or to the account."""
    from chalicelib.web.oauth import authorization_flow

    browser = browser_session.browser(call)
    return _form(call, "login", browser, {"request": authorization_flow.asked_of(call, browser)})


@api.route(
    "/login", methods=["POST"], public=True, form=True, status=303, content_type=HTML, refuses=(400, 403, 429)
)
@form
def log_in_by_form(call: Call) -> Answer:
    """Log in with the form, then resume the authorization request, if there is one."""
    from chalicelib.web.oauth import authorization_flow
    from chalicelib.web.pages import second_factor_form

    fields, browser, pending = _sent(call, "login")
    try:
        signed_in = call.services.authentication.log_in.with_password(
            username=fields.get("username", ""),
            password=fields.get("password", ""),
            source=browser_session.source(call, browser),
        )
    except SecondFactorRequired as required:
        return second_factor_form.ask(call, browser, required, request=fields.get("request", ""))
    except (Invalid, InvalidCredentials, SlowDown) as refusal:
        return _again(call, "login", browser, fields, refusal)
    return authorization_flow.begun(call, signed_in, pending)


@api.route(
    "/signup", methods=["GET"], public=True, query=("request", "return_to"), content_type=HTML, refuses=(400,)
)
@page
def sign_up_page(call: Call) -> Answer:
    """Show the sign-up form, which leads on as the log-in form does."""
    from chalicelib.web.oauth import authorization_flow

    browser = browser_session.browser(call)
    return _form(call, "signup", browser, {"request": authorization_flow.asked_of(call, browser)})


@api.route(
    "/signup",
    methods=["POST"],
    public=True,
    form=True,
    status=303,
    content_type=HTML,
    refuses=(400, 403, 409, 429),
)
@form
def sign_up_by_form(call: Call) -> Answer:
    """Sign up with the form, and be logged in; where nobody has a password, by a mail that the form sends."""
    from chalicelib.accounts.sign_up import Profile
    from chalicelib.web.oauth import authorization_flow

    fields, browser, pending = _sent(call, "signup")
    try:
        if not call.services.settings.password_log_in:
            return email_log_in_forms.ask_for_sign_up(call, browser, fields)
        _, signed_in = call.services.accounts.sign_up.create(
            username=fields.get("username", ""),
            password=fields.get("password", ""),
            profile=Profile(fields.get("email"), captcha=captcha.answer(call.services.settings, fields)),
            log_in=True,
            source=call.source,
            attempt=call.services.accounts.idempotency_keys.attempt(
                fields.get("act"), route="POST /signup", caller=browser.browser_id, request=call.raw_body
            ),
        )
    except (Invalid, Taken, NotAllowed, SlowDown, Unavailable) as refusal:
        return _again(call, "signup", browser, fields, refusal)
    if signed_in is None:
        raise RuntimeError("a sign-up that logs in gives a log-in")
    return authorization_flow.begun(call, signed_in, pending)


@api.route(
    "/continue",
    methods=["GET"],
    public=True,
    query=("request",),
    status=303,
    content_type=HTML,
    refuses=(400,),
)
@page
def go_on(call: Call) -> Answer:
    """Resume the authorization request after a log-in: at an outside provider, or at our page on the way to a form."""
    from chalicelib.web.oauth import authorization_flow

    browser, logged_in = browser_session.browser(call), browser_session.logged_in(call)
    pending = authorization_flow.opened(call, browser, call.one("request") or "")
    if logged_in is None:
        return authorization_flow.to_page(call, "login", browser, pending)
    fresh = browser_session.new_browser(call)
    return authorization_flow.resumed(call, pending, fresh, logged_in, stepped_up=pending.stepped_up)


def _sent(call: Call, name: str) -> "tuple[dict[str, str], Browser, Pending | None]":
    """Return the fields of our own form, the browser, and what it was on the way to."""
    from chalicelib.web.oauth import authorization_flow

    fields, browser = forms.single(call), browser_session.browser(call)
    demand_own_form(call, browser, fields.get("csrf"), name)
    text = fields.get("request")
    return fields, browser, authorization_flow.opened(call, browser, text) if text else None


def _again(call: Call, name: str, browser: "Browser", fields: Mapping[str, str], refusal: Refusal) -> Answer:
    """Return the form with what was typed and what is wrong with it; our script has the form still."""
    if call.wants_json:
        raise refusal
    return _form(call, name, browser, fields, refusal)


def _form(
    call: Call, name: str, browser: "Browser", fields: Mapping[str, str], refusal: Refusal | None = None
) -> Answer:
    """Return the page with its form: empty, or with what was typed and what is wrong with it."""
    from chalicelib.web.oauth import authorization_flow
    from chalicelib.web.pages.rendering import render

    text = fields.get("request", "")
    pending = authorization_flow.opened(call, browser, text) if text else None
    request = pending.request if pending else None
    provider = call.services.oauth
    client = provider.authorization.client_of(request, source=call.source) if request else None
    logged_in = browser_session.logged_in(call) if name == "login" else None
    status = refusals.medium(refusal).status if refusal else 200
    headers = refusals.retry_after(refusal) if refusal else {}
    return render(
        f"{name}.html",
        status=SHOWN_STATUS.get(status, status),
        headers={**headers, **browser_session.set_cookies(browser.cookies)},
        form_action=authorization_flow.form_targets(pending),
        csrf=csrf_token(call, browser, name),
        mail_csrf=csrf_token(call, browser, email_log_in_forms.PATH),
        request=text,
        onward=pending.return_to if pending else "",
        client=client.called if client else "",
        logged_in=log_out_form.shown(call, browser, logged_in) if logged_in else None,
        providers=_providers(call, text, fresh=_must_be_fresh(call, pending)),
        **(captcha.shown(call.services.settings) if name == "signup" else {}),
        **_filled(call, name, {"username": (request and request.login_hint) or "", **fields}, refusal),
    )


def _filled(call: Call, name: str, fields: Mapping[str, str], refusal: Refusal | None) -> dict[str, Any]:
    """Return what stands in the form: never the password (BR-1)."""
    by_password = call.services.settings.password_log_in
    required = REQUIRED if by_password else ("username", "email")
    told = form_words.told(refusal, fields, required=required)
    kept = {key: value for key, value in fields.items() if key != "password"}
    return {
        "fields": kept,
        "errors": told.errors,
        "said": told.said,
        "focus": form_words.focus(told, kept, FIELDS[name] if by_password else required),
        "words": form_words.for_scripts(),
        "act": call.services.world.identifier(),  # one for each form: sent twice, it is one sign-up
        "min_length": call.services.settings.password_min_length,
        "sign_up_open": call.services.settings.sign_up_open,
        "sends_mail": call.services.mail.is_sent,
    }


def _must_be_fresh(call: Call, pending: "Pending | None") -> bool:
    """Return whether a provider has to ask the person again: a client demands it, or who is logged in comes here (MF-3)."""
    if pending is not None and pending.request is not None and pending.request.not_before:
        return True
    return browser_session.logged_in(call) is not None


def _providers(call: Call, text: str, *, fresh: bool) -> list[tuple[str, str]]:
    """Return the name and the link of every outside provider; it leads back to what the browser is on the way to."""
    settings = call.services.settings
    back = f"/continue?request={quote(text)}" if text else "/account"
    query = f"return_to={quote(back, safe='')}{'&fresh=1' if fresh else ''}"
    return [
        (provider.name, f"{settings.issuer}/login/{provider.name}?{query}") for provider in settings.providers
    ]
