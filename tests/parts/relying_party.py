"""A client's back channel: a real HTTP server that keeps the logout tokens that it is sent, and answers as it is told."""

import base64
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs

from tests.support import patience


@dataclass
class RelyingParty:
    """``status`` is the next answer's; ``posts`` are the bodies that came, with their types."""

    port: int
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    meets: threading.Barrier | None = None  # another party that must have been told before this one answers
    posts: list[tuple[str, bytes]] = field(default_factory=list)

    @property
    def uri(self) -> str:
        return f"http://127.0.0.1:{self.port}/backchannel?tenant=a"

    @property
    def tokens(self) -> list[str]:
        """The logout tokens, in the order of their arrival."""
        return [parse_qs(body.decode(), strict_parsing=True)["logout_token"][0] for _, body in self.posts]

    @property
    def told(self) -> list[dict[str, Any]]:
        """What the tokens say."""
        return [part(token, 1) for token in self.tokens]

    @property
    def sids(self) -> set[str]:
        return {claims["sid"] for claims in self.told}


def part(token: str, number: int) -> dict[str, Any]:
    text = token.split(".")[number]
    read: dict[str, Any] = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    return read


@contextmanager
def listening() -> Iterator[RelyingParty]:
    """Serve one on a port of the system's choice."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            party.posts.append((self.headers["Content-Type"], body))
            if party.meets is not None:
                party.meets.wait(patience.SECONDS)
            self.send_response(party.status)
            for name, value in party.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    party = RelyingParty(server.server_port)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield party
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
