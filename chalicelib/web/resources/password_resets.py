"""``/password-resets``: a way back for who forgot the password."""

from typing import Any

from chalicelib.web.call import NO_CONTENT
from chalicelib.web.cookies import browser_session
from chalicelib.web.mailing import ACCEPTED, demand_mail
from chalicelib.web.parsing import Body
from chalicelib.web.routes import Answer, Api, Call

api = Api("email")


class Reset(Body):
    """A user name or an e-mail address."""

    login: str


class NewPassword(Body):
    """The ticket of the link. Who has a second factor shows one of the three with it."""

    ticket: str
    new_password: str
    totp: str | None = None
    recovery_code: str | None = None
    passkey: dict[str, Any] | None = None


@api.route(
    "/password-resets",
    methods=["POST"],
    public=True,
    body=Reset,
    status=202,
    gives=dict,
    refuses=(400, 403, 429),
)
def ask_for_reset(call: Call) -> Answer:
    """Have a link sent to the verified address of an account, if there is one: the answer is the same for all.

    403 ``mail_off`` where no mail is sent, ``password_log_in_off`` where nobody has a password.
    """
    demand_mail(call)
    call.services.ways_back.password_reset.ask(call.body.login, source=call.source)
    return ACCEPTED


@api.route(
    "/password-resets",
    methods=["PUT"],
    public=True,
    body=NewPassword,
    status=204,
    refuses=(400, 401, 403, 409, 429),
)
def set_password(call: Call) -> Answer:
    """Set a new password by the ticket of the link, and end every session.

    401 ``second_factor_required`` where the person has one: send the same again with it, the ticket is still good. What is
    refused leaves the ticket as it is.
    """
    form: NewPassword = call.body
    from chalicelib.credentials.factor_answers import FactorAnswer

    shown = (form.totp, form.recovery_code, form.passkey)
    answer = FactorAnswer(*shown) if any(each is not None for each in shown) else None
    call.services.ways_back.password_reset.set_password(
        form.ticket, new=form.new_password, answer=answer, source=browser_session.source(call)
    )
    return NO_CONTENT
