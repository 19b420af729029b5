"""Form bodies and queries, read strictly: each parameter once, one content type, bounded (OP-5, DS-2)."""

import re
from collections.abc import Mapping
from urllib.parse import parse_qsl

from chalicelib.errors import FormRefused, NotFound
from chalicelib.i18n.said import said
from chalicelib.repeated_parameters import REPEATABLE, joined
from chalicelib.web.call import Call

MAX_BYTES = 64 * 1024
MAX_FIELDS = 50
MAX_ID = 255  # octets, of ours and of what applications are called by

_FORM_TYPE = re.compile(r'application/x-www-form-urlencoded(?:\s*;\s*charset="?utf-8"?)?', re.IGNORECASE)


def many(call: Call) -> dict[str, tuple[str, ...]]:
    """Return the fields of a form body with all their values; raise FormRefused for what is no form."""
    if not _FORM_TYPE.fullmatch(call.headers.get("content-type", "").strip()):
        raise FormRefused("Send the body as Content-Type: application/x-www-form-urlencoded.")
    if len(call.raw_body) > MAX_BYTES:
        raise FormRefused(said("A form has at most {most} bytes.", most=MAX_BYTES))
    try:
        text = call.raw_body.decode("utf-8")
        pairs = parse_qsl(text, keep_blank_values=True, errors="strict", max_num_fields=MAX_FIELDS)
    except ValueError:
        raise FormRefused(
            said("The form is not UTF-8, or has over {most} fields.", most=MAX_FIELDS)
        ) from None
    fields: dict[str, tuple[str, ...]] = {}
    for name, value in pairs:
        if "\0" in name or "\0" in value:
            raise FormRefused("The form holds a NUL.")
        fields[name] = (*fields.get(name, ()), value)
    return fields


def single(call: Call) -> dict[str, str]:
    """Return a form whose fields are given once each; a field without a value counts as left out (RFC 6749 section 3.2)."""
    return once(many(call))


def machine(call: Call) -> dict[str, str]:
    """Return the form of a machine's request, whose parameters are all in the body and none in the URL (section 2.3.1).

    The values of a parameter that may be repeated are one text.
    """
    if call.query:
        raise FormRefused("Parameters belong into the body, not into the URL.")
    return once(many(call), but=REPEATABLE)


def once(fields: Mapping[str, tuple[str, ...]], but: frozenset[str] = frozenset()) -> dict[str, str]:
    """Return fields with their one value; raise FormRefused where one is repeated that may not be."""
    for name, values in fields.items():
        if len(values) > 1 and name not in but:
            raise FormRefused(said("{name} is given more than once.", name=name[:40]))
    given = {name: joined(values) for name, values in fields.items()}
    return {name: value for name, value in given.items() if value}


def named(fields: Mapping[str, str], name: str) -> str:
    """Return the id that a field names; raise NotFound for what is too long to be one, and no key of the store."""
    text = fields.get(name, "")
    if len(text.encode()) > MAX_ID:
        raise NotFound
    return text
