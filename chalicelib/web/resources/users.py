"""``/users``: sign-up, and the operators' look at everybody."""

import msgspec

from chalicelib import scopes
from chalicelib.web.call import created
from chalicelib.web.cookies import browser_session, email_log_in
from chalicelib.web.parsing import Body
from chalicelib.web.resources.shapes import ClosedShape, TokenShape, UserAnswer, UserShape, deleted
from chalicelib.web.routes import Answer, Api, Call

api = Api("users")

READ, WRITE = "users:read", scopes.ADMINISTER


class SignUp(Body):
    """A sign-up. ``log_in`` also begins a session, whose refresh token ``cookie`` keeps out of the body.

    ``captcha`` is what the vendor's widget answered, where ``GET /sessions/ways`` names one.
    """

    username: str
    password: str
    email: str | None = None
    name: str | None = None
    captcha: str | None = None
    log_in: bool = False
    cookie: bool = False


class SignUpByMail(Body):
    """A sign-up without a password. Without a ``username`` one is made of the address, and may be changed once.

    ``captcha`` as at ``POST /users``.
    """

    email: str
    username: str | None = None
    name: str | None = None
    captcha: str | None = None


class Administration(Body):
    """What an operator may change; what is left out stays."""

    scopes: list[str] | None = None
    disabled: bool | None = None
    name: str | None = None


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

    403 ``password_log_in_off`` where nobody has a password: ``POST /users/email`` there.
    """
    form: SignUp = call.body
    if form.cookie:
        call.demand_own_origin()
    from chalicelib.accounts.sign_up import Profile

    user, signed_in = call.services.accounts.sign_up.create(
        username=form.username,
        password=form.password,
        profile=Profile(form.email, form.name, form.captcha),
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


@api.route(
    "/users/email",
    methods=["POST"],
    public=True,
    body=SignUpByMail,
    status=202,
    gives=dict,
    refuses=(400, 403, 409, 429),
)
def sign_up_by_mail(call: Call) -> Answer:
    """Have a link and a code sent that make an account, where nobody has a password.

    ``PUT /sessions/email`` takes either, makes the account and begins its session. The cookie that comes with this answer is what
    the code is good for. An address that has an account is sent a log-in instead, and the answer is the same. 403
    ``email_sign_up_off`` where passwords are on, or nobody logs in by mail.
    """
    from chalicelib.accounts.sign_up import Profile

    form: SignUpByMail = call.body
    asked, cookie = email_log_in.asked(call, form.email)
    call.services.ways_back.email_sign_up.ask(
        username=form.username,
        profile=Profile(form.email, form.name, form.captcha),
        browser=asked.secret,
        source=call.source,
    )
    return Answer({}, status=202, headers=browser_session.set_cookies([cookie]))


@api.route(
    "/users",
    methods=["GET"],
    scope=READ,
    says="see every account of this service",
    query=("limit", "cursor"),
    gives=UserPage,
    refuses=(400,),
)
def list_users(call: Call) -> Answer:
    """Return users in the order of sign-up, a page at a time."""
    users, cursor = call.services.accounts.users.listed(after=call.cursor(), limit=call.page_limit())
    return Answer(UserPage([UserShape.of(user) for user in users], cursor))


@api.route("/users/{user_id}", methods=["GET"], scope=READ, gives=UserAnswer, refuses=(404,))
def look_up_user(call: Call) -> Answer:
    """Return one user."""
    return Answer(UserAnswer.of(call.services.accounts.users.require(call.params["user_id"])))


@api.route(
    "/users/{user_id}",
    methods=["PATCH"],
    scope=WRITE,
    says="change every account of this service",
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
        by=operator.authority,
    )
    return Answer(UserAnswer.of(user))


@api.route(
    "/users/{user_id}", methods=["DELETE"], scope=WRITE, status=204, later=ClosedShape, refuses=(404, 409)
)
def delete_user(call: Call) -> Answer:
    """Delete a user for ever; 403 for the operator's own account and for the last one that holds ``users:write``.

    Where the service gives a grace, the account is closed at once and the answer is 202 with the time when it is gone;
    until then ``cupbearer users undelete`` takes it back, and the person cannot.
    """
    operator = call.services.accounts.operators.acting(call.principal)
    deletes_at = call.services.accounts.deletion.delete(
        call.params["user_id"], source=call.source, by=operator.authority
    )
    return deleted(deletes_at)


def _location(call: Call, user_id: str) -> str:
    return f"{call.services.settings.issuer}/users/{user_id}"
