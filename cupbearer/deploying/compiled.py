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
COMPILED = (
    "app.py",
    "argon2/",
    "chalice/",
    "chalicelib/",
    "cryptography/",
    "jwt/",
    "msgspec/",
    "typing_extensions.py",
)


def add_bytecode(archive: Path) -> None:
    """Add a ``__pycache__`` file for each such module of a zip, for the interpreter at hand. They are never checked.

    Unchecked on purpose: sources and bytecode are of one deploy, and Lambda sets the times of files as it likes.
    """
    with tempfile.TemporaryDirectory(prefix="cupbearer-compiled-") as folder:
        with zipfile.ZipFile(archive) as package:
            names = [
                name for name in package.namelist() if name.startswith(COMPILED) and name.endswith(".py")
            ]
            package.extractall(folder, names)
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
        command += ["-s", folder, "-p", UNPACKED_AT, folder]
        subprocess.run(command, check=True, capture_output=True)  # noqa: S603 - a fresh interpreter, so always the same bytes
        with zipfile.ZipFile(archive, "a") as package:
            for path in sorted(Path(folder).rglob("*.pyc")):
                entry = zipfile.ZipInfo(path.relative_to(folder).as_posix(), FIXED_TIME)
                entry.external_attr = 0o644 << 16
                package.writestr(entry, path.read_bytes(), zipfile.ZIP_DEFLATED)
