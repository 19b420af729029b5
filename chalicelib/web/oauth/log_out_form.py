"""The form that logs out: what a page that shows it needs, and what it sends."""

from typing import TYPE_CHECKING, Any

from chalicelib.web.call import Call
from chalicelib.web.pages.page_forms import csrf_token, demand_own_form, signed_payloads

if TYPE_CHECKING:
    from chalicelib.oauth.logout import LogoutRequest
    from chalicelib.sessions.session import LiveSession
    from chalicelib.web.cookies.browser_session import Browser

PURPOSE = "logout request"
SECONDS = 10 * 60
FORM = "logout"  # what its CSRF token is for


def shown(
    call: Call, browser: "Browser", logged_in: "LiveSession", request: "LogoutRequest | None" = None
) -> dict[str, Any]:
    """Return what a page says and holds: who is logged in, and the two hidden fields."""
    from chalicelib.oauth.logout import LogoutRequest

    return {
        "user": logged_in.user.display_name,
        "csrf": csrf_token(call, browser, FORM, logged_in.session.session_id),
        "request": sealed(call, request or LogoutRequest()),
    }


def demand(call: Call, browser: "Browser", logged_in: "LiveSession | None", token: str | None) -> None:
    """Refuse a form that this browser did not get for this log-in."""
    session_id = logged_in.session.session_id if logged_in else "-"
    demand_own_form(call, browser, token, FORM, session_id)


def sealed(call: Call, request: "LogoutRequest") -> str:
    """Return a client's request as a text of ours."""
    return signed_payloads(call).seal(request.data(), purpose=PURPOSE, holder="", seconds=SECONDS)


def opened(call: Call, text: str) -> "LogoutRequest":
    """Return the request; raise RefusedAtPage for a text that is too old or none of ours."""
    from chalicelib.oauth.errors import RefusedAtPage
    from chalicelib.oauth.logout import LogoutRequest

    data: dict[str, Any] | None = signed_payloads(call).open(
        text, purpose=PURPOSE, holder="", seconds=SECONDS
    )
    if data is None:
        raise RefusedAtPage("invalid_request", "This link is too old: log out at the application again.")
    return LogoutRequest.from_data(data)
