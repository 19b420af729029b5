"""The pages of a forgotten password: ask for a link, and choose a new password by it. No script is needed.

Opening a link spends nothing, however often and by whatever looks at mail; only the form that it shows does (PW-7).
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from chalicelib.errors import Invalid, Refusal, SlowDown
from chalicelib.i18n.said import said
from chalicelib.web import forms
from chalicelib.web.call import HTML
from chalicelib.web.cookies import browser_session
from chalicelib.web.mailing import demand_mail, demand_passwords
from chalicelib.web.pages.page_forms import (
    LOG_IN,
    csrf_token,
    demand_own_form,
    message,
    opening,
    page,
    shown,
)
from chalicelib.web.pages.shown_factors import KINDS, shown_in
from chalicelib.web.routes import Answer, Api, Call

if TYPE_CHECKING:
    from chalicelib.web.cookies.browser_session import Browser

api = Api("pages")

FORGOT, RESET = "/forgot", "/reset-password"
ASK_AGAIN = (FORGOT, said("Ask for a new link"))
SENT = said(
    "If there is an account by this name with a verified address, a link is on its way to it. It works once, for half an "
    "hour. Nothing there? Look among the unwanted mail, or ask whoever runs this service."
)


@api.route(FORGOT, methods=["GET"], public=True, content_type=HTML, refuses=(403,))
@page
def forgot_page(call: Call) -> Answer:
    """Ask for the name of the account whose password was forgotten."""
    demand_mail(call)
    demand_passwords(call)
    return _forgot(call, browser_session.browser(call), {})


@api.route(FORGOT, methods=["POST"], public=True, form=True, content_type=HTML, refuses=(400, 403, 429))
@page
def forgot_form(call: Call) -> Answer:
    """Have the link sent; the answer is the same for all."""
    demand_mail(call)
    fields, browser = forms.single(call), browser_session.browser(call)
    demand_own_form(call, browser, fields.get("csrf"), "forgot")
    try:
        call.services.ways_back.password_reset.ask(fields.get("login", ""), source=call.source)
    except (Invalid, SlowDown) as refusal:
        return _forgot(call, browser, fields, refusal)
    return message("Look into your mail", SENT, onward=LOG_IN)


@api.route(RESET, methods=["GET"], public=True, query=("ticket",), content_type=HTML, refuses=(400, 403))
@page
@opening(ASK_AGAIN)
def reset_page(call: Call) -> Answer:
    """Show the form of a link; that spends nothing."""
    return _reset(call, browser_session.browser(call), call.one("ticket") or "")


@api.route(RESET, methods=["POST"], public=True, form=True, content_type=HTML, refuses=(400, 403, 409, 429))
@page
@opening(ASK_AGAIN)
def reset_form(call: Call) -> Answer:
    """Set the new password; what is refused leaves the link as it is."""
    from chalicelib.credentials.factor_refusals import SecondFactorRefused, SecondFactorRequired

    fields, browser = forms.single(call), browser_session.browser(call)
    demand_own_form(call, browser, fields.get("csrf"), "reset")
    ticket = fields.get("ticket", "")
    try:
        call.services.ways_back.password_reset.set_password(
            ticket,
            new=fields.get("new_password", ""),
            answer=shown_in(fields) if any(fields.get(kind) for kind in KINDS) else None,
            source=browser_session.source(call, browser),
        )
    except (Invalid, SlowDown, SecondFactorRequired, SecondFactorRefused) as refusal:
        return _reset(call, browser, ticket, refusal)
    text = said("Every session has ended. Log in with the new one.")
    gone = browser_session.set_cookies(browser_session.dropped())
    return message("Your password is changed", text, headers=gone, onward=LOG_IN)


def _forgot(
    call: Call, browser: "Browser", fields: Mapping[str, str], refusal: Refusal | None = None
) -> Answer:
    from chalicelib.web.pages.rendering import render

    return render(
        "forgot.html",
        **shown(refusal, browser),
        csrf=csrf_token(call, browser, "forgot"),
        login=fields.get("login", ""),
    )


def _reset(call: Call, browser: "Browser", ticket: str, refusal: Refusal | None = None) -> Answer:
    """Return the form with the fields of the person's second factor, if there is one."""
    from chalicelib.web.pages.rendering import render

    reset = call.services.ways_back.password_reset
    _, user = reset.read(ticket)
    return render(
        "reset.html",
        **shown(refusal, browser),
        csrf=csrf_token(call, browser, "reset"),
        ticket=ticket,
        user=user.username,
        kinds=reset.kinds(user),
        min_length=call.services.settings.password_min_length,
    )
