"""JWS in its compact form (RFC 7515 section 3.1), so strict that one signature has one spelling (TK-3, TK-4).

No key and no clock here: what :func:`parse` gives is well formed and nothing more. ``docs/decisions/0021``
says why this is not left to a JWT library.
"""

import binascii
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

from chalicelib.errors import InvalidToken
from chalicelib.jose import strict_json
from chalicelib.value import Value

ALGORITHMS = (
    "RS256",
    "ES256",
    "EdDSA",
)  # that we sign with and believe (RFC 7518, RFC 8037): no HMAC, no none
MAX_TOKEN_CHARACTERS = 8192
MAX_KID_CHARACTERS = 128  # base64 names of other issuers included; ours are shorter
MAX_TYP_CHARACTERS = 64
MAX_DEPTH = 8
REMEMBERED_HEADERS = 64  # all tokens of one key and kind have one header: it is read once

REFUSED_HEADER_MEMBERS = frozenset({
    "crit", "b64", "zip", "enc", "cty",  # another syntax, a compressed, encrypted or nested content (TK-3)
    "jku", "jwk", "x5u", "x5c",  # the sender's own idea of the key (TK-2); of a DPoP proof ``jwk`` is (embedded_key)
})  # fmt: skip

_TO_STANDARD = bytes.maketrans(b"-_+/=", b"+/!!!")  # what is not base64url becomes what is not base64 either
_TO_URL_SAFE = bytes.maketrans(b"+/", b"-_")
_PADDING = (b"", b"===", b"==", b"=")  # by length modulo 4; a single left-over character is no octet


class Header(Value):
    """The members that are understood."""

    alg: str
    kid: str | None
    typ: str | None


HeaderReader = Callable[[bytes], Header]


class Jws(Value):
    """A well-formed token of unknown worth: look at nothing but its names before its signature is checked."""

    header: Header
    payload: Mapping[str, Any]
    signing_input: bytes
    signature: bytes


def encode(octets: bytes) -> str:
    """Return base64url without padding (RFC 7515 section 2)."""
    return binascii.b2a_base64(octets, newline=False).translate(_TO_URL_SAFE).rstrip(b"=").decode("ascii")


def decode(text: bytes) -> bytes:
    """Return the octets of canonical base64url; ValueError for padding, other letters or left-over bits."""
    standard = text.translate(_TO_STANDARD) + _PADDING[len(text) % 4]
    octets = binascii.a2b_base64(standard)
    if (
        binascii.b2a_base64(octets, newline=False) != standard
    ):  # the one test that refuses every other spelling
        raise ValueError("not canonical base64url")
    return octets


def parse(text: str, *, header_of: "HeaderReader | None" = None) -> Jws:
    """Return the parts of a compact JWS that holds JSON objects; InvalidToken for all else.

    ``header_of`` reads the header of a kind that has members of its own; ValueError for one that may not be.
    """
    if not isinstance(text, str) or not text.isascii() or len(text) > MAX_TOKEN_CHARACTERS:
        raise InvalidToken(
            f"not a token: it must be ASCII and have at most {MAX_TOKEN_CHARACTERS} characters"
        )
    parts = text.encode("ascii").split(b".")
    if len(parts) != 3:  # noqa: PLR2004 - header, payload, signature
        has = f"{len(parts)} part{'s' * (len(parts) > 1)}"
        raise InvalidToken(f"not a compact JWS: it has {has}, and must have three, joined by dots")
    header, payload, signature = parts
    try:
        return Jws(
            header=(header_of or _header)(header),
            payload=json_object(payload),
            signing_input=b"%b.%b" % (header, payload),
            signature=decode(signature),
        )
    except ValueError as fault:  # Unicode, base64 and JSON faults are ValueErrors too
        raise InvalidToken(f"not a strict compact JWS: {fault}") from None


@lru_cache(maxsize=REMEMBERED_HEADERS)
def _header(text: bytes) -> Header:
    return header_from(json_object(text))


def header_from(members: Mapping[str, Any]) -> Header:
    """Return the header of its members; ValueError for one that may not be."""
    if not REFUSED_HEADER_MEMBERS.isdisjoint(members):
        raise ValueError(f"header members refused: {sorted(REFUSED_HEADER_MEMBERS & members.keys())}")
    return Header(
        alg=_name(members, "alg", MAX_TYP_CHARACTERS),
        kid=_name(members, "kid", MAX_KID_CHARACTERS) if "kid" in members else None,
        typ=_name(members, "typ", MAX_TYP_CHARACTERS) if "typ" in members else None,
    )


def json_object(text: bytes) -> dict[str, Any]:
    """Return the JSON object that a part holds; ValueError for all else."""
    value = strict_json.loads(decode(text), max_depth=MAX_DEPTH)
    if not isinstance(value, dict):
        raise ValueError("a part is not a JSON object")  # noqa: TRY004 - to the caller all faults are alike
    return value


def _name(header: Mapping[str, Any], member: str, most: int) -> str:
    value = header.get(member)
    if (
        not isinstance(value, str)
        or not 0 < len(value) <= most
        or not value.isascii()
        or not value.isprintable()
    ):
        raise ValueError(f'header member "{member}" is missing or not a short name')
    return value
