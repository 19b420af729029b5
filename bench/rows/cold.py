"""The authorizer, cold: from no process at all to its first verdict, with the keys fetched over HTTP."""

import json
import os
import shutil
import subprocess
import sys
import sysconfig
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import jwt

import app
from bench import house
from bench.effort import Effort
from bench.findings import ROOT, Figure, Finding, figure
from bench.gateway import PEERS, Deployed, demand_node, deployed, peer_environment
from bench.measuring import in_turn, ratio, ratio_undisturbed, spread
from cupbearer.deploying import packaging

FLAGS = ("-I", "-S", "-B")  # as Lambda starts Python: no .pth files of a venv, and nothing is written
PACKAGED = ("app.py", "chalicelib")
SITE = Path(sysconfig.get_paths()["purelib"])
LIBRARIES = ("chalice", "cryptography", "jwt", "msgspec", "_cffi_backend*.so", "cffi", "typing_extensions.py")


def measure(effort: Effort, folder: Path) -> Finding:
    """Measure first verdicts: ours, Node's and a bare Chalice authorizer's, in turn."""
    demand_node()
    with deployed(folder) as at:
        source = copy(folder / "source")
        compiled = copy(folder / "compiled")
        subprocess.run([sys.executable, "-m", "compileall", "-q", compiled], check=False)
        starts = {
            "ours": _python(at, "app", [compiled]),
            "node": _node(at),
            "bare Chalice": _python(at, "bare", [compiled], PEER_JWKS=at.keys.jwks_uri),
            "bare Chalice, key at hand": _python(at, "bare", [compiled], PEER_PEM=_pem(at)),
            "ours, from source": _python(at, "app", [source]),
            "bare Chalice, from source": _python(at, "bare", [source], PEER_JWKS=at.keys.jwks_uri),
        }
        found = in_turn(starts, rounds=effort.cold_starts, warm_up=1)
        loaded = modules(at, [compiled])
    return _told(found, loaded)


def _told(found: dict[str, list[float]], loaded: Sequence[str]) -> Finding:
    ours, source = found["ours"], found["ours, from source"]
    figures = [figure(name, spread(values), "ms") for name, values in found.items()]
    figures += [
        figure("ours ÷ node", ratio(ours, found["node"]), "×", at_most=0.9),
        figure("ours ÷ bare Chalice", ratio(ours, found["bare Chalice"]), "×", at_most=1.0),
        Figure("ours ÷ node, by the fastest tenth of each", ratio_undisturbed(ours, found["node"]), "×"),
        Figure(
            "ours ÷ bare Chalice, by the fastest tenth of each",
            ratio_undisturbed(ours, found["bare Chalice"]),
            "×",
        ),
        figure("ours ÷ bare Chalice, key at hand", ratio(ours, found["bare Chalice, key at hand"]), "×"),
        figure("from source: ours ÷ node", ratio(source, found["node"]), "×"),
        figure("from source: ours ÷ bare Chalice", ratio(source, found["bare Chalice, from source"]), "×"),
    ]
    return Finding(
        name="cold",
        title="Authorizer, cold: new process to first verdict",
        figures=tuple(figures),
        data={
            "ms": {name: [round(value * 1e3, 2) for value in values] for name, values in found.items()},
            "modules": list(loaded),
        },
        notes=(
            (
                "Every start is a new process on a warm disk; it fetches the keys over HTTP from loopback, but for key at hand, "
                "which reads a PEM from its environment."
            ),
            (
                "Bytecode is compiled on both Python sides, but for the rows from source, where it is on none (what a package "
                "without .pyc files costs); Node compiles its source at each start, as it does in Lambda."
            ),
        ),
    )


def _start(command: Sequence[Any], environment: dict[str, str]) -> Callable[[], float]:
    def run() -> float:
        started = time.perf_counter()
        child = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        with child:
            line = child.stdout.readline() if child.stdout else b""
            seconds = time.perf_counter() - started
            child.kill()
        if b"principalId" not in line:
            raise RuntimeError(f"no verdict from {command}")
        return seconds

    return run


def _python(at: Deployed, module: str, path: Sequence[Path], **more: str) -> Callable[[], float]:
    started = environment(at, module, path) | more
    return _start([sys.executable, *FLAGS, PEERS / "first_verdict.py"], started)


def environment(at: Deployed, module: str, path: Sequence[Path]) -> dict[str, str]:
    return {
        "PATH": os.environ["PATH"],
        "PEER_PATH": json.dumps([str(place) for place in path]),
        "PEER_MODULE": module,
        "PEER_EVENT": json.dumps(house.event(at.token())),
        "PEER_ISSUER": at.keys.url,
        "_HANDLER": "app.jwt_authorizer",
        **at.variables,
    }


def _node(at: Deployed) -> Callable[[], float]:
    environment = peer_environment(at, app.TABLE) | {"PEER_EVENT": json.dumps(house.event(at.token()))}
    return _start(["node", PEERS / "authorizer.cjs"], environment)


def _pem(at: Deployed) -> str:
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    key: Any = jwt.PyJWK(at.keys.document["keys"][0]).key
    return str(key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode())


def copy(to: Path) -> Path:
    """Return a folder with what a package holds: the app, its libraries, Chalice's runtime."""
    to.mkdir()
    found = [ROOT / name for name in PACKAGED] + [PEERS / "bare.py"]
    found += [place for name in LIBRARIES for place in SITE.glob(name)]
    for place in found:
        if place.is_dir():
            shutil.copytree(place, to / place.name, ignore=shutil.ignore_patterns("__pycache__", "cli"))
        else:
            shutil.copy2(place, to)
    packaging.compile_table(to)
    return to


def modules(at: Deployed, path: Sequence[Path]) -> list[str]:
    """Return what our first verdict has loaded, so that a heavier start can be explained."""
    script = (PEERS / "first_verdict.py").read_text() + "\nprint(*sorted(sys.modules))"
    run = subprocess.run(
        [sys.executable, *FLAGS, "-c", script],
        env=environment(at, "app", path),
        capture_output=True,
        text=True,
        check=True,
    )
    return run.stdout.splitlines()[-1].split()
