"""``make serve`` over real sockets: start, answers in their deployed shape, hostile requests, end."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import textwrap
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from email.message import Message
from http.client import HTTPConnection
from pathlib import Path

import pytest

from tests.support import patience
from tests.support.protection import ON_EVERY_ANSWER

ROOT = Path(__file__).parents[2]
SERVE = [sys.executable, "-m", "cupbearer.serve"]

APP = """
import json, os, time
from chalice import Chalice, CORSConfig, Response

app = Chalice("tiny")
PREFIX = "arn:aws:execute-api:mars-west-1:123456789012:ymy8tbxw7b/api/"

@app.authorizer()
def guard(request):
    token = request.token.removeprefix("Bearer ")
    if token == "forged":
        raise Exception("Unauthorized")
    if token == "trouble":
        raise RuntimeError("the store is away, secret-canary")
    if token == "nothing":
        return None
    context = {"nested": ["no"]} if token == "nested" else {"sub": "u1", "flag": True, "count": 1}
    statements = [{"Effect": "Allow", "Action": "execute-api:Invoke", "Resource": [PREFIX + "GET/users/?*"]},
                  {"Effect": "Deny", "Action": "execute-api:Invoke", "Resource": [PREFIX + "GET/users/me"]}]
    policy = {"Version": "2012-10-17", "Statement": statements}
    return {"principalId": "u1", "policyDocument": policy, "context": context}

@app.route("/cats", cors=CORSConfig(allow_origin="https://first.example"))
def cats():
    return {"port": os.environ["PORT"], "query": dict(app.current_request.query_params or {})}

@app.route("/echo", methods=["POST"], content_types=["*/*"])
def echo():
    return {"length": len(app.current_request.raw_body)}

@app.route("/slow/{name}")
def slow(name):
    time.sleep(0.2)
    return app.current_request.uri_params

@app.route("/users/{user_id}", authorizer=guard)
def user(user_id):
    return {"user_id": user_id, "authorizer": app.current_request.context["authorizer"]}

@app.route("/none", methods=["DELETE", "HEAD"])
def none():
    return Response("", status_code=204) if app.current_request.method == "DELETE" else Response("a body")

@app.route("/split")
def split():
    return Response("", headers={"Set-Cookie": ["a=1\\r\\nX-Evil: 1"]})

@app.route("/framed")
def framed():
    return Response("all of it", headers={"Transfer-Encoding": "chunked", "Connection": "close", "Content-Length": "3"})

@app.route("/unserialisable")
def unserialisable():
    return Response({"bad": {1, 2}})
"""


@dataclass(frozen=True)
class Reply:
    """What a client has read."""

    status: int
    headers: Message
    body: bytes


def converse(port: int, *requests: tuple[str, str], token: str | None = None) -> list[Reply]:
    """Return the replies to requests sent one after the other on one connection."""
    replies = []
    with closing(HTTPConnection("127.0.0.1", port, timeout=patience.SECONDS)) as connection:
        for method, path in requests:
            connection.request(method, path, headers={"Authorization": f"Bearer {token}"} if token else {})
            answer = connection.getresponse()
            replies.append(Reply(answer.status, answer.headers, answer.read()))
    return replies


@dataclass(frozen=True)
class Running:
    """A server in a process of its own."""

    process: subprocess.Popen[str]
    port: int
    lines: list[str]

    def ask(self, method: str, path: str, *, token: str | None = None) -> Reply:
        return converse(self.port, (method, path), token=token)[0]

    def send(self, raw: bytes) -> bytes:
        """Return everything the server answers to raw bytes until it closes the connection."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=patience.SECONDS) as one:
            one.sendall(raw)
            one.shutdown(socket.SHUT_WR)
            return b"".join(iter(lambda: one.recv(65536), b""))


