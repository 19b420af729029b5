"""What stands behind the pytest fixtures: the project's app on a store and a clock of its own, and callers of it.

Nothing is faked: users sign up, tokens are signed, the authorizer decides. Only passwords are hashed at a price that
guards nothing.
"""

import json
from collections.abc import Callable, Iterable, Mapping
from contextlib import ExitStack, nullcontext
from dataclasses import dataclass, field
from functools import cached_property
from importlib import import_module
from itertools import count
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from chalicelib import scopes, wiring
from chalicelib.audit.trail import Source
from chalicelib.authentication.log_in import LogInResult
from chalicelib.credentials.passwords import CHEAPEST_ONLY_FOR_TESTING, Passwords
from chalicelib.jose.claims import LEEWAY_SECONDS
from chalicelib.keys import pkce
from chalicelib.oauth.authorization_codes import Code
from chalicelib.oauth.client import AUTHORIZATION_CODE, CLIENT_CREDENTIALS
from chalicelib.oauth.client import Client as OAuthClient
from chalicelib.oauth.clients import Registration
from chalicelib.oauth.token_issuance import Tokens
from chalicelib.settings import settings
from chalicelib.tokens.access_tokens import Grant
from chalicelib.users.user import new_user
from chalicelib.wiring_credentials import Credentials
from chalicelib.world import SYSTEM, World

SOURCE = Source(ip="127.0.0.1", user_agent="pytest", request_id="pytest")
QUICK_TO_MAKE = {
    "CUPBEARER_SIGNING_ALG": "ES256"
}  # an RSA key for every test would take longer than the test


@dataclass
class Clock:
    """Seconds since the epoch, moved by hand."""

    now: float = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now

    def advance(self, seconds: float) -> None:
        """Let time pass."""
        self.now += seconds


class QuickServices(wiring.Services):
    """The services as the settings describe them, with cheap password hashes."""

    @cached_property
    def credentials(self) -> Credentials:
        """Return them with a hasher whose hashes guard nothing and cost nothing."""
        made, least = Credentials(self), self.settings.password_min_length
        made.passwords = Passwords(self.world, min_length=least, profile=CHEAPEST_ONLY_FOR_TESTING)
        return made


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer. Header names are in any case; ``json`` is the body read as JSON."""

    status: int
    headers: Mapping[str, Any]
    body: bytes

    @property
    def json(self) -> Any:
        """Return the body's JSON; raise ValueError for a body that is none."""
        return json.loads(self.body)

    @property
    def code(self) -> str | None:
        """Return the ``code`` of a problem document, or None of any other answer."""
        is_problem = self.header("Content-Type") == "application/problem+json"
        return str(self.json["code"]) if is_problem else None

    def header(self, name: str) -> str | None:
        """Return a header, the first of several, or None where there is none."""
        return next(iter(self.all(name)), None)

    def all(self, name: str) -> tuple[str, ...]:
        """Return every value of a header, such as ``Set-Cookie``."""
        found = [value for key, value in self.headers.items() if key.lower() == name.lower()]
        return tuple(found[0]) if found and isinstance(found[0], list) else tuple(found)


