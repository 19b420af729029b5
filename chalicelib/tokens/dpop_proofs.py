"""DPoP proofs (RFC 9449 section 4): that whoever sends a request has the private key, now, for this request, once.

Only those who show a proof pay for it: its one write is the demand that it was not used before (PO-9). Why nonces are
offered to all and demanded of few: docs/decisions/0094.
"""

import hashlib
import hmac
import re
from dataclasses import dataclass
from typing import Any, NoReturn

from chalicelib import urls
from chalicelib.errors import InvalidToken
from chalicelib.jose import claims as claim
from chalicelib.jose import embedded_key, jws
from chalicelib.keys.secret_hash import hash_of
from chalicelib.keys.signed_payloads import SignedPayloads
from chalicelib.store import Conflict, Insert, Key, Store
from chalicelib.tokens.proof_refusals import ProofRefused
from chalicelib.world import SKEW_SECONDS, World, is_within

TYP = "dpop+jwt"
ALGORITHMS = jws.ALGORITHMS
SECONDS = 60  # between making a proof and showing it; clocks may differ by as much
NONCE_SECONDS = claim.MAX_ACCESS_SECONDS  # what comes with a token serves as long as that
REMEMBERED_SECONDS = NONCE_SECONDS + 2 * SKEW_SECONDS  # longer than any proof is good
MAX_CHARACTERS = 4096  # the largest key and signature that we take leave room in it
_PURPOSE = "dpop_nonce"
_ESCAPE = re.compile(r"%([0-9A-Fa-f]{2})")
_UNRESERVED = re.compile(r"[A-Za-z0-9._~-]")  # RFC 3986 section 2.3


@dataclass(frozen=True, slots=True)
class Shown:
    """A proof with the request that it came with; ``access_token`` is the token beside it, at a resource."""

    proof: str
    method: str
    url: str
    access_token: str | None = None


@dataclass(frozen=True, slots=True)
class Proofs:
    """Judges proofs, each once, and makes nonces."""

    store: Store
    world: World
    payloads: SignedPayloads

    def accept(self, shown: Shown, *, jkt: str | None = None, needs_nonce: bool = False) -> str:
        """Return the thumbprint of the key that a good proof shows, and remember the proof; raise ProofRefused.

        With ``jkt`` it has to be that key; with ``needs_nonce`` a proof without a nonce of ours gets one to use.
        """
        signed = _signed(shown.proof)
        payload = signed.payload
        if jkt is not None and not hmac.compare_digest(signed.jkt, jkt):
            raise ProofRefused("its key is not the one that the token is bound to")
        _check_request(payload, shown)
        self._check_time(payload, needs_nonce=needs_nonce)
        self._spend(signed.jkt, _text(payload, "jti"))
        return signed.jkt

    def nonce(self) -> str:
        """Return a nonce that is good for NONCE_SECONDS; nothing of it is stored."""
        return self.payloads.seal({}, purpose=_PURPOSE, holder="", seconds=NONCE_SECONDS)

    def _check_time(self, payload: claim.Claims, *, needs_nonce: bool) -> None:
        """Demand that a proof is new: by our nonce, whatever its maker's clock says, else by its ``iat``."""
        try:
            iat = claim.optional_time(payload, "iat")
        except InvalidToken:
            iat = None
        if iat is None:
            raise ProofRefused("iat is missing or not a time")
        if "nonce" in payload:
            nonce = payload["nonce"]
            if not isinstance(nonce, str) or not self._is_ours(nonce):
                self._demand_nonce("its nonce is not one of this server's, or is too old")
        elif needs_nonce:
            self._demand_nonce("a nonce is wanted")
        elif not is_within(iat, SECONDS, now=self.world.now()):
            self._demand_nonce("it was not made within the last minute by this server's clock")

    def _is_ours(self, nonce: str) -> bool:
        return self.payloads.open(nonce, purpose=_PURPOSE, holder="", seconds=NONCE_SECONDS) is not None

    def _demand_nonce(self, reason: str) -> NoReturn:
        raise ProofRefused(reason, nonce=self.nonce())

    def _spend(self, jkt: str, jti: str) -> None:
        """Remember a proof for as long as it could be shown again; of many that show it at once one is first."""
        expires_at = self.world.timestamp() + REMEMBERED_SECONDS
        try:
            self.store.commit(
                Insert(Key(f"proof#{hash_of(f'{jkt} {jti}')}", "proof"), {}, expires_at=expires_at)
            )
        except Conflict:
            raise ProofRefused("it was used before: make one for each request") from None


def _signed(proof: str) -> embedded_key.SelfSigned:
    if len(proof) > MAX_CHARACTERS:
        raise ProofRefused(f"it has over {MAX_CHARACTERS} characters")
    try:
        signed = embedded_key.verify(proof)
    except InvalidToken as fault:
        raise ProofRefused(fault.reason) from None
    if not claim.is_typ(signed.header.typ, TYP):
        raise ProofRefused(f"its typ is not {TYP}")
    return signed


def _check_request(payload: claim.Claims, shown: Shown) -> None:
    if _text(payload, "htm") != shown.method:
        raise ProofRefused("htm is not the method of this request")
    if not _is_same(payload.get("htu"), shown.url):
        raise ProofRefused(f"htu is not the address of this request, {shown.url}")
    if shown.access_token is None:
        return
    ath = jws.encode(hashlib.sha256(shown.access_token.encode()).digest())
    if not hmac.compare_digest(_text(payload, "ath"), ath):
        raise ProofRefused("ath is not the hash of this access token")


def _text(payload: claim.Claims, name: str) -> str:
    try:
        return claim.string_claim(payload, name)
    except InvalidToken as fault:
        raise ProofRefused(fault.reason) from None


def _is_same(htu: Any, url: str) -> bool:
    """Return whether both name one resource: query and fragment do not count (section 4.3)."""
    wanted = _comparable(url)
    return isinstance(htu, str) and wanted is not None and _comparable(htu) == wanted


def _comparable(url: str) -> str | None:
    """Return an address in the one spelling that it is compared in (RFC 3986 sections 6.2.2 and 6.2.3), None for none.

    A slash at its end makes no other resource of it: the gateway takes both for one.
    """
    web = urls.read(url.partition("#")[0])
    return None if web is None else web.origin + _ESCAPE.sub(_plainest, web.path).removesuffix("/")


def _plainest(escape: re.Match[str]) -> str:
    letter = chr(int(escape[1], 16))
    return letter if _UNRESERVED.fullmatch(letter) else escape[0].upper()
