"""``/email-verifications``: prove an address, and take back a change of it."""

import msgspec

from chalicelib.web.call import NO_CONTENT
from chalicelib.web.mailing import ACCEPTED, demand_mail
from chalicelib.web.parsing import Body
from chalicelib.web.routes import Answer, Api, Call

api = Api("email")


class Verification(Body):
    """The ticket of a link."""

    ticket: str


class VerificationByCode(Body):
    """The code that stood in the mail, however its letters are written."""

    code: str


class Undone(msgspec.Struct, frozen=True):
    """What chooses a new password at ``PUT /password-resets``, since the old one is ended."""

    ticket: str


@api.route(
    "/email-verifications", methods=["POST"], own=True, status=202, gives=dict, refuses=(400, 403, 429)
)
def ask_again(call: Call) -> Answer:
    """Send the mail again that proves one's address, or the new one that waits.

    To change the address, ``PATCH /users/me``.
    """
    demand_mail(call)
    acting = call.services.accounts.self_service.acting(call.principal)
    call.services.ways_back.email_verification.ask(acting, source=call.source)
    return ACCEPTED


@api.route(
    "/email-verifications",
    methods=["PUT"],
    public=True,
    body=Verification,
    status=204,
    refuses=(400, 409),
)
def verify(call: Call) -> Answer:
    """Prove an address by the link of a mail. 409 ``email_taken`` where another account has proven it before."""
    call.services.ways_back.email_verification.verify(call.body.ticket, source=call.source)
    return NO_CONTENT


@api.route(
    "/email-verifications/code",
    methods=["PUT"],
    own=True,
    body=VerificationByCode,
    status=204,
    refuses=(400, 409, 429),
)
def verify_by_code(call: Call) -> Answer:
    """Prove an address by the code of a mail, as the person who asked for it. Wrong ones are counted: 429."""
    acting = call.services.accounts.self_service.acting(call.principal)
    call.services.ways_back.email_verification.verify_code(acting, call.body.code, source=call.source)
    return NO_CONTENT


@api.route(
    "/email-verifications/undo",
    methods=["PUT"],
    public=True,
    body=Verification,
    gives=Undone,
    refuses=(400, 409),
)
def undo_change(call: Call) -> Answer:
    """Take back a change of address by the link that was sent to the old one, for seven days.

    Every session and the password end; the answer's ticket chooses a new one.
    """
    return Answer(
        Undone(call.services.ways_back.change_of_address.undo(call.body.ticket, source=call.source))
    )
