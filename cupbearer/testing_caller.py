"""A caller of the app under test: without a token, or with a real one of somebody."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from chalicelib import wiring
from chalicelib.jose.claims import LEEWAY_SECONDS
from chalicelib.oauth.client import CLIENT_CREDENTIALS
from chalicelib.oauth.client_rules import Registration
from chalicelib.tokens.access_tokens import Grant
from cupbearer.testing_apps import token_of_app
from cupbearer.testing_values import SOURCE, Clock, Reply

if TYPE_CHECKING:
    from cupbearer.soft_authenticator import SoftAuthenticator
    from cupbearer.testing import AppUnderTest


@dataclass
class Client:
    """A caller of the app: without a token, or with a real one of somebody."""

    under_test: "AppUnderTest"
    access_token: str | None = None
    refresh_token: str | None = None
    session_id: str | None = None
    user_id: str | None = None
    username: str | None = None
    password: str | None = None
    headers: dict[str, str] = field(default_factory=dict)  # sent with every request
    authenticator: "SoftAuthenticator | None" = None  # holds the passkey of who has a second factor

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
        self,
        scopes: Iterable[str] | None = None,
        *,
        name: str | None = None,
        username: str | None = None,
        second_factor: bool = False,
    ) -> "Client":
        """Return a new person, signed up and logged in, who has exactly these scopes; None: those of a new user.

        With ``second_factor`` the person has a passkey, in :attr:`authenticator`, and has logged in with it.
        """
        signed_in, password = self.under_test.sign_up(granted=scopes, name=name, username=username)
        authenticator = None
        if second_factor:
            from cupbearer.testing_factors import with_passkey

            signed_in, authenticator = with_passkey(self.services, signed_in, password)
        person = Client(
            self.under_test,
            user_id=signed_in.user.user_id,
            username=signed_in.user.username,
            password=password,
            session_id=signed_in.session_id,
            authenticator=authenticator,
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
        """Log in again with the password, and the passkey of who has one; hold the tokens of the new session."""
        wanted = {"username": self.username, "password": self.password, **body}
        reply = self.anonymous().post("/sessions", json=wanted)
        if reply.code == "second_factor_required" and self.authenticator is not None:
            shown = {"pending_token": reply.json["pending_token"], **self.second_factor()}
            reply = self.anonymous().post("/sessions/second-factor", json=shown)
        return self._hold_from(reply)

    def second_factor(self) -> dict[str, Any]:
        """Return what shows the passkey, good once: a member for the body of whatever asks for a second factor."""
        if self.authenticator is None:
            raise ValueError("this caller has no passkey: client.as_user(second_factor=True) has")
        options = self.anonymous().post("/sessions/passkey/options", json={}).json["options"]
        return {"passkey": self.authenticator.get(options)}

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
