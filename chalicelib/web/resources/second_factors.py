"""``/users/me/factors``: one's own passkeys, authenticator app, recovery codes and remembered browsers."""

from typing import TYPE_CHECKING, Any

from chalicelib.web.call import NO_CONTENT, created
from chalicelib.web.cookies import browser_session
from chalicelib.web.parsing import Body
from chalicelib.web.resources.factor_shapes import CodesShape, EnrolmentShape, FactorList, FactorShape
from chalicelib.web.resources.proofs import Proof
from chalicelib.web.resources.shapes import OptionsShape
from chalicelib.web.routes import Answer, Api, Call

if TYPE_CHECKING:
    from chalicelib.sessions.session import LiveSession

api = Api("second factors")

FACTORS = "/users/me/factors"


class Code(Body):
    """The first code of a new authenticator app."""

    totp: str


class NewPasskey(Body):
    """What the browser made: ``toJSON()`` of the new credential, and what the person calls it."""

    passkey: dict[str, Any]
    name: str = "Passkey"


@api.route(FACTORS, methods=["GET"], own=True, gives=FactorList)
def list_factors(call: Call) -> Answer:
    """Return one's own second factors."""
    acting = call.services.accounts.self_service.acting(call.principal)
    return Answer(FactorList.of(call.services.second_factors.own.of(acting.user.user_id)))


@api.route(
    f"{FACTORS}/totp",
    methods=["POST"],
    own=True,
    body=Proof,
    body_may_be_empty=True,
    gives=EnrolmentShape,
    refuses=(400, 403, 409, 429),
)
def begin_totp(call: Call) -> Answer:
    """Begin a new authenticator app; it counts from its first code on, in place of an old one.

    Asks for a second factor of the last five minutes where there is one, else for the password or a log-in as young.
    """
    from chalicelib.credentials import qr_code

    enrolment = call.services.second_factors.own.begin_totp(_fresh(call))
    return Answer(EnrolmentShape(enrolment.secret, enrolment.uri, qr_code.svg(enrolment.uri)))


@api.route(f"{FACTORS}/totp", methods=["PUT"], own=True, body=Code, status=204, refuses=(400, 404, 409))
def confirm_totp(call: Call) -> Answer:
    """Show the new app's first code, within fifteen minutes; all other sessions end."""
    acting = call.services.accounts.self_service.acting(call.principal)
    call.services.second_factors.own.confirm_totp(acting, call.body.totp, source=call.source)
    return NO_CONTENT


@api.route(
    f"{FACTORS}/passkeys/options",
    methods=["POST"],
    own=True,
    body=Proof,
    body_may_be_empty=True,
    gives=OptionsShape,
    refuses=(400, 403, 409, 429),
)
def new_passkey_options(call: Call) -> Answer:
    """Return what the browser is asked for a new passkey with; it is good for five minutes.

    Asks for a second factor of the last five minutes where there is one, else for the password or a log-in as young.
    """
    source = browser_session.source(call)
    return Answer(OptionsShape(call.services.second_factors.own.passkey_options(_fresh(call), source=source)))


@api.route(
    f"{FACTORS}/passkeys",
    methods=["POST"],
    own=True,
    body=NewPasskey,
    status=201,
    gives=FactorShape,
    refuses=(400, 409),
)
def add_passkey(call: Call) -> Answer:
    """Add the passkey that the browser made for our options; all other sessions end."""
    acting = call.services.accounts.self_service.acting(call.principal)
    form: NewPasskey = call.body
    made = call.services.second_factors.own.add_passkey(
        acting, form.passkey, name=form.name, source=browser_session.source(call)
    )
    shape = FactorShape(
        made.factor_id, "passkey", made.created_at, made.name, made.last_used_at, made.backed_up
    )
    return created(shape)


@api.route(
    f"{FACTORS}/recovery-codes",
    methods=["POST"],
    own=True,
    body=Proof,
    body_may_be_empty=True,
    status=201,
    gives=CodesShape,
    refuses=(400, 403, 409, 429),
)
def make_recovery_codes(call: Call) -> Answer:
    """Return ten new recovery codes, each good once; the old ones are void.

    Asks for a second factor of the last five minutes.
    """
    codes = call.services.second_factors.own.make_recovery_codes(_fresh(call), source=call.source)
    return created(CodesShape(list(codes)))


REMOVAL: dict[str, Any] = {
    "methods": ["DELETE"],
    "own": True,
    "body": Proof,
    "body_may_be_empty": True,
    "status": 204,
    "refuses": (400, 403, 404, 409, 429),
}


@api.route(f"{FACTORS}/totp", **REMOVAL)
def remove_totp(call: Call) -> Answer:
    """Remove the authenticator app; all other sessions end."""
    return _remove(call, "totp")


@api.route(f"{FACTORS}/recovery-codes", **REMOVAL)
def remove_recovery_codes(call: Call) -> Answer:
    """Make the recovery codes void."""
    return _remove(call, "recovery-codes")


@api.route(f"{FACTORS}/reset", **REMOVAL)
def take_back_reset(call: Call) -> Answer:
    """Take back the reset that an operator began: the factors are not lost."""
    user_id = _fresh(call).user.user_id
    call.services.second_factors.reset.withdraw(user_id, source=call.source, actor=user_id)
    return NO_CONTENT


@api.route(f"{FACTORS}/{{factor}}", **REMOVAL)
def remove_factor(call: Call) -> Answer:
    """Remove a passkey, or forget a remembered browser; after a passkey all other sessions end.

    Asks for a second factor of the last five minutes.
    """
    return _remove(call, call.params["factor"])


def _remove(call: Call, factor_id: str) -> Answer:
    call.services.second_factors.own.remove(_fresh(call), factor_id, source=call.source)
    return NO_CONTENT


def _fresh(call: Call) -> "LiveSession":
    accounts, form = call.services.accounts, call.body
    return accounts.reauthentication.demand(
        accounts.self_service.acting(call.principal),
        password=form.password,
        answer=form.answer,
        source=browser_session.source(call),
    )
