"""How far the rights of an operator reach where a client is registered or changed (SC-2)."""

from dataclasses import dataclass

from chalicelib.audit.doers import AT_THE_COMMAND_LINE as DOER
from chalicelib.audit.doers import Doer
from chalicelib.errors import InsufficientScope
from chalicelib.oauth.client import CLIENT_CREDENTIALS, Client
from chalicelib.scopes import PROTOCOL, Scopes


@dataclass(frozen=True, slots=True)
class ClientAuthority:
    """Who does it, and the scopes that are held; None is everything, as at the command line."""

    doer: Doer = DOER
    held: Scopes | None = None

    def demand(self, client: Client) -> None:
        """Raise InsufficientScope where a client gets a scope, with nobody being asked, that is not held here.

        A machine has its scopes for itself, and about a trusted client no person is asked: whoever makes one, or has its
        secret, has what it has. Of all others each person says what they may.
        """
        asks_nobody = client.may(CLIENT_CREDENTIALS) or client.trusted
        if self.held is not None and asks_nobody and (missing := client.scopes - PROTOCOL - self.held):
            raise InsufficientScope(min(missing))


AT_THE_COMMAND_LINE = ClientAuthority()
