"""``/passkey``: a log-in by passkey alone, at the log-in page."""

from chalicelib.web import forms
from chalicelib.web.call import HTML
from chalicelib.web.cookies import browser_session
from chalicelib.web.oauth.page_refusals import page
from chalicelib.web.pages.page_forms import demand_own_form
from chalicelib.web.pages.shown_factors import shown_in
from chalicelib.web.routes import Answer, Api, Call

api = Api("pages")


@api.route(
    "/passkey",
    methods=["POST"],
    public=True,
    form=True,
    status=303,
    content_type=HTML,
    refuses=(400, 401, 429),
)
@page
def passkey_by_form(call: Call) -> Answer:
    """Log in with a passkey that the page's script asked for, then go on."""
    from chalicelib.web.oauth import authorization_flow

    fields, browser = forms.single(call), browser_session.browser(call)
    demand_own_form(call, browser, fields.get("csrf"), "login")
    text = fields.get("request")
    pending = authorization_flow.opened(call, browser, text) if text else None
    signed_in = call.services.second_factors.step.with_passkey(
        shown_in(fields), source=browser_session.source(call, browser)
    )
    return authorization_flow.begun(call, signed_in, pending, stepped_up=True)