class AppUnderTest:
    """One app with a store in ``folder`` and a clock that stands still until it is moved."""

    def __init__(self, project: Path, folder: Path, variables: Mapping[str, str] | None = None) -> None:
        defaults = {"CUPBEARER_STORE": f"sqlite:///{folder / 'cupbearer.db'}", **QUICK_TO_MAKE}
        self.clock = Clock()
        self.settings = settings.parse(defaults | dict(variables or {}))
        self.services: wiring.Services = QuickServices(
            self.settings, World(now=self.clock, monotonic=self.clock, sleep=SYSTEM.sleep)
        )
        self.on_reply: Callable[[str, str, Reply], None] | None = (
            None  # called with every method, path and answer
        )
        self._project = project
        self._numbers = count(1)
        self._open = ExitStack()

    def __enter__(self) -> Self:
        self._open.enter_context(wiring.using(self.services))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if "store" in vars(self.services) and hasattr(self.services.store, "close"):
            self.services.store.close()
        self._open.close()

    def client(self) -> "Client":
        """Return a caller without a token."""
        return Client(self)

    @cached_property
    def app(self) -> Any:
        """Return the project's app, imported as Chalice imports it."""
        return import_module("app").app

    @cached_property
    def http(self) -> Any:
        """Return Chalice's own test client of the app, for many threads at once."""
        from chalice.test import Client as ChaliceClient

        from cupbearer.local_gateway import serve_many_threads

        serve_many_threads(self.app)
        http = ChaliceClient(self.app, project_dir=str(self._project)).http
        # It would put another os.environ in place for each request, and two threads would not put the old one back.
        http._patched_env_vars = lambda _variables: nullcontext()  # noqa: SLF001 - it has no such option
        return http

    def sign_up(
        self, *, granted: Iterable[str] | None = None, name: str | None = None, username: str | None = None
    ) -> tuple[LogInResult, str]:
        """Make a user and log in; return the tokens and the password."""
        password = self.services.world.secret()
        given = self.settings.default_scopes if granted is None else scopes.parse_each(granted)
        wanted = new_user(username=username or f"user-{next(self._numbers)}", name=name)
        _, signed_in = self.services.accounts.sign_up.make_account(
            wanted, password=password, granted=given, source=SOURCE, log_in=True
        )
        if signed_in is None:
            raise RuntimeError("a sign-up with log_in begins a session")
        return signed_in, password


def token_of_app(
    services: wiring.Services,
    *,
    user_id: str,
    login_id: str,
    scopes: frozenset[str],
    name: str = "an app",
    source: Source = SOURCE,
) -> tuple[OAuthClient, Tokens]:
    """Return a new application, and its tokens for a person who consented to these scopes in a session of ours."""
    provider, verifier = services.oauth, "v" * 43
    uri = "https://app.example/cb"
    app, _ = provider.clients.create(
        Registration(name=name, redirect_uris=(uri,), scopes=scopes), source=source
    )
    consent, giving = provider.consents.giving(user_id, app, scopes, source=source)
    agreed = Code(
        client_id=app.client_id,
        redirect_uri=uri,
        code_challenge=pkce.code_challenge(verifier),
        user_id=user_id,
        login_id=login_id,
        scope=scopes,
        nonce=None,
        consent_id=consent.consent_id,
    )
    code, insert = provider.codes.compose(agreed)
    services.store.commit(insert, *giving)
    form = {"grant_type": AUTHORIZATION_CODE, "code": code, "code_verifier": verifier, "redirect_uri": uri}
    return app, provider.token_requests.redeem(form, app, source=source)


