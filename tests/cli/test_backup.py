"""``cupbearer backup``: a copy made at work, whole, private, examined, and good to begin again from."""

import sqlite3
import stat
from contextlib import closing
from pathlib import Path

import pytest

from chalicelib.store import Insert, Key
from chalicelib.store.sqlite import SqliteStore
from chalicelib.world import World
from tests.store.busy import Busy
from tests.support.command_line import CommandLine

MASTER_KEY = "00112233445566778899aabbccddeeff" * 2


@pytest.fixture
def terminal(tmp_path: Path, world: World) -> CommandLine:
    return CommandLine.at(tmp_path, world, MASTER_KEY=MASTER_KEY)


def test_a_service_that_begins_from_a_backup_has_its_people_and_its_keys(
    terminal: CommandLine, world: World
) -> None:
    terminal.make("Zoe")
    token = terminal.log_in("Zoe").access_token
    copy = terminal.directory / "elsewhere" / "cupbearer.db"
    copy.parent.mkdir()
    printed = terminal.json("backup", str(copy))
    assert (printed["file"], printed["integrity"], printed["size"]) == (str(copy), "ok", copy.stat().st_size)
    assert printed["records"] > 3
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600
    assert list(copy.parent.iterdir()) == [copy]
    again = CommandLine.at(copy.parent, world, MASTER_KEY=MASTER_KEY)
    assert again.log_in("Zoe").access_token
    assert again.services.tokens.bearer.verify(token).client_id == "cupbearer"


def test_it_is_one_moment_of_a_busy_store(terminal: CommandLine) -> None:
    """Each thread's records are there up to some number, without a gap."""
    store = terminal.services.store
    store.commit(*(Insert(Key("ballast", f"{n:03d}"), {"x": "x" * 20_000}) for n in range(100)))
    with Busy(store, "one"):
        for number in range(3):
            terminal.done("backup", str(terminal.directory / f"{number}.db"))
    for number in range(3):
        copy = SqliteStore(terminal.directory / f"{number}.db", now=terminal.services.world.now, nonce=str)
        sorts = [record.key.sort.rsplit("-", 1) for record in copy.list("busy", limit=1000).records]
        copy.close()
        for me in {name for name, _ in sorts}:
            numbers = sorted(int(text) for name, text in sorts if name == me)
            assert numbers == list(range(len(numbers)))


def test_nothing_is_written_over_but_by_force(terminal: CommandLine) -> None:
    terminal.make("Zoe")
    other = terminal.directory / "kept"
    other.write_text("precious")
    assert "exists: name another file, or say --force" in terminal.refused("backup", str(other))
    assert other.read_text() == "precious"
    terminal.done("backup", "--force", str(other))
    with closing(sqlite3.connect(other)) as copy:
        assert copy.execute("PRAGMA integrity_check").fetchall() == [("ok",)]


@pytest.mark.parametrize("options", [(), ("--force",)])
def test_the_store_itself_and_a_database_in_use_are_never_written_over(
    terminal: CommandLine, options: tuple[str, ...]
) -> None:
    terminal.make("Zoe")
    assert "is the store itself" in terminal.refused(
        "backup", *options, str(terminal.directory / "cupbearer.db")
    )
    used = SqliteStore(terminal.directory / "used.db", now=terminal.services.world.now, nonce=lambda: "n")
    used.commit(Insert(Key("a", "a"), {}))
    assert "is a database in use" in terminal.refused("backup", *options, str(terminal.directory / "used.db"))
    used.close()
    assert terminal.services.accounts.users.find("Zoe")


def test_a_damaged_store_gives_no_backup(terminal: CommandLine) -> None:
    terminal.services.store.commit(*(Insert(Key("a", f"{n:03d}"), {"x": "x" * 2000}) for n in range(100)))
    terminal.services.store.close()  # type: ignore[attr-defined]
    path = terminal.directory / "cupbearer.db"
    with path.open("r+b") as file:
        file.seek(path.stat().st_size // 2)
        file.write(b"\xff" * 8192)
    copy = terminal.directory / "copy.db"
    assert "malformed" in terminal.refused("backup", str(copy))
    assert not copy.exists()


def test_what_cannot_be_copied_or_written_is_one_sentence(tmp_path: Path, world: World) -> None:
    nothing = CommandLine.at(tmp_path / "none", world)
    assert "nothing was copied" in nothing.refused("backup", str(tmp_path / "copy.db"))
    assert not (tmp_path / "none").exists()
    terminal = CommandLine.at(tmp_path, world)
    terminal.make("Zoe")
    assert "No such file or directory" in terminal.refused("backup", str(tmp_path / "no" / "folder.db"))
    table = CommandLine.at(tmp_path, world, STORE="dynamodb://table", MASTER_KEY=MASTER_KEY)
    assert "point-in-time recovery" in table.refused("backup", str(tmp_path / "copy.db"))


def test_the_master_key_is_not_in_it_and_the_person_is_told_where_it_is(tmp_path: Path, world: World) -> None:
    terminal = CommandLine.at(tmp_path, world)
    terminal.make("Zoe")
    terminal.log_in("Zoe")
    key = (tmp_path / "master.key").read_text().strip()
    ended = terminal.run("backup", str(tmp_path / "copy.db"))
    assert "master.key is needed to restore it" in ended.stderr
    assert key.encode() not in (tmp_path / "copy.db").read_bytes()
