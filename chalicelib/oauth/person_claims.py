"""What a client is told of a person, by scope (OpenID Connect Core section 5.4): in userinfo, and in the ID token."""

from typing import Any

from chalicelib.scopes import Scopes
from chalicelib.users.user import User

# Which scope covers a claim.
SCOPES = {
    "name": "profile",
    "preferred_username": "profile",
    "email": "email",
    "email_verified": "email",
    "locale": "profile",
}


def person_claims(user: User, scope: Scopes) -> dict[str, Any]:
    """Return the claims that a scope covers; what is not known is left out (section 5.3.2)."""
    told = {
        "name": user.name,
        "preferred_username": user.username,
        "locale": user.language or None,
        "email": user.email,
        "email_verified": user.email_verified if user.email else None,
    }
    return {name: value for name, value in told.items() if SCOPES[name] in scope and value is not None}
