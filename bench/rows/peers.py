"""Beside what people would pick instead, over HTTP: processor time of the serving process for each good answer."""

import http.client
import json
import os
import subprocess
import sys
from base64 import b64encode
from collections.abc import Mapping
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

from bench import house
from bench.effort import Effort
from bench.findings import ROOT, Finding, figure
from bench.gateway import NODE_MODULES, demand_node
from bench.measuring import Batch, in_turn, ratio, spread
from chalicelib.oauth.clients import Registration
from chalicelib.tokens.access_tokens import Grant
from tests.parts.ministack import free_port

A_PERSONS = frozenset({"openid", "profile", "pangolins"})
TARGETS = {"key set": 1.0, "client credentials": 1.0, "userinfo": 1.0, "guarded call": 1.2}


@dataclass(frozen=True, slots=True)
class Question:
    """One request that is asked again and again of one process."""

    process: int
    url: str
    method: str = "GET"
    headers: Mapping[str, str] = field(default_factory=dict)
    body: str | None = None


def measure(effort: Effort, folder: Path) -> Finding:
    """Ask ours, oidc-provider and a guard on jose the same, in turn."""
    demand_node()
    if not (NODE_MODULES / "oidc-provider").exists():
        raise RuntimeError("its peer is not installed: make bench/node_modules/ready")
    with ExitStack() as stack:
        questions = _questions(folder, stack)
        batches: dict[str, Batch] = {
            name: _asking(question, effort.tokens * 2) for name, question in questions.items()
        }
        found = in_turn(batches, rounds=max(3, effort.rounds // 3), warm_up=1)
    figures = [figure(name, spread(values), "ms") for name, values in found.items()]
    figures += [
        figure(
            f"{what}: ours ÷ theirs",
            ratio(found[f"{what}, ours"], found[f"{what}, theirs"]),
            "×",
            at_most=most,
        )
        for what, most in TARGETS.items()
    ]
    return Finding(
        name="peers",
        title="Over HTTP, beside oidc-provider and a guard on jose",
        figures=tuple(figures),
        notes=(
            (
                "Processor time of the serving process for each answer of status 200, one "
                "connection kept open. Ours is the local server on SQLite with its gateway and authorizer; theirs is Node in memory."
            ),
            "Theirs signs client credentials as JWTs too (RS256); its userinfo looks an opaque token up, ours verifies a JWT.",
        ),
    )


def _questions(folder: Path, stack: ExitStack) -> dict[str, Question]:
    port = free_port()
    issuer = f"http://localhost:{port}"
    variables = {"CUPBEARER_ISSUER": issuer, "CUPBEARER_ACCESS_TOKEN_SECONDS": "900"}
    at = house.services(folder, variables)
    user, signed_in = at.sign_up.create(
        username="zoe", password=house.PASSWORD, log_in=True, source=house.somewhere()
    )
    at.users.change(user.user_id, _with_scopes)
    robot, secret = at.oauth.clients.create(
        Registration(name="robot", grants=("client_credentials",), scopes=frozenset({"pangolins"}))
    )
    spoken = Grant(
        sub=user.user_id,
        client_id="cupbearer",
        scope=A_PERSONS,
        sid=signed_in.session_id if signed_in else None,
    )
    token = at.access_tokens.issue(spoken).token
    environment = variables | {
        "CUPBEARER_STORE": f"sqlite:///{folder / 'cupbearer.db'}",
        "PATH": os.environ["PATH"],
    }
    us, _ = _started(
        stack, [sys.executable, "-m", "cupbearer.serve", "--port", str(port), "--json"], environment
    )
    told = json.dumps({"jwksUri": f"{issuer}/.well-known/jwks.json", "issuer": issuer, "audience": issuer})
    # An ES module is found beside its importer alone, so the peer runs from where the packages are.
    peer = NODE_MODULES.parent / "peers" / "provider.mjs"
    them, said = _started(stack, ["node", str(peer), told], {"PATH": os.environ["PATH"]})
    bearer = {"Authorization": f"Bearer {token}"}
    form = {"grant_type": "client_credentials", "scope": "pangolins"}
    return {
        "key set, ours": Question(us, f"{issuer}/.well-known/jwks.json"),
        "key set, theirs": Question(them, f"{said['provider']}/jwks"),
        "client credentials, ours": _form(us, f"{issuer}/oauth/token", robot.client_id, secret or "", form),
        "client credentials, theirs": _form(
            them, f"{said['provider']}/token", "robot", "a-secret-of-the-bench", form
        ),
        "userinfo, ours": Question(us, f"{issuer}/oauth/userinfo", headers=bearer),
        "userinfo, theirs": Question(
            them, f"{said['provider']}/me", headers={"Authorization": f"Bearer {said['userinfoToken']}"}
        ),
        "guarded call, ours": Question(us, f"{issuer}/pangolins", headers=bearer),
        "guarded call, theirs": Question(them, f"{said['guard']}/pangolins", headers=bearer),
    }


def _with_scopes(user: Any) -> Any:
    from dataclasses import replace

    return replace(user, scopes=user.scopes | A_PERSONS)


def _form(process: int, url: str, client_id: str, secret: str, form: Mapping[str, str]) -> Question:
    credentials = b64encode(f"{client_id}:{secret}".encode()).decode()
    headers = {"Content-Type": "application/x-www-form-urlencoded", "Authorization": f"Basic {credentials}"}
    return Question(process, url, "POST", headers, urlencode(form))


def _started(stack: ExitStack, command: list[str], environment: dict[str, str]) -> tuple[int, dict[str, Any]]:
    """Start a server that says in one JSON line that it is ready; end it with the stack."""
    child = stack.enter_context(
        subprocess.Popen(
            command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        )
    )
    stack.callback(child.kill)
    lines = child.stdout or ()
    line = next((line for line in lines if line.startswith(b"{")), None)  # the peer has warnings to say first
    if line is None:
        raise RuntimeError(f"{Path(command[0]).name} {command[1]} did not start")
    said: dict[str, Any] = json.loads(line)
    return child.pid, said


def _asking(question: Question, count: int) -> Batch:
    """Return a batch that asks over a connection of its own: a server closes one that idles while others have their turn."""
    parts = urlsplit(question.url)

    def batch() -> float:
        connection = http.client.HTTPConnection(str(parts.hostname), parts.port, timeout=30)
        with closing(connection):
            _ask(connection, parts.path, question)
            before = _seconds(question.process)
            for _ in range(count):
                _ask(connection, parts.path, question)
            return (_seconds(question.process) - before) / count

    return batch


def _ask(connection: http.client.HTTPConnection, path: str, question: Question) -> None:
    connection.request(question.method, path, body=question.body, headers=dict(question.headers))
    answer = connection.getresponse()
    body = answer.read()
    if answer.status != http.client.OK:
        raise RuntimeError(f"{question.url} answered {answer.status} {body[:200]!r}")


def _seconds(process: int) -> float:
    """Return the processor time of a process's threads; the one that serves our connection lives as long as it."""
    threads = Path(f"/proc/{process}/task").glob("*/schedstat")
    return sum(int(thread.read_text(encoding="utf-8").split()[0]) for thread in threads) / 1e9
