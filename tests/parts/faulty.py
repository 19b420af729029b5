"""An HTTP proxy on loopback that does to requests what a bad day does: lose, hang, refuse, lose the reply."""

import http.client
import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

from tests.support import patience


@dataclass(frozen=True)
class Reply:
    """What an HTTP server answers."""

    status: int
    body: bytes
    content_type: str = "application/x-amz-json-1.0"


Forward = Callable[[], Reply]
Fault = Callable[[Forward], Reply | None]  # None: the connection is closed without an answer


def lose_reply(forward: Forward) -> None:
    """Let it happen, and never say so."""
    forward()


def lose_request(_forward: Forward) -> None:
    """Close the connection; nothing happened."""


def only(operation: str, fault: Fault) -> Fault:
    """Do it to requests of one DynamoDB operation, and forward all others."""

    def judge(forward: Forward) -> Reply | None:
        request: _Request = forward.__self__  # type: ignore[attr-defined]
        return fault(forward) if request.headers.get("X-Amz-Target", "").endswith(operation) else forward()

    return judge


class FaultyProxy:
    """Forwards to ``upstream``. Each request uses up one of ``faults``; then ``always`` holds, if set."""

    def __init__(self, upstream: str) -> None:
        self.faults: deque[Fault] = deque()
        self.always: Fault | None = None
        self.seen = 0
        self._upstream = urlsplit(upstream).netloc
        self._over = threading.Event()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        self._server.shutdown()
        self._server.server_close()

    def hang(self, _forward: Forward) -> None:
        """Never answer."""
        self._over.wait(patience.SECONDS)

    def answer(self, request: "_Request") -> Reply | None:
        """Return what the client is told."""
        self.seen += 1
        fault = self.faults.popleft() if self.faults else self.always
        return fault(request.forward) if fault else request.forward()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        proxy, upstream = self, self._upstream

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                reply = proxy.answer(_Request(upstream, dict(self.headers.items()), body))
                if reply is None:
                    self.close_connection = True
                    return
                self.send_response(reply.status)
                self.send_header("Content-Type", reply.content_type)
                self.send_header("Content-Length", str(len(reply.body)))
                self.end_headers()
                self.wfile.write(reply.body)

            def log_message(self, *_: object) -> None:
                return

        return Handler


@dataclass(frozen=True)
class _Request:
    upstream: str
    headers: dict[str, str]
    body: bytes

    def forward(self) -> Reply:
        connection = http.client.HTTPConnection(self.upstream, timeout=patience.SECONDS)
        try:
            connection.request("POST", "/", self.body, self.headers)
            response = connection.getresponse()
            return Reply(response.status, response.read())
        finally:
            connection.close()
