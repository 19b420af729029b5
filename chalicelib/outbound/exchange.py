"""One exchange over HTTP: look-up, checked address, TLS, request, answer. It can be abandoned at any time."""

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import SplitResult

from chalicelib.errors import Unavailable
from chalicelib.jose import strict_json
from chalicelib.outbound import freshness
from chalicelib.value import Value

if TYPE_CHECKING:
    import socket

MAX_BODY_BYTES = 256 * 1024
USER_AGENT = "cupbearer"
HTTPS_PORT, HTTP_PORT = 443, 80

_JSON_TYPE = re.compile(r"application/(?:[\w.-]+\+)?json")  # jwk-set+json too (RFC 6839)


class FetchError(Unavailable):
    """An outbound call that gave nothing to rely on; ``reason`` is for logs, never for the caller."""

    def __init__(self, reason: str, *, status: int | None = None) -> None:
        super().__init__()
        self.reason = reason
        self.status = status  # where there was a whole answer


def too_slow(seconds: float) -> str:
    """Return the reason of a call that took too long, whichever clock saw it first: the socket's or the whole call's."""
    return f"no whole answer within {seconds} s"


class Answer(Value):
    """A status, the JSON value that came with it, and how many seconds it may be kept, where that is said."""

    status: int
    body: Any
    fresh_seconds: int | None = None


class Request(Value):
    """What to send; ``url`` was checked for its form, not yet for where it leads."""

    method: str
    url: SplitResult
    allow_loopback: bool
    body: bytes | None = None
    headers: Mapping[str, str] | None = None
    wants_json: bool = True  # else the status alone
    max_bytes: int = MAX_BODY_BYTES


class Exchange:
    """One exchange. It ends with an answer or a reason, and ends early when abandoned."""

    def __init__(self, request: Request, seconds: float) -> None:
        self.answer: Answer | None = None
        self.reason = "no answer"
        self.fault: Exception | None = None
        self._request = request
        self._seconds = seconds
        self._socket: socket.socket | None = None
        self._abandoned = False

    def run(self) -> None:
        """Make the exchange; it never raises, see ``answer`` and ``reason``."""
        try:
            self.answer = self._exchange()
        except FetchError as fault:
            self.reason = fault.reason
        except TimeoutError as fault:
            self.reason, self.fault = too_slow(self._seconds), fault
        except Exception as fault:  # noqa: BLE001 - sockets, TLS, HTTP and text fail in a dozen families
            self.reason, self.fault = f"{type(fault).__name__}: {fault}", fault

    def abandon(self) -> None:
        """Wake the thread out of whatever it waits for; it will find the connection gone."""
        import socket

        self._abandoned = True
        if self._socket is not None:
            try:
                self._socket.shutdown(socket.SHUT_RDWR)
            except OSError:
                self.reason = "abandoned"  # it was closed in the same moment

    def _exchange(self) -> Answer:
        import http.client

        url = self._request.url
        target = (url.path or "/") + (f"?{url.query}" if url.query else "")
        connection = http.client.HTTPConnection(str(url.hostname), timeout=self._seconds)
        connection.sock = self._connected()
        try:
            host = url.netloc.lower()
            common = {"Host": host, "Accept": "application/json", "Accept-Encoding": "identity"}
            headers = {
                **common,
                "User-Agent": USER_AGENT,
                "Connection": "close",
                **(self._request.headers or {}),
            }
            connection.request(self._request.method, target, body=self._request.body, headers=headers)
            with connection.getresponse() as response:
                return _judged(response, self._request)
        finally:
            connection.close()

    def _connected(self) -> "socket.socket":
        import socket

        url = self._request.url
        host, port = str(url.hostname), url.port or (HTTPS_PORT if url.scheme == "https" else HTTP_PORT)
        for address in self._allowed(host, port):
            try:
                at: Any = (address.encode("ascii"), port)  # octets: text would load the tables of IDNA
                plain = socket.create_connection(at, timeout=self._seconds)
            except OSError as fault:
                self.fault = fault
                continue
            self._socket = plain
            if self._abandoned:
                plain.close()
                break
            return plain if url.scheme == "http" else self._secured(plain, host)
        raise FetchError("no connection")

    def _allowed(self, host: str, port: int) -> list[str]:
        """Return the host's addresses if every one of them may be called: one bad apple is an attack."""
        from chalicelib.outbound import addresses

        found = addresses.resolve(host, port)
        secure = self._request.url.scheme == "https"
        for address in found:
            loopback = self._request.allow_loopback and addresses.is_loopback(address)
            if not loopback and not (secure and addresses.is_public(address)):
                raise FetchError(f"{host} is at {address}, which may not be called")
        return found

    def _secured(self, plain: "socket.socket", host: str) -> "socket.socket":
        import ssl

        try:
            secured = ssl.create_default_context().wrap_socket(
                plain, server_hostname=host.encode("ascii"), do_handshake_on_connect=False
            )
        except BaseException:
            plain.close()
            raise
        self._socket = secured  # before the handshake, so that it too can be abandoned
        try:
            secured.do_handshake()
        except BaseException:
            secured.close()
            raise
        return secured


def _judged(response: Any, request: Request) -> Answer:
    """Return an answer with its JSON, within the limit, or without its body; FetchError for any other kind of answer."""
    if 300 <= response.status < 400:  # noqa: PLR2004 - the class of redirects
        raise FetchError(f"status {response.status}: redirects are not followed")
    if not request.wants_json:
        return Answer(response.status, None)
    media_type = response.headers.get_content_type()
    if not _JSON_TYPE.fullmatch(media_type):
        raise FetchError(f"status {response.status} with {media_type}, not JSON", status=response.status)
    if response.headers.get("Content-Encoding", "identity").lower() != "identity":
        raise FetchError("a compressed answer")
    body = response.read(request.max_bytes + 1)
    if len(body) > request.max_bytes:
        raise FetchError(f"an answer over {request.max_bytes // 1024} KB")
    try:
        return Answer(response.status, strict_json.loads(body), freshness.seconds(response.headers))
    except ValueError as fault:
        raise FetchError(f"an answer that is not strict JSON: {fault}") from None
