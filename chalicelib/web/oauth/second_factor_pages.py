"""``/second-factor`` and ``/passkey``: the ends of log-ins that began at a page."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from chalicelib.credentials.factor_refusals import SecondFactorRefused, SecondFactorRequired
from chalicelib.errors import FormRefused, Invalid, SlowDown
from chalicelib.jose import strict_json
from chalicelib.web import forms
from chalicelib.web.call import HTML
from chalicelib.web.cookies import browser_session, remembered_device
from chalicelib.web.oauth.page_refusals import page
from chalicelib.web.pages import return_to, second_factor_form
from chalicelib.web.pages.page_forms import demand_own_form, see_other
from chalicelib.web.routes import Answer, Api, Call

if TYPE_CHECKING:
    from chalicelib.authentication.log_in import LogInResult
    from chalicelib.credentials.factor_answers import FactorAnswer

api = Api("pages")

KINDS = ("passkey", "totp", "recovery_code")


@api.route("/second-factor", methods=["GET"], public=True, status=303, content_type=HTML)
@page
def begin_anew(call: Call) -> Answer:
    """Send a browser that lost its form back to the log-in page."""
    return see_other(f"{call.services.settings.issuer}/login", ())


@api.route(
    "/second-factor",
    methods=["POST"],
    public=True,
    form=True,
    status=303,
    content_type=HTML,
    refuses=(400, 401, 429),
)
@page
def second_factor_by_form(call: Call) -> Answer:
    """Finish a log-in with a second factor, then go on."""
    fields, browser = forms.single(call), browser_session.browser(call)
    demand_own_form(call, browser, fields.get("csrf"), second_factor_form.FORM)
    token = fields.get("pending_token", "")
    try:
        signed_in = call.services.second_factors.step.finish(
            token,
            _answer(fields),
            remember=fields.get("remember") == "yes",
            source=browser_session.source(call, browser),
        )
    except (SecondFactorRefused, SlowDown, Invalid) as refusal:
        if refusal.public_code == "log_in_over":
            raise
        kinds = tuple(kind for kind in KINDS if kind in fields.get("kinds", "").split())
        again = SecondFactorRequired(token, kinds)
        where = {name: fields.get(name, "") for name in ("request", "return_to")}
        return second_factor_form.ask(call, browser, again, refusal=refusal, **where)
    return _go_on(call, signed_in, fields)


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
    fields, browser = forms.single(call), browser_session.browser(call)
    demand_own_form(call, browser, fields.get("csrf"), "login")
    signed_in = call.services.second_factors.step.with_passkey(
        _answer(fields), source=browser_session.source(call, browser)
    )
    return _go_on(call, signed_in, fields)


def _answer(fields: Mapping[str, str]) -> "FactorAnswer":
    from chalicelib.credentials.factor_answers import FactorAnswer

    return FactorAnswer(fields.get("totp"), fields.get("recovery_code"), _object(fields.get("passkey")))


def _object(text: str | None) -> dict[str, Any] | None:
    if text is None:
        return None
    try:
        value = strict_json.loads(text.encode())
    except (ValueError, RecursionError):
        value = None
    if not isinstance(value, dict):
        raise FormRefused("The passkey is no JSON object.")
    return value


def _go_on(call: Call, signed_in: "LogInResult", fields: Mapping[str, str]) -> Answer:
    from chalicelib.web.oauth import authorization_flow

    remembered = remembered_device.kept(call, signed_in.device_token)
    if path := return_to.own_path(fields.get("return_to")):
        cookies = (*return_to.cookies_of(call, signed_in, path), *remembered)
        return see_other(call.services.settings.issuer + path, cookies)
    browser, text = browser_session.browser(call), fields.get("request")
    pending = authorization_flow.opened(call, browser, text) if text else None
    return authorization_flow.begun(call, signed_in, pending, more=remembered)
