"""What a package is made for (DP-5). ``targets.py`` makes all of them; here are the rules by which each is judged."""

import struct
import sys
import zipfile
from importlib.util import MAGIC_NUMBER
from pathlib import Path

import pytest

from cupbearer.deploying import CannotDeploy, examined, libraries, packaging, pruned, runtimes
from cupbearer.deploying.examined import BYTECODE, ELF, ELF_MACHINES
from cupbearer.deploying.runtimes import Target
from tests.deploy.emulated import Template

NEWEST = Target("3.14", "arm64")
MODULE, ANY_VERSION = "msgspec/_core.cpython-314-aarch64-linux-gnu.so", "bcrypt/_bcrypt.abi3.so"
METADATA = "bcrypt-5.0.0.dist-info/METADATA"


def elf(machine: str) -> bytes:
    return ELF + bytes(12) + struct.pack("<H", ELF_MACHINES[machine]) + bytes(40)


def bytecode(python: str) -> bytes:
    return BYTECODE[python].to_bytes(2, "little") + b"\r\n" + bytes(12)


GOOD = {
    MODULE: elf("aarch64"),
    ANY_VERSION: elf("aarch64"),
    METADATA: b"Name: bcrypt\n",
    "jwt/api.pyc": bytecode("3.14"),
}


def examine(folder: Path, members: dict[str, bytes], target: Target = NEWEST) -> None:
    unpacked, archive = folder / "libraries", folder / "deployment.zip"
    for name in (MODULE, ANY_VERSION, METADATA):
        (unpacked / name).parent.mkdir(parents=True, exist_ok=True)
        (unpacked / name).write_bytes(GOOD[name])
    with zipfile.ZipFile(archive, "w") as package:
        for name, data in members.items():
            package.writestr(name, data)
    examined.examine(archive, target, unpacked)


def test_a_package_that_fits_its_target_passes(tmp_path: Path) -> None:
    examine(tmp_path, GOOD)


@pytest.mark.parametrize(
    ("changed", "fault"),
    [
        ({ANY_VERSION: elf("x86_64")}, f"{ANY_VERSION} is not for aarch64"),
        ({ANY_VERSION: b"\xcf\xfa\xed\xfe" + bytes(40)}, f"{ANY_VERSION} is not for aarch64"),
        ({ANY_VERSION: b""}, f"{ANY_VERSION} is not for aarch64"),
        ({"x/_y.cpython-313-aarch64-linux-gnu.so": elf("aarch64")}, "is for another Python"),
        ({"x/_y.cpython-314t-aarch64-linux-gnu.so": elf("aarch64")}, "is for another Python"),
        ({"x/libssl.so.3": elf("x86_64")}, "x/libssl.so.3 is not for aarch64"),
        ({"app.pyc": bytecode("3.13")}, "app.pyc was compiled by another Python"),
    ],
)
def test_what_is_for_another_processor_or_another_python_is_refused(
    changed: dict[str, bytes], fault: str, tmp_path: Path
) -> None:
    with pytest.raises(CannotDeploy, match=rf"^The package for python3.14 on arm64: .*{fault}"):
        examine(tmp_path, GOOD | changed)


@pytest.mark.parametrize("missing", [MODULE, ANY_VERSION, METADATA])
def test_a_package_that_lacks_a_library_is_refused(missing: str, tmp_path: Path) -> None:
    members = {name: data for name, data in GOOD.items() if name != missing}
    with pytest.raises(CannotDeploy, match=f"{missing} is missing"):
        examine(tmp_path, members)


def test_the_magic_numbers_are_those_of_the_interpreters() -> None:
    """Of the one at hand it is asked; the others' are written down."""
    assert BYTECODE.keys() == set(runtimes.PYTHONS)
    if runtimes.HERE in BYTECODE:
        assert bytecode(runtimes.HERE).startswith(MAGIC_NUMBER)


def test_the_newest_python_on_the_processor_of_the_configuration_is_the_default() -> None:
    assert packaging.target("prod", python=None, architecture=None) == NEWEST
    chosen = packaging.target("prod", python="3.12", architecture="x86_64")
    assert (chosen.runtime, chosen.abi, chosen.machine) == ("python3.12", "cp312", "x86_64")


def test_wheels_are_for_the_glibc_of_the_runtime_and_no_newer_one() -> None:
    tags = list(NEWEST.platforms())
    assert tags[0] == "manylinux2014_aarch64"
    assert tags[-1] == "manylinux_2_34_aarch64"


def test_an_interpreter_is_found_and_what_only_has_its_name_is_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert runtimes.interpreter(runtimes.HERE) == Path(sys.executable)
    monkeypatch.setattr(runtimes, "MANAGED", (f"{tmp_path}/{{0}}.*/python{{0}}",))
    monkeypatch.setenv("PATH", str(tmp_path))
    for name, answer in (("python3.98", "exit 127"), ("3.98.2/python3.98", "echo 3.97 cpython")):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(f"#!/bin/sh\n{answer}\n")
        (tmp_path / name).chmod(0o755)
    assert runtimes.interpreter("3.98") is None
    managed = tmp_path / "3.98.11" / "python3.98"
    managed.parent.mkdir()
    managed.write_text("#!/bin/sh\necho 3.98 cpython\n")
    managed.chmod(0o755)
    assert runtimes.interpreter("3.98") == managed


def test_libraries_that_are_not_to_be_had_are_told_and_not_half_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    wanted = tmp_path / "requirements.txt"
    wanted.write_text("bcrypt==5.0.0\n")
    for _ in range(2):
        with pytest.raises(
            CannotDeploy, match=r"for python3.14 on arm64 are not to be had: .*bcrypt==5\.0\.0"
        ):
            libraries.install(wanted, NEWEST, tmp_path / "kept")


def test_without_an_interpreter_the_sources_of_libraries_stay() -> None:
    assert pruned.is_kept("jwt/api_jws.py", bytecode=False)
    assert pruned.is_kept("fido2/cose.py", bytecode=False)
    assert not pruned.is_kept("jwt/api_jws.py", bytecode=True)
    assert not pruned.is_kept("fido2/hid.py", bytecode=False)


def test_the_functions_run_on_what_they_were_packaged_for(template: Template) -> None:
    functions = [
        each for each in template["Resources"].values() if each["Type"] == "AWS::Serverless::Function"
    ]
    assert {each["Properties"]["Runtime"] for each in functions} == {runtimes.here().runtime}
    assert {each["Properties"]["Architectures"][0] for each in functions} == {runtimes.own_architecture()}
