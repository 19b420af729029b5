"""``/users/{user_id}/views``: an operator sees as a person sees."""

import msgspec

from chalicelib import scopes
from chalicelib.web.call import created
from chalicelib.web.cookies import browser_session
from chalicelib.web.resources.proofs import Shown
from chalicelib.web.resources.shapes import UserShape
from chalicelib.web.routes import Answer, Api, Call

api = Api("users")


class ViewShape(msgspec.Struct, frozen=True):
    """A view. ``expires_in`` is seconds; nothing prolongs it. ``scope`` is what the person and the operator both may."""

    access_token: str
    token_type: str
    expires_in: int
    scope: str
    user: UserShape


@api.route(
    "/users/{user_id}/views",
    methods=["POST"],
    own=True,
    scope=scopes.ADMINISTER,
    body=Shown,
    body_may_be_empty=True,
    status=201,
    gives=ViewShape,
    refuses=(400, 404, 409, 429),
)
def begin_view(call: Call) -> Answer:
    """Begin to see as a person sees, reading only.

    The token is the person's, names the operator in ``act`` (RFC 8693 section 4.1), lasts ten minutes and cannot be
    refreshed. It opens GET alone, and no download of everything: 403 ``reading_only``. The person's activity names
    the operator. It ends with the operator's log-in or right, and with the account.

    Asks for a second factor of the last hour of an operator who has one: 403 ``second_factor_required``. 403 also for the
    own account, for another operator's (``operator_account``) and for one that is disabled (``account_disabled``).
    """
    services = call.services
    begun = services.accounts.views.begin(
        services.accounts.self_service.acting(call.principal),
        call.params["user_id"],
        answer=call.body.answer,
        source=browser_session.source(call),
    )
    token = begun.token
    return created(
        ViewShape(
            token.token,
            token.token_type,
            token.expires_in,
            scopes.text(token.scope),
            UserShape.of(begun.person),
        )
    )
