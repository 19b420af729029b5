"""What is wrong with a proof of possession, in the words of RFC 9449."""

from chalicelib.errors import Refusal

INVALID_PROOF, USE_NONCE = "invalid_dpop_proof", "use_dpop_nonce"


class ProofRefused(Refusal):
    """A DPoP proof that proves nothing here. ``reason`` is for its developer: whoever made the proof knows all of it.

    With a ``nonce`` it is not the proof's fault: made again with that one, it is taken (RFC 9449 section 8).
    """

    code = INVALID_PROOF

    def __init__(self, reason: str, *, nonce: str | None = None) -> None:
        super().__init__(f"The DPoP proof is not taken: {reason}.")
        self.reason = reason
        self.nonce = nonce

    @property
    def public_code(self) -> str:
        """Return ``use_dpop_nonce`` where a nonce helps, else ``invalid_dpop_proof``."""
        return INVALID_PROOF if self.nonce is None else USE_NONCE
