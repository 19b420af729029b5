"""Reading one HTTP/1.1 request strictly: what can be read in two ways is refused (RFC 9112)."""

import re
from collections.abc import Iterable
from email import errors
from email.message import Message
from io import BufferedIOBase

MAX_BODY = 10 * 1024 * 1024  # bytes; API Gateway's limit
_MAX_CHUNK_LINE = 1024

_TARGET = re.compile(r"(?:https?://[^/?#*]*)?(?P<path>/[!-~]*|\*)")
_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_DIGITS = re.compile(r"[0-9]{1,19}")
_CHUNK_SIZE = re.compile(rb"(?P<size>[0-9A-Fa-f]{1,16})[ \t]*(?:;[^\r\n]*)?\r?\n")
_MALFORMED = (
    errors.MissingHeaderBodySeparatorDefect,
    errors.FirstHeaderLineIsContinuationDefect,
    errors.MalformedHeaderDefect,
    errors.InvalidHeaderDefect,
)
_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")

# Twice one of these is an attempt to be read in two ways (AZ-6; RFC 9112 section 6.3).
_ONCE = ("authorization", "content-length", "content-type", "host", "transfer-encoding")


class Unreadable(Exception):  # noqa: N818 - the answer's status is its message
    """The request is refused with this status and the connection is ended."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


def parse_target(target: str) -> tuple[str, str]:
    """Return path and query of a request target, undecoded. Raises Unreadable unless it is visible ASCII."""
    match = _TARGET.fullmatch(target)
    if match is None:
        raise Unreadable(400)
    path, _, query = match["path"].partition("?")
    return path, query


def parse_headers(message: Message) -> dict[str, str]:
    """Return the headers by lower-case name: of a repeated one the last, as API Gateway does."""
    if any(isinstance(defect, _MALFORMED) for defect in message.defects):
        raise Unreadable(400)
    headers: dict[str, str] = {}
    for name, value in message.items():
        key = name.lower()
        if not _NAME.fullmatch(name) or _CONTROL.search(value) or (key in headers and key in _ONCE):
            raise Unreadable(400)
        headers[key] = (
            f"{headers[key]}; {value}" if key == "cookie" and key in headers else value.strip(" \t")
        )
    return headers


def declared_length(headers: dict[str, str]) -> int | None:
    """Return how many bytes of body follow, None for chunks. Raises Unreadable, 413 included."""
    length, coding = headers.get("content-length"), headers.get("transfer-encoding")
    if coding is not None:
        if coding.lower() != "chunked" or length is not None:
            raise Unreadable(400)
        return None
    if length is None:
        return 0
    if not _DIGITS.fullmatch(length):
        raise Unreadable(400)
    if int(length) > MAX_BODY:
        raise Unreadable(413)
    return int(length)


def read_body(stream: BufferedIOBase, length: int | None) -> bytes:
    """Return the whole body; None reads chunks. Raises Unreadable for a short, malformed or large one."""
    return b"".join(_chunks(stream)) if length is None else _exactly(stream, length)


def _exactly(stream: BufferedIOBase, length: int) -> bytes:
    data = stream.read(length) if length else b""
    if len(data) != length:
        raise Unreadable(400)
    return data


def _chunks(stream: BufferedIOBase) -> Iterable[bytes]:
    total = 0
    while size := _chunk_size(stream):
        total += size
        if total > MAX_BODY:
            raise Unreadable(413)
        yield _exactly(stream, size)
        if stream.readline(3) not in (b"\r\n", b"\n"):
            raise Unreadable(400)
    while (trailer := stream.readline(_MAX_CHUNK_LINE)) not in (b"\r\n", b"\n"):
        total += len(trailer)
        if not trailer.endswith(b"\n") or total > MAX_BODY + _MAX_CHUNK_LINE:
            raise Unreadable(400)


def _chunk_size(stream: BufferedIOBase) -> int:
    match = _CHUNK_SIZE.fullmatch(stream.readline(_MAX_CHUNK_LINE))
    if match is None:
        raise Unreadable(400)
    return int(match["size"], 16)
