"""How a browser whose log-in waits gets to the page that asks for a second factor, whichever way the log-in began."""

from urllib.parse import parse_qs, urlencode

from chalicelib.credentials.factor_refusals import SecondFactorRequired
from chalicelib.web.call import Answer, Call
from chalicelib.web.cookies import pending_log_in
from chalicelib.web.cookies.browser_session import Browser
from chalicelib.web.pages.page_forms import see_other

PATH = "/login/second-factor"
RESUMED = "/continue?"  # where a provider leads back to with an authorization request


def ask(
    call: Call, browser: Browser, required: SecondFactorRequired, *, request: str = "", return_to: str = ""
) -> Answer:
    """Send the browser there; ``request`` or ``return_to`` is where the log-in leads.

    The pending token goes along in a cookie, in no URL and no page (MF-2). The log-in must have been asked for with
    ``browser_session.source(call, browser)``: no other browser can go on with it.
    """
    if return_to.startswith(RESUMED):
        (request,), return_to = parse_qs(return_to.removeprefix(RESUMED)).get("request", [""]), ""
    cookies = (*browser.cookies, pending_log_in.kept(required.pending_token or ""))
    return see_other(address(call, request=request, return_to=return_to), cookies)


def address(call: Call, *, request: str = "", return_to: str = "") -> str:
    """Return the page's address."""
    where = {name: text for name, text in (("request", request), ("return_to", return_to)) if text}
    return f"{call.services.settings.issuer}{PATH}" + (f"?{urlencode(where)}" if where else "")
