"""The steps of a log-in and a sign-up by mail as pages: the mail is asked for, then its code typed or its link opened."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from chalicelib.errors import Invalid, Refusal, SlowDown
from chalicelib.web.cookies import browser_session, email_log_in
from chalicelib.web.pages import captcha
from chalicelib.web.pages.page_forms import csrf_token, shown
from chalicelib.web.routes import Answer, Call

if TYPE_CHECKING:
    from chalicelib.web.cookies.browser_session import Browser

PATH = "/email-login"


def ask_for_log_in(call: Call, browser: "Browser", fields: Mapping[str, str]) -> Answer:
    """Have the mail sent, and ask for its code."""
    asked, cookie = email_log_in.asked(call, fields["email"])
    try:
        call.services.ways_back.email_log_in.ask(asked.address, browser=asked.secret, source=call.source)
    except (Invalid, SlowDown) as refusal:
        return form(call, browser, fields, refusal, step="address")
    return form(call, browser, fields, step="code", cookies=(cookie,))


def ask_for_sign_up(call: Call, browser: "Browser", fields: Mapping[str, str]) -> Answer:
    """Have a newcomer's mail sent, and ask for its code. Raises what makes the sign-up form be shown again."""
    from chalicelib.accounts.sign_up import Profile

    asked, cookie = email_log_in.asked(call, fields.get("email", ""))
    call.services.ways_back.email_sign_up.ask(
        username=fields.get("username"),
        profile=Profile(fields.get("email"), captcha=captcha.answer(call.services.settings, fields)),
        browser=asked.secret,
        source=call.source,
    )
    return form(call, browser, fields, step="sent", cookies=(cookie,))


def form(
    call: Call,
    browser: "Browser",
    fields: Mapping[str, str],
    refusal: Refusal | None = None,
    *,
    cookies: tuple[str, ...] = (),
    **said: Any,
) -> Answer:
    """Return the form of a step: ``address``, ``code``, ``sent`` (a newcomer's code), ``link`` or ``newcomer`` (its link)."""
    from chalicelib.web.oauth import authorization_flow
    from chalicelib.web.pages.rendering import render

    text = fields.get("request", "")
    pending = authorization_flow.opened(call, browser, text) if text else None
    kept: dict[str, Any] = shown(refusal, browser)
    kept["headers"] |= browser_session.set_cookies((*browser.cookies, *cookies))
    values = {"user": "", "email": fields.get("email", ""), "ticket": fields.get("ticket", ""), **said}
    return render(
        "email_login.html",
        **kept,
        **values,
        form_action=authorization_flow.form_targets(pending),
        csrf=csrf_token(call, browser, PATH),
        request=text,
    )