@dataclass
class Client:
    """A caller of the app: without a token, or with a real one of somebody."""

    under_test: AppUnderTest
    access_token: str | None = None
    refresh_token: str | None = None
    session_id: str | None = None
    user_id: str | None = None
    username: str | None = None
    password: str | None = None
    headers: dict[str, str] = field(default_factory=dict)  # sent with every request

    @property
    def clock(self) -> Clock:
        """Return the clock of the app: ``client.clock.advance(seconds)``."""
        return self.under_test.clock

    @property
    def services(self) -> wiring.Services:
        """Return what the app is made of, to prepare or to look behind the scenes."""
        return self.under_test.services

    def anonymous(self) -> "Client":
        """Return a caller without a token."""
        return Client(self.under_test)

    def as_user(
        self, scopes: Iterable[str] | None = None, *, name: str | None = None, username: str | None = None
    ) -> "Client":
        """Return a new person, signed up and logged in, who has exactly these scopes; None: those of a new user."""
        signed_in, password = self.under_test.sign_up(granted=scopes, name=name, username=username)
        person = Client(
            self.under_test,
            user_id=signed_in.user.user_id,
            username=signed_in.user.username,
            password=password,
            session_id=signed_in.session_id,
        )
        person.hold(signed_in.access_token, signed_in.refresh_token)
        return person

    def as_machine(self, scopes: Iterable[str] = (), *, name: str = "a-machine") -> "Client":
        """Return a program that acts for itself: a registered client, with a token of nobody's session."""
        granted = frozenset(scopes)
        wanted = Registration(name=name, grants=(CLIENT_CREDENTIALS,), scopes=granted)
        machine, _ = self.services.oauth.clients.create(wanted, source=SOURCE)
        grant = Grant(sub=machine.subject, client_id=machine.client_id, scope=granted)
        issued = self.services.tokens.access.issue(grant)
        if issued.writes:
            self.services.store.commit(*issued.writes)
        return Client(self.under_test, access_token=issued.token)

    def through_app(self, scopes: Iterable[str] = (), *, name: str = "an app") -> "Client":
        """Return an application that acts for this person, who consented to these scopes: a client's own session."""
        _, tokens = token_of_app(
            self.services,
            user_id=self.user_id or "",
            login_id=self.session_id or "",
            scopes=frozenset(scopes),
            name=name,
        )
        return Client(
            self.under_test,
            access_token=tokens.access_token,
            refresh_token=tokens.refresh_token,
            user_id=self.user_id,
        )

    def steal_refresh_token(self) -> "Client":
        """Return a thief who has this person's refresh token and nothing else."""
        return Client(self.under_test, refresh_token=self.refresh_token)

    def log_in(self, **body: Any) -> Reply:
        """Log in again with the password, and hold the tokens of the new session."""
        wanted = {"username": self.username, "password": self.password, **body}
        return self._hold_from(self.anonymous().post("/sessions", json=wanted))

    def refresh(self) -> Reply:
        """Spend the refresh token, and hold the next pair if there is one."""
        wanted = {"refresh_token": self.refresh_token}
        return self._hold_from(self.anonymous().post("/sessions/refresh", json=wanted))

    def expire(self) -> None:
        """Let so much time pass that the access token is refused wherever it is shown."""
        self.clock.advance(self.under_test.settings.access_token_seconds + LEEWAY_SECONDS)

    def revoke(self) -> None:
        """End this person's session at the server.

        A signed access token lives on until it expires, except on routes of the account.
        """
        self.services.authentication.sessions.end(self.user_id or "-", self.session_id or "-", source=SOURCE)

    def hold(self, access_token: str, refresh_token: str | None) -> None:
        """Use these tokens from now on."""
        self.access_token, self.refresh_token = access_token, refresh_token

    def get(self, path: str, **options: Any) -> Reply:
        return self.request("GET", path, **options)

    def post(self, path: str, **options: Any) -> Reply:
        return self.request("POST", path, **options)

    def put(self, path: str, **options: Any) -> Reply:
        return self.request("PUT", path, **options)

    def patch(self, path: str, **options: Any) -> Reply:
        return self.request("PATCH", path, **options)

    def delete(self, path: str, **options: Any) -> Reply:
        return self.request("DELETE", path, **options)

    def request(
        self,
        method: str,
        path: str,
        *,
        json: Any = None,
        body: bytes = b"",
        headers: Mapping[str, str] | None = None,
    ) -> Reply:
        """Ask the app; ``json`` is sent as a JSON body, ``body`` as it is."""
        sent = dict(self.headers)
        if self.access_token is not None:
            sent["Authorization"] = f"Bearer {self.access_token}"
        if json is not None:
            body, sent["Content-Type"] = _as_json(json), "application/json"
        answer = self.under_test.http.request(method, path, headers={**sent, **(headers or {})}, body=body)
        reply = Reply(answer.status_code, answer.headers, answer.body)
        if self.under_test.on_reply is not None:
            self.under_test.on_reply(method, path, reply)
        return reply

    def _hold_from(self, reply: Reply) -> Reply:
        if reply.status in (200, 201):
            body = reply.json
            self.hold(body["access_token"], body.get("refresh_token", self.refresh_token))
            self.session_id = body["session_id"]
        return reply


def _as_json(value: Any) -> bytes:
    return json.dumps(value).encode()
