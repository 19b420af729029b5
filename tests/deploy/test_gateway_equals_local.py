"""``make serve`` answers as the deployed gateway does: the same requests to both, compared whole.

What may differ is in DIFFERENT_HEADERS and DIFFERENT_VALUES, with the reason; docs/gateway.md says the same.
"""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from cupbearer.deploying.template import ROOT
from tests.deploy.emulated import ORIGINS, Place
from tests.deploy.http import Answer, Client
from tests.support import patience
from tests.support.protection import ON_EVERY_ANSWER

# Headers that only one side has, or that say something else on each.
DIFFERENT_HEADERS = {
    "connection": "the local server ends or keeps connections itself",
    "content-length": "follows the body, which holds the base URL and ids",
    "date": "the time",
    "server": "the local server names none; AWS names none either",
    "x-amz-request-id": "AWS's own id of the request",
    "x-amz-apigw-id": "AWS's own id of the request",
    "x-amzn-errortype": "AWS's own name for an answer that the gateway makes",
    "x-amzn-requestid": "AWS's own id of the request",
    "x-amzn-trace-id": "AWS's own id of the trace",
    "x-request-id": "a new one for each request",
}
# Members of a body that are new each time, or name where one is.
DIFFERENT_VALUES = (
    "access_token",
    "created_at",
    "keys",
    "message_id",
    "refresh_token",
    "request_id",
    "session_id",
    "store",
    "user_id",
)
PASSWORD = "the same pass phrase on both sides"
JSON = {"Content-Type": "application/json"}


@dataclass
class Side:
    """One server, and what it gave us so far."""

    client: Client
    known: dict[str, str] = field(default_factory=dict)

    def ask(self, method: str, path: str, body: str | None, headers: Mapping[str, str]) -> Answer:
        """Send one request; ``{name}`` in path, body and headers is what this side gave."""
        sent = {name: self._filled(value) for name, value in headers.items()}
        data = self._filled(body).encode() if body is not None else None
        answer = self.client.raw(method, self._filled(path), data, sent)
        self._learn(answer)
        return answer

    def _filled(self, text: str) -> str:
        return re.sub(r"<(\w+)>", lambda match: self.known[match[1]], text)

    def _learn(self, answer: Answer) -> None:
        if answer.status in (200, 201) and answer.body.startswith(b"{"):
            answered = answer.json
            for each in (answered, answered.get("user", {})):
                if isinstance(each, dict):
                    self.known |= {name: value for name, value in each.items() if isinstance(value, str)}


@pytest.fixture(scope="module")
def local(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Side]:
    folder = tmp_path_factory.mktemp("local")
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("CUPBEARER_", "AWS_"))}
    environment = clean | {
        "CUPBEARER_STORE": f"sqlite:///{folder}/cupbearer.db",
        "CUPBEARER_ALLOWED_ORIGINS": json.dumps(ORIGINS),
        "CUPBEARER_MAIL": "none",  # or the foot of a page leads to the mail of this machine
        "PYTHONUNBUFFERED": "1",
    }
    with (folder / "log").open("w") as log:
        command = [sys.executable, "-m", "cupbearer.serve", "--port", "0"]
        child = subprocess.Popen(
            command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=log, text=True
        )
    try:
        yield Side(Client(_announced(child, folder / "log")))
    finally:
        child.terminate()
        child.communicate(timeout=patience.SECONDS)


def _announced(child: subprocess.Popen[str], log: Path) -> str:
    assert child.stdout is not None
    for line in child.stdout:
        if found := re.search(r"serves (http://[^ ]+)", line):
            return found[1]
    raise AssertionError(log.read_text())


@pytest.fixture(scope="module")
def deployed(place: Place) -> Side:
    return Side(Client(place.url))


def sign_up(**more: Any) -> str:
    return json.dumps({"username": "Zoe", "password": PASSWORD, **more})


def bearer(name: str) -> dict[str, str]:
    return {"Authorization": f"Bearer <{name}>"}


FIRST, SECOND = ({"Origin": origin} for origin in ORIGINS)
FOREIGN = {"Origin": "https://evil.example"}
BROWSER = {"Accept": "text/html,*/*;q=0.8", "Sec-Fetch-Dest": "document"}

