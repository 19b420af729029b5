"""An application that asks for consent: registered on the command line, waiting at its callback on loopback."""

import contextlib
import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, urlencode

from tests.parts.server import Server

CHALLENGE = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"  # of RFC 7636, appendix B


@dataclass(frozen=True)
class Application:
    """What a test needs to know of it."""

    client_id: str
    callback: str
    server: Server
    forms: list[dict[str, str]]  # what was posted to its callback

    def authorize_url(self, **more: str) -> str:
        """Return where the application sends a browser to."""
        query = {
            "client_id": self.client_id,
            "response_type": "code",
            "redirect_uri": self.callback,
            "scope": "openid profile email offline_access",
            "state": "a-state-of-the-application",
            "code_challenge": CHALLENGE,
            "code_challenge_method": "S256",
            **more,
        }
        return f"{self.server.url}/oauth/authorize?{urlencode(query)}"


@contextlib.contextmanager
def waiting(server: Server, *, name: str) -> Iterator[Application]:
    """Register an application with a service and wait at its callback."""
    forms: list[dict[str, str]] = []
    with blank_site(forms) as site:
        callback = f"{site}callback"
        answered = server.command("clients", "create", name, "--public", "--redirect-uri", callback, "--json")
        client = json.loads(answered)
        yield Application(client.get("client", client)["client_id"], callback, server, forms)


@contextlib.contextmanager
def blank_site(forms: list[dict[str, str]] | None = None) -> Iterator[str]:
    """Serve empty pages on a port of their own: the same site as the service, and another origin; keep what is posted."""
    kept = [] if forms is None else forms

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.send_header("Content-Length", "0")
            self.end_headers()

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            kept.append(dict(parse_qsl(body.decode(), keep_blank_values=True)))
            self.do_GET()

        def log_message(self, *_: object) -> None:
            return

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as site:
        threading.Thread(target=site.serve_forever, args=(0.05,), daemon=True).start()
        yield f"http://localhost:{site.server_port}/"
        site.shutdown()
