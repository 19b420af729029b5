"""Plain ``chalice deploy`` of a throw-away stage, as docs/operations.md tells it, serves the main job."""

import json
import os
import secrets
import subprocess
import sys
from pathlib import Path
from typing import Any

import boto3
import pytest

from cupbearer.deploying import packaging, runtimes
from cupbearer.deploying.template import ROOT
from tests.deploy.chalice_deploy import imported
from tests.deploy.http import Client
from tests.support import patience

TABLE = "cupbearer-throwaway"
PASSWORD = "a pass phrase to throw away"


def project(folder: Path, variables: dict[str, str]) -> None:
    """Copy what a clone holds, with the stage's variables in its configuration."""
    config = packaging.copy(folder, "dev", runtimes.own_architecture())
    config["stages"]["dev"]["environment_variables"] = variables
    (folder / ".chalice" / "config.json").write_text(json.dumps(config))


def chalice_deploy(folder: Path) -> dict[str, Any]:
    """Deploy; return the Swagger that was submitted."""
    submitted = folder / "swagger.json"
    command = [sys.executable, "-P", str(ROOT / "tests" / "deploy" / "chalice_deploy.py"), str(submitted)]
    run = subprocess.run(
        [*command, "deploy", "--stage", "dev"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        timeout=patience.SECONDS,
    )
    assert run.returncode == 0, run.stderr[-2000:]
    document: dict[str, Any] = json.loads(submitted.read_text())
    return document


def operator(variables: dict[str, str], *words: str) -> None:
    command = [sys.executable, "-m", "cupbearer.cli", *words]
    run = subprocess.run(
        command,
        cwd=ROOT,
        env={**os.environ, **variables},
        capture_output=True,
        text=True,
        check=False,
        timeout=patience.SECONDS,
    )
    assert run.returncode == 0, run.stderr


@pytest.fixture(scope="module")
def stage(emulator: str, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, dict[str, str]]:
    """Return the URL and the variables of a stage deployed twice: the first time nobody knows its URL."""
    folder = tmp_path_factory.mktemp("plain")
    variables = {
        "CUPBEARER_STORE": f"dynamodb://{TABLE}",
        "CUPBEARER_MASTER_KEY": secrets.token_hex(32),
    }
    operator(variables, "table", "create")
    project(folder, variables)
    chalice_deploy(folder)
    deployed = json.loads((folder / ".chalice" / "deployed" / "dev.json").read_text())
    api = next(each["rest_api_id"] for each in deployed["resources"] if "rest_api_id" in each)
    url = f"{emulator}/_aws/execute-api/{api}/api"
    variables["CUPBEARER_ISSUER"] = url
    project(folder, variables)
    imported(boto3.client("apigateway"), api, chalice_deploy(folder))
    return url, variables


def test_it_serves_the_main_job(stage: tuple[str, dict[str, str]]) -> None:
    url, variables = stage
    http = Client(url)
    assert http("GET", "/cats").status == 200
    assert http("POST", "/users", {"username": "Zoe", "password": PASSWORD}).status == 201
    pair = http("POST", "/sessions", {"username": "Zoe", "password": PASSWORD}).json
    assert http("GET", "/pangolins").status == 401
    assert http("GET", "/pangolins", token=pair["access_token"]).status == 403
    assert http("GET", "/profile", token=pair["access_token"]).json == {"name": "Zoe"}
    operator(variables, "users", "grant", "Zoe", "pangolins")
    moved = http("POST", "/sessions/refresh", {"refresh_token": pair["refresh_token"]}).json
    assert http("GET", "/pangolins", token=moved["access_token"]).status == 200
    assert http("POST", "/messages", {"text": "hello"}, token=moved["access_token"]).status == 201
    assert http("DELETE", "/sessions/current", token=moved["access_token"]).status == 204
    refused = http("POST", "/sessions/refresh", {"refresh_token": moved["refresh_token"]})
    assert (refused.status, refused.code) == (401, "revoked")


def test_what_it_lacks_is_as_the_docs_say(stage: tuple[str, dict[str, str]]) -> None:
    """docs/gateway.md: no answers of ours where the gateway answers, no CORS there."""
    http = Client(stage[0])
    unknown, refused = http("POST", "/nothing", {}), http("GET", "/pangolins")
    assert (unknown.status, unknown.json) == (403, {"message": "Missing Authentication Token"})
    woken = http("GET", "/nothing")  # by whoever asks: its one validator is in the template of make deploy
    assert (woken.status, woken.code) == (404, "not_found")
    assert (refused.status, refused.json) == (401, {"message": "Unauthorized"})
    assert "access-control-allow-origin" not in refused.headers
