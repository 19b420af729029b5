"""How the routes that log people in answer: with tokens, in cookies or not, or with what is still to be shown."""

from dataclasses import replace
from typing import TYPE_CHECKING

from chalicelib.credentials.factor_refusals import SecondFactorRequired
from chalicelib.web import problems
from chalicelib.web.cookies import browser_session, remembered_device
from chalicelib.web.resources.shapes import TokenShape
from chalicelib.web.routes import Answer, Call

if TYPE_CHECKING:
    from chalicelib.authentication.log_in import LogInResult
    from chalicelib.web.cookies.browser_session import Browser


def browser_of(call: Call, cookie: bool) -> "Browser | None":  # noqa: FBT001 - as it stands in the body
    """Return the browser that asks, named now if it had no name; None for a program."""
    if not cookie:
        return None
    call.demand_own_origin()
    return browser_session.browser(call)


def to_be_shown(call: Call, required: SecondFactorRequired, browser: "Browser | None") -> Answer:
    """Return the refusal, with the cookie by which the browser that may go on is known."""
    answer = problems.problem(required, request_id=call.source.request_id)
    cookies = browser_session.set_cookies(browser.cookies if browser else ())
    return replace(answer, headers={**answer.headers, **cookies})


def begun(call: Call, signed_in: "LogInResult", *, in_cookie: bool) -> Answer:
    """Return the 201 of a log-in."""
    cookies = browser_session.renewed(call, signed_in).cookies if in_cookie else ()
    cookies = (*cookies, *remembered_device.kept(call, signed_in.device_token))
    return tokens(signed_in, cookies, status=201, in_cookie=in_cookie)


def tokens(
    signed_in: "LogInResult", cookies: tuple[str, ...], *, status: int = 200, in_cookie: bool
) -> Answer:
    """Return the token body."""
    headers = browser_session.set_cookies(cookies)
    return Answer(TokenShape.of(signed_in, in_cookie=in_cookie), status=status, headers=headers)
