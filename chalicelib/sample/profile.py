"""A profile, guarded in the handler, so that the refusal can name the scope."""

import msgspec

from chalicelib.errors import InvalidToken
from chalicelib.web.routes import Answer, Api, Call

api = Api("sample")


class Profile(msgspec.Struct, frozen=True):
    """What the caller is called."""

    name: str


@api.route("/profile", methods=["GET"], scope="get:profile", refused_in_handler=True, gives=Profile)
def profile(call: Call) -> Answer:
    """Return the caller's name: a person's own, or what a trusted issuer calls its subject."""
    return Answer(Profile(caller_name(call)))


def caller_name(call: Call) -> str:
    """Return what to call whoever shows the token. A foreign subject is never one of our users (SC-4)."""
    claims = call.principal
    if claims.iss != call.services.settings.issuer or claims.sid is None:
        return claims.name or claims.sub
    user = call.services.users.get(claims.sub)
    if user is None or user.disabled:
        raise InvalidToken("its user is gone")
    return user.display_name
