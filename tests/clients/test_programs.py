"""Programs without a browser of docs/clients.md: a command line, a machine, services that verify (M10, TK-1)."""

import json
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import cache
from pathlib import Path
from urllib.parse import urlencode
from urllib.request import Request, urlopen

import pytest

from tests.clients import examples, table
from tests.clients.conftest import register, sign_up
from tests.clients.person import Person
from tests.oauth.server import basic, payload_of
from tests.parts import missing
from tests.parts.server import Server, running
from tests.support import patience

# Which verifiers know which of our algorithms.
VERIFIERS = {
    "RS256": ("verify-aws.mjs", "verify-jsonwebtoken.mjs", "verify-jose.mjs", "verify.py"),
    "ES256": ("verify-aws.mjs", "verify-jsonwebtoken.mjs", "verify-jose.mjs", "verify.py"),
    "EdDSA": ("verify-aws.mjs", "verify-jose.mjs", "verify.py"),
}
LIBRARIES = {
    "verify-aws.mjs": "aws-jwt-verify",
    "verify-jsonwebtoken.mjs": "jsonwebtoken",
    "verify-jose.mjs": "jose",
    "verify.py": "PyJWT",
}
PAIRS = [(alg, name) for alg, names in VERIFIERS.items() for name in names]


def test_a_command_line_program_logs_in_by_the_device_flow(
    server: Server, zoe: Person, tmp_path: Path
) -> None:
    grants = ("--grant", "device_code", "--grant", "refresh_token")
    environ = register(server, "My CLI", "--public", *grants)
    with examples.running(examples.write(tmp_path, "device.py"), **environ) as child:
        printed = examples.line_of(child)
        user_code = printed.rpartition(" ")[2]
        page = zoe.open(f"{server.url}/device")
        page = zoe.send("device", {**page.form, "user_code": user_code})
        assert "<strong>My CLI</strong>" in page.text
        assert "connected" in zoe.send("device", {**page.form, "decision": "allow"}).text
        assert examples.line_of(child) == "Hello zoe"


def test_a_machine_calls_a_guarded_route(server: Server, tmp_path: Path, tells: table.Teller) -> None:
    if shutil.which("curl") is None:
        missing("curl", install="apt-get install curl")
    environ = register(server, "nightly-job", "--grant", "client_credentials", "--scope", "pangolins")
    done = examples.run(examples.write(tmp_path, "machine.sh"), **environ)
    assert json.loads(done.stdout)["pangolins"][0]["name"] == "Pengu", done.stderr
    tells("curl", table.system("curl", "--version"), table.SYSTEM, "client credentials, guarded route")


@pytest.fixture(scope="module")
def tokens_of(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], dict[str, str]]]:
    """An access token of a service that signs by the algorithm asked for, with what its verifiers need to know."""
    with ExitStack() as services:

        def made(alg: str) -> dict[str, str]:
            return _token(services.enter_context(running(tmp_path_factory.mktemp(alg), SIGNING_ALG=alg)), alg)

        yield cache(made)


def _token(server: Server, alg: str) -> dict[str, str]:
    sign_up(server, "zoe")
    environ = register(server, "job", "--grant", "client_credentials", "--scope", "pangolins")
    body = urlencode({"grant_type": "client_credentials"}).encode()
    headers = basic(environ["CLIENT_ID"], environ["CLIENT_SECRET"])
    with urlopen(Request(f"{server.url}/oauth/token", body, headers), timeout=patience.SECONDS) as answer:
        return {**environ, "ALG": alg, "TOKEN": json.load(answer)["access_token"]}


@pytest.mark.parametrize(("alg", "name"), PAIRS)
def test_a_verifier_takes_our_tokens_and_no_tampered_one(
    alg: str,
    name: str,
    tokens_of: Callable[[str], dict[str, str]],
    tmp_path: Path,
    tells: table.Teller,
) -> None:
    tokens = tokens_of(alg)
    if name.endswith(".mjs"):
        examples.demand("aws-jwt-verify", "jsonwebtoken", "jwks-rsa", "jose")
    path = examples.write(tmp_path, name)
    done = examples.run(path, **tokens)
    assert done.stdout.strip() == payload_of(tokens["TOKEN"])["sub"], done.stderr
    header, payload, signature = tokens["TOKEN"].split(".")
    other = "A" if payload[20] != "A" else "B"
    wrong = {
        "payload": {"TOKEN": f"{header}.{payload[:20]}{other}{payload[21:]}.{signature}"},
        "signature": {"TOKEN": f"{header}.{payload}.{signature[:-4]}AAAA"},
        "audience": {"AUDIENCE": "https://other.example"},
    }
    for what, change in wrong.items():
        refused = examples.run(path, **{**tokens, **change})
        assert (refused.returncode != 0, refused.stdout) == (True, ""), what
    library, algs = LIBRARIES[name], (alg for alg, names in VERIFIERS.items() if name in names)
    version, runs_on = (
        (table.pypi(library), "Python") if name.endswith(".py") else (table.npm(library), "Node")
    )
    tells(library, version, runs_on, f"verifies access tokens ({', '.join(algs)})")
