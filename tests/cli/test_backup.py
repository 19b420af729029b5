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
from tests.support.cli_desk import Desk

MASTER_KEY = "00112233445566778899aabbccddeeff" * 2


@pytest.fixture
def desk(tmp_path: Path, world: World) -> Desk:
    return Desk.at(tmp_path, world, MASTER_KEY=MASTER_KEY)


def test_a_service_that_begins_from_a_backup_has_its_people_and_its_keys(desk: Desk, world: World) -> None:
    desk.make("Zoe")
    token = desk.log_in("Zoe").access_token
    copy = desk.directory / "elsewhere" / "cupbearer.db"
    copy.parent.mkdir()
    told = desk.json("backup", str(copy))
    assert (told["file"], told["integrity"], told["size"]) == (str(copy), "ok", copy.stat().st_size)
    assert told["records"] > 3
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600
    assert list(copy.parent.iterdir()) == [copy]
    again = Desk.at(copy.parent, world, MASTER_KEY=MASTER_KEY)
    assert again.log_in("Zoe").access_token
    assert again.services.bearer_tokens.verify(token).client_id == "cupbearer"


def test_it_is_one_moment_of_a_busy_store(desk: Desk) -> None:
    """Each thread's records are there up to some number, without a gap."""
    store = desk.services.store
    store.commit(*(Insert(Key("ballast", f"{n:03d}"), {"x": "x" * 20_000}) for n in range(100)))
    with Busy(store, "one"):
        for number in range(3):
            desk.done("backup", str(desk.directory / f"{number}.db"))
    for number in range(3):
        copy = SqliteStore(desk.directory / f"{number}.db", now=desk.services.world.now, nonce=str)
        sorts = [record.key.sort.rsplit("-", 1) for record in copy.list("busy", limit=1000).records]
        copy.close()
        for me in {name for name, _ in sorts}:
            numbers = sorted(int(text) for name, text in sorts if name == me)
            assert numbers == list(range(len(numbers)))


def test_nothing_is_written_over_but_by_force(desk: Desk) -> None:
    desk.make("Zoe")
    other = desk.directory / "kept"
    other.write_text("precious")
    assert "exists: name another file, or say --force" in desk.refused("backup", str(other))
    assert other.read_text() == "precious"
    desk.done("backup", "--force", str(other))
    with closing(sqlite3.connect(other)) as copy:
        assert copy.execute("PRAGMA integrity_check").fetchall() == [("ok",)]


@pytest.mark.parametrize("options", [(), ("--force",)])
def test_the_store_itself_and_a_database_in_use_are_never_written_over(
    desk: Desk, options: tuple[str, ...]
) -> None:
    desk.make("Zoe")
    assert "is the store itself" in desk.refused("backup", *options, str(desk.directory / "cupbearer.db"))
    used = SqliteStore(desk.directory / "used.db", now=desk.services.world.now, nonce=lambda: "n")
    used.commit(Insert(Key("a", "a"), {}))
    assert "is a database in use" in desk.refused("backup", *options, str(desk.directory / "used.db"))
    used.close()
    assert desk.services.users.find("Zoe")


def test_a_damaged_store_gives_no_backup(desk: Desk) -> None:
    desk.services.store.commit(*(Insert(Key("a", f"{n:03d}"), {"x": "x" * 2000}) for n in range(100)))
    desk.services.store.close()  # type: ignore[attr-defined]
    path = desk.directory / "cupbearer.db"
    with path.open("r+b") as file:
        file.seek(path.stat().st_size // 2)
        file.write(b"\xff" * 8192)
    copy = desk.directory / "copy.db"
    assert "malformed" in desk.refused("backup", str(copy))
    assert not copy.exists()


def test_what_cannot_be_copied_or_written_is_one_sentence(tmp_path: Path, world: World) -> None:
    nothing = Desk.at(tmp_path / "none", world)
    assert "nothing was copied" in nothing.refused("backup", str(tmp_path / "copy.db"))
    assert not (tmp_path / "none").exists()
    desk = Desk.at(tmp_path, world)
    desk.make("Zoe")
    assert "No such file or directory" in desk.refused("backup", str(tmp_path / "no" / "folder.db"))
    table = Desk.at(tmp_path, world, STORE="dynamodb://table", MASTER_KEY=MASTER_KEY)
    assert "point-in-time recovery" in table.refused("backup", str(tmp_path / "copy.db"))


def test_the_master_key_is_not_in_it_and_the_person_is_told_where_it_is(tmp_path: Path, world: World) -> None:
    desk = Desk.at(tmp_path, world)
    desk.make("Zoe")
    desk.log_in("Zoe")
    key = (tmp_path / "master.key").read_text().strip()
    ended = desk.run("backup", str(tmp_path / "copy.db"))
    assert "master.key is needed to restore it" in ended.stderr
    assert key.encode() not in (tmp_path / "copy.db").read_bytes()
