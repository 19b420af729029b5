"""A look into a package before it leaves: all of it is for the Python and the processor that it is made for.

Lambda would say so at the first start, in a log.
"""

import struct
import zipfile
from collections.abc import Iterator
from importlib.util import MAGIC_NUMBER
from pathlib import Path

from cupbearer.deploying import CannotDeploy, pruned
from cupbearer.deploying.runtimes import HERE, Target

ELF = b"\x7fELF\x02\x01"  # 64 bits, little-endian
MACHINE = struct.Struct("<18xH")  # e_machine
ELF_MACHINES = {"x86_64": 62, "aarch64": 183}  # EM_X86_64, EM_AARCH64
# CPython's magic numbers, which never change once a version is out.
BYTECODE = {"3.12": 3531, "3.13": 3571, "3.14": 3627}
OF_A_VERSION = "cpython"  # _core.cpython-314-aarch64-linux-gnu.so (PEP 3149)
NEEDED = ("*.dist-info/METADATA", "**/*.so")


def examine(archive: Path, target: Target, libraries: Path) -> None:
    """Raise CannotDeploy for a package that does not fit its target, or lacks one of its libraries."""
    with zipfile.ZipFile(archive) as package:
        names = set(package.namelist())
        faults = [fault for name in sorted(names) for fault in _faults(package, name, target)]
    faults += [f"{name} is missing" for name in sorted(set(_needed(libraries)) - names)]
    if faults:
        raise CannotDeploy(f"The package for {target.runtime} on {target.architecture}: {faults[0]}.")


def _needed(libraries: Path) -> Iterator[str]:
    for pattern in NEEDED:
        for path in libraries.glob(pattern):
            name = path.relative_to(libraries).as_posix()
            if pruned.is_kept(name, bytecode=False):
                yield name


def _faults(package: zipfile.ZipFile, name: str, target: Target) -> Iterator[str]:
    words = name.rpartition("/")[2].split(".")
    if "so" in words[1:]:
        head = _head(package, name, MACHINE.size)
        if not head.startswith(ELF) or MACHINE.unpack(head) != (ELF_MACHINES[target.machine],):
            yield f"{name} is not for {target.machine}"
        tags = words[-2].split("-")
        if tags[0] == OF_A_VERSION and tags[1:3] != [target.abi.removeprefix("cp"), target.machine]:
            yield f"{name} is for another Python"
    elif name.endswith(".pyc") and _head(package, name, len(MAGIC_NUMBER)) != _magic(target):
        yield f"{name} was compiled by another Python"


def _head(package: zipfile.ZipFile, name: str, size: int) -> bytes:
    with package.open(name) as file:
        return file.read(size)


def _magic(target: Target) -> bytes:
    if target.python == HERE:
        return MAGIC_NUMBER
    return BYTECODE[target.python].to_bytes(2, "little") + b"\r\n"
