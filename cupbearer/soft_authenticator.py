"""An authenticator in software, and the browser before it: real keys, real COSE, real signatures (WebAuthn section 6).

It answers as ``PublicKeyCredential.toJSON`` does. Whatever it is told to say wrong, it signs all the same.
"""

import base64
import hashlib
import json
import secrets
import struct
from dataclasses import dataclass, field
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from fido2 import cbor
from fido2.cose import ES256, RS256, CoseKey, EdDSA

UP, UV, BE, BS, AT = 0x01, 0x04, 0x08, 0x10, 0x40
ALGORITHMS = {"ES256": -7, "EdDSA": -8, "RS256": -257}


def encoded(octets: bytes) -> str:
    return base64.urlsafe_b64encode(octets).decode().rstrip("=")


def decoded(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


@dataclass
class SoftAuthenticator:
    """One key for one site; ``counter`` grows by ``step`` with each signature."""

    origin: str
    rp_id: str = "localhost"
    alg: str = "ES256"
    flags: int = UP | UV
    counter: int = 0
    step: int = 1
    user_handle: bytes = b""
    credential_id: bytes = field(default_factory=lambda: secrets.token_bytes(16))
    key: Any = None

    def __post_init__(self) -> None:
        if self.key is None:
            makers: dict[str, Any] = {
                "ES256": lambda: ec.generate_private_key(ec.SECP256R1()),
                "EdDSA": ed25519.Ed25519PrivateKey.generate,
                "RS256": lambda: rsa.generate_private_key(65537, 2048),
            }
            self.key = makers[self.alg]()

    def create(self, options: dict[str, Any], **said: Any) -> dict[str, Any]:
        """Make a passkey for options of ours; ``said`` is what the browser says otherwise."""
        self.user_handle = decoded(options["user"]["id"])
        client_data = self._client_data("webauthn.create", options["challenge"], said)
        credential = bytes(16) + struct.pack(">H", len(self.credential_id)) + self.credential_id + self.cose()
        data = self._data(self.flags | AT, credential)
        attestation = cbor.encode({"fmt": "none", "attStmt": {}, "authData": data})
        response = {"clientDataJSON": encoded(client_data), "attestationObject": encoded(attestation)}
        return self._answer(response | {"transports": ["internal"]})

    def get(self, options: dict[str, Any], **said: Any) -> dict[str, Any]:
        """Sign a challenge of ours."""
        client_data = self._client_data("webauthn.get", options["challenge"], said)
        self.counter += self.step
        data = self._data(self.flags, b"")
        signature = self.sign(data + hashlib.sha256(client_data).digest())
        return self._answer(
            {
                "clientDataJSON": encoded(client_data),
                "authenticatorData": encoded(data),
                "signature": encoded(signature),
                "userHandle": encoded(self.user_handle),
            }
        )

    def sign(self, message: bytes) -> bytes:
        if self.alg == "ES256":
            return bytes(self.key.sign(message, ec.ECDSA(hashes.SHA256())))
        if self.alg == "RS256":
            return bytes(self.key.sign(message, padding.PKCS1v15(), hashes.SHA256()))
        return bytes(self.key.sign(message))

    def cose(self) -> bytes:
        kinds: dict[str, type[CoseKey]] = {"ES256": ES256, "EdDSA": EdDSA, "RS256": RS256}
        return cbor.encode(dict(kinds[self.alg].from_cryptography_key(self.key.public_key())))

    def _client_data(self, kind: str, asked: str, said: dict[str, Any]) -> bytes:
        members = {"type": kind, "challenge": asked, "origin": self.origin, "crossOrigin": False}
        return json.dumps(members | said).encode()

    def _data(self, flags: int, credential: bytes) -> bytes:
        rp_id_hash = hashlib.sha256(self.rp_id.encode()).digest()
        return rp_id_hash + struct.pack(">BI", flags, self.counter) + credential

    def _answer(self, response: dict[str, Any]) -> dict[str, Any]:
        name = encoded(self.credential_id)
        return {
            "id": name,
            "rawId": name,
            "type": "public-key",
            "response": response,
            "clientExtensionResults": {},
            "authenticatorAttachment": "platform",
        }
