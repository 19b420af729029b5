"""KMS as a wrapper: the key that opens the store's secrets never leaves it (KM-1)."""

import binascii
from collections.abc import Callable
from functools import cached_property
from typing import Any

from chalicelib import logs
from chalicelib.errors import Unavailable
from chalicelib.keys.key_wrapping import WrappingError

VERSION = "kms1."
CONTEXT_NAME = "cupbearer"  # the name in the EncryptionContext; key policies and CloudTrail may refer to it

_TAMPERED = frozenset({"InvalidCiphertextException", "IncorrectKeyException"})


class KmsKey:
    """A :class:`~chalicelib.keys.key_wrapping.Wrapper` on one KMS key. The client carries the timeouts (AV-1).

    ``connect`` makes it at first use: who only publishes keys, or verifies, needs none.

    KMS encrypts at most 4,096 octets at once, an RSA key of 4,096 bits included.
    """

    def __init__(self, connect: Callable[[], Any], key_id: str) -> None:
        self._connect = connect
        self._key_id = key_id

    @cached_property
    def _client(self) -> Any:
        return self._connect()

    def wrap(self, plain: bytes, *, context: str) -> str:
        """Return the versioned ciphertext of ``kms:Encrypt``. Unavailable when KMS is."""
        answer = self._call("encrypt", Plaintext=plain, EncryptionContext={CONTEXT_NAME: context})
        return VERSION + binascii.b2a_base64(answer["CiphertextBlob"], newline=False).decode("ascii")

    def unwrap(self, text: str, *, context: str) -> bytes:
        """Return the answer of ``kms:Decrypt``, by this very key. WrappingError or Unavailable."""
        if not text.startswith(VERSION):
            raise WrappingError("not wrapped by KMS")
        try:
            blob = binascii.a2b_base64(text.removeprefix(VERSION), strict_mode=True)
        except ValueError:
            raise WrappingError("not base64") from None
        answer = self._call("decrypt", CiphertextBlob=blob, EncryptionContext={CONTEXT_NAME: context})
        return bytes(answer["Plaintext"])

    def _call(self, operation: str, **parameters: Any) -> Any:
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            return getattr(self._client, operation)(KeyId=self._key_id, **parameters)
        except ClientError as fault:
            logs.metric("KeyTrouble", operation=operation, reason=fault.response.get("Error", {}).get("Code"))
            if fault.response.get("Error", {}).get("Code") in _TAMPERED:
                raise WrappingError("altered, moved, or wrapped with another KMS key") from None
            raise Unavailable from fault
        except BotoCoreError as fault:
            logs.metric("KeyTrouble", operation=operation, reason=type(fault).__name__)
            raise Unavailable from fault
