"""The master key of a laptop (KM-1, KM-4)."""

import stat
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from chalicelib.settings.local_master_key import read_or_make
from chalicelib.settings.reader import SettingsError
from chalicelib.world import SYSTEM, World
from tests.support import patience

ROOT = Path(__file__).parents[2]
MAKE = """
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from chalicelib.settings.local_master_key import read_or_make
from chalicelib.world import SYSTEM
sys.stdin.readline()
print(read_or_make(Path(sys.argv[1]), SYSTEM).hex())
"""


def test_it_is_made_once_for_its_owner_alone(tmp_path: Path, world: World) -> None:
    path = tmp_path / "new" / "master.key"
    key = read_or_make(path, world)
    assert len(key) == 32
    assert read_or_make(path, world) == key
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert [file.name for file in path.parent.iterdir()] == ["master.key"]


def test_twenty_processes_that_begin_at_once_have_one_key(tmp_path: Path) -> None:
    """KM-4."""
    path = tmp_path / "master.key"
    command = [sys.executable, "-S", "-c", MAKE, str(path)]
    children = [
        subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env={"PYTHONPATH": _path()}
        )
        for _ in range(20)
    ]
    for child in children:
        assert child.stdin
        child.stdin.write("go\n")
        child.stdin.flush()
    said = {child.communicate(timeout=patience.SECONDS)[0] for child in children}
    assert said == {path.read_text()}
    assert [file.name for file in tmp_path.iterdir()] == ["master.key"]


def test_of_many_that_found_none_one_wins_and_all_have_its_key(tmp_path: Path) -> None:
    """KM-4: every one has looked, and none has written yet."""
    together = threading.Barrier(16)

    def random_bytes(size: int) -> bytes:
        if size == 32:
            together.wait(patience.SECONDS)
        return SYSTEM.random_bytes(size)

    world = World(random_bytes=random_bytes)
    with ThreadPoolExecutor(16) as pool:
        keys = set(pool.map(lambda _: read_or_make(tmp_path / "master.key", world), range(16)))
    assert keys == {bytes.fromhex((tmp_path / "master.key").read_text().strip())}


def _path() -> str:
    return ":".join([str(ROOT), *(entry for entry in sys.path if entry.endswith("site-packages"))])


@pytest.mark.parametrize("content", ["", "0" * 64, "not hex", "é" * 64])
def test_a_spoilt_file_is_never_replaced(tmp_path: Path, world: World, content: str) -> None:
    """A new key would make the store unreadable for ever."""
    path = tmp_path / "master.key"
    path.write_text(content)
    with pytest.raises(SettingsError, match="restore that file"):
        read_or_make(path, world)
    assert path.read_text() == content