def project(path: Path, app: str = APP) -> Path:
    (path / ".chalice").mkdir()
    (path / ".chalice" / "config.json").write_text(
        '{"version": "2.0", "app_name": "tiny", "stages": {"dev": {}}}'
    )
    (path / "app.py").write_text(app)
    return path


def environment(**more: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if name != "PORT" and "CUPBEARER" not in name}
    return {**kept, "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1", **more}


def start(directory: Path, *arguments: str, **env: str) -> Running:
    process = subprocess.Popen(
        [*SERVE, *arguments], cwd=directory, env=environment(**env), text=True,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip
    assert process.stdout is not None
    lines = [process.stdout.readline(), process.stdout.readline()]
    found = re.search(r"http://localhost:(\d+)", lines[0])
    assert found, lines + process.stdout.readlines()
    return Running(process, int(found[1]), lines)


def stop(running: Running, number: int = signal.SIGTERM) -> str:
    running.process.send_signal(number)
    rest, _ = running.process.communicate(timeout=patience.SECONDS)
    assert running.process.returncode == 0, rest
    return rest


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    directory = project(tmp_path_factory.mktemp("tiny"))
    running = start(
        directory, "--port", "0", CUPBEARER_ALLOWED_ORIGINS='["https://first.example", "https://b.example"]'
    )
    yield running
    log = stop(running)
    assert "code=canary" not in log, "a query may hold a secret (M9)"


def problem_of(answer: Reply, status: int, code: str) -> dict[str, object]:
    document: dict[str, object] = json.loads(answer.body)
    assert answer.status == status
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.headers["Access-Control-Allow-Origin"] == "https://first.example"
    assert {name: answer.headers[name] for name in ON_EVERY_ANSWER} == ON_EVERY_ANSWER
    assert list(document) == ["type", "title", "status", "detail", "code", "request_id"]
    assert (document["status"], document["code"]) == (status, code)
    return document


def test_it_tells_its_address_by_name_and_a_first_call_to_try(tiny: Running) -> None:
    assert tiny.lines[0].startswith(f"Cupbearer serves http://localhost:{tiny.port} ")
    assert f"curl http://localhost:{tiny.port}/cats " in tiny.lines[1]


def test_the_application_knows_the_port_it_is_served_on(tiny: Running) -> None:
    assert json.loads(tiny.ask("GET", "/cats?code=canary").body) == {
        "port": str(tiny.port),
        "query": {"code": "canary"},
    }


@pytest.mark.parametrize(
    ("token", "status", "code"),
    [(None, 401, "invalid_token"), ("forged", 401, "invalid_token"), ("trouble", 503, "unavailable"),
     ("nothing", 500, "server_error"), ("nested", 500, "server_error")],
)  # fmt: skip
def test_the_gateways_own_answers_have_their_deployed_shape(
    tiny: Running, token: str | None, status: int, code: str
) -> None:
    """AZ-5, SC-5: and nothing of the authorizer's trouble is told."""
    answer = tiny.ask("GET", "/users/u1", token=token)
    document = problem_of(answer, status, code)
    assert "canary" not in json.dumps(document)
    assert (answer.headers.get("Retry-After") is not None) == (status == 503)
    if status == 401:  # RFC 6750 section 3.1: no error code
        assert answer.headers["WWW-Authenticate"].startswith('Bearer realm="cupbearer", resource_metadata="')
        assert answer.headers["WWW-Authenticate"].endswith('/.well-known/oauth-protected-resource"')
    else:
        assert answer.headers["WWW-Authenticate"] is None


def test_a_policys_deny_counts_and_its_context_arrives_as_strings(tiny: Running) -> None:
    """D4: unlike in ``chalice local``."""
    opened = tiny.ask("GET", "/users/u1", token="good")
    assert json.loads(opened.body)["authorizer"] == {
        "sub": "u1",
        "flag": "true",
        "count": "1",
        "principalId": "u1",
    }
    closed = tiny.ask("GET", "/users/me", token="good")
    problem_of(closed, 403, "insufficient_scope")
    challenge = 'Bearer realm="cupbearer", error="insufficient_scope", resource_metadata="'
    assert closed.headers["WWW-Authenticate"].startswith(challenge)


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", "/dogs"), ("GET", "/users/"), ("GET", "/users//"), ("GET", "/users/a/b"), ("POST", "/cats"),
     ("BREW", "/cats"), ("HEAD", "/dogs"), ("TRACE", "/"), ("OPTIONS", "/echo"), ("get", "/cats"), ("GET", "/CATS"),
     ("GET", "/cats;x")],
)  # fmt: skip
def test_an_unknown_path_or_method_is_404(tiny: Running, method: str, path: str) -> None:
    answer = tiny.ask(method, path, token="\xfcmlaut")
    if method == "HEAD":
        assert (answer.status, answer.body) == (404, b"")
    else:
        problem_of(answer, 404, "not_found")


