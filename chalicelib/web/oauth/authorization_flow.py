"""The way of an authorization request through our pages: to log-in, to consent, and back to its client with a code.

The request travels sealed and bound to the browser, and everything in it is judged again at each step by what the
server holds now: the client, its redirect URIs, the person's rights, the consent (OP-4, OP-7).
"""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

from chalicelib import scopes
from chalicelib.oauth import redirect_uris
from chalicelib.oauth.authorization_codes import Code
from chalicelib.oauth.authorization_request import AuthorizationRequest
from chalicelib.oauth.client import Client
from chalicelib.oauth.consents import Consent
from chalicelib.oauth.errors import RefusedAtPage
from chalicelib.sessions.session import LiveSession
from chalicelib.store import Check, Conflict, Write
from chalicelib.web.call import Answer, Call
from chalicelib.web.cookies.browser_session import Browser
from chalicelib.web.pages.page_forms import see_other
from chalicelib.world import SKEW_SECONDS

PURPOSE = "pending request"
SECONDS = 30 * 60


@dataclass(frozen=True, slots=True)
class Pending:
    """What a log-in is on the way to: an authorization request, or a device's user code.

    ``form_id`` is of random, so that no two forms are one text and the decision on each counts once.
    """

    request: AuthorizationRequest | None = None
    user_code: str = ""
    form_id: str = ""

    def data(self) -> dict[str, Any]:
        """Return it as JSON-able data, to be sealed."""
        return {
            "request": self.request.data() if self.request else None,
            "user_code": self.user_code,
            "form_id": self.form_id,
        }

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> "Pending":
        request = data["request"]
        return cls(AuthorizationRequest.from_data(request) if request else None, data["user_code"])


def sealed(call: Call, browser: Browser, pending: Pending) -> str:
    """Return what is pending as a text that only this browser can give back."""
    return call.services.oauth.signed_payloads.seal(
        pending.data(), purpose=PURPOSE, holder=browser.browser_id, seconds=SECONDS
    )


def opened(call: Call, browser: Browser, text: str) -> Pending:
    """Return what is pending; raise RefusedAtPage for another browser's link, and for one whose time is over."""
    data = call.services.oauth.signed_payloads.open(text, purpose=PURPOSE, holder=browser.browser_id)
    if data is None:
        raise RefusedAtPage(
            "invalid_request",
            "This link is too old, or was begun in another browser. Go back to the application and begin again.",
        )
    return Pending.from_data(data)


def client_of(call: Call, request: AuthorizationRequest) -> Client:
    """Return the client of a request as it is now; raise RefusedAtPage when it may no longer ask this."""
    client = call.services.oauth.clients.find(request.client_id)
    if client is None or client.disabled:
        raise RefusedAtPage(
            "invalid_client",
            "This application is not registered here, or is disabled.",
            client_id=request.client_id,
        )
    if not redirect_uris.is_registered(request.redirect_uri, client.redirect_uris, any_port=client.public):
        raise RefusedAtPage(
            "invalid_request",
            "The address to return to is no longer registered.",
            client_id=request.client_id,
            uri=request.redirect_uri,
        )
    return client


def to_page(call: Call, page: str, browser: Browser, pending: Pending) -> Answer:
    """Send the browser to one of our pages with what is pending."""
    url = f"{call.services.settings.issuer}/{page}"
    text = sealed(call, browser, replace(pending, form_id=call.services.world.identifier()))
    return see_other(redirect_uris.with_parameters(url, {"request": text}), browser.cookies)


def proceed(
    call: Call,
    request: AuthorizationRequest,
    browser: Browser,
    logged_in: LiveSession | None,
    *,
    just_logged_in: bool = False,
) -> Answer:
    """Return the next step: log-in, consent, or the code."""
    client = client_of(call, request)
    logged_in = satisfying_login(request, logged_in, now=call.services.world.now())
    if logged_in is None:
        if request.silent:
            raise request.refused("login_required", "The person must log in, and prompt=none forbids to ask.")
        if just_logged_in:
            raise request.refused(
                "login_required", "Another person logged in than the one who was asked for."
            )
        return to_page(call, "login", browser, Pending(request))
    wanted = wanted_of(request, client, logged_in)
    consent = call.services.oauth.consents.find(logged_in.user.user_id, client.client_id)
    may_skip = not request.asks_consent and _only_the_client_answers(request, client)
    if may_skip and consent is not None and consent.record and wanted <= consent.scopes:
        with suppress(Conflict):  # withdrawn this moment: then it is asked for again
            check = Check(consent.record)
            return give_code(call, request, logged_in, wanted, browser, consent=consent, writes=(check,))
    if request.silent:
        raise request.refused("consent_required", "The person must consent, and prompt=none forbids to ask.")
    return to_page(call, "consent", browser, Pending(request))


def _only_the_client_answers(request: AuthorizationRequest, client: Client) -> bool:
    """Tell whether no other program can pass for the client; at a loopback port any may (RFC 8252 section 8.6)."""
    return not client.public or request.redirect_uri.startswith("https://")


def wanted_of(request: AuthorizationRequest, client: Client, logged_in: LiveSession) -> scopes.Scopes:
    """Return what is asked for, allowed to the client and this log-in's to give, all three (SC-2)."""
    wanted = request.scope & client.scopes & (logged_in.session.granted(logged_in.user) | scopes.PROTOCOL)
    if not wanted:
        raise request.refused("invalid_scope", "The person has none of these scopes to give.")
    return wanted


def give_code(
    call: Call,
    request: AuthorizationRequest,
    logged_in: LiveSession,
    granted: scopes.Scopes,
    browser: Browser,
    *,
    consent: Consent,
    writes: tuple[Write, ...],
) -> Answer:
    """Return the answer to the client: a code, in one commit with ``writes`` (RFC 6749 section 4.1.2). Raises Conflict."""
    code = Code(
        client_id=request.client_id,
        redirect_uri=request.redirect_uri,
        code_challenge=request.code_challenge,
        user_id=logged_in.user.user_id,
        login_id=logged_in.session.session_id,
        scope=granted,
        nonce=request.nonce,
        consent_id=consent.consent_id,
    )
    text, insert = call.services.oauth.codes.compose(code)
    call.services.store.commit(insert, *writes)
    parameters = {"code": text, "state": request.state, "iss": call.services.settings.issuer}
    return see_other(redirect_uris.with_parameters(request.redirect_uri, parameters), browser.cookies)


def resumed(call: Call, pending: Pending, browser: Browser, logged_in: LiveSession) -> Answer:
    """Return the next step after a log-in at our own page."""
    if pending.request is not None:
        return proceed(call, pending.request, browser, logged_in, just_logged_in=True)
    url = f"{call.services.settings.issuer}/device"
    return see_other(
        redirect_uris.with_parameters(url, {"user_code": pending.user_code or None}), browser.cookies
    )


def satisfying_login(
    request: AuthorizationRequest | None, logged_in: LiveSession | None, *, now: float
) -> LiveSession | None:
    """Return a log-in that is recent enough and of the person asked for; None counts as not logged in (OP-4)."""
    if request is None or logged_in is None:
        return None
    auth_time = logged_in.session.auth_time
    is_recent = not request.not_before or request.not_before <= auth_time <= now + SKEW_SECONDS  # AV-4
    return logged_in if is_recent and request.subject in (None, logged_in.user.user_id) else None
