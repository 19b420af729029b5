"""The authorization code grant with PKCE (RFC 6749 section 4.1.3, RFC 7636 section 4.6)."""

from dataclasses import dataclass

from chalicelib.audit.trail import Audit, Source
from chalicelib.oauth import proof_key
from chalicelib.oauth.authorization_codes import Code, Codes
from chalicelib.oauth.client import Client
from chalicelib.oauth.errors import OAuthRefusal, invalid_grant
from chalicelib.oauth.grants.forms import Form, required, resources
from chalicelib.oauth.token_issuance import Asked, Issuing, LostRace, Tokens


@dataclass(frozen=True, slots=True)
class AuthorizationCodeGrant:
    """Gives the tokens that a code stands for, once."""

    codes: Codes
    issuing: Issuing
    audit: Audit

    def redeem(self, form: Form, client: Client, *, jkt: str | None, source: Source) -> Tokens:
        """Return the tokens; raise OAuthRefusal. A second use revokes what the first one gave (OP-2)."""
        text, verifier = required(form, "code"), proof_key.verifier_of(form, client)
        code = self.codes.find(text)
        if code is None:
            raise invalid_grant("The code is unknown or has expired.")
        self._check(code, form, client, verifier, source)
        self._check_key(code, client, jkt, source)
        try:
            return self.issuing.begin(
                code,
                client,
                Asked(resources=resources(form), jkt=jkt),
                spend=lambda session_id: self.codes.spending(code, session_id),
                nonce=code.nonce,
                source=source,
            )
        except LostRace:
            spent = self.codes.find(text)
            if spent is not None and spent.session_id is not None:
                self.codes.used_again(spent, source=source)
            raise _used() from None

    def _check(self, code: Code, form: Form, client: Client, verifier: str | None, source: Source) -> None:
        if code.client_id != client.client_id:
            self._write_down(code, client, "another_client", source)
            raise invalid_grant("The code is unknown or has expired.")
        if code.session_id is not None:
            self.codes.used_again(code, source=source)
            raise _used()
        if form.get("redirect_uri") != code.redirect_uri:
            self._write_down(code, client, "another_redirect_uri", source)
            raise invalid_grant("redirect_uri is not the one of the authorization request.")
        if code.client_version != client.version:
            self._write_down(code, client, "document_changed", source)
            raise invalid_grant(
                "What the client says of itself has changed since the person agreed: ask again."
            )
        if not proof_key.fits(verifier, code.code_challenge):
            self._write_down(code, client, "another_verifier", source)
            raise invalid_grant("code_verifier does not fit the code_challenge.")

    def _check_key(self, code: Code, client: Client, jkt: str | None, source: Source) -> None:
        """Demand the key that the authorization request named, if it named one (RFC 9449 section 10)."""
        if code.dpop_jkt not in (None, jkt):
            self._write_down(code, client, "another_key", source)
            raise invalid_grant(
                "The code is bound to a key: send a DPoP proof by the one that dpop_jkt named."
            )

    def _write_down(self, code: Code, client: Client, outcome: str, source: Source) -> None:
        detail = {"client_id": client.client_id, "client": client.called}
        self.audit.record("code_refused", target=code.user_id, source=source, outcome=outcome, **detail)


def _used() -> OAuthRefusal:
    return invalid_grant("The code was used before: what it gave is revoked.", reason="reused")
