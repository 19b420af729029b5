"""The page that asks for a second factor in the middle of a log-in, whichever way it began; no script is needed for codes."""

from typing import TYPE_CHECKING

from chalicelib.credentials.factor_refusals import SecondFactorRequired
from chalicelib.web.call import Answer, Call
from chalicelib.web.cookies.browser_session import Browser, set_cookies
from chalicelib.web.pages.page_forms import csrf_token

if TYPE_CHECKING:
    from chalicelib.errors import Refusal

FORM = "second factor"  # what its CSRF token is for
SHOWN_STATUS = {401: 400}  # a form is no HTTP authentication: there is no challenge to answer


def ask(
    call: Call,
    browser: Browser,
    required: SecondFactorRequired,
    *,
    request: str = "",
    return_to: str = "",
    refusal: "Refusal | None" = None,
) -> Answer:
    """Return the page. ``request`` or ``return_to`` is where the log-in leads; the pending token stays out of every URL."""
    from chalicelib.web import refusals
    from chalicelib.web.pages.rendering import render

    status = refusals.medium(refusal).status if refusal else 200
    headers = refusals.retry_after(refusal) if refusal else {}
    return render(
        "second_factor.html",
        status=SHOWN_STATUS.get(status, status),
        headers={**headers, **set_cookies(browser.cookies)},
        csrf=csrf_token(call, browser, FORM),
        pending_token=required.pending_token or "",
        kinds=required.kinds,
        request=request,
        return_to=return_to,
        said=refusal.detail if refusal else "",
        days=call.services.settings.remember_device_days,
    )
