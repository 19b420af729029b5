"""M5, DL-1, DL-2: what was acknowledged survives SIGKILL; what was not is whole or absent."""

import os
import random
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest

from chalicelib.store.sqlite import SqliteStore
from chalicelib.world import SYSTEM
from tests.store.reading import walk

ROOT = Path(__file__).parents[2]
WRITERS = ("left", "right")
KILLS = 100


def start(path: Path, name: str, first: int) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-S", str(ROOT / "tests/store/writer.py"), str(path), name, str(first)],
        stdout=subprocess.PIPE,
        env={"PYTHONPATH": str(ROOT), "PATH": os.environ["PATH"]},
    )


def killed(writer: subprocess.Popen[bytes]) -> list[int]:
    """Kill a writer and return the numbers it had acknowledged; a cut last line was not said."""
    writer.kill()
    said, _ = writer.communicate()
    return [int(line) for line in said.decode().split("\n")[:-1]]


@pytest.mark.race
def test_acknowledged_writes_survive_a_hundred_kills(tmp_path: Path) -> None:
    path = tmp_path / "cupbearer.db"
    acknowledged: dict[str, list[int]] = {name: [] for name in WRITERS}
    chance = random.Random(5)
    for turn in range(KILLS // len(WRITERS)):
        writers = {name: start(path, name, turn * 100_000) for name in WRITERS}
        for writer in writers.values():
            assert writer.stdout
            acknowledged_first = writer.stdout.readline()
            assert acknowledged_first == f"{turn * 100_000}\n".encode()
        time.sleep(chance.random() * 0.02)
        for name, writer in writers.items():
            acknowledged[name] += [turn * 100_000, *killed(writer)]
    store = SqliteStore(path, now=time.time, nonce=SYSTEM.identifier)
    for name in WRITERS:
        there = {int(sort) for page in walk(store, name, limit=1000) for sort in page}
        twins = {int(sort) for page in walk(store, f"{name}-twin", limit=1000) for sort in page}
        assert set(acknowledged[name]) <= there
        assert there == twins
        assert len(there - set(acknowledged[name])) <= KILLS // len(WRITERS)
    store.close()
    assert min(len(numbers) for numbers in acknowledged.values()) > KILLS
    connection = sqlite3.connect(path)
    assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    connection.close()
