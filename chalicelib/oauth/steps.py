"""The steps of an authorization request: what a person does, or is asked, before the client gets its code."""

from dataclasses import dataclass
from enum import Enum

from chalicelib.oauth.authorization_request import AuthorizationRequest
from chalicelib.oauth.client import Client
from chalicelib.oauth.consents import Wanted
from chalicelib.scopes import Scopes
from chalicelib.sessions.resource_scopes import Audience
from chalicelib.sessions.session import LiveSession


class Step(Enum):
    """What the person has to do before the client gets its code."""

    LOG_IN = "log in"
    SECOND_FACTOR = "second factor"
    CONSENT = "consent"


@dataclass(frozen=True, slots=True)
class Question:
    """What a person is asked: whether this client may have these scopes; all as read for one answer."""

    request: AuthorizationRequest
    client: Client
    logged_in: LiveSession
    wanted: Scopes
    audience: Audience = ()

    @property
    def to_give(self) -> Wanted:
        """Return what the client is to have if the person agrees."""
        return Wanted(self.client, self.wanted, self.audience, self.request.redirect_uri)

    def shown(self, form: str) -> tuple[str, ...]:
        """Return what the page showed: a decision on it is none on another person, request, scope, API or client."""
        there = (f"{each.resource} {scope}" for each in self.audience for scope in sorted(each.scopes))
        version = () if self.client.version is None else (self.client.version,)
        return self.logged_in.session.session_id, form, *sorted(self.wanted), *there, *version
