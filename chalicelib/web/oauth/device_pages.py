"""The page where a person decides whether a device may have what it asks for (RFC 8628 section 3.3, OP-7)."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from chalicelib.i18n.said import said
from chalicelib.web import forms
from chalicelib.web.call import HTML
from chalicelib.web.cookies import browser_session
from chalicelib.web.oauth.client_words import device_words
from chalicelib.web.oauth.page_refusals import page
from chalicelib.web.pages.page_forms import csrf_token, demand_own_form, message
from chalicelib.web.routes import Answer, Api, Call
from chalicelib.web.scope_words import at_apis, in_words

if TYPE_CHECKING:
    from chalicelib.oauth.client import Client
    from chalicelib.oauth.device_codes import Device
    from chalicelib.scopes import Scopes
    from chalicelib.sessions.resource_scopes import Audience
    from chalicelib.sessions.session import LiveSession
    from chalicelib.web.cookies.browser_session import Browser

api = Api("pages")


@api.route("/device", methods=["GET"], public=True, query=("user_code",), content_type=HTML, refuses=(400,))
@page
def device_page(call: Call) -> Answer:
    """Ask for the code that a device shows (RFC 8628 section 3.3)."""
    browser, logged_in = browser_session.browser(call), browser_session.logged_in(call)
    user_code = (call.one("user_code") or "")[:64]
    if logged_in is None or call.services.oauth.levels.required(logged_in) is not None:
        return _to_log_in(call, browser, logged_in, user_code)
    return _ask_for_code(call, browser, logged_in, user_code)


@api.route("/device", methods=["POST"], public=True, form=True, content_type=HTML, refuses=(400, 429))
@page
def device_form(call: Call) -> Answer:
    """Show what the device of a code asks for; then take the person's decision."""
    fields, browser = forms.single(call), browser_session.browser(call)
    logged_in, typed = browser_session.logged_in(call), fields.get("user_code", "")
    if logged_in is None:
        return _to_log_in(call, browser, logged_in, typed[:64])
    demand_own_form(call, browser, fields.get("csrf"), "device", logged_in.session.session_id)
    device = call.services.oauth.devices.find_by_user(typed, logged_in.user, source=call.source)
    if device is None or ("decision" not in fields and not device.is_pending):
        return _ask_for_code(call, browser, logged_in, typed, said("This code is unknown, used or too old."))
    if device.is_pending and call.services.oauth.levels.wanted(logged_in, device.scope) is not None:
        return _to_log_in(call, browser, logged_in, typed[:64])
    client = call.services.oauth.clients.require(device.client_id)
    devices, user, session = call.services.oauth.devices, logged_in.user, logged_in.session
    asking = _Asking(logged_in, device, client, *devices.to_give(device, client, user, session))
    if "decision" not in fields:
        return _ask_for_decision(call, browser, asking, typed)
    demand_own_form(call, browser, fields.get("shown"), "device decision", *asking.shown())
    return _decide_device(call, asking, allow=fields["decision"] == "allow")


def _to_log_in(call: Call, browser: "Browser", logged_in: "LiveSession | None", user_code: str) -> Answer:
    """Send the browser to log in, or to show a second factor; it comes back with the code."""
    from chalicelib.oauth.steps import Step
    from chalicelib.web.oauth import authorization_flow

    step = Step.LOG_IN if logged_in is None else Step.SECOND_FACTOR
    return authorization_flow.to_step(call, step, browser, authorization_flow.Pending(user_code=user_code))


@dataclass(frozen=True, slots=True)
class _Asking:
    """A device that asks a person for something, all as read for one answer."""

    logged_in: "LiveSession"
    device: "Device"
    client: "Client"
    wanted: "Scopes"  # what it would get
    audience: "Audience"  # and where

    def shown(self) -> tuple[str, ...]:
        """Return what the page showed: a decision on it is none on another person, device, scope or API."""
        there = (f"{each.resource} {scope}" for each in self.audience for scope in sorted(each.scopes))
        return self.logged_in.session.session_id, self.device.code_hash, *sorted(self.wanted), *there


def _ask_for_code(
    call: Call, browser: "Browser", logged_in: "LiveSession", typed: str, problem: str = ""
) -> Answer:
    from chalicelib.web.pages.rendering import render

    return render(
        "device.html",
        status=400 if problem else 200,
        headers=browser_session.set_cookies(browser.cookies),
        user=logged_in.user.display_name,
        user_code=typed,
        problem=problem,
        client=None,
        another=_to_another_account(call, browser, typed),
        csrf=csrf_token(call, browser, "device", logged_in.session.session_id),
    )


def _ask_for_decision(call: Call, browser: "Browser", asking: _Asking, typed: str) -> Answer:
    from chalicelib.web.pages.rendering import render

    logged_in = asking.logged_in
    return render(
        "device.html",
        user=logged_in.user.display_name,
        user_code=typed,
        problem="",
        client=device_words(asking.client),
        another=_to_another_account(call, browser, typed),
        wanted=in_words(asking.wanted, asking.audience),
        apis=at_apis(asking.audience, call.services.oauth.resource_indicators),
        csrf=csrf_token(call, browser, "device", logged_in.session.session_id),
        shown=csrf_token(call, browser, "device decision", *asking.shown()),
    )


def _to_another_account(call: Call, browser: "Browser", user_code: str) -> str:
    from chalicelib.web.oauth import authorization_flow

    pending = authorization_flow.Pending(user_code=user_code[:64], form_id=call.services.world.identifier())
    return authorization_flow.to_another_account(call, authorization_flow.sealed(call, browser, pending))


def _decide_device(call: Call, asking: _Asking, *, allow: bool) -> Answer:
    from chalicelib.store import Conflict

    devices, device, client = call.services.oauth.devices, asking.device, asking.client
    user, session = asking.logged_in.user, asking.logged_in.session
    if not device.is_pending:
        return _decided(client.name, allow) if device.was_allowed == allow else _not_done()
    try:
        if allow:
            devices.approve(device, client, user, session, source=call.source)
        else:
            devices.refuse(device, client, user, source=call.source)
    except Conflict:
        return _not_done()
    return _decided(client.name, allow)


def _decided(client: str, allow: bool) -> Answer:  # noqa: FBT001 - the decision itself
    if allow:
        return message(
            "The device is connected", said("Go back to it: {client} goes on by itself.", client=client)
        )
    return message("The device was refused", said("{client} got nothing.", client=client))


def _not_done() -> Answer:
    text = said("It was decided already, or your account changed: try again.")
    return message("This did not work", text, status=400)