# No %2F in a path: the emulator takes it for a slash, AWS and the local server do not.
# Method, path, body, headers; in this order, for each builds on those before it.
REQUESTS: tuple[tuple[str, str, str | None, Mapping[str, str]], ...] = (
    ("GET", "/cats", None, FIRST),
    ("GET", "/cats", None, FOREIGN),
    ("GET", "/cats?a=1&a=2&b=", None, FIRST),
    ("GET", "/cats/", None, FIRST),
    ("HEAD", "/cats", None, FIRST),
    ("PUT", "/cats", "{}", JSON | FIRST),
    ("GET", "/CATS", None, FIRST),
    ("GET", "/nothing", None, FIRST),
    ("GET", "/nothing", None, {"Authorization": "Bearer x.y.z"} | FIRST),
    ("GET", "/nothing", None, BROWSER),
    ("GET", "/nothing/at/all?a=1", None, BROWSER | FIRST),
    ("GET", "/nothing", None, {"Accept": "text/html"} | FIRST),
    ("GET", "/nothing", None, {"Sec-Fetch-Dest": "empty", "Accept": "*/*"} | SECOND),
    ("GET", "/sessions/refresh", None, BROWSER),
    ("POST", "/nothing", "{}", JSON | BROWSER),
    ("HEAD", "/nothing", None, BROWSER),
    ("OPTIONS", "/cats", None, FIRST),
    ("OPTIONS", "/users/me", None, SECOND | {"Access-Control-Request-Method": "PATCH"}),
    ("OPTIONS", "/users/me", None, FOREIGN),
    ("OPTIONS", "/nothing", None, FIRST),
    ("GET", "/health", None, FIRST),
    ("GET", "/.well-known/jwks.json", None, FIRST),
    ("GET", "/.well-known/jwks.json", None, FOREIGN),
    ("OPTIONS", "/.well-known/openid-configuration", None, FOREIGN),
    ("POST", "/users", sign_up(), JSON | FIRST),
    ("POST", "/users", sign_up(), JSON | FIRST),
    ("POST", "/users", sign_up(), {"content-type": "application/json; charset=utf-8"} | FIRST),
    ("POST", "/users", "{", JSON | FIRST),
    ("POST", "/users", "", JSON | FIRST),
    ("POST", "/users", sign_up(unknown=1), JSON | FIRST),
    ("POST", "/users", sign_up(), {"Content-Type": "text/plain"} | FIRST),
    ("POST", "/users", sign_up(), FIRST),
    ("POST", "/users", json.dumps({"username": "A", "password": "password"}), JSON | FIRST),
    ("POST", "/sessions", json.dumps({"username": "Zoe", "password": "not this one, no"}), JSON | FIRST),
    ("POST", "/sessions", sign_up(cookie=True), JSON | FIRST),
    ("POST", "/sessions", sign_up(), JSON | SECOND),
    ("GET", "/users/me", None, bearer("access_token") | FIRST),
    ("GET", "/users/me", None, {"authorization": "bEaReR <access_token>"} | FIRST),
    ("GET", "/users/me/", None, bearer("access_token") | FIRST),
    ("GET", "/users/me", None, FIRST),
    ("GET", "/users/me", None, {"Authorization": ""} | FIRST),
    ("GET", "/users/me", None, {"Authorization": "Basic eDp5"} | FIRST),
    ("GET", "/users/me", None, {"Authorization": "Bearer <access_token>x"} | FIRST),
    ("GET", "/users/me", None, {"Authorization": "DPoP <access_token>", "DPoP": "x.y.z"} | FIRST),
    ("GET", "/pangolins", None, bearer("access_token") | FIRST),
    ("GET", "/pangolins", None, bearer("access_token") | SECOND),
    ("GET", "/profile", None, bearer("access_token") | FIRST),
    ("GET", "/users", None, bearer("access_token") | FIRST),
    ("GET", "/users/<user_id>", None, bearer("access_token") | FIRST),
    ("GET", "/users/a%20b", None, bearer("access_token") | FIRST),
    ("DELETE", "/sessions/nope", None, bearer("access_token") | FIRST),
    ("PATCH", "/users/me", json.dumps({"name": "Zoë ✓"}), JSON | bearer("access_token") | FIRST),
    ("POST", "/messages", json.dumps({"text": "Grüße ✓"}), JSON | bearer("access_token") | FIRST),
    ("POST", "/messages", json.dumps({"text": ""}), JSON | bearer("access_token") | FIRST),
    ("GET", "/messages", None, FIRST),
    ("POST", "/sessions/refresh", json.dumps({"refresh_token": "cbr_nothing"}), JSON | FIRST),
    ("POST", "/sessions/refresh", json.dumps({"refresh_token": "<refresh_token>"}), JSON | FIRST),
    ("POST", "/sessions", sign_up(scope=""), JSON | FIRST),
    ("GET", "/profile", None, bearer("access_token") | FIRST),
    ("DELETE", "/sessions/current", None, bearer("access_token") | FIRST),
    ("POST", "/sessions/refresh", json.dumps({"refresh_token": "<refresh_token>"}), JSON | FIRST),
)  # fmt: skip


