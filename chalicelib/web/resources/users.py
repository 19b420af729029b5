"""``/users``: sign-up, one's own account, and the operators' look at everybody's."""

from typing import TYPE_CHECKING

import msgspec

from chalicelib import scopes
from chalicelib.audit.events import EVENTS
from chalicelib.errors import Invalid
from chalicelib.web.call import NO_CONTENT, created
from chalicelib.web.cookies import browser_session
from chalicelib.web.parsing import Body
from chalicelib.web.resources.shapes import EventShape, TokenShape, UserShape
from chalicelib.web.routes import Answer, Api, Call

if TYPE_CHECKING:
    from chalicelib.users.user import User

api = Api("users")

READ, WRITE = "users:read", scopes.ADMINISTER


class SignUp(Body):
    """A sign-up. ``log_in`` also begins a session, whose refresh token ``cookie`` keeps out of the body."""

    username: str
    password: str
    email: str | None = None
    name: str | None = None
    log_in: bool = False
    cookie: bool = False


class ProfileChange(Body):
    """What to change of one's own profile; what is left out stays. ``password`` proves the person where that is asked for."""

    name: str | msgspec.UnsetType | None = msgspec.UNSET
    email: str | msgspec.UnsetType | None = msgspec.UNSET
    username: str | msgspec.UnsetType = msgspec.UNSET
    password: str | None = None


class PasswordChange(Body):
    """``current_password`` may be left out only where there is none yet, after a log-in of the last five minutes."""

    new_password: str
    current_password: str | None = None


class Deletion(Body):
    """The password, unless the log-in is at most five minutes old."""

    password: str | None = None


class Administration(Body):
    """What an operator may change; what is left out stays."""

    scopes: list[str] | None = None
    disabled: bool | None = None
    name: str | None = None


class UserAnswer(msgspec.Struct, frozen=True):
    """One user."""

    user: UserShape


class SignUpAnswer(msgspec.Struct, frozen=True, omit_defaults=True):
    """The new user; with ``log_in`` also the token body."""

    user: UserShape
    access_token: str | None = None
    token_type: str | None = None
    expires_in: int | None = None
    refresh_token: str | None = None
    scope: str | None = None
    session_id: str | None = None


class UserPage(msgspec.Struct, frozen=True):
    """A page of users; ``next_cursor`` is null on the last."""

    users: list[UserShape]
    next_cursor: str | None


class ActivityPage(msgspec.Struct, frozen=True):
    """A page of what happened, newest first."""

    events: list[EventShape]
    next_cursor: str | None


@api.route(
    "/users",
    methods=["POST"],
    public=True,
    body=SignUp,
    status=201,
    gives=SignUpAnswer,
    refuses=(400, 401, 403, 409, 429),
    repeatable=True,
)
def sign_up(call: Call) -> Answer:
    """Sign up.

    The new user has the default scopes. With ``log_in`` the answer also holds the tokens of a first session.
    """
    form: SignUp = call.body
    if form.cookie:
        call.demand_own_origin()
    user, signed_in = call.services.accounts.sign_up.create(
        username=form.username,
        password=form.password,
        email=form.email,
        name=form.name,
        log_in=form.log_in,
        source=call.source,
        attempt=call.attempt(),
    )
    location = _location(call, user.user_id)
    if signed_in is None:
        return created(SignUpAnswer(user=UserShape.of(user)), location)
    tokens = msgspec.structs.asdict(TokenShape.of(signed_in, in_cookie=form.cookie))
    cookies = (
        browser_session.set_cookies(browser_session.renewed(call, signed_in).cookies) if form.cookie else {}
    )
    return Answer(
        SignUpAnswer(user=UserShape.of(user), **tokens), status=201, headers={"Location": location, **cookies}
    )


@api.route("/users/me", methods=["GET"], own=True, gives=UserAnswer)
def own_profile(call: Call) -> Answer:
    """Return one's own profile."""
    return _user(call.services.accounts.self_service.acting(call.principal).user)


@api.route(
    "/users/me", methods=["PATCH"], own=True, body=ProfileChange, gives=UserAnswer, refuses=(400, 409, 429)
)
def change_own_profile(call: Call) -> Answer:
    """Change one's own name or e-mail address; a changed address is unverified."""
    asked = msgspec.structs.asdict(call.body)
    password = asked.pop("password")
    changes = {name: value for name, value in asked.items() if value is not msgspec.UNSET}
    own = call.services.accounts.self_service
    user = own.change_profile(
        own.acting(call.principal), changes=changes, password=password, source=call.source
    )
    return _user(user)


