"""Without what no handler ever loads: the package is unpacked at every cold start of a new machine, and its zip has a limit.

What goes is listed here, file by file or folder by folder; ``tests/deploy/test_package.py`` imports all that stays, and
verifies a password of every scheme, from the pruned package alone.
"""

import struct
import zipfile
from pathlib import Path

from cupbearer.deploying import compiled, dense_zip, without_docstrings

# Building extensions, which the argon2 binding and cryptography did before they came here.
BUILDING = ("cffi/", "pycparser")
# Newer typing for older Pythons: msgspec does without, and all others ask for it while they are type-checked only.
TYPING = ("typing_extensions",)
# Of cryptography: formats and protocols beside keys and signatures.
CRYPTOGRAPHY = tuple(
    f"cryptography/{name}"
    for name in (
        "cobblestone",
        "fernet",
        "hazmat/asn1/",
        "hazmat/primitives/cmac",
        "hazmat/primitives/hpke",
        "hazmat/primitives/kdf/argon2",
        "hazmat/primitives/kdf/concatkdf",
        "hazmat/primitives/kdf/kbkdf",
        "hazmat/primitives/kdf/pbkdf2",
        "hazmat/primitives/kdf/scrypt",
        "hazmat/primitives/kdf/x963kdf",
        "hazmat/primitives/keywrap",
        "hazmat/primitives/poly1305",
        "hazmat/primitives/serialization/pkcs12",
        "hazmat/primitives/serialization/pkcs7",
        "hazmat/primitives/twofactor/",
        "x509/ocsp",
    )
)
JINJA = tuple(f"jinja2/{name}.py" for name in ("constants", "meta", "nativetypes", "sandbox"))
# Text for type checkers, C compilers and installers (a list of files, of which half are not here).
METADATA = ".dist-info/METADATA"
SUFFIXES = (
    ".pyi",
    ".h",
    ".cfg",
    "/py.typed",
    ".dist-info/RECORD",
    ".cyclonedx.json",
    "/__main__.pyc",
    "/__main__.py",
    ".1",
)
# Of passlib: one-time passwords, Apache's files, Django's settings, word lists, ciphers written out in Python …
PASSLIB = (
    "passlib/_data/",
    "passlib/ext/",
    "passlib/apache.py",
    "passlib/apps.py",
    "passlib/hosts.py",
    "passlib/pwd.py",
    "passlib/totp.py",
    "passlib/win32.py",
    "passlib/crypto/_blowfish/",
    "passlib/crypto/_md4.py",
    "passlib/crypto/des.py",
    "passlib/crypto/scrypt/_builtin.py",
    "passlib/crypto/scrypt/_gen_files.py",
    "passlib/crypto/scrypt/_salsa.py",
)
# … and every scheme but ours and those that can be imported (``IMPORTED_SCHEMES``).
_SCHEMES = ("__init__", "argon2", "bcrypt", "django", "pbkdf2", "scrypt")
_HANDLERS = tuple(f"passlib/handlers/{name}" for name in _SCHEMES)

# Of fido2: whatever speaks to authenticators, which browsers do, and attestation, which is not asked for.
_FIDO2 = tuple(f"fido2/{name}" for name in ("__init__", "arkg", "cbor", "cose", "utils", "webauthn"))
ONLY = {"passlib/handlers/": _HANDLERS, "fido2/": _FIDO2}  # what is kept of a folder
# Of segno: its command line, and makers of Wi-Fi and other cards.
SEGNO = ("segno/cli.py", "segno/__main__.py", "segno/helpers.py")

_ELF = b"\x7fELF\x02\x01"  # 64 bits, little-endian: both architectures of Lambda
_SECTION = struct.Struct("<IIQQQQIIQQ")
_SYMBOLS, _STRINGS = 2, 3  # SHT_SYMTAB, SHT_STRTAB
_LOADED = 2  # SHF_ALLOC


def prune(archive: Path, *, bytecode: bool) -> None:
    """Write a package anew without that, its symbol tables blank, deflated as far as it goes.

    ``bytecode``: whether its libraries are compiled, so that their sources go.
    """
    whole = archive.with_suffix(".whole")
    archive.rename(whole)
    with zipfile.ZipFile(whole) as old:
        # By name: a folder lists its files in no order, and the same content is to be the same zip.
        kept = sorted(
            (entry for entry in old.infolist() if is_kept(entry.filename, bytecode=bytecode)),
            key=lambda e: e.filename,
        )
        dense_zip.write(archive, ((entry, _slim(entry.filename, old.read(entry))) for entry in kept))
    whole.unlink()


def is_kept(name: str, *, bytecode: bool) -> bool:
    """Return whether a file of the package is for a handler."""
    if bytecode and compiled.is_replaced(name):
        return False
    for home, kept in ONLY.items():
        if name.startswith(home):
            return name.removesuffix("c").removesuffix(".py") in kept
    left_out = (*BUILDING, *TYPING, *CRYPTOGRAPHY, *JINJA, *PASSLIB, *SEGNO)
    return not name.startswith(left_out) and not name.endswith(SUFFIXES)


def _slim(name: str, data: bytes) -> bytes:
    """Return a file without what nobody reads there: a library's front page in its metadata, docstrings in our sources."""
    if name.endswith(".py") and not name.startswith(compiled.WITH_DOCSTRINGS):
        return without_docstrings.blank(data)  # a traceback shows the line of each statement as before
    if name.endswith(METADATA):
        return data.partition(b"\n\n")[0] + b"\n"  # the fields stay: scanners look for names and versions
    return without_symbols(data)


def without_symbols(data: bytes) -> bytes:
    """Return an ELF library with its debugging symbols blank, anything else as it is.

    What the loader reads (``.dynsym``) stays, and nothing moves: blanks cost nothing in a zip.
    """
    if not data.startswith(_ELF):
        return data
    (table,) = struct.unpack_from("<Q", data, 40)
    size, count = struct.unpack_from("<HH", data, 58)
    if size != _SECTION.size:
        return data
    blank = bytearray(data)
    sections = [_SECTION.unpack_from(data, table + number * size) for number in range(count)]
    for _, kind, flags, _, start, length, link, *_ in sections:
        if kind == _SYMBOLS and not flags & _LOADED:
            names = sections[link]
            blank[start : start + length] = bytes(length)
            if names[1] == _STRINGS and not names[2] & _LOADED:
                blank[names[4] : names[4] + names[5]] = bytes(names[5])
    return bytes(blank)