def test_options_is_answered_without_the_application(tiny: Running) -> None:
    answer = tiny.ask("OPTIONS", "/cats")
    assert answer.status == 200
    assert answer.headers["Access-Control-Allow-Origin"] == "https://first.example"
    assert answer.headers["Access-Control-Allow-Methods"] == "GET,OPTIONS"


def test_head_and_204_have_no_body_and_leave_the_connection_usable(tiny: Running) -> None:
    asked = ("HEAD", "/none"), ("DELETE", "/none"), ("HEAD", "/dogs"), ("GET", "/cats")
    replies = converse(tiny.port, *asked)
    assert [reply.status for reply in replies] == [200, 204, 404, 200]
    assert [bool(reply.body) for reply in replies] == [False, False, False, True]
    assert [reply.headers["Content-Length"] is None for reply in replies] == [False, True, False, False]


@pytest.mark.parametrize("path", ["/split", "/unserialisable"])
def test_an_answer_that_cannot_be_sent_is_a_500_without_a_traceback(tiny: Running, path: str) -> None:
    answer = tiny.ask("GET", path)
    assert "X-Evil" not in answer.headers
    assert "Traceback" not in str(problem_of(answer, 500, "server_error"))


def test_how_an_answer_is_framed_is_the_servers_business_alone(tiny: Running) -> None:
    """An application that says otherwise would have its answer read in two ways (AZ-6)."""
    answers = converse(tiny.port, ("GET", "/framed"), ("GET", "/cats"))
    assert [answer.status for answer in answers] == [200, 200]
    assert answers[0].body == b"all of it"
    assert answers[0].headers.get_all("Content-Length") == ["9"]
    assert (answers[0].headers["Transfer-Encoding"], answers[0].headers["Connection"]) == (None, None)


