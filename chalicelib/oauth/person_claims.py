"""What a client is told of a person, by scope (OpenID Connect Core section 5.4): in userinfo, and in the ID token."""

from typing import Any

from chalicelib.scopes import Scopes
from chalicelib.users.user import User


def person_claims(user: User, scope: Scopes) -> dict[str, Any]:
    """Return the claims that the scopes ``profile`` and ``email`` cover; what is not known is left out (section 5.3.2)."""
    told: dict[str, Any] = {}
    if "profile" in scope:
        told |= {"name": user.name, "preferred_username": user.username}
    if "email" in scope and user.email:
        told |= {"email": user.email, "email_verified": user.email_verified}
    return {name: value for name, value in told.items() if value is not None}
