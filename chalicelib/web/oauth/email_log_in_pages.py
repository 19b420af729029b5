"""The page of a log-in by mail: ask for the mail, then type its code or open its link. No script is needed."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from chalicelib.credentials.factor_refusals import SecondFactorRequired
from chalicelib.errors import Invalid, SlowDown
from chalicelib.i18n.said import said
from chalicelib.web import forms
from chalicelib.web.call import HTML
from chalicelib.web.cookies import browser_session, email_log_in
from chalicelib.web.mailing import demand_email_log_in
from chalicelib.web.oauth.email_log_in_forms import PATH, ask_for_log_in, form
from chalicelib.web.oauth.page_refusals import page
from chalicelib.web.pages.page_forms import demand_own_form, opening
from chalicelib.web.routes import Answer, Api, Call

if TYPE_CHECKING:
    from chalicelib.audit.trail import Source
    from chalicelib.authentication.log_in import LogInResult

api = Api("pages")

ASK_AGAIN = (PATH, said("Ask for a new one"))


@api.route(
    PATH,
    methods=["GET"],
    public=True,
    query=("ticket", "request", "return_to"),
    content_type=HTML,
    refuses=(400, 403),
)
@page
@opening(ASK_AGAIN)
def email_log_in_page(call: Call) -> Answer:
    """Ask for the address; or, for a link of a mail, whether to log in by it, which spends nothing."""
    from chalicelib.web.oauth import authorization_flow

    demand_email_log_in(call)
    browser = browser_session.browser(call)
    ticket, fields = call.one("ticket"), {"request": authorization_flow.asked_of(call, browser)}
    if ticket is None:
        return form(call, browser, fields, step="address")
    read, user = call.services.ways_back.email_log_in.read(ticket)
    fields = {**fields, "ticket": ticket, "email": read.address}
    if user is None:
        return form(call, browser, fields, step="newcomer", user=(read.newcomer or {}).get("username", ""))
    return form(call, browser, fields, step="link", user=user.username)


@api.route(
    PATH,
    methods=["POST"],
    public=True,
    form=True,
    status=303,
    content_type=HTML,
    refuses=(400, 403, 409, 429),
)
@page
@opening(ASK_AGAIN)
def email_log_in_form(call: Call) -> Answer:
    """Have the mail sent; then log in by its code or by its link, and resume the authorization request, if there is one."""
    demand_email_log_in(call)
    fields, browser = forms.single(call), browser_session.browser(call)
    demand_own_form(call, browser, fields.get("csrf"), PATH)
    if "email" in fields:
        return ask_for_log_in(call, browser, fields)
    from chalicelib.web.oauth import authorization_flow
    from chalicelib.web.pages import second_factor_form

    text = fields.get("request")
    pending = authorization_flow.opened(call, browser, text) if text else None
    try:
        source = browser_session.source(call, browser)
        signed_in = _log_in(call, fields, source)
    except SecondFactorRequired as required:
        return second_factor_form.ask(call, browser, required, request=text or "")
    except (Invalid, SlowDown) as refusal:
        asked = email_log_in.of(call)
        step = "sent" if "new" in fields and asked else "code"
        return form(call, browser, fields, refusal, step=step, email=asked.address if asked else "")
    return authorization_flow.begun(call, signed_in, pending)


def _log_in(call: Call, fields: Mapping[str, str], source: "Source") -> "LogInResult":
    from chalicelib.accounts.email_verification import wrong_code

    log_in = call.services.ways_back.email_log_in
    if "ticket" in fields:
        return log_in.with_link(fields["ticket"], source=source)
    asked = email_log_in.of(call)
    if asked is None:
        raise wrong_code()
    return log_in.with_code(asked.address, fields.get("code", ""), browser=asked.secret, source=source)
