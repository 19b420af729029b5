"""What a person agreed to, as tokens are made from it."""

from typing import Protocol

from chalicelib import scopes
from chalicelib.sessions.resource_scopes import Audience


class Approval(Protocol):
    """What a person agreed to: in a code, or in an approved device."""

    @property
    def user_id(self) -> str:
        """Return whose consent it is."""

    @property
    def login_id(self) -> str:
        """Return the browser's session that it was given in."""

    @property
    def scope(self) -> scopes.Scopes:
        """Return how far it goes."""

    @property
    def consent_id(self) -> str:
        """Return which consent it came from."""

    @property
    def audience(self) -> Audience:
        """Return the APIs that it is for, none for our own."""

    @property
    def acr_values(self) -> tuple[str, ...]:
        """Return the levels that were wished for, the first wished for most."""

    @property
    def id_token_claims(self) -> tuple[str, ...]:
        """Return the claims of the person that the first ID token should hold, by name."""
