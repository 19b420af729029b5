"""What every page with a form needs: proof that the form is ours and this browser's, and refusals as pages (BR-2, OP-7)."""

from collections.abc import Callable, Iterable
from functools import wraps
from typing import TYPE_CHECKING, Any

from chalicelib.errors import FormRefused, Invalid, Refusal, TicketRefused
from chalicelib.users.account_refusals import AccountClosed
from chalicelib.web import refusals
from chalicelib.web.call import Answer, Call
from chalicelib.web.cookies.browser_session import Browser, set_cookies

if TYPE_CHECKING:
    from chalicelib.keys.signed_payloads import SignedPayloads

CSRF_SECONDS = 60 * 60
ACCOUNT, LOG_IN = ("/account", "Your account"), ("/login", "Log in")  # where a message leads on to

SHOWN_STATUS = {401: 400}  # a form is no HTTP authentication: there is no challenge to answer

View = Callable[[Call], Answer]


def page(view: View) -> View:
    """Return a view of our own with its refusals as a page."""

    @wraps(view)
    def answer(call: Call) -> Answer:
        try:
            return view(call)
        except Exception as error:
            refusal = refusals.as_refusal(error)
            if refusal is None:
                raise
            return refusal_page(refusal)

    return answer


def refusal_page(refusal: Refusal, *, onward: tuple[str, str] = ACCOUNT) -> Answer:
    """Return a refusal of ours as a page, which leads on as :func:`message` does."""
    if isinstance(refusal, AccountClosed):
        return closed_account(refusal)
    shown, headers = refusals.medium(refusal), refusals.retry_after(refusal)
    return message(shown.title, refusal.detail, status=shown.status, headers=headers, onward=onward)


def closed_account(refusal: AccountClosed) -> Answer:
    """Return the page that says until when a closed account can be taken back, with the button that does it."""
    from chalicelib.i18n.formats import moment
    from chalicelib.web.pages.rendering import render

    return render(
        "closed_account.html",
        status=refusals.medium(refusal).status,
        until=moment(refusal.deletes_at),
        restore_token=refusal.restore_token,
    )


def message(
    title: str,
    text: str,
    *,
    status: int = 200,
    headers: dict[str, str | list[str]] | None = None,
    sent: str = "",
    onward: tuple[str, str] = ACCOUNT,
) -> Answer:
    """Return a page that says one thing; ``sent`` is what an application sent, shown as text, never as a link.

    ``onward`` is the path that it leads to, and its words.
    """
    from chalicelib.web.pages.rendering import render

    return render(
        "message.html",
        status=status,
        headers=headers or {},
        title=title,
        text=text,
        sent=sent,
        onward=onward,
    )


def opening(onward: tuple[str, str]) -> Callable[[View], View]:
    """Return what makes a page say that a mailed link opens nothing, and lead to where a new one is to be had."""

    def decorated(view: View) -> View:
        @wraps(view)
        def answer(call: Call) -> Answer:
            try:
                return view(call)
            except TicketRefused as refusal:
                medium = refusals.medium(refusal)
                return message(medium.title, refusal.detail, status=medium.status, onward=onward)

        return answer

    return decorated


def shown(refusal: Refusal | None, browser: Browser) -> dict[str, Any]:
    """Return what a form is shown with: the cookies of the browser, and what is wrong with what was typed."""
    if refusal is None:
        return {"headers": set_cookies(browser.cookies), "said": "", "errors": {}}
    status = refusals.medium(refusal).status
    return {
        "status": SHOWN_STATUS.get(status, status),
        "headers": {**refusals.retry_after(refusal), **set_cookies(browser.cookies)},
        "said": refusal.detail,
        "errors": refusal.errors if isinstance(refusal, Invalid) else {},
    }


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
