"""The whole app in this process, clients registered with it, and browsers that fill in its forms."""

import base64
import hashlib
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

from chalicelib import scopes
from chalicelib.audit.trail import Source
from chalicelib.authentication.log_in import LogInResult
from chalicelib.oauth.client_rules import Registration
from chalicelib.settings import settings
from chalicelib.store import Store
from chalicelib.users.user import new_user
from chalicelib.wiring import Services, using
from chalicelib.world import World
from cupbearer.local_gateway import GatewayRefusal, LocalGateway, Request
from cupbearer.testing import QuickServices
from tests.support.replies import CookieJar
from tests.support.replies import Reply as Reply  # noqa: PLC0414 - the folder's tests take it from here

ISSUER = "https://auth.example.com/api"
CALLBACK = "https://shop.example/callback"
AFTER_LOGOUT = "https://shop.example/bye"
PASSWORD = "correct horse battery staple"
SOURCE = Source(ip="192.0.2.7", user_agent="a test", request_id="t")
VERIFIER = "v" * 43
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).decode().rstrip("=")


def services(store: Store, world: World, place: Path, **environ: Any) -> Services:
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
    return QuickServices(settings.parse(base | answered), world, store=store)


@dataclass
class Server:
    """The app on services of the test's own."""

    services: Services
    gateway: LocalGateway

    def ask(
        self,
        method: str,
        url: str,
        *,
        form: Mapping[str, str] | list[tuple[str, str]] | None = None,
        body: bytes = b"",
        headers: Mapping[str, str] | None = None,
    ) -> Reply:
        parts = urlsplit(url.removeprefix(ISSUER))
        sent = {name.lower(): value for name, value in (headers or {}).items()}
        if form is not None:
            body = urlencode(form).encode()
            sent.setdefault("content-type", "application/x-www-form-urlencoded")
        request = Request(method, parts.path, parts.query, sent, body, "192.0.2.7")
        try:
            answer = self.gateway.answer(request)
        except GatewayRefusal as refusal:
            return Reply(refusal.status, {}, "")
        several = {name: list(values) for name, values in answer.get("multiValueHeaders", {}).items()}
        return Reply(answer["statusCode"], {**answer["headers"], **several}, answer["body"] or "")

    def browser(self) -> "Browser":
        return Browser(self)

    def client(self, **wanted: Any) -> "App":
        """Register a client; a confidential one with every protocol scope, unless said otherwise."""
        wanted = {
            "name": "Shop",
            "redirect_uris": (CALLBACK,),
            "post_logout_redirect_uris": (AFTER_LOGOUT,),
            **wanted,
        }
        if "scopes" in wanted:
            wanted["scopes"] = scopes.parse(wanted["scopes"])
        client, secret = self.services.oauth.clients.create(Registration(**wanted))
        return App(self, client.client_id, secret)

    def person(self, username: str = "zoe", *, granted: str = "get:profile", **more: str) -> LogInResult:
        _, signed_in = self.services.accounts.sign_up.make_account(
            new_user(username=username, **more),
            password=PASSWORD,
            granted=scopes.parse(granted),
            source=SOURCE,
            log_in=True,
        )
        assert signed_in is not None
        return signed_in

    def events(self, target: str) -> list[str]:
        found, _ = self.services.audit.of(target)
        return [event.event for event in found]


@dataclass
class Browser(CookieJar):
    """Keeps cookies, fills in forms, and follows what leads to our own pages."""

    server: Server
    set_cookies: list[str] = field(default_factory=list)

    def ask(self, method: str, url: str, **options: Any) -> Reply:
        headers = {**options.pop("headers", {}), **self.cookie_headers}
        reply = self.server.ask(method, url, headers=headers, **options)
        self.set_cookies += reply.set_cookies
        self.keep(reply)
        return reply

    def go(self, url: str) -> Reply:
        """Open an address and follow redirects as long as they stay with us."""
        reply = self.ask("GET", url)
        while reply.status == 303 and reply.location.startswith(ISSUER):
            reply = self.ask("GET", reply.location)
        return reply

    def send(self, path: str, fields: Mapping[str, str]) -> Reply:
        """Send a form of ours as a browser does, and follow redirects as long as they stay with us."""
        own = {"Origin": "null", "Sec-Fetch-Site": "same-origin"}
        reply = self.ask("POST", path, form=fields, headers=own)
        return self.go(reply.location) if reply.status == 303 and reply.location.startswith(ISSUER) else reply

    def log_in(self, page: Reply | None = None, username: str = "zoe", password: str = PASSWORD) -> Reply:
        page = page or self.go("/login")
        return self.send("/login", {**page.form, "username": username, "password": password})

    def consent(self, page: Reply, decision: str = "allow") -> Reply:
        return self.send("/consent", {**page.form, "decision": decision})


@dataclass
class App:
    """A client program: it asks, and redeems."""

    server: Server
    client_id: str
    secret: str | None

    def authorize_url(self, **changes: str | None) -> str:
        return f"/oauth/authorize?{urlencode(self.request(**changes))}"

    def request(self, **changes: str | None) -> dict[str, str]:
        usual: dict[str, str | None] = {
            "client_id": self.client_id,
            "redirect_uri": CALLBACK,
            "response_type": "code",
            "scope": "openid profile email",
            "state": "the state",
            "nonce": "the nonce",
            "code_challenge": CHALLENGE,
            "code_challenge_method": "S256",
        }
        return {name: value for name, value in (usual | changes).items() if value is not None}

    def code(self, browser: Browser, **changes: str | None) -> str:
        """Let a person through every page that comes; return the code."""
        reply = browser.go(self.authorize_url(**changes))
        if 'name="password"' in reply.text:
            reply = browser.log_in(reply)
        if 'value="allow"' in reply.text:
            reply = browser.consent(reply)
        assert reply.status == 303, reply.text
        assert set(reply.parameters) >= {"code", "iss"}, reply.location
        return reply.parameters["code"]

    def token(self, **fields: str | None) -> Reply:
        return self.post("/oauth/token", **fields)

    def redeem(self, code: str, **changes: str | None) -> Reply:
        usual: dict[str, str | None] = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": CALLBACK,
            "code_verifier": VERIFIER,
        }
        return self.token(**(usual | changes))

    def refresh(self, refresh_token: str, **more: str | None) -> Reply:
        return self.token(grant_type="refresh_token", refresh_token=refresh_token, **more)

    def post(self, path: str, **fields: str | None) -> Reply:
        """Send a form, with the client's secret as HTTP Basic if it has one."""
        form = {name: value for name, value in fields.items() if value is not None}
        if self.secret is None:
            return self.server.ask("POST", path, form={"client_id": self.client_id, **form})
        return self.server.ask("POST", path, form=form, headers=basic(self.client_id, self.secret))


def log_in_narrowly(browser: Browser, scope: str = "") -> None:
    """Log in with less than all that the person has, as a script of ours may."""
    body = json.dumps({"username": "zoe", "password": PASSWORD, "cookie": True, "scope": scope}).encode()
    reply = browser.ask("POST", "/sessions", body=body, headers={"Content-Type": "application/json"})
    assert reply.status == 201, reply.text


def basic(client_id: str, secret: str) -> dict[str, str]:
    return {"Authorization": "Basic " + base64.b64encode(f"{client_id}:{secret}".encode()).decode()}


def payload_of(token: str) -> Any:
    part = token.split(".")[1]
    return json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))


@contextmanager
def open_server(chosen: Services) -> Iterator[Server]:
    """Serve the app from these services."""
    import app

    with using(chosen):
        yield Server(chosen, LocalGateway(app.app))
