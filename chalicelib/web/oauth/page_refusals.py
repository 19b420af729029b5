"""Refusals at a page of the provider: shown to the person, or sent to the client at its own proven redirect URI (OP-1)."""

from collections.abc import Callable
from contextlib import suppress
from functools import wraps

from chalicelib import logs
from chalicelib.errors import FormRefused
from chalicelib.oauth import redirect_uris
from chalicelib.oauth.errors import OAuthRefusal, RefusedAtClient, RefusedAtPage
from chalicelib.store import StoreUnavailable
from chalicelib.web import refusals
from chalicelib.web.call import Answer, Call
from chalicelib.web.cookies.browser_session import logged_in
from chalicelib.web.oauth.client_answers import to_client
from chalicelib.web.pages.page_forms import message, refusal_page

View = Callable[[Call], Answer]

NOTED_SECONDS = 60 * 60  # one kind of refusal is written into a person's trail once in this time
ANSWERS = {  # no faults, but what was asked for
    "login_required",
    "consent_required",
    "interaction_required",
    "unmet_authentication_requirements",
    "access_denied",
}


def page(view: View) -> View:
    """Return the view with its refusals as a page, or sent to the client at its own proven redirect URI."""

    @wraps(view)
    def answer(call: Call) -> Answer:
        try:
            return view(call)
        except Exception as error:
            shown = _shown(call, error)
            if shown is None:
                raise
            return shown

    return answer


def form(view: View) -> View:
    """Return the view of a form: a page to a browser; to our own script, which asks for JSON, where it leads or why not.

    A script that is refused keeps what was typed in its fields, a password too, which no page of ours ever holds.
    """
    as_page = page(view)

    @wraps(view)
    def answer(call: Call) -> Answer:
        if not call.wants_json:
            return as_page(call)
        try:
            return _led_on(view(call))
        except (OAuthRefusal, FormRefused) as refusal:
            shown = _shown(call, refusal)
            if isinstance(refusal, RefusedAtClient) and shown is not None:
                return _led_on(shown)
            said = refusal.description if isinstance(refusal, OAuthRefusal) else refusal.detail
            raise FormRefused(said) from refusal

    return answer


def _led_on(answer: Answer) -> Answer:
    """Return a redirect as a body that says where to, with its cookies; another answer as it is."""
    headers = dict(answer.headers)
    if "Location" not in headers:
        return answer
    return Answer({"location": headers.pop("Location")}, headers=headers)


def _shown(call: Call, error: Exception) -> Answer | None:
    """Return a refusal as a person's browser gets it, written down; None for a defect."""
    if isinstance(error, OAuthRefusal):
        _write_down(call, error.error, *_sent_by_client(error))
        if isinstance(error, RefusedAtClient):
            return to_client(error.response(call.services.settings.issuer))
        sent = (error.uri if isinstance(error, RefusedAtPage) else None) or ""
        return message(refusals.DID_NOT_WORK, error.description, status=400, sent=redirect_uris.as_text(sent))
    if isinstance(error, FormRefused):
        _write_down(call, error.code)
    refusal = refusals.as_refusal(error)
    return None if refusal is None else refusal_page(refusal)


def _write_down(call: Call, error: str, client_id: str | None = None, uri: str | None = None) -> None:
    """Log a refusal; where somebody is logged in it may be an attack on that person, and stands in the trail (LG-1).

    A stranger's request only leaves a line in the log, so that nobody can grow the store by it (DS-3).
    """
    logs.log("oauth_refused", request_id=call.source.request_id, code=error, client_id=client_id, uri=uri)
    if error in ANSWERS:
        return
    with suppress(StoreUnavailable):
        person = logged_in(call)
        if person is not None and _is_news(call, person.user.user_id, error):
            call.services.audit.record(
                "request_refused", target=person.user.user_id, source=call.source, outcome=error
            )


def _is_news(call: Call, user_id: str, error: str) -> bool:
    """Return whether a person's trail does not have it yet: any page may send a browser here as often as it likes (DS-3)."""
    return call.services.credentials.throttle.is_first(
        "request_refused", f"{user_id} {error}", seconds=NOTED_SECONDS
    )


def _sent_by_client(refusal: OAuthRefusal) -> tuple[str | None, str | None]:
    """Return which client it is about and the URI that it sent, without its query: that may hold a secret (LG-2)."""
    if not isinstance(refusal, RefusedAtPage):
        return None, None
    path, mark, _ = (refusal.uri or "").partition("?")
    uri = redirect_uris.as_text(path) + ("?…" if mark else "")
    return redirect_uris.as_text(refusal.client_id or "") or None, uri or None
