"""Beside what people would pick instead: processor time of the serving process for each good answer."""

import json
import os
import subprocess
import sys
import tempfile
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from bench import questions
from bench.asking import HttpServer, Question, Server, batch_of
from bench.effort import Effort
from bench.findings import ROOT, Finding, figure
from bench.gateway import NODE_MODULES, demand_node
from bench.handler import Handler
from bench.measuring import Batch, in_turn, ratio, spread
from tests.parts.ports import free_port

MEMORY = Path("/dev/shm")  # noqa: S108 - a disk of memory, where there is one
TARGETS = {
    "key set": 1.0,
    "client credentials": 1.0,
    "refresh": 1.0,
    "code exchange": 1.0,
    "userinfo": 1.0,
    "guarded call": 1.2,
}
OURS, THEIRS, ON_DISK, DEPLOYED = "ours", "theirs", "ours, on disk", "ours, without the laptop's HTTP"
WRITING = ("client credentials", "refresh", "code exchange")  # what differs with the disk


def measure(effort: Effort, folder: Path) -> Finding:
    """Ask ours, oidc-provider and a guard on jose the same, in turn."""
    demand_node()
    if not (NODE_MODULES / "oidc-provider").exists():
        raise RuntimeError("its peer is not installed: make bench/node_modules/ready")
    with ExitStack() as stack:
        asked = _questions(folder, effort.people, stack)
        batches: dict[str, Batch] = {
            name: batch_of(server, question, effort.tokens // (2 if question.talk else 1))
            for name, (server, question) in asked.items()
        }
        found = in_turn(batches, rounds=max(3, effort.rounds // 3), warm_up=2)
    figures = [figure(name, spread(values), "ms") for name, values in found.items()]
    figures += [
        figure(
            f"{what}: {who} ÷ theirs",
            ratio(found[f"{what}, {who}"], found[f"{what}, {THEIRS}"]),
            "×",
            at_most=most if who == OURS else None,
        )
        for who in (OURS, ON_DISK, DEPLOYED)
        for what, most in TARGETS.items()
        if f"{what}, {who}" in found
    ]
    return Finding(
        name="peers",
        title="Over HTTP, beside oidc-provider and a guard on jose",
        figures=tuple(figures),
        notes=(
            (
                "Processor time of the serving process for each answer of status 200, one "
                "connection kept open. Ours is the local server with its gateway and authorizer, on SQLite on a disk of memory (/dev/shm), "
                "since theirs keeps everything in memory. On disk: the same where it writes; waiting for the disk is kernel work too."
            ),
            (
                "Theirs signs client credentials as JWTs too (RS256); its userinfo looks an opaque token up, ours verifies a JWT. Code "
                "exchange (PKCE, a confidential client) and refresh give an ID token, a JWT and a new refresh token on both sides: two signatures."
            ),
            (
                "Without the laptop's HTTP: the API's handler alone, called with the event that Lambda hands it. AWS's gateway has read "
                "the request, and its authorizer remembers the token. Theirs, in Lambda, would need an adapter; here it still reads HTTP."
            ),
        ),
    )


def _questions(folder: Path, people: int, stack: ExitStack) -> dict[str, tuple[Server, Question]]:
    memory = Path(stack.enter_context(tempfile.TemporaryDirectory(dir=MEMORY if MEMORY.is_dir() else None)))
    ours, on_disk = (_Ours.begun(place, people, stack) for place in (memory, folder))
    told = {"jwksUri": f"{ours.issuer}/.well-known/jwks.json", "issuer": ours.issuer, "audience": ours.issuer}
    # An ES module is found beside its importer alone, so the peer runs from where the packages are.
    peer = NODE_MODULES.parent / "peers" / "provider.mjs"
    them, said = _started(stack, ["node", str(peer), json.dumps(told)], {"PATH": os.environ["PATH"]})
    sides: dict[
        str, tuple[Server, dict[str, Question]]
    ] = {  # each spends refresh tokens and codes of its own
        OURS: (HttpServer(ours.process), ours.questions()),
        THEIRS: (HttpServer(them), questions.theirs(said, ours.prepared.token)),
        ON_DISK: (HttpServer(on_disk.process), on_disk.questions()),
        DEPLOYED: (Handler(stack, [sys.executable], ours.environment), ours.questions()),
    }
    return {
        f"{what}, {who}": (server, asked[what])
        for what in TARGETS
        for who, (server, asked) in sides.items()
        if who != ON_DISK or what in WRITING
    }


@dataclass(frozen=True, slots=True)
class _Ours:
    """The local server on a store of its own."""

    issuer: str
    prepared: questions.Prepared
    environment: dict[str, str]
    process: int

    @classmethod
    def begun(cls, place: Path, people: int, stack: ExitStack) -> Self:
        """Fill a store, and serve it."""
        port = free_port()
        variables = {"CUPBEARER_ISSUER": f"http://localhost:{port}", "CUPBEARER_ACCESS_TOKEN_SECONDS": "900"}
        prepared = questions.prepare(place, variables, people=people)
        environment = variables | {
            "CUPBEARER_STORE": f"sqlite:///{place / 'cupbearer.db'}",
            "PATH": os.environ["PATH"],
        }
        command = [sys.executable, "-m", "cupbearer.serve", "--port", str(port), "--json"]
        process, _ = _started(stack, command, environment)
        return cls(variables["CUPBEARER_ISSUER"], prepared, environment, process)

    def questions(self) -> dict[str, Question]:
        """Return what it is asked."""
        return questions.ours(self.prepared, self.issuer)


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
