"""The pages that an authorization request leads through: log-in and consent, and back to its client.

The request travels sealed and bound to the browser; what comes next is decided by ``oauth/authorization.py``.
"""

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from chalicelib.i18n import chosen
from chalicelib.oauth.authorization_request import AuthorizationRequest
from chalicelib.oauth.authorization_response import FORM_POST, AuthorizationResponse
from chalicelib.oauth.consent_forms import PENDING_SECONDS
from chalicelib.oauth.errors import RefusedAtPage
from chalicelib.oauth.redirect_uris import form_target, with_parameters
from chalicelib.oauth.steps import Step
from chalicelib.sessions.session import LiveSession
from chalicelib.store.stored_values import StoredValue, stored_unless_default
from chalicelib.web.call import Answer, Call
from chalicelib.web.cookies import browser_session
from chalicelib.web.cookies.browser_session import Browser
from chalicelib.web.oauth.client_answers import to_client
from chalicelib.web.pages import return_to
from chalicelib.web.pages.page_forms import see_other, signed_payloads

if TYPE_CHECKING:
    from chalicelib.authentication.log_in import LogInResult

PURPOSE = "pending request"
PAGES = {Step.LOG_IN: "login", Step.SECOND_FACTOR: "login/second-factor", Step.CONSENT: "consent"}


@dataclass(frozen=True, slots=True)
class Pending(StoredValue):
    """What a log-in is on the way to: an authorization request, a page of our site, or a device's user code.

    ``form_id`` is of random, so that no two forms are one text and the decision on each counts once.
    """

    request: AuthorizationRequest | None = None
    user_code: str = ""
    form_id: str = ""
    stepped_up: bool = field(
        default=False, metadata=stored_unless_default()
    )  # a second factor was shown for it a moment ago
    return_to: str = field(default="", metadata=stored_unless_default())


def to_own_page(call: Call, address: str) -> Pending:
    """Return what a log-in is on the way to that leads to an address of our site, which was judged (BR-6)."""
    return Pending(form_id=call.services.world.identifier(), return_to=address)


def asked_of(call: Call, browser: Browser) -> str:
    """Return what one of our pages was asked to lead on to, sealed: an authorization request, or a page of our site (BR-6)."""
    back = return_to.listed_address(call, call.one("return_to"))
    return call.one("request") or (sealed(call, browser, to_own_page(call, back)) if back else "")


def sealed(call: Call, browser: Browser, pending: Pending) -> str:
    """Return what is pending as a text that only this browser can give back."""
    return signed_payloads(call).seal(
        pending.data(), purpose=PURPOSE, holder=browser.browser_id, seconds=PENDING_SECONDS
    )


def to_another_account(call: Call, text: str) -> str:
    """Return the way to the log-in page for somebody else, who goes on with what is pending, sealed as ``text``."""
    return with_parameters(f"{call.services.settings.issuer}/{PAGES[Step.LOG_IN]}", {"request": text})


def opened(call: Call, browser: Browser, text: str) -> Pending:
    """Return what is pending; raise RefusedAtPage for another browser's link, and for one whose time is over."""
    data = signed_payloads(call).open(
        text, purpose=PURPOSE, holder=browser.browser_id, seconds=PENDING_SECONDS
    )
    if data is None:
        raise RefusedAtPage(
            "invalid_request",
            "This link is too old, or was begun in another browser. Go back to the application and begin again.",
        )
    pending = Pending.from_data(data)
    chosen.suggest(pending.request.ui_locales if pending.request else "")
    return pending


def to_page(call: Call, page: str, browser: Browser, pending: Pending) -> Answer:
    """Send the browser to one of our pages with what is pending."""
    url = f"{call.services.settings.issuer}/{page}"
    text = sealed(call, browser, replace(pending, form_id=call.services.world.identifier()))
    return see_other(with_parameters(url, {"request": text}), browser.cookies)


def lead_on(
    call: Call, request: AuthorizationRequest, browser: Browser, step: Step | AuthorizationResponse
) -> Answer:
    """Send the browser to the page of the next step, or back to the client."""
    if isinstance(step, AuthorizationResponse):
        return to_client(step, browser.cookies)
    return to_step(call, step, browser, Pending(request))


def to_step(call: Call, step: Step, browser: Browser, pending: Pending) -> Answer:
    """Send the browser to the page of a step."""
    return to_page(call, PAGES[step], browser, pending)


def resumed(
    call: Call, pending: Pending, browser: Browser, logged_in: LiveSession, *, stepped_up: bool = False
) -> Answer:
    """Return the next step after a log-in at our own page, with which a second factor was shown or not."""
    if pending.request is not None:
        step = call.services.oauth.authorization.next_step(
            pending.request, logged_in, source=call.source, just_logged_in=True, just_stepped_up=stepped_up
        )
        return lead_on(call, pending.request, browser, step)
    if pending.return_to:
        return see_other(pending.return_to, browser.cookies)
    url = f"{call.services.settings.issuer}/device"
    return see_other(with_parameters(url, {"user_code": pending.user_code or None}), browser.cookies)


def form_targets(pending: Pending | None) -> tuple[str, ...]:
    """Return the origins that a form of a log-in may lead to, beside our own: that of what it is on the way to."""
    if pending is not None and pending.return_to:
        return (return_to.form_target(pending.return_to),)
    if pending is None or pending.request is None:
        return ()
    return (form_target(pending.request.redirect_uri),)


def begun(
    call: Call,
    signed_in: "LogInResult",
    pending: Pending | None,
    *,
    more: tuple[str, ...] = (),
    stepped_up: bool = False,
) -> Answer:
    """End the log-in before, if any, keep the new one in the browser under a new name, and lead on; ``more`` are cookies."""
    live = call.services.authentication.sessions.find_live(signed_in.user.user_id, signed_in.session_id)
    renewed = browser_session.renewed(call, signed_in)
    browser = replace(renewed, cookies=(*renewed.cookies, *more))
    if pending is None or live is None:
        return see_other(f"{call.services.settings.issuer}/account", browser.cookies)
    if pending.request is not None and pending.request.response_mode == FORM_POST:
        # A page that posts itself answers no form with a password in it: going back would send that again (OP-5).
        return to_page(call, "continue", browser, replace(pending, stepped_up=stepped_up))
    return resumed(call, pending, browser, live, stepped_up=stepped_up)
