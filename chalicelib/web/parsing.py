"""Strict reading of what comes in: bodies become the struct their route declares, or a 400 that says why (IN-1, IN-2)."""

import re
from collections.abc import Mapping
from typing import Any, TypeVar

import msgspec

from chalicelib.errors import Invalid, TooLarge, UnsupportedMediaType
from chalicelib.jose import strict_json

T = TypeVar("T")

MAX_BODY_BYTES = 64 * 1024
MAX_MEMBERS = 100

_JSON_TYPE = re.compile(r'application/json(?:\s*;\s*charset="?utf-8"?)?', re.IGNORECASE)
_FIELD_NAMED = re.compile(r"field `(?P<field>[^`]{1,64})`")
_FIELD_AT = re.compile(r"at `\$\.(?P<field>\w{1,64})")


class Body(msgspec.Struct, forbid_unknown_fields=True):
    """The base of every request body: strict types, and no member that is not asked for (SC-3)."""


def json_body(raw: bytes, headers: Mapping[str, str], struct: type[T], *, may_be_empty: bool = False) -> T:
    """Return a body as its struct. Raises Invalid, TooLarge or UnsupportedMediaType."""
    if len(raw) > MAX_BODY_BYTES:
        raise TooLarge(f"A body has at most {MAX_BODY_BYTES} bytes.")
    if not raw and may_be_empty:
        return msgspec.convert({}, struct)
    if not _JSON_TYPE.fullmatch(headers.get("content-type", "").strip()):
        raise UnsupportedMediaType("Send the body as Content-Type: application/json.")
    try:
        value = strict_json.loads(raw)
    except (ValueError, RecursionError) as error:
        raise Invalid(f"The body is not the JSON we read: {_reason(error)}.") from None
    if _members(value) > MAX_MEMBERS:
        raise Invalid(f"The body has more than {MAX_MEMBERS} members.")
    return converted(value, struct)


def converted(value: Any, struct: type[T]) -> T:
    """Return plain data as a struct; raise Invalid that names the field."""
    try:
        return msgspec.convert(value, struct)
    except msgspec.ValidationError as error:
        message = str(error)
        found = _FIELD_NAMED.search(message) or _FIELD_AT.search(message)
        sentence = message.partition(" - at ")[0]
        if found is None:
            raise Invalid(f"{sentence}.") from None
        raise Invalid(f"{found['field']}: {sentence}.", errors={found["field"]: sentence}) from None


def _reason(error: Exception) -> str:
    if isinstance(error, UnicodeError):
        return "it is not UTF-8"
    return "it is nested too deeply" if isinstance(error, RecursionError) else str(error)[:200]


def _members(value: Any) -> int:
    if isinstance(value, dict):
        return len(value) + sum(_members(item) for item in value.values())
    return len(value) + sum(map(_members, value)) if isinstance(value, list) else 0


def as_text(body: Any, content_type: str) -> str:
    """Return what an answer's body is sent as: structs and plain data as JSON, anything else as it is."""
    return msgspec.json.encode(body, enc_hook=_plain).decode() if "json" in content_type else str(body)


def _plain(value: Any) -> str:
    """Return what is said to people as the text that it is; raise TypeError for what JSON has no form of."""
    if isinstance(value, str):
        return str(value)
    raise TypeError(f"{type(value).__name__} has no form in JSON")
