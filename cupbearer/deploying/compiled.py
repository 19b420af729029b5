"""Bytecode for the package: Lambda's folder is read-only, so without it every cold start compiles every module again.

Measured (docs/decisions/0042): the authorizer's cold start takes half the processor time.
"""

import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

FIXED_TIME = (1980, 1, 1, 0, 0, 0)  # Chalice's own, so that the same content is the same zip
UNPACKED_AT = "/var/task"

# What every cold start loads. The pages' and the old hashes' libraries stay as they are: the zip has a limit.
OURS = ("app.py", "chalicelib/")
AT_HOME = "chalicelib/store/sqlite"  # not loaded in Lambda
# Of these the bytecode stands in place of the source, which anybody has at the pinned version; a traceback tells its lines.
LIBRARIES = ("argon2/", "chalice/", "cryptography/", "jwt/", "msgspec/")


def add_bytecode(archive: Path) -> None:
    """Add bytecode for each such module of a zip, for the interpreter at hand: beside our sources, and instead of libraries'.

    It is never checked, on purpose: sources and bytecode are of one deploy, and Lambda sets the times of files as it likes.
    """
    with tempfile.TemporaryDirectory(prefix="cupbearer-compiled-") as folder:
        with zipfile.ZipFile(archive) as package:
            sources = [name for name in package.namelist() if name.endswith(".py")]
            at_start = [name for name in sources if not name.startswith(AT_HOME)]
            for homes, place in ((OURS, "cached"), (LIBRARIES, "instead")):
                package.extractall(f"{folder}/{place}", [name for name in at_start if name.startswith(homes)])
        _compile(f"{folder}/cached")
        _compile(f"{folder}/instead", "-b")
        with zipfile.ZipFile(archive, "a") as package:
            for path in sorted(Path(folder).rglob("*.pyc")):
                name = "/".join(path.relative_to(folder).parts[1:])
                entry = zipfile.ZipInfo(name, FIXED_TIME)
                entry.external_attr = 0o644 << 16
                package.writestr(entry, path.read_bytes(), zipfile.ZIP_DEFLATED)


def _compile(folder: str, *options: str) -> None:
    command = [
        sys.executable,
        "-I",
        "-S",
        "-X",
        "no_debug_ranges",  # the columns of tracebacks: a fifth of the bytes
        "-m",
        "compileall",
        "-q",
        "--invalidation-mode",
        "unchecked-hash",
    ]
    command += [*options, "-s", folder, "-p", UNPACKED_AT, folder]
    subprocess.run(command, check=True, capture_output=True)  # noqa: S603 - a fresh interpreter, so always the same bytes
