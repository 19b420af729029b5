"""``/login/{provider}``: log in through another OpenID provider, and come back from it."""

from collections.abc import Callable
from dataclasses import replace
from functools import wraps
from typing import TYPE_CHECKING

import msgspec

from chalicelib.web import refusals
from chalicelib.web.cookies import browser_session, federated_log_in
from chalicelib.web.pages.return_to import cookies_of, own_path
from chalicelib.web.resources.shapes import IdentityShape, TokenShape
from chalicelib.web.routes import Answer, Api, Call

if TYPE_CHECKING:
    from chalicelib.federation.log_in import Finished

api = Api("federation")


def _refused_as_page(view: Callable[[Call], Answer]) -> Callable[[Call], Answer]:
    """Return the view with its refusals as a page where a person's browser asks for one."""

    @wraps(view)
    def answer(call: Call) -> Answer:
        try:
            return view(call)
        except Exception as error:
            refusal = refusals.as_refusal(error)
            if refusal is None or "text/html" not in call.headers.get("accept", ""):
                raise
            from chalicelib.web.pages.page_forms import refusal_page

            return refusal_page(refusal)

    return answer


class Begun(msgspec.Struct, frozen=True):
    """Where to send the browser. ``message`` says so in words."""

    message: str
    url: str


class Ended(msgspec.Struct, frozen=True, omit_defaults=True):
    """The token body of a log-in; for a link that a logged-in user began, the identity instead."""

    access_token: str | None = None
    token_type: str | None = None
    expires_in: int | None = None
    refresh_token: str | None = None
    scope: str | None = None
    session_id: str | None = None
    identity: IdentityShape | None = None


@api.route(
    "/login/{provider}",
    methods=["GET"],
    public=True,
    query=("return_to", "fresh"),
    gives=Begun,
    redirects=(302,),
    refuses=(400, 404, 429, 503),
)
@_refused_as_page
def begin(call: Call) -> Answer:
    """Begin a log-in at a provider: a redirect there, or with ``Accept: application/json`` the URL in the body.

    ``return_to``, a path of this site, asks for cookies and a redirect at the end in place of a token body.
    ``fresh=1`` makes the provider ask the person again: that log-in then stands for a password, five minutes long.
    """
    from chalicelib.federation.login_state import FLOW_SECONDS

    return_to = own_path(call.one("return_to"))
    secret, headers = federated_log_in.new(call, seconds=FLOW_SECONDS)
    if return_to is not None:  # a second factor that is asked for on the way back is for this browser alone
        cookies = (*browser_session.values(dict(headers)), *browser_session.browser(call).cookies)
        headers = browser_session.set_cookies(cookies)
    name = call.params["provider"]
    url = call.services.federation.begin(
        name, browser=secret, return_to=return_to, fresh=call.one("fresh") == "1", source=call.source
    )
    if call.wants_json:
        return Answer(Begun(f"Log in at {name} by opening this URL in the browser.", url), headers=headers)
    return Answer(status=302, headers={**headers, "Location": url})


@api.route(
    "/login/{provider}/callback",
    methods=["GET"],
    public=True,
    query=("code", "state", "iss", "error"),
    gives=Ended,
    redirects=(302, 303),
    refuses=(400, 401, 403, 404, 409, 503),
)
@_refused_as_page
def finish(call: Call) -> Answer:
    """Finish a log-in that this browser began.

    Answers the token body; with ``return_to`` at the beginning, cookies and a redirect back instead.
    """
    from chalicelib.federation.log_in import Response

    response = Response(
        state=call.one("state"), code=call.one("code"), error=call.one("error"), issuer=call.one("iss")
    )
    finished = call.services.federation.finish(
        call.params["provider"],
        response,
        browser=federated_log_in.of(call),
        source=browser_session.source(call),
    )
    if finished.return_to is None:
        return _in_body(finished)
    if finished.asked is not None:
        from chalicelib.web.pages import second_factor_form

        browser = browser_session.browser(call)
        browser = replace(browser, cookies=(*browser.cookies, federated_log_in.dropped()))
        return second_factor_form.ask(call, browser, finished.asked, return_to=finished.return_to)
    return _sent_back(call, finished, finished.return_to)


def _in_body(finished: "Finished") -> Answer:
    headers: dict[str, str | list[str]] = {"Set-Cookie": federated_log_in.dropped()}
    if finished.asked is not None:
        raise finished.asked
    if finished.signed_in is not None:
        tokens = msgspec.structs.asdict(TokenShape.of(finished.signed_in))
        return Answer(Ended(**tokens), headers=headers)
    linked = IdentityShape.of(finished.linked) if finished.linked else None
    return Answer(Ended(identity=linked), headers=headers)


def _sent_back(call: Call, finished: "Finished", path: str) -> Answer:
    settings = call.services.settings
    cookies = [federated_log_in.dropped()]
    if finished.signed_in is not None:
        cookies.extend(cookies_of(call, finished.signed_in, path))
    return Answer(status=302, headers={"Location": settings.issuer + path, "Set-Cookie": cookies})
