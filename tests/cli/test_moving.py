"""Users on the move: import with old hashes, export."""

import json
from pathlib import Path

import pytest
from passlib.hash import bcrypt, django_pbkdf2_sha256

from chalicelib.store import StoreUnavailable
from chalicelib.world import World
from tests.support.cli_desk import PHRASE, Desk

BCRYPT = bcrypt.using(rounds=4).hash(PHRASE)
DJANGO = django_pbkdf2_sha256.using(rounds=10).hash(PHRASE)
ZOE = {"username": "Zoe", "email": "zoe@example.com", "email_verified": True, "password_hash": BCRYPT}
YAN = {"username": "Yan", "password_hash": DJANGO, "scopes": ["orders:read"], "name": "Yan Q."}


@pytest.fixture
def desk(tmp_path: Path, world: World) -> Desk:
    return Desk.at(tmp_path, world)


def file_of(desk: Desk, *lines: object, name: str = "old.jsonl") -> str:
    path = desk.directory / name
    path.write_text("".join(f"{line if isinstance(line, str) else json.dumps(line)}\n" for line in lines))
    return str(path)


def test_people_log_in_with_their_old_passwords_which_get_a_new_hash(desk: Desk) -> None:
    """PW-4."""
    told = desk.done("users", "import", file_of(desk, ZOE, YAN))
    assert told == "2 users imported, 0 there already, 0 failed.\n"
    assert desk.log_in("zoe@example.com").scope == {"get:profile"}
    assert desk.log_in("Yan").scope == {"orders:read"}
    for name in ("Zoe", "Yan"):
        user = desk.services.users.find(name)
        assert user is not None
        assert (user.password or "").startswith("$argon2id$")


def test_a_dry_run_finds_the_same_faults_and_changes_nothing(desk: Desk) -> None:
    desk.make("Xi")
    lines = (ZOE, ZOE | {"username": "Other"}, YAN, {"username": "Xi", "email": "not@hers.example"}, "{")
    dry = desk.run("users", "import", file_of(desk, *lines), "--dry-run", "--json")
    assert [user["username"] for user in desk.json("users", "list")["users"]] == ["Xi"]
    real = desk.run("users", "import", file_of(desk, *lines), "--json")
    said, did = json.loads(dry.stdout), json.loads(real.stdout)
    assert [failure["line"] for failure in said["failed"]] == [2, 4, 5]
    assert said | {"dry_run": False} == did
    assert (dry.exit_code, real.exit_code) == (1, 1)


def test_importing_again_is_safe(desk: Desk) -> None:
    path = file_of(desk, ZOE, YAN)
    desk.done("users", "import", path)
    desk.done("users", "grant", "Zoe", "orders:write")
    desk.log_in("Zoe")
    before = desk.json("users", "list")
    assert desk.done("users", "import", path) == "0 users imported, 2 there already, 0 failed.\n"
    assert desk.json("users", "list") == before
    assert desk.log_in("Zoe").user.username == "Zoe"


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ({"username": "Bad", "password_hash": "md5$abc"}, "no hash of"),
        ({"username": "Bad", "password_hash": "a plain password"}, "no hash of"),
        ({"username": "Bad", "password_hash": 7}, "str"),
        ({"username": "Bad", "passwrod_hash": BCRYPT}, "unknown field"),
        ({"username": "Bad\u202e"}, "Control"),
        ({"username": "Bad", "email": "nowhere"}, "e-mail"),
        ({"username": "Bad", "scopes": ["a b"]}, "one scope"),
        ({"username": "Bad", "scopes": 'a"'}, "printable"),
        ({"email": "a@example.com"}, "username"),
        ('{"username": "Bad", "username": "Good"}', "not a JSON object"),
        ("[" * 200_000, "octets"),
        ("[" * 2_000, "not a JSON object"),
        ("nonsense", "not a JSON object"),
        ('"text"', "object"),
    ],
)
def test_a_bad_line_is_listed_with_its_reason_and_hinders_no_other(
    desk: Desk, line: object, reason: str
) -> None:
    result = desk.run("users", "import", file_of(desk, ZOE, line, YAN))
    assert result.exit_code == 1
    assert result.stdout == "2 users imported, 0 there already, 1 failed.\n"
    listed = [said for said in result.stderr.splitlines() if said.startswith("line 2")]
    assert len(listed) == 1
    assert reason in listed[0]
    assert "a plain password" not in result.output


def test_the_lines_that_failed_are_kept_for_another_try(desk: Desk) -> None:
    path, failed = file_of(desk, ZOE, {"username": "Bad", "scope": "a"}), desk.directory / "failed.jsonl"
    desk.run("users", "import", path, "--failed", str(failed))
    assert failed.read_text() == '{"username": "Bad", "scope": "a"}\n'
    assert failed.stat().st_mode & 0o777 == 0o600
    assert "exists" in desk.refused("users", "import", path, "--failed", str(failed))


def test_an_import_that_the_stores_trouble_stops_can_be_run_again(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """AV-1: the trouble is in the way of the second line; the first one stays."""
    path, real, calls = file_of(desk, ZOE, YAN), desk.services.store.commit, iter([True, False])

    def commit(*writes: object) -> None:
        if not next(calls):
            raise StoreUnavailable("the disk is full")
        real(*writes)  # type: ignore[arg-type]

    with monkeypatch.context() as patch:
        patch.setattr(desk.services.store, "commit", commit)
        result = desk.run("users", "import", path)
    assert result.exit_code == 1
    assert result.stdout.startswith("1 user imported")
    assert "line 2: The store cannot be used: the disk is full. Run it again" in result.stderr
    assert desk.done("users", "import", path) == "1 user imported, 1 there already, 0 failed.\n"


def test_an_export_is_an_import(desk: Desk, tmp_path: Path, world: World) -> None:
    desk.done("users", "import", file_of(desk, ZOE, YAN))
    desk.done("users", "disable", "Yan")
    (tmp_path / "other").mkdir()
    other = Desk.at(tmp_path / "other", world)
    other.done("users", "import", "-", stdin=desk.done("users", "export"))
    kept = ("username", "email", "email_verified", "name", "scopes", "disabled")
    ours, theirs = (desk.json("users", "list")["users"], other.json("users", "list")["users"])
    assert sorted([u[k] for k in kept] for u in theirs) == sorted([u[k] for k in kept] for u in ours)


def test_hashes_leave_only_when_asked_for(desk: Desk) -> None:
    desk.done("users", "import", file_of(desk, ZOE))
    assert "password_hash" not in desk.done("users", "export")
    from click.testing import CliRunner

    from chalicelib.wiring import using
    from cupbearer.cli import cli

    with using(desk.services):
        lines = CliRunner().invoke(cli, ["users", "export", "--with-hashes"]).stdout
    assert json.loads(lines)["password_hash"] == BCRYPT
