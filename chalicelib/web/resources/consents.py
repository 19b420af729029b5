"""``/users/me/consents``: which applications a person let have what, and an end to it."""

import msgspec

from chalicelib.web.call import NO_CONTENT
from chalicelib.web.resources.told_shapes import ConsentShape
from chalicelib.web.routes import Answer, Api, Call

api = Api("consents")


class ConsentList(msgspec.Struct, frozen=True):
    """Every consent of a person."""

    consents: list[ConsentShape]


@api.route("/users/me/consents", methods=["GET"], own=True, gives=ConsentList)
def list_consents(call: Call) -> Answer:
    """Return the applications that one gave access, and to what."""
    user = call.services.accounts.self_service.acting(call.principal).user
    oauth = call.services.oauth
    shapes = [ConsentShape.of(each, oauth.resource_indicators) for each in oauth.consents.of(user.user_id)]
    return Answer(ConsentList(shapes))


@api.route("/users/me/consents/{client_id}", methods=["DELETE"], own=True, status=204, refuses=(404,))
def withdraw_consent(call: Call) -> Answer:
    """Withdraw a consent, named by its client or by its own id; the application's sessions of this person end with it."""
    user = call.services.accounts.self_service.acting(call.principal).user
    consents = call.services.oauth.consents
    client_id = consents.client_named(user.user_id, call.params["client_id"])
    consents.withdraw(user.user_id, client_id, source=call.source)
    return NO_CONTENT
