"""DPoP at the endpoints of clients (RFC 9449 sections 5, 8 and 10): which key a request proves to have."""

from collections.abc import Mapping
from dataclasses import dataclass

from chalicelib.oauth.client import Client
from chalicelib.oauth.errors import NonceWanted, OAuthRefusal
from chalicelib.tokens.dpop_proofs import Proofs, Shown
from chalicelib.tokens.proof_refusals import ProofRefused

DPOP_JKT = "dpop_jkt"
TOKEN_PATH, PUSHED_PATH = "/oauth/token", "/oauth/par"

Parameters = Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class ClientProofs:
    """Reads the proofs of clients."""

    proofs: Proofs
    issuer: str

    def key_of_token_request(self, proof: str | None, client: Client) -> str | None:
        """Return the thumbprint of the key that tokens are to be bound to, None for bearer tokens.

        Raises OAuthRefusal for a bad proof, and for none of a client whose tokens are always bound.
        """
        if proof is not None:
            return self._key(proof, client, TOKEN_PATH)
        if client.options.dpop_bound_access_tokens:
            raise OAuthRefusal(
                "invalid_dpop_proof", "This client must send a DPoP proof (RFC 9449 section 5.2)."
            )
        return None

    def with_key(self, parameters: Parameters, proof: str | None, client: Client) -> Parameters:
        """Return the parameters of a pushed request with the key that its proof shows (section 10.1); raise OAuthRefusal."""
        if proof is None:
            return parameters
        jkt = self._key(proof, client, PUSHED_PATH)
        if parameters.get(DPOP_JKT, (jkt,)) != (jkt,):
            raise OAuthRefusal("invalid_dpop_proof", "dpop_jkt is not the key of the DPoP proof.")
        return {**parameters, DPOP_JKT: (jkt,)}

    def nonce(self) -> str:
        """Return a nonce for the client's next proofs."""
        return self.proofs.nonce()

    def _key(self, proof: str, client: Client, path: str) -> str:
        """Return the key of a good proof. A public client, of whom nothing else is known, shows one with a nonce of ours."""
        shown = Shown(proof, "POST", self.issuer + path)
        try:
            return self.proofs.accept(shown, needs_nonce=client.public)
        except ProofRefused as refusal:
            if refusal.nonce is not None:
                raise NonceWanted(refusal.detail, nonce=refusal.nonce) from None
            raise OAuthRefusal("invalid_dpop_proof", refusal.detail) from None
