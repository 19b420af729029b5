"""The one doorway of token requests (RFC 6749): from a grant type's name to its tokens."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from chalicelib.audit.trail import Audit, Source
from chalicelib.oauth.client import Client
from chalicelib.oauth.dpop import ClientProofs
from chalicelib.oauth.errors import OAuthRefusal
from chalicelib.oauth.grants.forms import Form, required
from chalicelib.oauth.token_issuance import Tokens

# The ordinary answers of a device that asks, and of a proof without a nonce.
WAITING = {"authorization_pending", "slow_down", "use_dpop_nonce"}


class GrantType(Protocol):
    """One way to get tokens."""

    def redeem(self, form: Form, client: Client, *, jkt: str | None, source: Source) -> Tokens:
        """Return the tokens, bound to a key where ``jkt`` is its thumbprint; raise OAuthRefusal."""


@dataclass(frozen=True, slots=True)
class TokenRequests:
    """The grants that the token endpoint takes, by the value of ``grant_type``."""

    grants: Mapping[str, GrantType]
    proofs: ClientProofs
    audit: Audit

    def redeem(self, form: Form, client: Client, *, source: Source, proof: str | None = None) -> Tokens:
        """Return the tokens of a token request; raise OAuthRefusal for every other one, which is written down.

        ``proof`` is its DPoP proof, if it has one: the tokens are bound to the key of it (RFC 9449 section 5).
        """
        try:
            return self._redeem(form, client, proof, source=source)
        except OAuthRefusal as refusal:
            if (
                refusal.error not in WAITING and not client.public
            ):  # anybody may speak for a public one (DS-3)
                self.audit.record(
                    "request_refused", target=client.subject, source=source, outcome=refusal.error
                )
            raise

    def _redeem(self, form: Form, client: Client, proof: str | None, *, source: Source) -> Tokens:
        name = required(form, "grant_type")
        grant = self.grants.get(name)
        if grant is None:
            raise OAuthRefusal("unsupported_grant_type", f"grant_type is one of {', '.join(self.grants)}.")
        if not client.may(name):
            raise OAuthRefusal("unauthorized_client", "The client may not use this grant.")
        jkt = self.proofs.key_of_token_request(proof, client)
        return grant.redeem(form, client, jkt=jkt, source=source)
