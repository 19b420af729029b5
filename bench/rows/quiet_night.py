"""The first call after a quiet night: nothing runs, so the authorizer starts, and asks for the keys, so the API starts.

Modelled from processor time measured here: a Lambda of so much memory has that share of a processor, and each waits for
the one before. Not in it: what AWS takes to place and unpack a function, the network, and KMS.
"""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from statistics import median
from typing import Any

from bench.effort import Effort
from bench.findings import ROOT, Figure, Finding
from bench.gateway import PEERS, deployed
from bench.rows import cold

WHOLE_PROCESSOR_MB = 1769  # AWS: the memory at which a function has one
KEY_SET, GUARDED = "/.well-known/jwks.json", "/pangolins"

AUTHORIZER = (
    (PEERS / "first_verdict.py").read_text(encoding="utf-8")
    + """
import time
print(json.dumps({"authorizer: from nothing to its verdict": time.process_time()}))
"""
)
API = """
import json, os, sys, time
sys.path[:0] = json.loads(os.environ["PEER_PATH"])
import app
loaded = time.process_time()
asked = []
for event in json.loads(os.environ["EVENTS"]):
    answer = app.app(event, None)
    if answer["statusCode"] != 200:
        raise SystemExit(answer["body"])
    asked.append(time.process_time())
from chalicelib.outbound import aws
aws.client("dynamodb", region="us-east-1")
spent = {
    "API: the whole application": loaded,
    "API: the SDK and a client of the table": time.process_time() - asked[1],
    "API: the key set": asked[0] - loaded,
    "API: the guarded answer": asked[1] - asked[0],
}
print(json.dumps(spent))
"""


def measure(effort: Effort, folder: Path) -> Finding:
    """Measure each link of the chain; give their sum at the deployed memory."""
    memory = _memory()
    with deployed(folder) as at:
        program = cold.copy(folder / "program")
        subprocess.run([sys.executable, "-m", "compileall", "-q", program], check=False)
        environment = cold.environment(at, "app", [program, cold.SITE])
        claims = {
            "sub": "somebody",
            "scope": "pangolins",
            "client_id": "cupbearer",
            "sid": "s",
            "iss": at.keys.url,
        }
        claims["exp"] = str(at.services.world.timestamp() + 900)
        api = environment | {
            "EVENTS": json.dumps([_event(KEY_SET), _event(GUARDED, claims)]),
            "_HANDLER": "app.app",
        }
        rounds = [
            _spent(AUTHORIZER, environment) | _spent(API, api) for _ in range(max(3, effort.cold_starts // 3))
        ]
    spent = {link: median(each[link] for each in rounds) * 1e3 for link in rounds[0]}
    waited = {
        link: ms * WHOLE_PROCESSOR_MB / memory["api_handler" if link.startswith("API") else "jwt_authorizer"]
        for link, ms in spent.items()
    }
    return Finding(
        name="quiet_night",
        title="The first call after a quiet night (a model)",
        figures=(
            *(Figure(f"{link}: processor time", ms, "ms") for link, ms in spent.items()),
            *(Figure(f"{link}: at its memory", ms, "ms") for link, ms in waited.items()),
            Figure("the whole chain", sum(waited.values()), "ms"),
        ),
        data={"processor_ms": spent, "modelled_ms": waited, "memory_mb": dict(memory)},
        notes=(" ".join((__doc__ or "").split()),),
    )


def _memory() -> Mapping[str, int]:
    config = json.loads((ROOT / ".chalice" / "config.json").read_text(encoding="utf-8"))
    functions = config["stages"]["prod"]["lambda_functions"]
    return {name: function["lambda_memory_size"] for name, function in functions.items()}


def _event(path: str, claims: Mapping[str, str] | None = None) -> dict[str, Any]:
    context: dict[str, Any] = {"httpMethod": "GET", "resourcePath": path, "path": path}
    context["identity"] = {"sourceIp": "192.0.2.1"}
    if claims:
        context["authorizer"] = dict(claims)
    return {
        "path": path,
        "httpMethod": "GET",
        "headers": {"host": "localhost"},
        "multiValueQueryStringParameters": None,
        "pathParameters": None,
        "stageVariables": None,
        "body": None,
        "isBase64Encoded": False,
        "requestContext": context,
    }


def _spent(code: str, environment: dict[str, str]) -> dict[str, float]:
    run = subprocess.run(
        [sys.executable, *cold.FLAGS, "-c", code],
        env={"PATH": os.environ["PATH"], **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    if run.returncode:
        raise RuntimeError((run.stderr.strip().splitlines() or ["it said nothing"])[-1])
    found: dict[str, float] = json.loads(run.stdout.splitlines()[-1])
    return found
