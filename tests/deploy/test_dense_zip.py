"""Zips that others unpack: written densely, with libdeflate and without."""

import sys
import zipfile
from pathlib import Path

import pytest

from cupbearer.deploying import dense_zip

PROGRAM = Path(zipfile.__file__).read_bytes()
MEMBERS = {"app.py": PROGRAM, "empty": b"", "chalicelib/pages/caf\u00e9.html": bytes(range(256)) * 9}


def entries() -> list[tuple[zipfile.ZipInfo, bytes]]:
    found = []
    for name, data in MEMBERS.items():
        entry = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
        entry.external_attr = 0o644 << 16
        found.append((entry, data))
    return found


@pytest.mark.parametrize("is_installed", [True, False])
def test_what_was_written_is_read_back_with_its_time_and_mode(
    is_installed: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not is_installed:
        monkeypatch.setitem(sys.modules, "deflate", None)
    dense_zip.write(tmp_path / "dense.zip", entries())
    with zipfile.ZipFile(tmp_path / "dense.zip") as archive:
        assert archive.testzip() is None
        assert {entry.filename: archive.read(entry) for entry in archive.infolist()} == MEMBERS
        assert {(entry.date_time, entry.external_attr >> 16) for entry in archive.infolist()} == {
            ((1980, 1, 1, 0, 0, 0), 0o644)
        }


def test_it_is_no_larger_than_zipfile_makes_it(tmp_path: Path) -> None:
    dense_zip.write(tmp_path / "dense.zip", entries())
    with zipfile.ZipFile(tmp_path / "plain.zip", "w", zipfile.ZIP_DEFLATED, compresslevel=9) as plain:
        for entry, data in entries():
            entry.compress_type = zipfile.ZIP_DEFLATED
            plain.writestr(entry, data)
    assert (tmp_path / "dense.zip").stat().st_size <= (tmp_path / "plain.zip").stat().st_size
