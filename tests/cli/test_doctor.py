"""The doctor on a service that really runs, and on one behind a proxy that spoils its answers."""

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any
from urllib.parse import urlsplit

import pytest
from click.testing import CliRunner, Result

from cupbearer.cli import cli
from tests.parts.ports import free_port
from tests.support import patience
from tests.support.command_line import SECRET

ROOT = Path(__file__).parents[2]
ORIGIN = "https://app.example.com"

Headers = list[tuple[str, str]]
Spoil = Callable[[str, int, Headers, bytes], tuple[int, Headers, bytes]]


@contextmanager
def service(folder: Path, **variables: str) -> Iterator[str]:
    """A service on its own store; its issuer is ``issuer`` or its own address."""
    environ = {name: value for name, value in os.environ.items() if not name.startswith("CUPBEARER_")}
    environ |= {
        "CUPBEARER_STORE": f"sqlite:///{folder / 'cupbearer.db'}",
        "CUPBEARER_SIGNING_ALG": "ES256",
        "CUPBEARER_ALLOWED_ORIGINS": json.dumps([ORIGIN]),
    } | {f"CUPBEARER_{name}": value for name, value in variables.items()}
    child = subprocess.Popen(
        [sys.executable, "-m", "cupbearer.serve", "--port", "0"],
        cwd=ROOT, env=environ, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
    )  # fmt: skip
    try:
        assert child.stdout is not None
        found = re.search(r"http://localhost:\d+", child.stdout.readline())
        assert found is not None
        yield found[0]
    finally:
        child.send_signal(signal.SIGTERM)
        child.communicate(timeout=patience.SECONDS)


@contextmanager
def spoilt(upstream: str, port: int, spoil: Spoil) -> Iterator[str]:
    """A proxy on loopback; ``spoil`` gets path, status, headers and body of each answer."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def forward(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            connection = HTTPConnection(urlsplit(upstream).netloc, timeout=patience.SECONDS)
            connection.request(self.command, self.path, body, dict(self.headers.items()))
            answer = connection.getresponse()
            status, headers, text = spoil(self.path, answer.status, answer.getheaders(), answer.read())
            connection.close()
            self.send_response_only(status)
            for name, value in headers:
                if name.lower() not in {"content-length", "connection", "transfer-encoding"}:
                    self.send_header(name, value)
            self.send_header("Content-Length", str(len(text)))
            self.send_header("Connection", "close")
            self.end_headers()
            self.wfile.write(text)

        do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = forward  # noqa: N815 - http.server looks for these names

        def log_message(self, *_: object) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
    server.daemon_threads = True
    Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    yield f"http://localhost:{port}"
    server.shutdown()
    server.server_close()


def examine(url: str, *more: str) -> tuple[Result, dict[str, dict[str, Any]]]:
    result = CliRunner().invoke(cli, ["doctor", url, *more, "--json"])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exc_info
    printed = json.loads(result.stdout)
    assert printed["ok"] == (result.exit_code == 0)
    return result, {finding["check"]: finding for finding in printed["findings"]}


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, int]]:
    """A service whose issuer is the address of a proxy before it, and that proxy's port."""
    port = free_port()
    folder = tmp_path_factory.mktemp("doctor")
    with service(folder, ISSUER=f"http://localhost:{port}") as upstream:
        yield upstream, port


def honest(_path: str, status: int, headers: Headers, body: bytes) -> tuple[int, Headers, bytes]:
    return status, headers, body


def without(*names: str) -> Spoil:
    def spoil(_path: str, status: int, headers: Headers, body: bytes) -> tuple[int, Headers, bytes]:
        return status, [pair for pair in headers if pair[0].lower() not in names], body

    return spoil


def with_header(name: str, value: str) -> Spoil:
    def spoil(_path: str, status: int, headers: Headers, body: bytes) -> tuple[int, Headers, bytes]:
        return status, [*[pair for pair in headers if pair[0].lower() != name.lower()], (name, value)], body

    return spoil


