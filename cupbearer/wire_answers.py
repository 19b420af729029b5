"""Writing one HTTP/1.1 answer: what the application returned, as octets on the connection (RFC 9112)."""

import re
from base64 import b64decode
from collections.abc import Iterable, Iterator, Mapping
from email.utils import formatdate
from functools import lru_cache
from http import HTTPStatus
from typing import Any

from chalicelib.world import SYSTEM

WITHOUT_BODY = (204, 304)
FRAMING = ("connection", "content-length", "transfer-encoding")  # the connection's, not the application's
PHRASES = {status.value: status.phrase for status in HTTPStatus}
SERVER = "cupbearer"  # versions are nobody's business

_CONTROL_CHARACTER = re.compile(r"[\x00-\x1f\x7f]")

Headers = list[tuple[str, str]]


def read(answer: Mapping[str, Any]) -> tuple[int, Headers, bytes]:
    """Return status, headers and body of what the application's function returned.

    Raises ValueError, TypeError or AttributeError for what no connection can carry.
    """
    headers = list(_flat({**answer["headers"], **answer["multiValueHeaders"]}))
    return int(answer["statusCode"]), headers, _body_of(answer)


def octets(
    status: int, headers: Iterable[tuple[str, str]], body: bytes, *, is_last: bool, without_body: bool
) -> bytes:
    """Return an answer whole; ``is_last`` on its connection, ``without_body`` to HEAD."""
    framing = [("Server", SERVER), ("Date", _date(SYSTEM.timestamp()))]
    if status not in WITHOUT_BODY:
        framing.append(("Content-Length", str(len(body))))
    if is_last:
        framing.append(("Connection", "close"))
    lines = [f"{name}: {value}" for name, value in (*framing, *headers)]
    head = "\r\n".join((f"HTTP/1.1 {status} {PHRASES.get(status, '')}", *lines, "\r\n")).encode("latin-1")
    return head if without_body or status in WITHOUT_BODY else head + body


@lru_cache(maxsize=1)
def _date(second: int) -> str:
    """Return a second as HTTP tells it (RFC 9110 section 5.6.7)."""
    return formatdate(second, usegmt=True)


def _flat(headers: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for name, value in headers.items():
        for text in map(str, value if isinstance(value, list) else [value]):
            if _CONTROL_CHARACTER.search(text):
                raise ValueError(f"a control character in {name}")
            text.encode("latin-1")
            if name.lower() not in FRAMING:
                yield name, text


def _body_of(answer: Mapping[str, Any]) -> bytes:
    if answer.get("isBase64Encoded"):
        return bytes(b64decode(answer["body"]))
    body = answer["body"]
    return body if isinstance(body, bytes) else (body or "").encode()
