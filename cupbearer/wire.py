"""Reading one HTTP/1.1 request strictly: what can be read in two ways is refused (RFC 9112).

Why this is not left to ``http.server`` or to h11 is explained in ``docs/decisions/0060``.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from io import BufferedIOBase

MAX_HEADERS = 16 * 1024  # octets; API Gateway takes 10,240, with the request line
MAX_FIELDS = 100
MAX_BODY = 10 * 1024 * 1024  # bytes; API Gateway's limit
_MAX_CHUNK_LINE = 1024

# A line ends with CR LF and holds neither of them: who takes a bare one for an end sees other headers than we do.
_LINE = re.compile(
    rb"(?P<method>[!#$%&'*+.^_`|~0-9A-Za-z-]+) (?P<target>[!-~]+) (?P<version>HTTP/1\.[01])\r\n"
)
_FIELD = re.compile(rb"(?P<name>[!#$%&'*+.^_`|~0-9A-Za-z-]+):(?P<value>[\t -~\x80-\xff]*)\r\n")
_CHUNK_SIZE = re.compile(rb"(?P<size>[0-9A-Fa-f]{1,16})[ \t]*(?:;[\t -~\x80-\xff]*)?\r\n")
_TARGET = re.compile(r"(?:https?://[^/?#*]*)?(?P<path>/[!-~]*|\*)")
_HOST = re.compile(r"[A-Za-z0-9._~!$&'()*+,;=:%\[\]-]*")
_DIGITS = re.compile(r"[0-9]{1,19}")

# Twice one of these is an attempt to be read in two ways (AZ-6; RFC 9112 section 6.3; RFC 9449 section 4.3).
_ONCE = ("authorization", "content-length", "content-type", "dpop", "host", "transfer-encoding")


class Unreadable(Exception):  # noqa: N818 - the answer's status is its message
    """The request is refused with this status and the connection is ended."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


@dataclass(frozen=True, slots=True)
class Head:
    """A request up to its body. ``length`` is that of the body, None for chunks; header names are in lower case."""

    method: str
    path: str
    query: str
    version: str
    headers: dict[str, str]
    length: int | None

    @property
    def ends_connection(self) -> bool:
        """Return whether nothing more is to come on this connection (RFC 9112 section 9.3)."""
        wishes = {wish.strip().lower() for wish in self.headers.get("connection", "").split(",")}
        return "close" in wishes or (self.version == "HTTP/1.0" and "keep-alive" not in wishes)

    @property
    def awaits_continue(self) -> bool:
        """Return whether the body is sent only when it is asked for (RFC 9110 section 10.1.1)."""
        return self.version != "HTTP/1.0" and self.headers.get("expect", "").lower() == "100-continue"


def read_head(line: bytes, stream: BufferedIOBase) -> Head:
    """Return the head that begins with this request line. Raises Unreadable: 400, 413 or 431."""
    match = _LINE.fullmatch(line)
    if match is None:
        raise Unreadable(400)
    path, query = _path_and_query(match["target"].decode("ascii"))
    version = match["version"].decode("ascii")
    headers = _headers(stream)
    _check_host(version, headers)
    method = match["method"].decode("ascii")
    return Head(method, path, query, version, headers, _length(version, headers))


def _path_and_query(target: str) -> tuple[str, str]:
    match = _TARGET.fullmatch(target)
    if match is None:
        raise Unreadable(400)
    path, _, query = match["path"].partition("?")
    return path, query


def _headers(stream: BufferedIOBase) -> dict[str, str]:
    """Return the headers: of a repeated one the last, as API Gateway does, but of ``Cookie`` all (RFC 6265 section 5.4)."""
    headers: dict[str, str] = {}
    for name, value in _fields(stream):
        if name in headers and name in _ONCE:
            raise Unreadable(400)
        headers[name] = f"{headers[name]}; {value}" if name == "cookie" and name in headers else value
    return headers


def _fields(stream: BufferedIOBase) -> Iterable[tuple[str, str]]:
    left = MAX_HEADERS
    for _ in range(MAX_FIELDS + 1):
        line = stream.readline(left + 1)
        left -= len(line)
        if left < 0:
            raise Unreadable(431)
        if line == b"\r\n":
            return
        match = _FIELD.fullmatch(line)
        if match is None:
            raise Unreadable(400)
        yield match["name"].decode("ascii").lower(), match["value"].decode("latin-1").strip(" \t")
    raise Unreadable(431)


def _check_host(version: str, headers: dict[str, str]) -> None:
    """Refuse HTTP/1.1 without a host, and a host that is none (RFC 9112 section 3.2)."""
    if not _HOST.fullmatch(headers.get("host", "")) or ("host" not in headers and version != "HTTP/1.0"):
        raise Unreadable(400)


def _length(version: str, headers: dict[str, str]) -> int | None:
    length, coding = headers.get("content-length"), headers.get("transfer-encoding")
    if coding is not None:
        if coding.lower() != "chunked" or length is not None or version == "HTTP/1.0":
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
        if stream.read(2) != b"\r\n":
            raise Unreadable(400)
    for _ in _fields(stream):
        pass  # trailers: read strictly, and left out


def _chunk_size(stream: BufferedIOBase) -> int:
    match = _CHUNK_SIZE.fullmatch(stream.readline(_MAX_CHUNK_LINE))
    if match is None:
        raise Unreadable(400)
    return int(match["size"], 16)
