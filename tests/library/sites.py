"""Sites that use the library: one program at two addresses, the service's own site and another, under a strict policy."""

import contextlib
import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

from tests.parts.server import Server

SCOPE = "openid profile email get:profile"
POLICY = "default-src 'none'; script-src 'self' ISSUER; connect-src 'self' ISSUER; form-action 'self' ISSUER; base-uri 'none'"
PASSWORD = "six warm words by the sea"

# Clocks that a test can move, each by itself, and waits that are noted and cut short.
CLOCKS = """
  const [wall, steady, later] = [Date.now.bind(Date), performance.now.bind(performance), setTimeout];
  globalThis.clocks = { wall: 0, steady: 0 }; globalThis.waits = [];
  Date.now = () => wall() + clocks.wall * 1000;
  performance.now = () => steady() + clocks.steady * 1000;
  globalThis.setTimeout = (act, wait, ...more) => {
    const isLong = wait >= 2000 && wait < 60000;
    if (isLong) waits.push(wait / 1000);
    return later(act, isLong ? 10 : wait, ...more);
  };
"""

KNOWN = """
globalThis.cupbearer = cupbearer;
cupbearer.onChange(({ state }) => { document.documentElement.dataset.state = state; });
await cupbearer.ready;
document.documentElement.dataset.ready = "yes";
"""
EXAMPLES: dict[str, str] = {}  # scripts of the documents, by the path of their page

APP = """
import { connect } from "ISSUER/cupbearer.js";
const root = document.documentElement;
globalThis.cupbearer = connect(OPTIONS);
globalThis.history_of = [];
cupbearer.onChange((session) => { root.dataset.state = session.state; history_of.push(session.state); });
await cupbearer.ready;
root.dataset.ready = "yes";
"""


@dataclass(frozen=True)
class Site:
    """A page that uses the library. ``url`` is where it is, ``server`` the service it logs in at."""

    url: str
    server: Server


class _App(BaseHTTPRequestHandler):
    issuer, client_id = "", ""

    def do_GET(self) -> None:
        path = urlsplit(self.path).path
        if path.endswith("app.js"):
            example = EXAMPLES.get(path.removesuffix("app.js"))
            return self._answer("text/javascript", self._filled(example) if example else self._script(path))
        return self._answer(
            "text/html",
            f"<!doctype html><title>app</title><script type=module src={path}app.js></script><p>app",
        )

    def _filled(self, example: str) -> str:
        """Return a script of the documents with this service for the one that they name."""
        for named, here in (("https://auth.example.com", self.issuer), ("YOUR-CLIENT", self.client_id)):
            example = example.replace(named, here)
        return example.replace("https://api.example.com/orders", f"{self.issuer}/cats") + KNOWN

    def _script(self, path: str) -> str:
        origin = f"http://{self.headers['Host']}"
        options = (
            {}
            if path.startswith("/cookie/")
            else {"clientId": self.client_id, "redirectUri": origin + path.removesuffix("app.js")}
        )
        if path.startswith("/kept/"):
            options["storage"] = "session"
        if not path.startswith("/cookie/"):
            options |= {"postLogoutRedirectUri": f"{origin}/", "scope": SCOPE}
        return APP.replace("ISSUER", self.issuer).replace("OPTIONS", json.dumps(options))

    def _answer(self, kind: str, body: str) -> None:
        policy = POLICY.replace("ISSUER", self.issuer)
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Security-Policy", policy)
        self.send_header("Cache-Control", "no-store")
        self.end_headers()
        self.wfile.write(body.encode())

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def origins(port: int) -> tuple[str, str]:
    """Return the origin of another site, and that of a sibling of the service."""
    return f"http://127.0.0.1:{port}", f"http://localhost:{port}"


@contextlib.contextmanager
def served(server: Server, port: int) -> Iterator[None]:
    """Serve the application on a port, registered with the service as one of its operator's own."""
    there, _ = origins(port)
    uris = [word for path in ("/", "/kept/") for word in ("--redirect-uri", there + path)]
    scopes = [word for scope in SCOPE.split() for word in ("--scope", scope)]
    said = ("--public", "--trusted", *uris, *scopes, "--post-logout-redirect-uri", f"{there}/", "--json")
    client = json.loads(server.command("clients", "create", "An app", *said))
    handler = type(
        "App", (_App,), {"issuer": server.url, "client_id": client.get("client", client)["client_id"]}
    )
    with ThreadingHTTPServer(("127.0.0.1", port), handler) as site:
        threading.Thread(target=site.serve_forever, args=(0.05,), daemon=True).start()
        yield
        site.shutdown()
