"""``/sessions/email``: log in by mail; and ``/sessions/end``, the link that ends every session."""

from chalicelib.credentials.factor_refusals import SecondFactorRequired
from chalicelib.errors import Invalid
from chalicelib.web.call import NO_CONTENT
from chalicelib.web.cookies import browser_session, email_log_in
from chalicelib.web.mailing import demand_email_log_in
from chalicelib.web.parsing import Body
from chalicelib.web.resources.log_in_answers import browser_of, to_be_shown
from chalicelib.web.resources.shapes import TokenShape
from chalicelib.web.routes import Answer, Api, Call

api = Api("sessions")


class Address(Body):
    """Where to write to."""

    email: str


class LogInByMail(Body):
    """The ticket of the link, or the code in the browser that asked. ``cookie`` keeps the refresh token out of the body."""

    ticket: str | None = None
    code: str | None = None
    cookie: bool = False


class EndSessions(Body):
    """The ticket of a notice's link."""

    ticket: str


@api.route(
    "/sessions/email",
    methods=["POST"],
    public=True,
    body=Address,
    status=202,
    gives=dict,
    refuses=(400, 403, 429),
)
def ask_for_log_in(call: Call) -> Answer:
    """Have a link and a code sent to an address, if it is an account's verified one: the answer is the same for all.

    The cookie that comes with it is what the code is good for.
    """
    demand_email_log_in(call)
    asked, cookie = email_log_in.asked(call, call.body.email)
    call.services.ways_back.email_log_in.ask(asked.address, browser=asked.secret, source=call.source)
    return Answer({}, status=202, headers=browser_session.set_cookies([cookie]))


@api.route(
    "/sessions/email",
    methods=["PUT"],
    public=True,
    body=LogInByMail,
    status=201,
    gives=TokenShape,
    refuses=(400, 401, 403, 409, 429),
)
def log_in_by_mail(call: Call) -> Answer:
    """Log in by the ticket of the link, or by the code in the browser that asked for it.

    A newcomer's makes the account (``POST /users/email`` where nobody logs in by password).
    """
    from chalicelib.accounts.email_verification import wrong_code

    form: LogInByMail = call.body
    demand_email_log_in(call)
    if form.code is not None:
        call.demand_own_origin()
    browser = browser_of(call, form.cookie)
    if (form.ticket is None) == (form.code is None):
        raise Invalid("Send a ticket or a code.", errors={"ticket": "or code is required"})
    log_in, asked = call.services.ways_back.email_log_in, email_log_in.of(call)
    source = browser_session.source(call, browser)
    try:
        if form.ticket is not None:
            signed_in = log_in.with_link(form.ticket, source=source)
        elif asked is None:
            raise wrong_code()
        else:
            signed_in = log_in.with_code(asked.address, form.code or "", browser=asked.secret, source=source)
    except SecondFactorRequired as required:
        return to_be_shown(call, required, browser)
    cookies = browser_session.renewed(call, signed_in).cookies if form.cookie else ()
    headers = browser_session.set_cookies((*cookies, email_log_in.dropped()))
    return Answer(TokenShape.of(signed_in, in_cookie=form.cookie), status=201, headers=headers)


@api.route(
    "/sessions/end", methods=["POST"], public=True, body=EndSessions, status=204, refuses=(400, 404, 409)
)
def end_sessions(call: Call) -> Answer:
    """End every session by the link of a notice; good once, for a week."""
    call.services.ways_back.notices.end_sessions(call.body.ticket, source=call.source)
    return NO_CONTENT
