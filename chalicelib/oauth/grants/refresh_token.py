"""The refresh token grant (RFC 6749 section 6): bound to its client, narrowed never widened (SE-4)."""

from dataclasses import dataclass

from chalicelib import scopes
from chalicelib.audit.trail import Source
from chalicelib.errors import RefreshRefused
from chalicelib.oauth.client import Client
from chalicelib.oauth.errors import OAuthRefusal, invalid_grant
from chalicelib.oauth.grants.forms import Form, required, resources, scope
from chalicelib.oauth.token_issuance import Asked, Issuing, Tokens
from chalicelib.sessions.refresh_tokens import RefreshTokens
from chalicelib.sessions.sessions import Sessions


@dataclass(frozen=True, slots=True)
class RefreshTokenGrant:
    """Spends a client's refresh token for the next tokens."""

    sessions: Sessions
    tokens: RefreshTokens
    issuing: Issuing

    def redeem(self, form: Form, client: Client, *, jkt: str | None, source: Source) -> Tokens:
        """Return the next tokens; raise OAuthRefusal, with the reason where the session is over (SE-2)."""
        text, wanted = required(form, "refresh_token"), scope(form)
        if wanted is not None:
            self._check_narrows(text, client, wanted)
        try:
            return self.issuing.carry_on(text, client, Asked(wanted, resources(form), jkt), source=source)
        except RefreshRefused as refusal:
            raise invalid_grant(refusal.detail, reason=refusal.reason) from None

    def _check_narrows(self, text: str, client: Client, wanted: scopes.Scopes) -> None:
        """Refuse a scope that was not granted, before the token is spent (RFC 6749 section 6)."""
        token = self.tokens.read(text)
        if token is None:
            return  # refused where it is spent, with its reason
        user, session = self.sessions.read(token.user_id, token.session_id)
        if user is None or session is None or session.client_id != client.client_id:
            return
        if not wanted <= (session.scope or scopes.NONE):
            raise OAuthRefusal("invalid_scope", "A refresh may ask for less than was granted, not for more.")
