"""The HTTP server of ``make serve``: a thread a connection, an answer to whatever comes, however hostile."""

import contextlib
import logging
import socket
import socketserver
import sys
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any, ClassVar

from chalicelib.web.gateway_responses import problem
from chalicelib.world import SYSTEM
from cupbearer import wire_answers
from cupbearer.local_gateway import GatewayRefusal, LocalGateway, Request
from cupbearer.wire import Unreadable, read_body, read_head

LOG = logging.getLogger("cupbearer.server")
ANSWERED = logging.getLogger("cupbearer.server.answered")  # by the application, which has logged it too

IDLE_SECONDS = 60  # a silent connection is closed
LINGER_SECONDS = 5.0  # how long what we refused may go on arriving
LINGER_BYTES = 64 * 1024 * 1024
UNKNOWN_METHOD = 501
MAX_REQUEST_LINE = 65536
READ_SO_FAR = (408, 413, 414, 431)


class Server(socketserver.ThreadingMixIn, HTTPServer):
    """Listens from the moment it is made; serves once ``gateway`` is set."""

    daemon_threads = True
    request_queue_size = 128
    gateway: LocalGateway
    own_headers: Mapping[str, str] = {}  # CORS headers of the gateway's own answers; replaced whole
    issuer: str | None = None  # once the application is loaded

    def __init__(self, host: str, port: int) -> None:
        self.address_family = socket.AF_INET6 if ":" in host else socket.AF_INET
        super().__init__((host, port), Connection)

    def server_bind(self) -> None:
        """Bind without asking the name service who we are, which may take seconds offline."""
        socketserver.TCPServer.server_bind(self)
        self.server_name, self.server_port = self.server_address[:2]  # type: ignore[assignment]

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ARG002
        """Stay silent when a caller has gone away; anything else is a defect of ours and is logged."""
        if not isinstance(sys.exception(), ConnectionError | TimeoutError):
            LOG.error("a connection from %s ended by a defect", client_address[0], exc_info=True)  # noqa: LOG014 - called while one is handled


class Connection(BaseHTTPRequestHandler):
    """One connection: reads requests strictly, asks the gateway, always answers."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1  # head and body leave together
    timeout: ClassVar[int] = IDLE_SECONDS
    server: Server
    request_id = ""
    command = ""
    path = ""
    raw_requestline: bytes
    request_version = "HTTP/1.1"  # so that even a garbage request line gets a status line
    _by_application = False  # whether the application has answered, and so has logged it

    def parse_request(self) -> bool:
        """Read line and headers of a request; a bad one is answered before it costs anything."""
        self.request_id, self.command = SYSTEM.identifier(), ""
        self._by_application = False
        if self.raw_requestline == b"\r\n":  # RFC 9112 section 2.2: one empty line before is ignored
            self.raw_requestline = self.rfile.readline(MAX_REQUEST_LINE)
        try:
            head = read_head(self.raw_requestline, self.rfile)
        except Unreadable as refusal:
            self.send_error(refusal.status)
            return False
        self._head, self.command, self.path = head, head.method, head.path
        self.close_connection = head.ends_connection
        if head.awaits_continue:
            self.handle_expect_100()
            self.wfile.flush()
        return True

    def __getattr__(self, name: str) -> Any:
        """Take every method, so that an unknown one is answered by the gateway like an unknown path."""
        if name.startswith("do_"):
            return self._serve
        raise AttributeError(name)

    def _serve(self) -> None:
        try:
            head, peer = self._head, str(self.client_address[0])
            body = read_body(self.rfile, head.length)
            asked = Request(head.method, head.path, head.query, head.headers, body, peer, self.request_id)
            answer = self.server.gateway.answer(asked)
            self._by_application = True
            self._send(answer)
        except GatewayRefusal as refusal:
            self._refuse(refusal.status)
        except Unreadable as refusal:
            self.send_error(refusal.status)
        except TimeoutError:
            self.send_error(408)
        except ConnectionError:
            raise
        except Exception:
            LOG.exception("%s: a defect of the local server", self.path)
            self._refuse(500)

    def _send(self, answer: Mapping[str, Any]) -> None:
        try:
            status, headers, body = wire_answers.read(answer)
        except (ValueError, TypeError, AttributeError):
            LOG.exception("%s: the answer cannot be sent", self.path)
            self._refuse(500)
            return
        self._write(status, headers, body)

    def _refuse(self, status: int) -> None:
        headers, body = problem(status, request_id=self.request_id, issuer=self.server.issuer)
        self._write(status, [*headers.items(), *self.server.own_headers.items()], body)

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:  # noqa: ARG002
        """Answer what could not be read as a problem document, and end the connection gently."""
        self.close_connection = True
        self.request_id = self.request_id or SYSTEM.identifier()
        self._refuse(404 if code == UNKNOWN_METHOD else code if code in READ_SO_FAR else 400)
        self._linger()

    def _write(self, status: int, headers: list[tuple[str, str]], body: bytes) -> None:
        self.log_request(status)
        is_last, is_head = self.close_connection, self.command == "HEAD"
        self.wfile.write(wire_answers.octets(status, headers, body, is_last=is_last, without_body=is_head))

    def _linger(self) -> None:
        """Read what still arrives: closing at once would reset the connection and lose our answer."""
        with contextlib.suppress(OSError):
            self.wfile.flush()
            self.connection.shutdown(socket.SHUT_WR)
            until = SYSTEM.monotonic() + LINGER_SECONDS
            left = LINGER_BYTES
            while left > 0 and (rest := until - SYSTEM.monotonic()) > 0:
                self.connection.settimeout(rest)
                data = self.connection.recv(64 * 1024)
                if not data:
                    return
                left -= len(data)

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:  # noqa: ARG002
        """Log method, path and status; a query may hold a secret (M9). ``cupbearer/console_log.py`` says what is shown."""
        path = self.path if self.command else "-"
        fields = {"method": self.command or "-", "status": int(code), "request_id": self.request_id}
        log = ANSWERED if self._by_application else LOG
        log.info("request", extra={"fields": fields, "path": path})

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        """Stay silent otherwise: what a caller sent is not repeated into the log."""