def without_its_mark(path: str, status: int, headers: Headers, body: bytes) -> tuple[int, Headers, bytes]:
    return (404 if path.endswith("icon.svg") else status), headers, body


def test_a_service_that_is_well_gets_no_complaint_and_keeps_no_account(
    running: tuple[str, int], tmp_path: Path
) -> None:
    with service(tmp_path, NAME="Pangolin & Sons", FRONT="account") as url:
        result, found = examine(url, "--origin", ORIGIN)
    assert result.exit_code == 0, result.stdout
    assert found["pages"]["says"] == f"they say Pangolin & Sons, and / leads to {url}/account"
    assert {finding["level"] for finding in found.values()} == {"ok"}, result.stdout
    assert found["samples"]["says"].startswith("on: /cats")
    assert {"refresh", "log-out", "cookie", "discovery", "JWKS", "clock", "clean-up"} <= found.keys()


def test_what_is_printed_for_people_ends_with_the_count(running: tuple[str, int]) -> None:
    upstream, port = running
    with spoilt(upstream, port, honest) as url:
        result = CliRunner().invoke(cli, ["doctor", url])
    assert result.exit_code == 0, result.stdout
    assert re.search(r"^0 failures, 0 warnings, \d+ ok, 1 unchecked\.$", result.stdout, re.MULTILINE)
    assert not SECRET.search(result.stdout)  # the key ids that it prints may have the letters eyJ in them


FAULTS: list[tuple[Spoil, str, str]] = [
    (without("strict-transport-security"), "security headers", "strict-transport-security is missing"),
    (without("www-authenticate"), "401 without a token", "no Bearer challenge"),
    (without("access-control-allow-origin"), f"preflight of POST /sessions from {ORIGIN}", "not allowed"),
    (with_header("Access-Control-Allow-Origin", "*"), "CORS for a stranger", "allows *"),
    (without("vary"), f"CORS on a 400 for {ORIGIN}", "Vary: Origin is missing"),
    (without("set-cookie"), "cookie", "there is no cookie"),
    (with_header("Cache-Control", "max-age=60"), "log-in", "tokens may be cached"),
    (without_its_mark, "pages", "its mark does not load"),
    (with_header("Date", "Mon, 02 Jan 2023 00:00:00 GMT"), "clock", "differ by"),
]


@pytest.mark.parametrize(("spoil", "check", "says"), FAULTS, ids=[check for _, check, _ in FAULTS])
def test_each_fault_in_front_of_a_service_is_named_with_its_mend(
    running: tuple[str, int], spoil: Spoil, check: str, says: str
) -> None:
    upstream, port = running
    with spoilt(upstream, port, spoil) as url:
        result, found = examine(url, "--origin", ORIGIN)
    assert result.exit_code == 1
    assert found[check]["level"] == "failure"
    assert says in found[check]["says"]
    assert found[check]["mend"]
    assert found["clean-up"]["level"] == "ok"


def test_a_cookie_without_http_only_is_a_failure(running: tuple[str, int]) -> None:
    def spoil(_path: str, status: int, headers: Headers, body: bytes) -> tuple[int, Headers, bytes]:
        return status, [(name, value.replace("; HttpOnly", "")) for name, value in headers], body

    upstream, port = running
    with spoilt(upstream, port, spoil) as url:
        _, found = examine(url)
    assert "lacks HttpOnly" in found["cookie"]["says"]


def test_a_key_set_with_a_private_member_is_a_failure(running: tuple[str, int]) -> None:
    def spoil(path: str, status: int, headers: Headers, body: bytes) -> tuple[int, Headers, bytes]:
        return status, headers, body.replace(b'"kty"', b'"d":"AQAB","kty"') if "jwks" in path else body

    upstream, port = running
    with spoilt(upstream, port, spoil) as url:
        _, found = examine(url)
    assert "private member" in found["JWKS"]["says"]
    assert "keys rotate --emergency" in found["JWKS"]["mend"]


