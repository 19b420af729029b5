"""``/sessions``: log in, refresh, see and end sessions."""

import msgspec

from chalicelib import scopes
from chalicelib.credentials.factor_refusals import SecondFactorRequired
from chalicelib.errors import RefreshRefused
from chalicelib.jose.claims import FIRST_PARTY
from chalicelib.web.call import NO_CONTENT
from chalicelib.web.cookies import browser_session, refresh_token
from chalicelib.web.parsing import Body
from chalicelib.web.resources.log_in_answers import begun, browser_of, to_be_shown, tokens
from chalicelib.web.resources.shapes import SessionShape, TokenShape
from chalicelib.web.routes import Answer, Api, Call

api = Api("sessions")


class LogIn(Body):
    """A log-in by user name or verified e-mail. ``cookie`` keeps the refresh token out of the body."""

    username: str
    password: str
    scope: str | None = None
    cookie: bool = False


class Refresh(Body):
    """The refresh token, unless the cookie holds it."""

    refresh_token: str | None = None


class SessionList(msgspec.Struct, frozen=True):
    """The live sessions, the last used first."""

    sessions: list[SessionShape]


@api.route(
    "/sessions",
    methods=["POST"],
    public=True,
    body=LogIn,
    status=201,
    gives=TokenShape,
    refuses=(400, 401, 403, 429),
)
def log_in(call: Call) -> Answer:
    """Log in.

    Unknown user, wrong password and disabled account are one answer; 403 ``password_log_in_off`` where nobody logs in so.
    ``scope`` may ask for less than the user has.
    Where the password is right and the person has a second factor, the answer is 401 ``second_factor_required`` with a
    ``pending_token`` for ``POST /sessions/second-factor`` and the ``factors`` that there are.
    """
    form: LogIn = call.body
    browser = browser_of(call, form.cookie)
    wanted = None if form.scope is None else scopes.parse(form.scope)
    try:
        signed_in = call.services.authentication.log_in.with_password(
            username=form.username,
            password=form.password,
            scope=wanted,
            source=browser_session.source(call, browser),
        )
    except SecondFactorRequired as required:
        return to_be_shown(call, required, browser)
    return begun(call, signed_in, in_cookie=form.cookie)


@api.route(
    "/sessions/refresh",
    methods=["POST"],
    public=True,
    body=Refresh,
    body_may_be_empty=True,
    gives=TokenShape,
    refuses=(400, 401, 403, 409),
)
def refresh(call: Call) -> Answer:
    """Exchange a refresh token for the next pair of tokens.

    Every refusal has a reason as its ``code``: ``invalid_token``, ``expired``, ``idle``, ``spent``, ``reused``,
    ``revoked``, ``password_changed`` or ``disabled``.
    """
    in_body = call.body.refresh_token
    token = in_body if in_body is not None else refresh_token.of(call)
    if token is None:
        raise RefreshRefused("invalid_token")
    signed_in = call.services.authentication.log_in.refresh(token, source=call.source)
    cookies = browser_session.begin(call, signed_in) if in_body is None else ()
    return tokens(signed_in, cookies, in_cookie=in_body is None)


@api.route("/sessions", methods=["GET"], own=True, gives=SessionList)
def list_sessions(call: Call) -> Answer:
    """Return one's own sessions."""
    acting = call.services.accounts.self_service.acting(call.principal)
    sessions = call.services.authentication.sessions.live(acting.user.user_id)
    consents = (
        call.services.oauth.consents.of(acting.user.user_id)
        if any(session.client_id != FIRST_PARTY for session in sessions)
        else ()
    )
    names = {consent.client_id: consent.client_name for consent in consents}
    return Answer(SessionList([SessionShape.of(each, acting.session.session_id, names) for each in sessions]))


@api.route("/sessions/current", methods=["DELETE"], own=True, status=204, refuses=(409,))
def log_out(call: Call) -> Answer:
    """Log out here.

    204 also where the session ends by another request at this moment; 401 where it was over before.
    """
    own = call.services.accounts.self_service
    own.log_out(own.acting(call.principal), source=call.source)
    return Answer(status=204, headers=browser_session.set_cookies(browser_session.dropped()))


@api.route("/sessions/{session_id}", methods=["DELETE"], own=True, status=204, refuses=(404, 409))
def log_out_there(call: Call) -> Answer:
    """End one of one's own sessions."""
    acting = call.services.accounts.self_service.acting(call.principal)
    call.services.authentication.sessions.end(
        acting.user.user_id, call.params["session_id"], source=call.source
    )
    return NO_CONTENT


@api.route("/sessions", methods=["DELETE"], own=True, status=204, refuses=(404, 409))
def log_out_everywhere(call: Call) -> Answer:
    """End all of one's own sessions, this one too."""
    own = call.services.accounts.self_service
    own.end_all(own.acting(call.principal), source=call.source)
    return Answer(status=204, headers=browser_session.set_cookies(browser_session.dropped()))
