"""The package: small, whole, and good for an empty interpreter. The emulator would hide what is missing from it."""

import ast
import struct
import zipfile
from pathlib import Path

import boto3
import cryptography
import pytest

from cupbearer.deploying import packaging, pruned, without_docstrings
from tests.deploy import alone, emulated
from tests.deploy.alone import run_in
from tests.deploy.emulated import Template

MAX_BYTES = 6_500_000
LOADED_SEGMENT = 1  # PT_LOAD


@pytest.fixture(scope="module")
def unpacked(package: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("unpacked")
    return alone.unpack(package.with_name("deployment.zip"), folder)


def test_the_zip_is_at_most_6_and_a_half_mb(package: Path) -> None:
    assert package.with_name("deployment.zip").stat().st_size <= MAX_BYTES


def test_it_holds_the_notices_and_the_data_and_no_caches_or_tools(unpacked: Path) -> None:
    for name in ("NOTICE", "LICENSE", "app.pyc", "chalicelib/api/__init__.py", "chalice/app.pyc"):
        assert (unpacked / name).exists(), name
    ours = {
        path.relative_to(packaging.ROOT)
        for path in (packaging.ROOT / "chalicelib").rglob("*")
        if path.is_file() and path.suffix != ".pyc"
    }
    missing = {path for path in ours if not (unpacked / path).exists()}
    assert {path for path in missing if not (unpacked / path).with_suffix(".pyc").exists()} == set()
    for name in ("pip", "boto3", "botocore", "click", "yaml", "cupbearer", "tests", "setuptools"):
        assert not (unpacked / name).exists(), name


def test_every_handler_of_the_template_is_imported_from_the_package_alone(
    unpacked: Path, template: Template
) -> None:
    functions = [
        each["Properties"]
        for each in template["Resources"].values()
        if each["Type"] == "AWS::Serverless::Function"
    ]
    assert len(functions) == 3
    for function in functions:
        module, name = function["Handler"].split(".")
        assert run_in(unpacked, f"import {module}; print(callable({module}.{name}))") == "True\n"


@pytest.mark.parametrize(
    "module",
    [
        "jinja2",
        "argon2",
        "passlib.context",
        "msgspec",
        "jwt",
        "fido2.webauthn",
        "pyotp",
        "segno",
        "cryptography.hazmat.primitives.asymmetric.rsa",
    ],
)
def test_what_handlers_import_later_is_in_the_package_too(module: str, unpacked: Path) -> None:
    assert run_in(unpacked, f"import {module}; print({module.partition('.')[0]}.__file__)").startswith(
        str(unpacked)
    )


def test_a_qr_code_a_six_digit_code_and_a_key_of_a_passkey_are_made_from_the_package_alone(
    unpacked: Path,
) -> None:
    code = """
import io, pyotp, segno
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from fido2.cose import CoseKey
drawn = io.BytesIO()
segno.make("otpauth://totp/ada?secret=JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP").save(drawn, kind="svg")
pair = ec.generate_private_key(ec.SECP256R1())
signature = pair.sign(b"challenge", ec.ECDSA(hashes.SHA256()))
CoseKey.for_alg(-7).from_cryptography_key(pair.public_key()).verify(b"challenge", signature)
print(b"<svg" in drawn.getvalue(), len(pyotp.TOTP("JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP").at(0)))
"""
    assert run_in(unpacked, code) == "True 6\n"


def test_every_module_of_ours_is_imported_from_the_package_and_boto3_alone(unpacked: Path) -> None:
    """boto3 is in Lambda's runtime: here it comes from a folder of its own, last on the path."""
    sdk = Path(boto3.__file__).parents[1]
    code = f"""
import pkgutil, importlib, sys
sys.path.append({str(sdk)!r})
sys.modules["typing_extensions"] = None  # in that folder too, and msgspec would take it; the package does without
import chalicelib
for found in pkgutil.walk_packages(chalicelib.__path__, "chalicelib."):
    importlib.import_module(found.name)
borrowed = {{name.split(".")[0] for name, module in sys.modules.items()
             if str(getattr(module, "__file__", "")).startswith({str(sdk)!r})}}
print(sorted(borrowed))
"""
    borrowed = run_in(unpacked, code)
    allowed = {"boto3", "botocore", "s3transfer", "jmespath", "dateutil", "six", "urllib3"}
    assert set(eval(borrowed)) <= allowed, borrowed  # noqa: S307 - our own list


def test_a_password_of_every_scheme_is_verified_by_the_package_alone(unpacked: Path) -> None:
    """It holds no more of passlib than that."""
    alone.verify_every_scheme(unpacked)


def test_pages_sign_up_and_log_in_answer_from_the_package_alone(unpacked: Path, tmp_path: Path) -> None:
    """What is left out of its libraries is nothing that they load while they work."""
    alone.answer(unpacked, tmp_path / "store.db")


def test_only_what_is_never_loaded_of_a_library_is_blank() -> None:
    """Whatever lies in its memory image is byte for byte as it was, and nothing has moved."""
    library = next(
        (Path(cryptography.__file__).parent / "hazmat" / "bindings").glob("_rust*.so")
    ).read_bytes()
    blank = pruned.without_symbols(library)
    assert len(blank) == len(library)
    assert blank != library
    (table,) = struct.unpack_from("<Q", library, 32)
    size, count = struct.unpack_from("<HH", library, 54)
    for place in range(table, table + size * count, size):
        kind, _, start, _, _, length = struct.unpack_from("<IIQQQQ", library, place)
        if kind == LOADED_SEGMENT:
            assert library[start : start + length] == blank[start : start + length]
    assert pruned.without_symbols(b"no library") == b"no library"


def test_the_deployed_authorizer_loads_no_sdk_hash_or_template(unpacked: Path) -> None:
    """The design's section 5.5: light."""
    start = "import os; os.environ['_HANDLER'] = 'app.jwt_authorizer'; "
    loaded = run_in(unpacked, start + "import app; import sys; print(*sys.modules)").split()
    for name in (
        "chalice",
        "chalicelib.application",
        "msgspec",
        "dataclasses",
        "boto3",
        "botocore",
        "argon2",
        "passlib",
        "bcrypt",
        "jinja2",
        "sqlite3",
        "http.client",
        "ssl",
    ):
        assert name not in loaded, name


def test_what_a_cold_start_loads_comes_compiled_and_unchecked(unpacked: Path) -> None:
    """Lambda's folder is read-only: what is not compiled here is compiled at every cold start."""
    code = "import app, sys; print(*(m.__cached__ for m in sys.modules.values() if getattr(m, '__cached__', None)))"
    used = [Path(path) for path in run_in(unpacked, code).split() if path.startswith(str(unpacked))]
    missing = [path for path in used if not path.exists()]
    assert not missing
    flags = {int.from_bytes(path.read_bytes()[4:8], "little") for path in used}
    assert flags == {0b01}, "hash-based and never checked (PEP 552)"


def test_sources_without_docstrings_have_every_statement_on_its_line() -> None:
    """Where nothing can be compiled they are what runs, and a traceback shows the line that failed."""

    def statements(source: bytes) -> list[tuple[int, str]]:
        nodes = ast.walk(ast.parse(source))
        return sorted((node.lineno, type(node).__name__) for node in nodes if isinstance(node, ast.stmt))

    sources = [
        path.read_bytes() for path in (packaging.ROOT / "chalicelib").rglob("*.py") if path.stat().st_size
    ]
    assert len(sources) > 200
    for source in sources:
        blank = without_docstrings.blank(source)
        assert statements(blank) == statements(source)
        assert len(blank) < len(source) or b'"""' not in source


def test_what_is_compiled_names_the_file_and_the_line_that_failed(unpacked: Path) -> None:
    """Its source is not there: a traceback shows where to look."""
    name = "chalicelib/users/names.py"
    assert not (unpacked / name).exists()
    code = "from chalicelib.users.names import clean_name as f; print(f.__code__.co_filename, f.__code__.co_firstlineno)"
    lines = (packaging.ROOT / name).read_text(encoding="utf-8").splitlines()
    line = next(number for number, text in enumerate(lines, 1) if text.startswith("def clean_name("))
    assert run_in(unpacked, code).split() == [f"/var/task/{name}", str(line)]


def test_members_stand_by_name_whatever_the_order_of_the_folder_was(package: Path) -> None:
    with zipfile.ZipFile(package.with_name("deployment.zip")) as archive:
        names = archive.namelist()
    assert names == sorted(names)


def test_packaging_twice_gives_the_same_zip(package: Path, tmp_path: Path) -> None:
    """A second deploy changes nothing."""
    again = emulated.packaged(tmp_path)
    assert package.read_text() == again.read_text()
    assert package.with_name("deployment.zip").read_bytes() == again.with_name("deployment.zip").read_bytes()
