"""Servers on loopback that answer as told, byte for byte, and count their visitors."""

import re
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

from tests.support import patience

Behaviour = Callable[[socket.socket], None]


@dataclass
class Server:
    port: int
    requests: list[bytes] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/jwks.json"


def answers(text: str | bytes) -> Behaviour:
    """Send these octets and hang up."""
    octets = text.encode() if isinstance(text, str) else text
    return lambda connection: connection.sendall(octets)


def page(
    body: str | bytes, *, status: str = "200 OK", media_type: str = "application/json", more: str = ""
) -> bytes:
    octets = body.encode() if isinstance(body, str) else body
    head = f"HTTP/1.1 {status}\r\nContent-Type: {media_type}\r\nContent-Length: {len(octets)}\r\n{more}\r\n"
    return head.encode() + octets


def _request(connection: socket.socket) -> bytes:
    """Everything up to the end of the head, and as much of a body as it announces."""
    octets = connection.recv(65536)
    head, end, body = octets.partition(b"\r\n\r\n")
    length = re.search(rb"Content-Length: (\d+)", head)
    while end and length and len(body) < int(length[1]):
        body += connection.recv(65536)
    return head + end + body


@contextmanager
def serving(behaviour: Behaviour, *, tls: ssl.SSLContext | None = None) -> Iterator[Server]:
    """Serve one connection after another until the test is over; ``requests`` are those that came through TLS."""
    over = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = Server(listener.getsockname()[1])

        def serve() -> None:
            while not over.is_set():
                with suppress(OSError):
                    connection, _ = listener.accept()
                    connection.settimeout(patience.SECONDS)
                    if tls is not None:
                        connection = tls.wrap_socket(connection, server_side=True)
                    with connection:
                        if asked := _request(connection):  # else whoever came has left without a word
                            server.requests.append(asked)
                            behaviour(connection)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        try:
            yield server
        finally:
            over.set()
            with suppress(OSError):
                listener.shutdown(socket.SHUT_RDWR)
            thread.join(patience.SECONDS)
