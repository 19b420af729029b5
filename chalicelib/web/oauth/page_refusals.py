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
from chalicelib.web.pages.page_forms import message, refusal_page, see_other

View = Callable[[Call], Answer]

NOTED_SECONDS = 60 * 60  # one kind of refusal is written into a person's trail once in this time
ANSWERS = {"login_required", "consent_required", "access_denied"}  # no faults, but what was asked for


def page(view: View) -> View:
    """Return the view with its refusals as a page, or sent to the client at its own proven redirect URI."""

    @wraps(view)
    def answer(call: Call) -> Answer:
        try:
            return view(call)
        except OAuthRefusal as refusal:
            _write_down(call, refusal.error, *_sent_by_client(refusal))
            if isinstance(refusal, RefusedAtClient):
                return see_other(error_location(call, refusal))
            sent = (refusal.uri if isinstance(refusal, RefusedAtPage) else None) or ""
            text = redirect_uris.as_text(sent)
            return message(refusals.DID_NOT_WORK, refusal.description, status=400, sent=text)
        except FormRefused as refusal:
            _write_down(call, refusal.code)
            return refusal_page(refusal)
        except Exception as error:
            refusal_of_ours = refusals.as_refusal(error)
            if refusal_of_ours is None:
                raise
            return refusal_page(refusal_of_ours)

    return answer


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


def error_location(call: Call, refusal: RefusedAtClient) -> str:
    """Return where a client gets a refusal, with ``iss`` (RFC 9207)."""
    return redirect_uris.with_parameters(
        refusal.redirect_uri,
        {
            "error": refusal.error,
            "error_description": refusal.description,
            "state": refusal.state,
            "iss": call.services.settings.issuer,
        },
    )
