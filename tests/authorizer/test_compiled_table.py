"""The authorizer's function of a package: the compiled table of routes, what judges a token, and nothing else."""

import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

import app
from chalicelib.authorizer import compiled_table
from cupbearer.deploying import packaging
from tests.support import forge

VERDICTS = """
import json, sys
import app
from chalicelib.wiring import services
services().tokens.__dict__["fetch_json"] = lambda url: json.loads(sys.argv[1])
arn = "arn:aws:execute-api:eu-central-1:123456789012:abcdefghij/api/GET/pangolins"
verdicts = []
for token in sys.argv[2:]:
    event = {"type": "TOKEN", "authorizationToken": "Bearer " + token, "methodArn": arn}
    try:
        verdicts.append(app.jwt_authorizer(event, None))
    except Exception as error:
        verdicts.append(str(error))
print(json.dumps([verdicts, sorted(sys.modules)]))
"""


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the program as it is packaged."""
    folder = tmp_path_factory.mktemp("package")
    packaging.copy(folder, "dev", None)
    packaging.compile_table(folder)
    return folder


def path_in(source: Path) -> Path:
    return source / "chalicelib" / "authorizer" / compiled_table.NAME


def verdicts(source: Path, *, handler: str = "app.jwt_authorizer") -> tuple[list[Any], set[str]]:
    now = int(time.time())
    scopes = ("", "pangolins", "get:profile", "pangolins get:profile users:admin", "nonsense")
    tokens = [
        forge.signed(body=forge.payload(iat=now, exp=now + 300, scope=scope, jti=f"j{scope}"))
        for scope in scopes
    ]
    environ = {
        "_HANDLER": handler,
        "AWS_LAMBDA_FUNCTION_NAME": "cupbearer-jwt_authorizer",
        "CUPBEARER_STORE": "dynamodb://cupbearer",
        "CUPBEARER_MASTER_KEY": "kms:alias/cupbearer",
        "CUPBEARER_ISSUER": forge.ISSUER,
        "CUPBEARER_AUDIENCE": forge.AUDIENCE,
        "PYTHONPATH": str(source),
    }
    command = [sys.executable, "-B", "-c", VERDICTS, json.dumps(forge.jwks()), *tokens, "not a token"]
    run = subprocess.run(command, env=environ, capture_output=True, text=True, check=False, cwd=source)
    assert run.returncode == 0, run.stderr
    found, loaded = json.loads(run.stdout)
    for verdict in found[:-1]:
        del verdict["context"]["exp"]  # the tokens of two calls may be a second apart
    return found, set(loaded)


def test_the_compiled_table_is_the_table_of_the_views(source: Path) -> None:
    assert path_in(source).read_text(encoding="utf-8") == compiled_table.text_of(app.TABLE)


def test_the_function_decides_by_it_as_by_the_views_and_loads_none_of_them(
    source: Path, tmp_path: Path
) -> None:
    packaging.copy(tmp_path, "dev", None)
    compiled, light = verdicts(source)
    from_views, heavy = verdicts(tmp_path)
    assert compiled == from_views
    assert len({json.dumps(verdict, sort_keys=True) for verdict in compiled}) == len(compiled), "each its own"
    assert compiled[-1] == "Unauthorized"
    assert "chalicelib.web.routes" in heavy
    unwanted = {"chalice", "msgspec", "dataclasses", "jinja2", "argon2", "boto3", "chalicelib.application"}
    unwanted |= {
        "chalicelib.store",
        "chalicelib.web.routes",
        "chalicelib.web.call",
        "encodings.idna",
        "inspect",
    }
    assert unwanted & light == set()


def test_every_other_function_takes_the_table_from_its_views(source: Path) -> None:
    assert "chalicelib.web.routes" in verdicts(source, handler="app.app")[1]


def test_packaging_makes_the_table_anew_and_never_ships_one_that_lay_about(
    source: Path, tmp_path: Path
) -> None:
    packaging.copy(tmp_path, "dev", None)
    path_in(tmp_path).write_text("[]", encoding="utf-8")
    packaging.copy(tmp_path, "dev", None)
    assert not path_in(tmp_path).exists()
    assert not path_in(packaging.ROOT).exists()


def test_a_route_of_the_readers_own_is_in_the_compiled_table(tmp_path: Path) -> None:
    packaging.copy(tmp_path, "dev", None)
    own = tmp_path / "chalicelib" / "api" / "__init__.py"
    own.write_text(
        own.read_text(encoding="utf-8").replace(
            "APIS: list[Api] = []", "ours = Api(tag='ours')\nAPIS = [ours]"
        )
        + "\n@ours.route('/dodos', methods=['GET'], scope='dodos')\ndef dodos(call):\n    raise NotImplementedError\n",
        encoding="utf-8",
    )
    packaging.compile_table(tmp_path)
    assert ["GET", "/dodos", "token", "dodos", False, False] in json.loads(
        path_in(tmp_path).read_text(encoding="utf-8")
    )