@api.route(
    "/users/me",
    methods=["DELETE"],
    own=True,
    body=Deletion,
    body_may_be_empty=True,
    status=204,
    refuses=(400, 403, 429),
)
def delete_own_account(call: Call) -> Answer:
    """Delete one's own account for ever."""
    own = call.services.accounts.self_service
    own.delete_own(own.acting(call.principal), password=call.body.password, source=call.source)
    return Answer(status=204, headers=browser_session.set_cookies(browser_session.dropped()))


@api.route(
    "/users/me/password",
    methods=["PUT"],
    own=True,
    body=PasswordChange,
    status=204,
    refuses=(400, 403, 409, 429),
    repeatable=True,
)
def change_password(call: Call) -> Answer:
    """Change one's own password; all other sessions end."""
    own = call.services.accounts.self_service
    own.change_password(
        own.acting(call.principal),
        current=call.body.current_password,
        new=call.body.new_password,
        source=call.source,
        attempt=call.attempt(),
    )
    return NO_CONTENT


@api.route(
    "/users/me/activity",
    methods=["GET"],
    own=True,
    query=("limit", "cursor"),
    gives=ActivityPage,
    refuses=(400,),
)
def own_activity(call: Call) -> Answer:
    """Return what happened to one's own account, newest first."""
    user = call.services.accounts.self_service.acting(call.principal).user
    events, cursor = call.services.audit.of(user.user_id, after=_cursor(call), limit=call.page_limit())
    shapes = [
        EventShape(
            at=event.at,
            event=event.event,
            outcome=event.outcome,
            says=EVENTS[event.event],
            actor="you" if event.actor == user.user_id else "operator",
            ip=event.ip if event.actor == user.user_id else None,
            user_agent=event.user_agent if event.actor == user.user_id else "",
            request_id=event.request_id,
            detail=dict(event.detail),
        )
        for event in events
    ]
    return Answer(ActivityPage(shapes, cursor))


@api.route("/users", methods=["GET"], scope=READ, query=("limit", "cursor"), gives=UserPage, refuses=(400,))
def list_users(call: Call) -> Answer:
    """Return users in the order of sign-up, a page at a time."""
    users, cursor = call.services.accounts.users.listed(after=_cursor(call), limit=call.page_limit())
    return Answer(UserPage([UserShape.of(user) for user in users], cursor))


@api.route("/users/{user_id}", methods=["GET"], scope=READ, gives=UserAnswer, refuses=(404,))
def look_up_user(call: Call) -> Answer:
    """Return one user."""
    return _user(call.services.accounts.users.require(call.params["user_id"]))


@api.route(
    "/users/{user_id}",
    methods=["PATCH"],
    scope=WRITE,
    body=Administration,
    gives=UserAnswer,
    refuses=(400, 404, 409),
)
def administer_user(call: Call) -> Answer:
    """Change a user's scopes, name, or whether the account is disabled, which ends every session.

    An operator can grant only scopes that they hold, and scopes about users only with a token of their own log-in. 403
    ``own_account`` for the operator's own account, ``last_operator`` for the last one that holds ``users:write``.
    """
    change: Administration = call.body
    operator = call.services.accounts.operators.acting(call.principal)
    granted = None if change.scopes is None else scopes.parse_each(change.scopes)
    user = call.services.accounts.administration.administer(
        call.params["user_id"],
        granted=granted,
        disabled=change.disabled,
        name=change.name,
        source=call.source,
        actor=operator.actor,
        permitted=operator.permitted,
    )
    return _user(user)


@api.route("/users/{user_id}", methods=["DELETE"], scope=WRITE, status=204, refuses=(404, 409))
def delete_user(call: Call) -> Answer:
    """Delete a user for ever; 403 for the operator's own account and for the last one that holds ``users:write``."""
    operator = call.services.accounts.operators.acting(call.principal)
    call.services.accounts.administration.delete(
        call.params["user_id"], source=call.source, actor=operator.actor, permitted=operator.permitted
    )
    return NO_CONTENT


def _user(user: "User") -> Answer:
    return Answer(UserAnswer(UserShape.of(user)))


def _location(call: Call, user_id: str) -> str:
    return f"{call.services.settings.issuer}/users/{user_id}"


def _cursor(call: Call) -> str | None:
    cursor = call.one("cursor")
    if cursor is not None and not (cursor.isascii() and cursor.isprintable() and 0 < len(cursor) <= 64):  # noqa: PLR2004
        raise Invalid("The cursor is not one of ours.", errors={"cursor": "is not one of ours"})
    return cursor
