"""Our whole app in this process, with a store and a world of the test's own, and browsers that visit it."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from chalice.test import Client

from chalicelib.settings import settings
from chalicelib.store import Store
from chalicelib.wiring import Services, using
from chalicelib.world import World
from tests.support.replies import CookieJar
from tests.support.replies import Reply as Reply  # noqa: PLC0414 - the folder's tests take it from here

ISSUER = "https://auth.example.com"
PASSWORD = "correct horse battery staple"


def services(store: Store, world: World, place: Path, **environ: Any) -> Services:
    """Services on a store, with settings given without their prefix; what is no text is written as JSON."""
    answered = {
        f"CUPBEARER_{name}": value if isinstance(value, str) else json.dumps(value)
        for name, value in environ.items()
    }
    base = {
        "CUPBEARER_STORE": f"sqlite:///{place / 'unused.db'}",
        "CUPBEARER_ISSUER": ISSUER,
        "CUPBEARER_MASTER_KEY": bytes(range(32)).hex(),
        "CUPBEARER_SIGNING_ALG": "ES256",
    }
    return Services(settings.parse(base | answered), world, store=store)


@dataclass
class Browser(CookieJar):
    """Keeps cookies, and follows nothing by itself."""

    client: Client

    def ask(
        self, method: str, path: str, body: Any = None, *, token: str | None = None, **headers: str
    ) -> Reply:
        octets = b"" if body is None else json.dumps(body).encode()
        if body is not None:
            headers["Content_Type"] = "application/json"
        return self._ask(method, path, octets, token=token, **headers)

    def send(self, path: str, fields: Mapping[str, str]) -> Reply:
        """Send a form of ours."""
        kind = "application/x-www-form-urlencoded"
        own = {"Content_Type": kind, "Sec_Fetch_Site": "same-origin"}
        return self._ask("POST", path, urlencode(fields).encode(), token=None, **own)

    def _ask(self, method: str, path: str, octets: bytes, *, token: str | None, **headers: str) -> Reply:
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        sent |= self.cookie_headers
        if token is not None:
            sent["Authorization"] = f"Bearer {token}"
        answer = self.client.http.request(method, path, headers=sent, body=octets)
        reply = Reply(answer.status_code, dict(answer.headers), answer.body.decode())
        self.keep(reply)
        return reply

    def begin(self, provider: str = "elsewhere", **query: str) -> str:
        """Begin a log-in; return the URL at the provider."""
        path = f"/login/{provider}" + (f"?{urlencode(query)}" if query else "")
        reply = self.ask("GET", path, Accept="application/json")
        assert reply.status == 200, reply.text
        return str(reply.json["url"])

    def come_back(self, parameters: Mapping[str, str], provider: str = "elsewhere", **headers: str) -> Reply:
        """Open the callback as the provider's redirect would."""
        return self.ask("GET", f"/login/{provider}/callback?{urlencode(parameters)}", **headers)

    def sign_up(self, username: str, **more: str) -> dict[str, Any]:
        """Sign up with a password; return the answer, tokens included."""
        body = {"username": username, "password": PASSWORD, "log_in": True, **more}
        reply = self.ask("POST", "/users", body)
        assert reply.status == 201, reply.text
        return dict(reply.json)

    def me(self, token: str) -> dict[str, Any]:
        reply = self.ask("GET", "/users/me", token=token)
        assert reply.status == 200, reply.text
        return dict(reply.json["user"])


def parameters_of(url: str) -> dict[str, str]:
    return dict(parse_qsl(urlsplit(url).query, strict_parsing=True))


@contextmanager
def open_app(chosen: Services) -> Iterator[Client]:
    """Serve the app from these services."""
    import app

    with using(chosen), Client(app.app) as client:
        yield client
