"""An outside issuer on loopback, honest until it is told to lie, one lie at a time."""

import base64
import hashlib
import json
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote_plus, urlencode, urlsplit

from chalicelib.jose import jws
from chalicelib.keys import private_keys
from tests.support import forge

CLIENT_ID = "our client/at theirs"  # characters that must be encoded before base64 (RFC 6749 section 2.3.1)
CLIENT_SECRET = "s3cret:with + signs"
ACCESS_TOKEN = "their-access-token"

PAT: dict[str, Any] = {
    "sub": "outside-1",
    "email": "pat@example.com",
    "email_verified": True,
    "preferred_username": "pat",
    "name": "Pat Pending",
}

Lie = Callable[[BaseHTTPRequestHandler], None]


@dataclass
class Issuer:
    """``person`` is who is logged in there. Each of the changes below is a lie, and None leaves a member out."""

    now: Callable[[], float]
    url: str = ""
    person: dict[str, Any] = field(default_factory=lambda: dict(PAT))
    discovery: dict[str, Any] = field(default_factory=dict)
    claims: dict[str, Any] = field(default_factory=dict)
    userinfo: dict[str, Any] = field(default_factory=dict)
    header: dict[str, Any] = field(default_factory=dict)
    token_answer: dict[str, Any] = field(default_factory=dict)
    sign: "Callable[[Issuer, dict[str, Any]], str] | None" = None
    key: private_keys.NewKey = field(default_factory=lambda: forge.key_of("RS256", "an issuer elsewhere"))
    published: list[Mapping[str, Any]] | None = None  # None: the key that signs
    lies: dict[str, Lie] = field(default_factory=dict)  # by path: what is answered instead
    lateness: dict[str, float] = field(default_factory=dict)  # by path: seconds until the honest answer
    codes: dict[str, dict[str, str]] = field(default_factory=dict)
    visits: list[str] = field(default_factory=list)

    def authorize(self, url: str, **changes: str | None) -> dict[str, str]:
        """Log its person in, as if they agreed at once; return the parameters that the browser takes back."""
        assert url.startswith(f"{self.url}/authorize?")
        asked = {name: value for name, (value,) in parse_qs(urlsplit(url).query, strict_parsing=True).items()}
        assert asked["response_type"] == "code"
        assert asked["client_id"] == CLIENT_ID
        assert asked["code_challenge_method"] == "S256"
        assert "openid" in asked["scope"].split()
        code = f"code-{len(self.codes)}-{time.monotonic_ns()}"
        self.codes[code] = asked
        answer = {"code": code, "state": asked["state"], **changes}
        return {name: value for name, value in answer.items() if value is not None}

    def id_token(self, asked: Mapping[str, str]) -> str:
        now = int(self.now())
        answered = {"iss": self.url, "aud": CLIENT_ID, "iat": now, "exp": now + 300, "nonce": asked["nonce"]}
        if "max_age" in asked:
            answered["auth_time"] = now  # OpenID Connect Core section 3.1.2.1
        payload = _changed({**answered, **self.person, "at_hash": half_hash(ACCESS_TOKEN)}, self.claims)
        return (self.sign or honestly)(self, payload)

    def document(self) -> dict[str, Any]:
        answered = {
            "issuer": self.url,
            "authorization_endpoint": f"{self.url}/authorize",
            "token_endpoint": f"{self.url}/token",
            "jwks_uri": f"{self.url}/jwks",
            "userinfo_endpoint": f"{self.url}/userinfo",
            "id_token_signing_alg_values_supported": ["RS256"],
        }
        return _changed(answered, self.discovery)

    def token(self, form: Mapping[str, str], authorization: str) -> tuple[int, dict[str, Any]]:
        asked = self.codes.pop(form["code"], None)
        basic = base64.b64decode(authorization.removeprefix("Basic ")).decode().split(":")
        if [unquote_plus(part) for part in basic] != [CLIENT_ID, CLIENT_SECRET]:
            return 401, {"error": "invalid_client"}
        challenge = jws.encode(hashlib.sha256(form["code_verifier"].encode()).digest())
        if (
            asked is None
            or challenge != asked["code_challenge"]
            or form["redirect_uri"] != asked["redirect_uri"]
        ):
            return 400, {"error": "invalid_grant"}
        answered = {"access_token": ACCESS_TOKEN, "token_type": "Bearer", "id_token": self.id_token(asked)}
        return 200, _changed(answered, self.token_answer)

    def jwks(self) -> dict[str, Any]:
        return {"keys": [self.key.public_jwk] if self.published is None else self.published}


