"""``/account-restorations``: take back the deletion of one's account."""

from chalicelib.web.call import NO_CONTENT
from chalicelib.web.parsing import Body
from chalicelib.web.routes import Answer, Api, Call

api = Api("users")


class Restoration(Body):
    """The token of the refusal ``account_closed``."""

    restore_token: str


@api.route(
    "/account-restorations", methods=["POST"], public=True, body=Restoration, status=204, refuses=(400, 409)
)
def take_back(call: Call) -> Answer:
    """Take back the deletion of one's account, within its grace, by the token that a log-in was refused with.

    The token is good for ten minutes. Then log in again.
    """
    call.services.accounts.deletion.take_back(call.body.restore_token, source=call.source)
    return NO_CONTENT
