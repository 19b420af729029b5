"""Beside what people would pick instead: processor time of the serving process for each good answer."""

import json
import os
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from bench import questions
from bench.asking import HttpServer, Question, Server, batch_of
from bench.effort import Effort
from bench.findings import ROOT, Finding, figure
from bench.gateway import NODE_MODULES, demand_node
from bench.handler import Handler
from bench.measuring import Batch, in_turn, ratio, spread
from tests.parts.ports import free_port

TARGETS = {
    "key set": 1.0,
    "client credentials": 1.0,
    "refresh": 1.0,
    "code exchange": 1.0,
    "userinfo": 1.0,
    "guarded call": 1.2,
}
OURS, THEIRS, DEPLOYED = "ours", "theirs", "ours, without the laptop's HTTP"


def measure(effort: Effort, folder: Path) -> Finding:
    """Ask ours, oidc-provider and a guard on jose the same, in turn."""
    demand_node()
    if not (NODE_MODULES / "oidc-provider").exists():
        raise RuntimeError("its peer is not installed: make bench/node_modules/ready")
    with ExitStack() as stack:
        asked = _questions(folder, stack)
        batches: dict[str, Batch] = {
            name: batch_of(server, question, effort.tokens // (2 if question.talk else 1))
            for name, (server, question) in asked.items()
        }
        found = in_turn(batches, rounds=max(3, effort.rounds // 2), warm_up=2)
    figures = [figure(name, spread(values), "ms") for name, values in found.items()]
    for who, is_target in ((OURS, True), (DEPLOYED, False)):
        figures += [
            figure(
                f"{what}: {who} ÷ theirs",
                ratio(found[f"{what}, {who}"], found[f"{what}, {THEIRS}"]),
                "×",
                at_most=most if is_target else None,
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
            (
                "Theirs signs client credentials as JWTs too (RS256); its userinfo looks an opaque token up, ours verifies a JWT. Code "
                "exchange (PKCE, a confidential client) and refresh give an ID token, a JWT and a new refresh token on both sides: two "
                "signatures. Theirs keeps them in memory; ours writes them to the disk, and waits for it, which takes processor time too."
            ),
            (
                "Without the laptop's HTTP: the API's handler alone, called with the event that Lambda hands it. AWS's gateway has read "
                "the request, and its authorizer remembers the token. Theirs, in Lambda, would need an adapter; here it still reads HTTP."
            ),
        ),
    )


def _questions(folder: Path, stack: ExitStack) -> dict[str, tuple[Server, Question]]:
    port = free_port()
    issuer = f"http://localhost:{port}"
    variables = {"CUPBEARER_ISSUER": issuer, "CUPBEARER_ACCESS_TOKEN_SECONDS": "900"}
    prepared = questions.prepare(folder, variables)
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
    deployed = Handler(stack, [sys.executable], environment)
    found: dict[str, tuple[Server, Question]] = {}
    # Each side spends refresh tokens and codes of its own.
    sides = {
        OURS: questions.ours(prepared, issuer),
        THEIRS: questions.theirs(said, prepared.token),
        DEPLOYED: questions.ours(prepared, issuer),
    }
    servers: dict[str, Server] = {OURS: HttpServer(us), THEIRS: HttpServer(them), DEPLOYED: deployed}
    for what in TARGETS:
        for who, side in sides.items():
            found[f"{what}, {who}"] = servers[who], side[what]
    return found


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
