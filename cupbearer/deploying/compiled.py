"""Bytecode for the package: Lambda's folder is read-only, so without it every cold start compiles every module again.

Measured (docs/decisions/0042): the authorizer's cold start takes half the processor time.
"""

import subprocess
import tempfile
import zipfile
from collections.abc import Callable
from pathlib import Path

from cupbearer.deploying import without_docstrings

FIXED_TIME = (1980, 1, 1, 0, 0, 0)  # Chalice's own, so that the same content is the same zip
UNPACKED_AT = "/var/task"

OURS = ("app.py", "chalicelib/")
# What the docstrings of ours are for when it runs: those of views become /openapi.json.
WITH_DOCSTRINGS = ("chalicelib/api/", "chalicelib/sample/", "chalicelib/web/")
AT_HOME = "chalicelib/store/sqlite"  # not loaded in Lambda
# Routes of an operator's own are few, and a traceback of theirs shows what stands there.
WITH_SOURCES = ("chalicelib/api/",)
# Everywhere else the bytecode stands in place of the source, which anybody has at this version: a traceback tells its lines.
# The docstrings of libraries stay away too: the zip has a limit.
LIBRARIES = (
    "argon2/",
    "chalice/",
    "cryptography/",
    "fido2/",
    "jinja2/",
    "jwt/",
    "markupsafe/",
    "msgspec/",
    "passlib/",
    "pyotp/",
    "segno/",
)


def add_bytecode(archive: Path, interpreter: Path, *, is_kept: Callable[[str], bool]) -> None:
    """Add an interpreter's bytecode for each module of a zip that a start may load: beside its source, or to stand instead.

    ``is_kept`` tells by its name which bytecode stays in the package: no other is made. It is never checked, on purpose:
    sources and bytecode are of one deploy, and Lambda sets the times of files as it likes.
    """
    with tempfile.TemporaryDirectory(prefix="cupbearer-compiled-") as folder:
        with zipfile.ZipFile(archive) as package:
            sources = [name for name in package.namelist() if name.endswith(".py")]
            beside = [name for name in sources if name.startswith(WITH_SOURCES)]
            package.extractall(f"{folder}/cached", beside)
            instead = [name for name in sources if is_replaced(name) and is_kept(f"{name}c")]
            package.extractall(f"{folder}/instead", instead)
        _run(
            interpreter,
            without_docstrings.__file__,
            f"{folder}/cached",
            UNPACKED_AT,
            "--cached",
            *WITH_DOCSTRINGS,
        )
        _run(interpreter, without_docstrings.__file__, f"{folder}/instead", UNPACKED_AT, *WITH_DOCSTRINGS)
        with zipfile.ZipFile(archive, "a") as package:
            for path in sorted(Path(folder).rglob("*.pyc")):
                name = "/".join(path.relative_to(folder).parts[1:])
                entry = zipfile.ZipInfo(name, FIXED_TIME)
                entry.external_attr = 0o644 << 16
                # Deflated when all is written anew.
                package.writestr(entry, path.read_bytes(), zipfile.ZIP_STORED)


def is_replaced(name: str) -> bool:
    """Return whether bytecode stands in place of a file of the package."""
    kept = (*WITH_SOURCES, AT_HOME)
    return name.endswith(".py") and name.startswith((*OURS, *LIBRARIES)) and not name.startswith(kept)


def _run(interpreter: Path, *words: str) -> None:
    """Compile in a fresh interpreter, so always to the same bytes."""
    columns = ("-X", "no_debug_ranges")  # the columns of tracebacks: a fifth of the bytes
    subprocess.run([interpreter, "-I", "-S", *columns, *words], check=True, capture_output=True)  # noqa: S603