BIG = 10 * 1024 * 1024 + 1
HOST = b"Host: localhost\r\n"
POST, GET = b"POST /echo HTTP/1.1\r\n" + HOST, b"GET /cats HTTP/1.1\r\n" + HOST
CHUNKED = POST + b"Transfer-Encoding: chunked\r\n"
HOSTILE = {
    "a length that is no number": (POST + b"Content-Length: abc\r\n\r\nx", 400),
    "a negative length": (POST + b"Content-Length: -1\r\n\r\n", 400),
    "a length python would read": (POST + b"Content-Length: 1_0\r\n\r\n0123456789", 400),
    "a length with a sign": (POST + b"Content-Length: +1\r\n\r\nx", 400),
    "two lengths": (POST + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\nxy", 400),
    "length and chunks": (POST + b"Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400),
    "length and chunks, the other way round": (POST + b"Transfer-Encoding: chunked\r\nContent-Length: 1\r\n\r\n0\r\n\r\n", 400),
    "one length twice": (POST + b"Content-Length: 1\r\nContent-Length: 1\r\n\r\nx", 400),
    "a list of lengths": (POST + b"Content-Length: 1, 1\r\n\r\nx", 400),
    "a length in hexadecimal": (POST + b"Content-Length: 0x1\r\n\r\nx", 400),
    "chunks twice": (CHUNKED + b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400),
    "chunks among codings": (POST + b"Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", 400),
    "chunks by a strange name": (POST + b"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n", 400),
    "chunks with a vertical tab": (POST + b"Transfer-Encoding:\x0bchunked\r\n\r\n0\r\n\r\n", 400),
    "chunks in HTTP/1.0": (b"POST /echo HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400),
    "a space before the colon of a coding": (POST + b"Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n", 400),
    "an unknown coding": (POST + b"Transfer-Encoding: gzip\r\n\r\n", 400),
    "a body that ends early": (POST + b"Content-Length: 9\r\n\r\nabc", 400),
    "chunks": (CHUNKED + b"\r\n3\r\nabc\r\n1;x=y\r\nd\r\n0\r\nT: 1\r\n\r\n", 200),
    "a chunk size that is none": (CHUNKED + b"\r\nzz\r\nabc", 400),
    "a chunk that ends early": (CHUNKED + b"\r\nff\r\nabc", 400),
    "a chunk too large": (CHUNKED + b"\r\nffffffffff\r\n", 413),
    "a chunk line that ends in LF": (CHUNKED + b"\r\n3\nabc\r\n0\r\n\r\n", 400),
    "a chunk that ends in LF": (CHUNKED + b"\r\n3\r\nabc\n0\r\n\r\n", 400),
    "a chunk extension with a line of its own": (CHUNKED + b"\r\n3;a\nb\r\nabc\r\n0\r\n\r\n", 400),
    "a chunk extension with a bare CR": (CHUNKED + b"\r\n3;a\rb\r\nabc\r\n0\r\n\r\n", 400),
    "a chunk size with a sign": (CHUNKED + b"\r\n+3\r\nabc\r\n0\r\n\r\n", 400),
    "trailers that end in LF": (CHUNKED + b"\r\n0\r\nT: 1\n\r\n", 400),
    "trailers without end": (CHUNKED + b"\r\n0\r\n" + b"T: 1\r\n" * 20_000, 431),
    "a body too large": (POST + b"Content-Length: %d\r\n\r\n" % BIG + b"x" * BIG, 413),
    "too large to be asked for": (POST + b"Expect: 100-continue\r\nContent-Length: %d\r\n\r\n" % BIG, 413),
    "garbage": (b"\x16\x03\x01\x02\x00\x01\x00\xfc\x03\x03\r\n\r\n", 400),
    "nothing but space": (b"  \r\n\r\n", 400),
    "an empty line before": (b"\r\n" + GET + b"\r\n", 200),
    "one word": (b"HELLO\r\n\r\n", 400),
    "no method of ours": (b"BREW /cats HTTP/1.1\r\n" + HOST + b"\r\n", 404),
    "a method outside ASCII": (b"\xff\xfe /cats HTTP/1.1\r\n" + HOST + b"\r\n", 400),
    "another protocol": (b"GET /cats HTTP/2.0\r\n" + HOST + b"\r\n", 400),
    "a path outside ASCII": ("GET /cäts HTTP/1.1\r\nHost: x\r\n\r\n".encode(), 400),
    "a path too long": (b"GET /" + b"a" * 70_000 + b" HTTP/1.1\r\n" + HOST + b"\r\n", 414),
    "a header outside ASCII": ("GET /cats HTTP/1.1\r\nHost: x\r\nX-Name: Zoë\r\n\r\n".encode(), 200),
    "a token outside ASCII": ("GET /users/u1 HTTP/1.1\r\nHost: x\r\nAuthorization: \x80Zoë\r\n\r\n".encode(), 200),
    "a header name outside ASCII": ("GET /cats HTTP/1.1\r\nHost: x\r\nNäme: x\r\n\r\n".encode(), 400),
    "a header without a colon": (GET + b"nonsense\r\n\r\n", 400),
    "a space before the colon": (GET + b"Content-Length : 1\r\n\r\n", 400),
    "a folded header": (GET + b"X-A: 1\r\n  2\r\n\r\n", 400),
    "a NUL in a header": (GET + b"X-A: 1\x002\r\n\r\n", 400),
    "two tokens": (b"GET /users/u1 HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer a\r\nAuthorization: Bearer b\r\n\r\n", 400),
    "an empty token": (b"GET /users/u1 HTTP/1.1\r\nHost: x\r\nAuthorization:  \r\n\r\n", 401),
    "a header too long": (GET + b"X-A: " + b"a" * BIG + b"\r\n\r\n", 431),
    "too many headers": (GET + b"" + b"X-A: 1\r\n" * 200 + b"\r\n", 431),
    "a multipart form": (POST + b"Content-Type: multipart/form-data; boundary=b\r\nContent-Length: 1\r\n\r\nx", 200),
    "a mail": (POST + b"Content-Type: message/rfc822\r\nContent-Length: 1\r\n\r\nx", 200),
    "810 KB of headers": (GET + b"".join(b"X-%d: " % n + b"a" * 8100 + b"\r\n" for n in range(100)) + b"\r\n", 431),
    "17 KB of headers": (GET + b"".join(b"X-%d: " % n + b"a" * 1000 + b"\r\n" for n in range(17)) + b"\r\n", 431),
    "8 KB of headers": (GET + b"".join(b"X-%d: " % n + b"a" * 1000 + b"\r\n" for n in range(8)) + b"\r\n", 200),
    "a bare CR for a line end": (b"GET /users/u1 HTTP/1.1\r\nHost: x\r\nX-A: b\rAuthorization: Bearer good\r\n\r\n", 400),
    "a bare CR before the end": (GET + b"X-A: b\r\r\n\r\n", 400),
    "a bare LF for a line end": (b"GET /users/u1 HTTP/1.1\r\nHost: x\r\nX-A: b\nAuthorization: Bearer good\r\n\r\n", 400),
    "bare LFs alone": (b"GET /cats HTTP/1.1\nHost: x\n\n", 400),
    "a bare CR in the request line": (b"GET /cats HTTP/1.1\rX: y\r\nHost: x\r\n\r\n", 400),
    "a folded first header": (b"GET /cats HTTP/1.1\r\n X-A: 1\r\nHost: x\r\n\r\n", 400),
    "a header folded by a tab": (GET + b"X-A: 1\r\n\t2\r\n\r\n", 400),
    "a NUL in a header's name": (GET + b"X\x00A: 1\r\n\r\n", 400),
    "a NUL in the path": (b"GET /ca\x00ts HTTP/1.1\r\nHost: x\r\n\r\n", 400),
    "a tab before the colon": (GET + b"X-A\t: 1\r\n\r\n", 400),
    "a header without a name": (GET + b": 1\r\n\r\n", 400),
    "no host": (b"GET /cats HTTP/1.1\r\n\r\n", 400),
    "no host in HTTP/1.0": (b"GET /cats HTTP/1.0\r\n\r\n", 200),
    "two hosts": (GET + b"Host: elsewhere\r\n\r\n", 400),
    "a host that is none": (b"GET /cats HTTP/1.1\r\nHost: a/b c\r\n\r\n", 400),
    "two spaces in the request line": (b"GET  /cats HTTP/1.1\r\nHost: x\r\n\r\n", 400),
    "a tab in the request line": (b"GET\t/cats HTTP/1.1\r\nHost: x\r\n\r\n", 400),
    "an absolute target": (b"GET http://elsewhere/cats HTTP/1.1\r\n" + HOST + b"\r\n", 200),
    "no version": (b"GET /cats\r\n\r\n", 400),
}  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
def test_no_request_however_hostile_goes_without_an_answer(tiny: Running, name: str) -> None:
    """M2, AZ-6: never a dropped connection, a traceback or a page of HTML."""
    raw, status = HOSTILE[name]
    head, _, body = tiny.send(raw).partition(b"\r\n\r\n")
    assert head.split(b"\r\n")[0].split()[1] == str(status).encode(), head
    if status >= 400:
        assert b"application/problem+json" in head
        assert json.loads(body)["status"] == status


@pytest.mark.parametrize(
    "first",
    [
        POST + b"Content-Length: 0\r\nTransfer-Encoding: chunked\r\n\r\n",
        POST + b"Content-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        POST + b"Content-Length: 0\r\nContent-Length: 44\r\n\r\n",
        GET + b"X-A: b\rContent-Length: 44\r\n\r\n",
        GET + b"Content-Length : 44\r\n\r\n",
        GET + b"X-A: b\r\n Content-Length: 44\r\n\r\n",
    ],
)
def test_what_could_be_the_end_of_one_request_or_the_beginning_of_another_is_answered_once(
    tiny: Running, first: bytes
) -> None:
    """AZ-6: the rest of the connection is not read as requests (RFC 9112 section 11.2)."""
    answer = tiny.send(
        first + b"GET /users/u1 HTTP/1.1\r\nHost: x\r\n" + b"Authorization: Bearer good\r\n\r\n"
    )
    assert answer.count(b"HTTP/1.1 ") == 1
    assert answer.startswith(b"HTTP/1.1 400 ")
    assert b"\r\nConnection: close\r\n" in answer


def test_requests_sent_at_once_are_answered_in_turn(tiny: Running) -> None:
    answer = tiny.send(
        GET + b"\r\n" + POST + b"Content-Length: 3\r\n\r\nabc" + CHUNKED + b"\r\n2\r\nab\r\n0\r\n\r\n"
    )
    assert answer.count(b"HTTP/1.1 200 ") == 3
    assert answer.index(b'"port"') < answer.index(b'{"length":3}') < answer.index(b'{"length":2}')


@pytest.mark.parametrize(
    ("head", "stays"),
    [
        (b"HTTP/1.1\r\nHost: x\r\n", True),
        (b"HTTP/1.1\r\nHost: x\r\nConnection: TE, Close\r\n", False),
        (b"HTTP/1.0\r\n", False),
        (b"HTTP/1.0\r\nConnection: keep-alive\r\n", True),
    ],
)
def test_a_connection_stays_open_as_http_says(tiny: Running, head: bytes, stays: bool) -> None:
    """RFC 9112 section 9.3."""
    assert tiny.send((b"GET /cats " + head + b"\r\n") * 2).count(b"HTTP/1.1 200 ") == 1 + stays


def test_a_large_body_is_asked_for_only_when_it_will_be_read(tiny: Running) -> None:
    with socket.create_connection(("127.0.0.1", tiny.port), timeout=patience.SECONDS) as one:
        one.sendall(POST + b"Expect: 100-continue\r\nContent-Length: 3\r\n\r\n")
        assert one.recv(1000).startswith(b"HTTP/1.1 100 ")
        one.sendall(b"abc")
        assert b'{"length":3}' in one.recv(1000)


def test_callers_at_the_same_time_do_not_see_each_other(tiny: Running) -> None:
    with ThreadPoolExecutor(12) as pool:
        replies = list(pool.map(lambda number: tiny.ask("GET", f"/slow/n{number}"), range(12)))
    assert [json.loads(reply.body)["name"] for reply in replies] == [f"n{number}" for number in range(12)]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_ends_cleanly(tmp_path: Path, number: int) -> None:
    # Without mail it says two lines, which are read: a third would come before the signal or not.
    assert stop(start(project(tmp_path), PORT="0", CUPBEARER_MAIL="none"), number) == ""


def fails_with(directory: Path, *arguments: str, **env: str) -> str:
    run = subprocess.run(
        [*SERVE, *arguments],
        cwd=directory,
        env=environment(**env),
        capture_output=True,
        text=True,
        timeout=patience.SECONDS,
        check=False,
    )
    assert run.returncode == 1
    assert run.stdout == ""
    assert run.stderr.startswith("cupbearer: ")
    assert run.stderr.count("\n") == 1, run.stderr
    return run.stderr


@pytest.mark.parametrize("port", ["eighty", "-1", "65536", "8 0", "٨٠"])
def test_a_bad_port_is_one_sentence(tmp_path: Path, port: str) -> None:
    assert "a port is a number" in fails_with(tmp_path, PORT=port)


def test_a_port_in_use_is_one_sentence(tmp_path: Path, tiny: Running) -> None:
    assert "in use" in fails_with(tmp_path, "--port", str(tiny.port))


def test_a_project_that_cannot_start_is_one_sentence(tmp_path: Path) -> None:
    assert "there is no app.py" in fails_with(tmp_path, "--port", "0")
    directory = project(tmp_path, "raise ValueError('CUPBEARER_MAIL is not\\nan address')")
    assert "CUPBEARER_MAIL is not an address" in fails_with(directory, "--port", "0")
    config = directory / ".chalice" / "config.json"
    config.write_text('{"version": "3.0", "stages": {"dev": {}}}')
    assert "2.0 is the newest" in fails_with(directory, "--port", "0")
    config.write_text('{"version": "2.0", "stages": {"dev": {}')
    assert "config file" in fails_with(directory, "--port", "0")
    config.unlink()
    assert "config file" in fails_with(directory, "--port", "0")


def test_the_stages_variables_and_what_is_vendored_are_there_as_on_aws(tmp_path: Path) -> None:
    directory = project(
        tmp_path,
        textwrap.dedent("""
            import os
            from chalice import Chalice
            from packed import NAME
            app = Chalice("tiny")
            @app.route("/names")
            def names(): return {"vendored": NAME, "of": [os.environ["ALL"], os.environ["ONE"]]}
        """),
    )
    (directory / "vendor").mkdir()
    (directory / "vendor" / "packed.py").write_text("NAME = 'packed'")
    stages = {"one": {"environment_variables": {"ONE": "a stage"}}, "other": {}}
    variables = {"ALL": "all stages", "ONE": "overridden"}
    (directory / ".chalice" / "config.json").write_text(
        json.dumps({"version": "2.0", "environment_variables": variables, "stages": stages})
    )
    running = start(directory, "--stage", "one", PORT="0")
    said = json.loads(running.ask("GET", "/names").body)
    stop(running)
    assert said == {"vendored": "packed", "of": ["all stages", "a stage"]}


def port_in(line: str) -> int:
    return int(line.split("localhost:")[1].split(maxsplit=1)[0])


def test_with_reload_a_changed_file_is_served_and_the_end_leaves_nobody_behind(tmp_path: Path) -> None:
    directory = project(tmp_path)
    running = start(directory, "--port", "0", "--reload")
    assert running.process.stdout is not None
    changed = textwrap.dedent("""
        from chalice import Chalice
        app = Chalice("tiny")
        @app.route("/new")
        def new(): return {"new": True}
    """)
    noticed = threading.Event()

    def change() -> None:
        """Change the file, and again should that not be noticed: who looks for changes may not have begun to look."""
        for number in range(90):
            (directory / "app.py").write_text(f"{changed}# {number}\n")
            if noticed.wait(2):
                return

    changing = threading.Thread(target=change)
    changing.start()
    try:
        again = (line for line in running.process.stdout if line.startswith("Cupbearer serves"))
        port = port_in(next(again))
        noticed.set()
        changing.join()
        try:
            answer = converse(port, ("GET", "/new"))[0]
        except OSError:  # a change that came late begins it once more
            port = port_in(next(again))
            answer = converse(port, ("GET", "/new"))[0]
        assert answer.status == 200
    finally:
        noticed.set()
        stop(running)
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port), timeout=2)
