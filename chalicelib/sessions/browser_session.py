"""The browser session: how a browser shows, on its way from another site, who is logged in at ours.

Its token (``cbb_``) does not rotate and opens nothing but our own pages: it names a user and a session, holds that
session's secret, and is proven by a MAC under a key of its own, so a forged one costs no store request, and one
that a stolen MAC key made still lacks the secret (TK-10). The session itself says when it is over.
"""

import hmac
import re

from chalicelib.jose.claims import FIRST_PARTY
from chalicelib.keys.mac_keys import MacKeySource
from chalicelib.keys.signed_payloads import mac
from chalicelib.sessions.refresh_tokens import RefreshTokens
from chalicelib.sessions.session import LiveSession
from chalicelib.sessions.sessions import Sessions

PREFIX = "cbb_"
PURPOSE = "browser session"

_FORM = re.compile(
    r"(?P<body>cbb_(?P<kid>[A-Za-z0-9_-]{1,32})\.(?P<user_id>[A-Za-z0-9][A-Za-z0-9_-]{0,63})\.(?P<session_id>[a-z2-7]{26})"
    r"\.(?P<secret>[A-Za-z0-9_-]{43}))\.(?P<mac>[0-9a-f]{64})"
)


class BrowserSessions:
    """Writes the token and finds whose it is."""

    def __init__(self, keys: MacKeySource, sessions: Sessions) -> None:
        self._keys = keys
        self._tokens = RefreshTokens(keys)
        self._sessions = sessions

    def token_for(self, refresh_token: str) -> str:
        """Return the browser token of the session that a refresh token of ours, just made, is of."""
        token = self._tokens.read(refresh_token)
        if token is None:
            raise ValueError("not a refresh token of ours")
        kid, key = self._keys.current()
        body = f"{PREFIX}{kid}.{token.user_id}.{token.session_id}.{token.secret}"
        return f"{body}.{mac(key, purpose=PURPOSE, text=body)}"

    def find(self, text: str | None) -> LiveSession | None:
        """Return who is logged in, by one consistent read, or None; that the browser shows it is a use of the session."""
        match = _FORM.fullmatch(text) if text else None
        key = self._keys.by_kid(match["kid"]) if match else None
        if match is None or key is None:
            return None
        if not hmac.compare_digest(match["mac"], mac(key, purpose=PURPOSE, text=match["body"])):
            return None
        live = self._sessions.find_live(match["user_id"], match["session_id"])
        if live is None or live.session.client_id != FIRST_PARTY:
            return None
        if not live.session.has_secret(match["secret"]):
            return None
        return self._sessions.used(live)
