"""A package by itself: an interpreter with the standard library and what is in the zip, and nothing else."""

import subprocess
import sys
import zipfile
from pathlib import Path

from tests.support import patience

EVERY_SCHEME = """
from chalicelib.credentials.passwords import IMPORTED_SCHEMES, OWASP_19_MIB, Passwords, _context
from chalicelib.world import SYSTEM
passwords = Passwords(SYSTEM, min_length=8)
context = _context(OWASP_19_MIB, "another")
def imported(name):
    scheme = context.handler(name)
    return scheme.using(rounds=scheme.min_rounds).hash("right phrase")  # the same code in few rounds
hashes = [passwords.hash("right phrase"), *map(imported, IMPORTED_SCHEMES)]
for hashed in hashes:
    passwords.check_import(hashed)
print(*(passwords.verify(text, hashed).ok for hashed in hashes for text in ("right phrase", "wrong phrase")))
"""
ANSWERS = """
import json, os
os.environ["CUPBEARER_STORE"] = "sqlite:///{store}"
import app
def answer(method, path, body=None):
    context = {{"httpMethod": method, "resourcePath": path, "path": path, "identity": {{"sourceIp": "192.0.2.1"}}}}
    event = {{
        "path": path, "httpMethod": method, "headers": {{"host": "localhost", "content-type": "application/json"}},
        "multiValueQueryStringParameters": None, "pathParameters": {{}}, "stageVariables": None,
        "body": body and json.dumps(body), "isBase64Encoded": False, "requestContext": context,
    }}
    return app.app(event, None)["statusCode"]
ada = {{"username": "ada", "password": "a pangolin in the rain"}}
print(*(answer("GET", path) for path in ("/", "/login", "/openapi.json", "/.well-known/jwks.json", "/health")))
print(answer("POST", "/users", ada), answer("POST", "/sessions", ada))
"""


def unpack(archive: Path, folder: Path) -> Path:
    """Unpack a zip into a folder, as Lambda does; return the folder."""
    with zipfile.ZipFile(archive) as package:
        package.extractall(folder)
    return folder


def run_in(unpacked: Path, code: str, interpreter: Path | None = None) -> str:
    """Run code with the standard library and the package; return what it printed."""
    start = f"import sys; sys.path.insert(0, {str(unpacked)!r})\n"
    command = [interpreter or sys.executable, "-I", "-S", "-B", "-c", start + code]
    run = subprocess.run(
        command, capture_output=True, text=True, check=False, timeout=patience.SECONDS, env={}
    )
    assert run.returncode == 0, run.stderr
    return run.stdout


def verify_every_scheme(unpacked: Path, interpreter: Path | None = None) -> None:
    """Verify a password of every scheme that can be imported, each by a right and a wrong phrase."""
    assert run_in(unpacked, EVERY_SCHEME, interpreter).split() == ["True", "False"] * 8


def answer(unpacked: Path, store: Path, interpreter: Path | None = None) -> None:
    """Ask for pages and documents, sign up and log in, on a SQLite store."""
    text = run_in(unpacked, ANSWERS.format(store=store), interpreter)
    assert text.split() == ["200"] * 5 + ["201"] * 2
