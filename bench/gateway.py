"""The deployed authorizer's surroundings on loopback: our published keys over HTTP, and a peer in Node."""

import json
import os
import shutil
import subprocess
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from bench import house
from bench.findings import ROOT
from chalicelib.authorizer.route_table import RouteTable
from chalicelib.jose.claims import FIRST_PARTY
from chalicelib.tokens.access_tokens import Grant
from chalicelib.wiring import Services

PEERS = ROOT / "bench" / "peers"
NODE_MODULES = ROOT / "bench" / "node_modules"
SCOPES = frozenset({"get:profile", "pangolins"})


def demand_node() -> None:
    """Raise RuntimeError, which says what to do, unless the Node peer can run here."""
    if not has_node():
        raise RuntimeError("its peer needs Node.js 20 or newer, then: make bench/node_modules/ready")


def has_node() -> bool:
    """Tell whether the Node peer can run here."""
    return shutil.which("node") is not None and (NODE_MODULES / "jwks-rsa").exists()


class KeyServer:
    """Serves a JWK set, which is set once the ring that it is of exists."""

    def __init__(self) -> None:
        self.document: dict[str, Any] = {}
        server = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def do_GET(self) -> None:
                body = json.dumps(server.document).encode()
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                return

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self.jwks_uri = f"{self.url}/.well-known/jwks.json"

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()


@dataclass(frozen=True, slots=True)
class Deployed:
    """An issuer and its authorizer as deployed: keys come over HTTP, the store is never asked."""

    services: Services
    keys: KeyServer
    variables: dict[str, str]

    def token(self) -> str:
        """Return a new access token of a person with two scopes."""
        world = self.services.world
        said = Grant(
            sub=world.identifier(),
            client_id=FIRST_PARTY,
            scope=SCOPES,
            sid=world.identifier(),
            auth_time=world.timestamp(),
            amr=("pwd",),
        )
        return self.services.tokens.jwt.issue(said).token


@contextmanager
def deployed(folder: Path, **more: str) -> Iterator[Deployed]:
    """Give an issuer with its keys published on loopback."""
    with KeyServer() as keys:
        variables = {
            "CUPBEARER_STORE": f"sqlite:///{folder / 'cupbearer.db'}",
            "CUPBEARER_ISSUER": keys.url,
            "CUPBEARER_ACCESS_TOKEN_SECONDS": "900",
            "AWS_LAMBDA_FUNCTION_NAME": "bench",
            **more,
        }
        services = house.services(folder, variables)
        keys.document = services.keys.ring.jwks()
        yield Deployed(services, keys, variables)


def peer_environment(at: Deployed, table: RouteTable) -> dict[str, str]:
    """Return what the Node peer is told: the issuer, and the very routes that our policy is made of."""
    routes = [
        {
            "ends": route.patterns,
            "caller": route.guard.at_gateway.caller,
            "scope": route.guard.at_gateway.scope,
            "reachedBy": [
                number for number, other in enumerate(table.guarded) if route in table.to_close([other])
            ],
        }
        for route in table.guarded
    ]
    config = {"jwksUri": at.keys.jwks_uri, "issuer": at.keys.url, "audience": at.keys.url, "routes": routes}
    return {
        "PATH": os.environ["PATH"],
        "NODE_PATH": str(NODE_MODULES),
        "PEER_CONFIG": json.dumps(config),
    }


class NodePeer:
    """The peer as one lasting process; it takes its own time, so the pipe costs it nothing."""

    def __init__(self, environment: dict[str, str], *, tuned: bool = False) -> None:
        more = {"PEER_TUNED": "1"} if tuned else {}
        self._child = subprocess.Popen(
            ["node", PEERS / "authorizer.cjs"],
            env=environment | more,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def verdict(self, event: dict[str, str]) -> Any:
        """Return its answer to one event."""
        return self._ask({"verdict": event})

    def seconds(self, events: Sequence[dict[str, str]]) -> float:
        """Return the seconds it took for each of these."""
        return float(self._ask({"events": events}))

    def close(self) -> None:
        """End the process."""
        self._child.kill()
        self._child.wait()
        for pipe in (self._child.stdin, self._child.stdout):
            if pipe is not None:
                pipe.close()

    def _ask(self, question: Any) -> Any:
        if self._child.stdin is None or self._child.stdout is None:
            raise RuntimeError("the peer has no pipes")
        self._child.stdin.write(json.dumps(question) + "\n")
        self._child.stdin.flush()
        return json.loads(self._child.stdout.readline())