def honestly(issuer: Issuer, payload: dict[str, Any]) -> str:
    header = {"alg": issuer.key.alg, "kid": issuer.key.kid, "typ": "JWT"}
    return forge.signed(_changed(header, issuer.header), payload, key=issuer.key)


def half_hash(text: str) -> str:
    return jws.encode(hashlib.sha256(text.encode()).digest()[:16])


def _changed(answered: dict[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in {**answered, **changes}.items() if value is not None}


def says(body: str | bytes, media_type: str = "application/json", status: int = 200, **headers: str) -> Lie:
    """Answer this, whatever was asked."""
    octets = body.encode() if isinstance(body, str) else body

    def lie(request: BaseHTTPRequestHandler) -> None:
        request.send_response(status)
        for name, value in {
            "Content-Type": media_type,
            "Content-Length": str(len(octets)),
            **headers,
        }.items():
            request.send_header(name, value)
        request.end_headers()
        request.wfile.write(octets)

    return lie


def drips(seconds: float = 30) -> Lie:
    """Send one octet after another, so that no single read ever waits for long."""

    def lie(request: BaseHTTPRequestHandler) -> None:
        request.send_response(200)
        request.send_header("Content-Type", "application/json")
        request.end_headers()
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            request.wfile.write(b" ")
            request.wfile.flush()
            time.sleep(0.1)

    return lie


class _Request(BaseHTTPRequestHandler):
    issuer: Issuer

    def do_GET(self) -> None:
        paths = {
            "/.well-known/openid-configuration": self.issuer.document,
            "/jwks": self.issuer.jwks,
            "/userinfo": self._userinfo,
        }
        self._answer(lambda: (200, paths[self.path]()))

    def do_POST(self) -> None:
        text = self.rfile.read(int(self.headers["Content-Length"])).decode()
        form = {name: value for name, (value,) in parse_qs(text, strict_parsing=True).items()}
        self._answer(lambda: self.issuer.token(form, self.headers.get("Authorization", "")))

    def _userinfo(self) -> dict[str, Any]:
        assert self.headers["Authorization"] == f"Bearer {ACCESS_TOKEN}"
        return _changed(dict(self.issuer.person), self.issuer.userinfo)

    def _answer(self, honest: Callable[[], tuple[int, dict[str, Any]]]) -> None:
        self.issuer.visits.append(self.path)
        lie = self.issuer.lies.get(self.path)
        try:
            if lie is not None:
                lie(self)
                return
            status, body = honest()
            time.sleep(self.issuer.lateness.get(self.path, 0))
            says(json.dumps(body), status=status)(self)
        except OSError:
            self.close_connection = True  # whoever asked did not wait

    def log_message(self, *_: object) -> None:
        return


@contextmanager
def running(now: Callable[[], float], **answered: Any) -> Iterator[Issuer]:
    """Serve an issuer on a free port of loopback until the test is over."""
    issuer = Issuer(now, **answered)
    handler = type("Request", (_Request,), {"issuer": issuer})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        server.daemon_threads = True
        server.block_on_close = False
        issuer.url = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        try:
            yield issuer
        finally:
            server.shutdown()
            thread.join(5)


def setting(issuer: Issuer) -> dict[str, str]:
    """Our registration with it, as CUPBEARER_PROVIDERS has it."""
    return {"issuer": issuer.url, "client_id": CLIENT_ID, "client_secret": CLIENT_SECRET}


def query(parameters: Mapping[str, str]) -> str:
    return urlencode(parameters)
