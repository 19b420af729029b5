"""What a package is made for: one of Lambda's Pythons, on one of its two processors."""

import os
import platform
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

PYTHONS = (
    "3.14",
    "3.13",
    "3.12",
)  # what Lambda makes functions for and Chalice knows; the newest is the default
MACHINES = {"arm64": "aarch64", "x86_64": "x86_64"}  # Lambda's names of processors → those of wheels and ELF
GLIBC = (2, 34)  # of Amazon Linux 2023, on which all of these run
HERE = f"{sys.version_info.major}.{sys.version_info.minor}"
# Where version managers put what is not on the path.
MANAGED = ("~/.pyenv/versions/{0}.*/bin/python{0}", "~/.local/share/uv/python/cpython-{0}.*/bin/python{0}")
PATIENCE_SECONDS = 20
NOT_COMPILED = (
    ", not compiled, for there is no such Python here: each new process starts slower; "
    "install one, or take one that you have: RUNTIME=3.13"
)


@dataclass(frozen=True, slots=True)
class Target:
    """A Python and a processor, by Lambda's names: ``3.14`` and ``arm64``."""

    python: str
    architecture: str

    @property
    def said(self) -> str:
        """Return it for an operator, with what it costs (docs/decisions/0111) that its interpreter is not here."""
        return (
            f"Python {self.python} on {self.architecture}{'' if interpreter(self.python) else NOT_COMPILED}"
        )

    @property
    def runtime(self) -> str:
        return f"python{self.python}"

    @property
    def abi(self) -> str:
        return f"cp{self.python.replace('.', '')}"

    @property
    def machine(self) -> str:
        return MACHINES[self.architecture]

    def platforms(self) -> Iterator[str]:
        """Yield the tags of wheels that run there (PEP 600), for the oldest systems first: those are the smallest."""
        major, newest = GLIBC
        yield f"manylinux2014_{self.machine}"
        for minor in range(5, newest + 1):
            yield f"manylinux_{major}_{minor}_{self.machine}"


def own_architecture() -> str:
    """Return the Lambda name of the processor at hand, which is what an emulator runs."""
    return "arm64" if platform.machine() in ("aarch64", "arm64") else "x86_64"


def here() -> Target:
    """Return the target that is this very interpreter and processor, which is what an emulator runs."""
    return Target(HERE, own_architecture())


def interpreter(python: str) -> Path | None:
    """Return an interpreter of that version on this machine, or None: only it can compile for its like."""
    if python == HERE:
        return Path(sys.executable)
    return next((path for path in _candidates(python) if _is(path, python)), None)


def _candidates(python: str) -> Iterator[Path]:
    if found := shutil.which(f"python{python}"):
        yield Path(found)
    for pattern in MANAGED:
        path = Path(pattern.format(python)).expanduser()
        root, parts = Path(path.anchor), path.relative_to(path.anchor)
        yield from sorted(root.glob(str(parts)), key=_numbers, reverse=True)


def _numbers(path: Path) -> list[int]:
    return [int(number) for number in re.findall(r"\d+", str(path))]


def _is(path: Path, python: str) -> bool:
    """Return whether it runs and is what it is called: a version manager's stand-in does neither."""
    code = "import sys; print('%d.%d' % sys.version_info[:2], sys.implementation.name)"
    try:
        run = subprocess.run(  # noqa: S603 - an interpreter of this machine
            [path, "-I", "-S", "-c", code], capture_output=True, text=True, check=False,
            timeout=PATIENCE_SECONDS, env={"PATH": os.defpath},
        )  # fmt: skip
    except (OSError, subprocess.SubprocessError):
        return False
    return run.stdout.split() == [python, "cpython"]
