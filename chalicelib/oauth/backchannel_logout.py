"""How a client is told that a log-in is over (OpenID Connect Back-Channel Logout 1.0 sections 2.5 and 2.8)."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from chalicelib.oauth.clients import Clients
from chalicelib.oauth.logout_tokens import LogoutTokens
from chalicelib.outbox.line import NotSent, Refused
from chalicelib.sessions.log_outs import LogOut

DONE = (200, 204)  # some frameworks make a 204 of an empty 200 (section 2.8)
REFUSED = 400  # the client did not take the token, or could not log out: section 2.5 forbids to send it again

Post = Callable[[str, Mapping[str, str]], int]  # sends a form to a URL, returns the status; may raise NotSent


@dataclass(frozen=True, slots=True)
class BackChannelLogout:
    """Sends each line to its client."""

    clients: Clients
    tokens: LogoutTokens
    post: Post

    def is_decoy(self, line: LogOut) -> bool:  # noqa: ARG002 - each is meant
        """Return False."""
        return False

    def send(self, line: LogOut) -> bool:
        """Tell a client; return False where it is registered no more, or not for this. Raises Refused, NotSent.

        Its URI is the one that it has now, and the token is made now: a try much later is as good as the first.
        """
        (ended,) = line.sessions
        client = self.clients.find(ended.client_id)
        uri = client.options.backchannel_logout_uri if client else None
        if uri is None:
            return False
        token = self.tokens.mint(client_id=ended.client_id, user_id=line.user_id, session_id=ended.session_id)
        status = self.post(uri, {"logout_token": token})
        if status == REFUSED:
            raise Refused("status 400: the client refused the log-out")
        if status not in DONE:
            raise NotSent(f"status {status}")
        return True
