"""Bytecode for the package: Lambda's folder is read-only, so without it every cold start compiles every module again.

Measured (docs/decisions/0042): the authorizer's cold start takes half the processor time.
"""

import subprocess
import tempfile
import zipfile
from pathlib import Path

from cupbearer.deploying import without_docstrings

FIXED_TIME = (1980, 1, 1, 0, 0, 0)  # Chalice's own, so that the same content is the same zip
UNPACKED_AT = "/var/task"

OURS = ("app.py", "chalicelib/")
# What the docstrings of ours are for when it runs: those of views become /openapi.json.
WITH_DOCSTRINGS = ("chalicelib/api/", "chalicelib/sample/", "chalicelib/web/")
AT_HOME = "chalicelib/store/sqlite"  # not loaded in Lambda
# Of these the bytecode stands in place of the source, which anybody has at the pinned version; a traceback tells its lines.
# Their docstrings stay away too: the zip has a limit.
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


def add_bytecode(archive: Path, interpreter: Path) -> None:
    """Add an interpreter's bytecode for each such module of a zip: beside our sources, and instead of libraries'.

    It is never checked, on purpose: sources and bytecode are of one deploy, and Lambda sets the times of files as it likes.
    """
    with tempfile.TemporaryDirectory(prefix="cupbearer-compiled-") as folder:
        with zipfile.ZipFile(archive) as package:
            sources = [name for name in package.namelist() if name.endswith(".py")]
            at_start = [name for name in sources if not name.startswith(AT_HOME)]
            for homes, place in ((OURS, "cached"), (LIBRARIES, "instead")):
                package.extractall(f"{folder}/{place}", [name for name in at_start if name.startswith(homes)])
        _run(
            interpreter,
            without_docstrings.__file__,
            f"{folder}/cached",
            UNPACKED_AT,
            "--cached",
            *WITH_DOCSTRINGS,
        )
        _run(interpreter, without_docstrings.__file__, f"{folder}/instead", UNPACKED_AT)
        with zipfile.ZipFile(archive, "a") as package:
            for path in sorted(Path(folder).rglob("*.pyc")):
                name = "/".join(path.relative_to(folder).parts[1:])
                entry = zipfile.ZipInfo(name, FIXED_TIME)
                entry.external_attr = 0o644 << 16
                package.writestr(entry, path.read_bytes(), zipfile.ZIP_DEFLATED)


def _run(interpreter: Path, *words: str) -> None:
    """Compile in a fresh interpreter, so always to the same bytes."""
    columns = ("-X", "no_debug_ranges")  # the columns of tracebacks: a fifth of the bytes
    subprocess.run([interpreter, "-I", "-S", *columns, *words], check=True, capture_output=True)  # noqa: S603
