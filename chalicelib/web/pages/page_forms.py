"""What every page with a form needs: proof that the form is ours and this browser's, and refusals as pages (BR-2, OP-7)."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from chalicelib.errors import FormRefused, Refusal
from chalicelib.web import refusals
from chalicelib.web.call import Answer, Call
from chalicelib.web.cookies.browser_session import Browser, set_cookies

if TYPE_CHECKING:
    from chalicelib.keys.signed_payloads import SignedPayloads

CSRF_SECONDS = 60 * 60


def refusal_page(refusal: Refusal) -> Answer:
    """Return a refusal of ours as a page."""
    shown, headers = refusals.medium(refusal), refusals.retry_after(refusal)
    return message(shown.title, refusal.detail, status=shown.status, headers=headers)


def message(
    title: str,
    text: str,
    *,
    status: int = 200,
    headers: dict[str, str | list[str]] | None = None,
    sent: str = "",
) -> Answer:
    """Return a page that says one thing; ``sent`` is what an application sent, shown as text, never as a link."""
    from chalicelib.web.pages.rendering import render

    return render("message.html", status=status, headers=headers or {}, title=title, text=text, sent=sent)


def see_other(location: str, cookies: Iterable[str] = ()) -> Answer:
    """Return a 303: never a 307, which would send a password on (OP-5; RFC 9700 section 4.12)."""
    return Answer(status=303, headers={"Location": location, **set_cookies(cookies)})


def signed_payloads(call: Call) -> "SignedPayloads":
    """Return what seals texts that travel through a browser."""
    from chalicelib.keys.signed_payloads import SignedPayloads

    return SignedPayloads(call.services.keys.mac, call.services.world)


def csrf_token(call: Call, browser: Browser, purpose: str, *about: str) -> str:
    """Return the proof that a form of ours was given to this browser for one purpose."""
    return signed_payloads(call).seal(
        {}, purpose=f"csrf {purpose}", holder=" ".join((browser.browser_id, *about)), seconds=CSRF_SECONDS
    )


def demand_own_form(call: Call, browser: Browser, token: str | None, purpose: str, *about: str) -> None:
    """Refuse a form that was not given to this browser by our own page, or that another site sent."""
    opened = signed_payloads(call).open(
        token or "",
        purpose=f"csrf {purpose}",
        holder=" ".join((browser.browser_id, *about)),
        seconds=CSRF_SECONDS,
    )
    if opened is None or not call.is_from_own_page():
        raise FormRefused(
            "This form is too old or belongs to another browser: go back, load it again, and send it again."
        )
