"""``/sessions/second-factor`` and ``/sessions/passkey``: the log-ins that a second factor ends, or a passkey alone."""

from typing import Any

from chalicelib.errors import Invalid
from chalicelib.web.cookies import browser_session
from chalicelib.web.parsing import Body
from chalicelib.web.resources.log_in_answers import begun, browser_of
from chalicelib.web.resources.proofs import Shown
from chalicelib.web.resources.shapes import OptionsShape, TokenShape
from chalicelib.web.routes import Answer, Api, Call

api = Api("sessions")


class SecondStep(Shown, kw_only=True):
    """A second factor for a log-in that waits for it. ``remember`` spares this browser the next ones for a while."""

    pending_token: str
    remember: bool = False
    cookie: bool = False


class Challenge(Body):
    """With ``cookie`` the browser is given a name, so that no other can answer.

    For a ``second_factor`` the passkey need not ask who its person is; alone it must.
    """

    cookie: bool = False
    second_factor: bool = False


class PasskeyLogIn(Body):
    """A log-in by passkey alone: ``toJSON()`` of what the browser got for our options."""

    passkey: dict[str, Any]
    cookie: bool = False


@api.route(
    "/sessions/second-factor",
    methods=["POST"],
    public=True,
    body=SecondStep,
    status=201,
    gives=TokenShape,
    refuses=(400, 401, 403, 409, 429),
)
def second_factor(call: Call) -> Answer:
    """Finish a log-in by a second factor: one of ``totp``, ``recovery_code`` and ``passkey``.

    401 ``invalid_second_factor`` leaves it pending; after 401 ``log_in_over`` it has to begin anew.
    """
    form: SecondStep = call.body
    if form.cookie or form.remember:
        call.demand_own_origin()
    answer = form.answer
    if answer is None:
        raise Invalid("Show one of totp, recovery_code and passkey.")
    signed_in = call.services.second_factors.step.finish(
        form.pending_token, answer, remember=form.remember, source=browser_session.source(call)
    )
    return begun(call, signed_in, in_cookie=form.cookie)


@api.route(
    "/sessions/passkey/options",
    methods=["POST"],
    public=True,
    body=Challenge,
    body_may_be_empty=True,
    gives=OptionsShape,
    refuses=(400, 403),
)
def passkey_log_in_options(call: Call) -> Answer:
    """Return what a browser is asked for a passkey with, for a log-in or as a second factor; good for five minutes."""
    form: Challenge = call.body
    browser = browser_of(call, form.cookie)
    source = browser_session.source(call, browser)
    options = call.services.second_factors.checks.passkey_options(source, verified=not form.second_factor)
    return Answer(
        OptionsShape(options), headers=browser_session.set_cookies(browser.cookies if browser else ())
    )


@api.route(
    "/sessions/passkey",
    methods=["POST"],
    public=True,
    body=PasskeyLogIn,
    status=201,
    gives=TokenShape,
    refuses=(400, 401, 403, 409, 429),
)
def passkey_log_in(call: Call) -> Answer:
    """Log in by a passkey alone: it proves two factors at once."""
    from chalicelib.credentials.factor_answers import FactorAnswer

    form: PasskeyLogIn = call.body
    if form.cookie:
        call.demand_own_origin()
    signed_in = call.services.second_factors.step.with_passkey(
        FactorAnswer(passkey=form.passkey), source=browser_session.source(call)
    )
    return begun(call, signed_in, in_cookie=form.cookie)
