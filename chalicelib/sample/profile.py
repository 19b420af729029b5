"""A profile, guarded in the handler, so that the refusal can name the scope."""

from typing import TYPE_CHECKING

import msgspec

from chalicelib.errors import InvalidToken
from chalicelib.web.routes import Answer, Api, Call

if TYPE_CHECKING:
    from chalicelib.users.user import User

api = Api("sample")


class Profile(msgspec.Struct, frozen=True):
    """What the caller is called."""

    name: str


@api.route(
    "/profile",
    methods=["GET"],
    scope="get:profile",
    says="read the name in your profile",
    refused_in_handler=True,
    gives=Profile,
)
def profile(call: Call) -> Answer:
    """Return the caller's name: a person's own, or what a trusted issuer calls its subject."""
    return Answer(Profile(caller_name(call)))


def caller_name(call: Call) -> str:
    """Return what to call whoever shows the token. A foreign subject is never one of our users (SC-4)."""
    claims = call.principal
    user = _caller(call)
    return user.display_name if user is not None else claims.name or claims.sub


def unique_name(call: Call) -> str:
    """Return what nobody else is called: a user name, or a machine's or foreign subject with its issuer.

    No user name has the slashes of an issuer. A display name will not do where others judge by it: anyone can take
    anyone's.
    """
    claims = call.principal
    user = _caller(call)
    return user.username if user is not None else f"{claims.sub} at {claims.iss}"


def _caller(call: Call) -> "User | None":
    """Return the person of ours who shows the token; None for a machine and for a foreign subject (SC-4)."""
    claims = call.principal
    if claims.iss != call.services.settings.issuer or claims.sid is None:
        return None
    user = call.services.accounts.users.get(claims.sub)
    if user is None or user.disabled:
        raise InvalidToken("its user is gone")
    return user
