"""What a browser sends for a passkey, read strictly and within bounds: the octets behind ``PublicKeyCredential.toJSON``.

``fido2`` is loaded at the first answer; whatever it makes of hostile octets ends as one refusal (TK-9, DS-2).
"""

import base64
import struct
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from chalicelib.credentials.factor_refusals import SecondFactorRefused

if TYPE_CHECKING:
    from fido2.cose import CoseKey
    from fido2.webauthn import AttestedCredentialData, AuthenticatorData, CollectedClientData

ES256, EDDSA, RS256 = -7, -8, -257
ALGORITHMS = (EDDSA, ES256, RS256)  # of COSE, the first wished for most; RS256 is Windows Hello's
MIN_RSA_OCTETS, MAX_RSA_OCTETS = 256, 512  # of the modulus (KM-5)
MAX_OCTETS = {  # of one part, so that reading stays cheap; a few times what browsers send
    "clientDataJSON": 4096,
    "attestationObject": 8192,
    "authenticatorData": 2048,
    "signature": 1024,
    "rawId": 1023,  # section 4, credential id
    "userHandle": 64,
}
TRANSPORTS = frozenset({"ble", "cable", "hybrid", "internal", "nfc", "smart-card", "usb"})
_UNREADABLE = (
    ValueError, KeyError, TypeError, IndexError, AttributeError, RecursionError, OverflowError,
    NotImplementedError, struct.error,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Creation:
    """The answer to a request for a new passkey."""

    client_data: "CollectedClientData"
    authenticator_data: "AuthenticatorData"
    transports: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class AssertionAnswer:
    """The answer to a challenge: what was signed, by which credential, and whose that says it is."""

    credential_id: str
    client_data: "CollectedClientData"
    authenticator_data: "AuthenticatorData"
    signature: bytes
    user_handle: str | None


def creation(answer: Mapping[str, Any]) -> Creation:
    """Return the parts of a registration. Raises SecondFactorRefused."""
    with _readable():
        from fido2.webauthn import AttestationObject, CollectedClientData

        response = _object(answer, "response")
        client_data = CollectedClientData(_octets(response, "clientDataJSON"))
        attestation = AttestationObject(_octets(response, "attestationObject"))
        listed = response.get("transports") or ()
        transports = tuple(sorted({each for each in listed if isinstance(each, str)} & TRANSPORTS))
        return Creation(client_data, attestation.auth_data, transports)


def assertion(answer: Mapping[str, Any]) -> AssertionAnswer:
    """Return the parts of an authentication. Raises SecondFactorRefused."""
    with _readable():
        from fido2.webauthn import AuthenticatorData, CollectedClientData

        response = _object(answer, "response")
        handle = _octets(response, "userHandle") if response.get("userHandle") else None
        return AssertionAnswer(
            credential_id=encoded(_octets(answer, "rawId")),
            client_data=CollectedClientData(_octets(response, "clientDataJSON")),
            authenticator_data=AuthenticatorData(_octets(response, "authenticatorData")),
            signature=_octets(response, "signature"),
            user_handle=None if handle is None else handle.decode("ascii"),
        )


def new_credential(data: "AuthenticatorData") -> "AttestedCredentialData":
    """Return the credential that an authenticator made; refuse none, and a key that is weak or that nothing verifies."""
    with _readable():
        credential = data.credential_data
        if credential is None or not 0 < len(credential.credential_id) <= MAX_OCTETS["rawId"]:
            raise ValueError("no credential")
        key = credential.public_key
        if key.ALGORITHM not in ALGORITHMS or key.get(3) != key.ALGORITHM:
            raise ValueError("not an algorithm that was asked for")
        if key.ALGORITHM == RS256 and not MIN_RSA_OCTETS <= len(key[-1].lstrip(b"\0")) <= MAX_RSA_OCTETS:
            raise ValueError("a weak key, or an absurd one")
        if _verifies(key, b"", b"\0"):
            raise ValueError("a key that takes any signature")
        return credential


def check_signature(public_key: str, given: AssertionAnswer) -> None:
    """Demand the signature over the authenticator's and the browser's data (section 7.2, steps 19 and 20)."""
    with _readable():
        from fido2 import cbor
        from fido2.cose import CoseKey

        decoded: Any = cbor.decode(_decoded(public_key))
        signed = given.authenticator_data + given.client_data.hash
        if not _verifies(CoseKey.parse(decoded), signed, given.signature):
            raise ValueError("the signature is wrong")


def key_text(key: "CoseKey") -> str:
    """Return a public key as it is stored."""
    from fido2 import cbor

    return encoded(cbor.encode(key))


def encoded(octets: bytes) -> str:
    """Return base64url without padding."""
    return base64.urlsafe_b64encode(octets).decode().rstrip("=")


def _verifies(key: "CoseKey", message: bytes, signature: bytes) -> bool:
    from cryptography.exceptions import InvalidSignature

    try:
        key.verify(message, signature)
    except InvalidSignature:
        return False
    return True


def _decoded(text: str) -> bytes:
    if not text.isascii() or "=" in text:
        raise ValueError("not base64url")
    return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)


def _octets(members: Mapping[str, Any], name: str) -> bytes:
    text = members[name]
    if not isinstance(text, str) or len(text) > MAX_OCTETS[name] * 4 // 3 + 3:
        raise ValueError(f"{name} is no text, or too long")
    return _decoded(text)


def _object(members: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    value = members[name]
    if not isinstance(value, dict):
        raise TypeError(f"{name} is no object")
    return value


@contextmanager
def _readable() -> Iterator[None]:
    try:
        yield
    except _UNREADABLE:
        raise SecondFactorRefused("The answer of the passkey proves nothing: try again.") from None
