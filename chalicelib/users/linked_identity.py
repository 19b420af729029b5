"""One identity at a provider as a value: who a person is there, linked to one of our users.

The pair (``iss``, ``sub``) is the only lasting name of a person elsewhere (OpenID Connect Core section 5.7); an
e-mail address is only a claim, changes hands, and names nobody.
"""

import hashlib
from dataclasses import dataclass

from chalicelib.store import Key
from chalicelib.store.stored_values import StoredValue

MAX_IDENTITIES = 20  # of one user; they are kept in the user's own record


@dataclass(frozen=True, slots=True)
class Identity(StoredValue):
    """A link. ``provider`` is its name in the settings when it was made, ``linked_at`` seconds since the epoch."""

    identity_id: str
    provider: str
    issuer: str
    sub: str
    linked_at: int
    email: str | None = None  # as the provider gave it, for the person to know the link by

    @property
    def key(self) -> Key:
        """Return the record that makes this identity unique and leads to its user."""
        return identity_key(issuer=self.issuer, sub=self.sub)


def identity_key(*, issuer: str, sub: str) -> Key:
    """Return where it stands whose an identity is. Hashed: both parts come from outside (ST-7)."""
    pair = f"{issuer}\n{sub}"  # no issuer has a line break: it is a URL of our settings
    return Key(f"identity#{hashlib.sha256(pair.encode()).hexdigest()}", "user")