def test_an_understated_revocation_bound_is_a_failure(running: tuple[str, int]) -> None:
    def spoil(path: str, status: int, headers: Headers, body: bytes) -> tuple[int, Headers, bytes]:
        return status, headers, re.sub(rb'(revocation_bound_seconds":)\d+', rb"\g<1>30", body)

    upstream, port = running
    with spoilt(upstream, port, spoil) as url:
        _, found = examine(url)
    assert "states a bound of 30 s" in found["access token"]["says"]


def test_another_url_than_the_issuers_is_told_everywhere_it_shows(running: tuple[str, int]) -> None:
    upstream, _ = running
    _, found = examine(upstream)
    for check in ("sign-up", "access token", "discovery"):
        assert found[check]["level"] == "failure"
        assert "CUPBEARER_ISSUER" in found[check]["mend"]


def test_an_origin_that_is_not_listed_is_told_how_to_list_it(running: tuple[str, int]) -> None:
    upstream, port = running
    with spoilt(upstream, port, honest) as url:
        _, found = examine(url, "--origin", "https://other.example")
    assert (
        "CUPBEARER_ALLOWED_ORIGINS='[\"https://other.example\"]'"
        in (found["preflight of POST /sessions from https://other.example"]["mend"])
    )


def test_an_origin_that_is_not_listed_is_one_finding_with_one_cure(running: tuple[str, int]) -> None:
    upstream, port = running
    with spoilt(upstream, port, honest) as url:
        _, found = examine(url, "--origin", "https://other.example")
    wrong = [check for check, finding in found.items() if finding["level"] == "failure"]
    assert wrong == ["preflight of POST /sessions from https://other.example"]


@pytest.mark.parametrize("origin", ["app.example.com", "https://app.example.com/page", "*", "null"])
def test_what_is_no_origin_is_refused_with_an_example(origin: str) -> None:
    result = CliRunner().invoke(cli, ["doctor", "https://auth.example.com", "--origin", origin])
    assert result.exit_code == 1
    assert "for example https://app.example.com" in result.stderr


def test_where_sign_up_is_closed_it_says_what_it_could_not_look_at(tmp_path: Path) -> None:
    with service(tmp_path, SIGN_UP="closed") as url:
        result, found = examine(url)
    assert result.exit_code == 0, result.stdout
    unchecked = found["log-in, refresh, log-out, clock, cookie"]
    assert unchecked["level"] == "unchecked"
    assert "CUPBEARER_SIGN_UP=open" in unchecked["mend"]


def test_opaque_tokens_are_examined_too(tmp_path: Path) -> None:
    with service(tmp_path, ACCESS_TOKENS="opaque", SAMPLES="off") as url:
        result, found = examine(url)
    assert result.exit_code == 0, result.stdout
    assert found["samples"]["says"] == "off"
    assert found["access token"]["says"] == "opaque"


def test_a_service_that_does_not_answer_is_one_failure() -> None:
    result, found = examine(f"http://127.0.0.1:{free_port()}")
    assert result.exit_code == 1
    assert list(found) == ["reach"]


def test_without_a_url_it_looks_at_what_other_commands_work_on() -> None:
    issuer = f"http://localhost:{free_port()}"
    result = CliRunner().invoke(cli, ["doctor", "--json"], env={"CUPBEARER_ISSUER": issuer})
    assert json.loads(result.stdout)["url"] == issuer


@pytest.mark.parametrize("url", ["nonsense", "ftp://example.com", "https://", "https://a.example/?q=1"])
def test_what_is_no_url_of_a_service_is_refused_in_a_sentence(url: str) -> None:
    result = CliRunner().invoke(cli, ["doctor", url])
    assert result.exit_code == 1
    assert "URL is the issuer" in result.stderr


def test_where_nobody_has_a_password_it_says_what_it_could_not_look_at(tmp_path: Path) -> None:
    with service(tmp_path, EMAIL_LOG_IN="on", PASSWORD_LOG_IN="off") as url:
        result, found = examine(url)
    assert result.exit_code == 0, result.stdout
    unchecked = found["log-in, refresh, log-out, clock, cookie"]
    assert unchecked["level"] == "unchecked"
    assert "CUPBEARER_PASSWORD_LOG_IN=off" in unchecked["says"]