def answered(answer: Answer, base: str) -> dict[str, Any]:
    """Return what must be the same on both sides."""
    headers = {
        name: value.replace(base, "BASE")
        for name, value in answer.headers.items()
        if name not in DIFFERENT_HEADERS
    }
    if "location" in headers:
        headers["location"] = re.sub(r"/users/[a-z2-7]{26}$", "/users/ID", headers["location"])
    if "set-cookie" in headers:
        headers["set-cookie"] = re.sub(r"=cbr_[^;]+", "=cbr_…", headers["set-cookie"])
    if not answer.body:
        headers.pop("content-type", None)  # of nothing
    return {"status": answer.status, "headers": headers, "body": _body(answer, base)}


def _body(answer: Answer, base: str) -> Any:
    text = answer.body.decode().replace(base, "BASE")
    if text.startswith("<!doctype"):  # its links are paths
        text = re.sub(rf'="{urlsplit(base).path}(?=[/"])', '="', text)
    return _settled(json.loads(text)) if text.startswith("{") else text


def _settled(value: Any) -> Any:
    if isinstance(value, dict):
        return {
            name: type(each).__name__ if name in DIFFERENT_VALUES else _settled(each)
            for name, each in value.items()
        }
    return [_settled(each) for each in value] if isinstance(value, list) else value


def test_the_same_requests_get_the_same_answers(local: Side, deployed: Side) -> None:
    differences = []
    ready = deployed.client.raw("GET", "/health", None, {})
    assert ready.status == 200, (
        ready.status,
        ready.body,
    )  # what follows would only tell the same, more darkly
    for method, path, body, headers in REQUESTS:
        here = answered(local.ask(method, path, body, headers), local.client.base)
        there = answered(deployed.ask(method, path, body, headers), deployed.client.base)
        if here != there:
            differences.append(
                f"{method} {path} {body} {dict(headers)}\n  local    {here}\n  deployed {there}"
            )
    assert not differences, "\n".join(differences)


@pytest.mark.parametrize("side", ["local", "deployed"])
def test_what_the_gateway_answers_by_itself_protects_a_browser(
    side: str, request: pytest.FixtureRequest
) -> None:
    """BR-4: no code of ours runs for these."""
    at: Side = request.getfixturevalue(side)
    signed_in = at.client("POST", "/users", {"username": f"for-{side}", "password": PASSWORD})
    assert signed_in.status == 201, signed_in
    token = at.client("POST", "/sessions", {"username": f"for-{side}", "password": PASSWORD}).json[
        "access_token"
    ]
    refused = {
        401: at.client.raw("GET", "/users/me", None, {}),
        403: at.client("GET", "/pangolins", token=token),
        404: at.client.raw("GET", "/nothing", None, {}),
    }
    for status, answer in refused.items():
        assert answer.status == status
        for name, value in ON_EVERY_ANSWER.items():
            assert answer.headers.get(name.lower()) == value, (status, name)
