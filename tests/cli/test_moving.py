"""Users on the move: import with old hashes, export."""

import json
from pathlib import Path

import pytest
from passlib.hash import bcrypt, django_pbkdf2_sha256

from chalicelib.store import StoreUnavailable
from chalicelib.world import World
from tests.support.command_line import PHRASE, CommandLine

BCRYPT = bcrypt.using(rounds=4).hash(PHRASE)
DJANGO = django_pbkdf2_sha256.using(rounds=10).hash(PHRASE)
ZOE = {"username": "Zoe", "email": "zoe@example.com", "email_verified": True, "password_hash": BCRYPT}
YAN = {"username": "Yan", "password_hash": DJANGO, "scopes": ["orders:read"], "name": "Yan Q."}


@pytest.fixture
def terminal(tmp_path: Path, world: World) -> CommandLine:
    return CommandLine.at(tmp_path, world)


def file_of(terminal: CommandLine, *lines: object, name: str = "old.jsonl") -> str:
    path = terminal.directory / name
    path.write_text("".join(f"{line if isinstance(line, str) else json.dumps(line)}\n" for line in lines))
    return str(path)


def test_people_log_in_with_their_old_passwords_which_get_a_new_hash(terminal: CommandLine) -> None:
    """PW-4."""
    printed = terminal.done("users", "import", file_of(terminal, ZOE, YAN))
    assert printed == "2 users imported, 0 there already, 0 failed.\n"
    assert terminal.log_in("zoe@example.com").scope == {"get:profile"}
    assert terminal.log_in("Yan").scope == {"orders:read"}
    for name in ("Zoe", "Yan"):
        user = terminal.services.accounts.users.find(name)
        assert user is not None
        assert (user.password or "").startswith("$argon2id$")


def test_a_dry_run_finds_the_same_faults_and_changes_nothing(terminal: CommandLine) -> None:
    terminal.make("Xi")
    lines = (ZOE, ZOE | {"username": "Other"}, YAN, {"username": "Xi", "email": "not@hers.example"}, "{")
    dry = terminal.run("users", "import", file_of(terminal, *lines), "--dry-run", "--json")
    assert [user["username"] for user in terminal.json("users", "list")["users"]] == ["Xi"]
    real = terminal.run("users", "import", file_of(terminal, *lines), "--json")
    said, did = json.loads(dry.stdout), json.loads(real.stdout)
    assert [failure["line"] for failure in said["failed"]] == [2, 4, 5]
    assert said | {"dry_run": False} == did
    assert (dry.exit_code, real.exit_code) == (1, 1)


def test_importing_again_is_safe(terminal: CommandLine) -> None:
    path = file_of(terminal, ZOE, YAN)
    terminal.done("users", "import", path)
    terminal.done("users", "grant", "Zoe", "orders:write")
    terminal.log_in("Zoe")
    before = terminal.json("users", "list")
    assert terminal.done("users", "import", path) == "0 users imported, 2 there already, 0 failed.\n"
    assert terminal.json("users", "list") == before
    assert terminal.log_in("Zoe").user.username == "Zoe"


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
    terminal: CommandLine, line: object, reason: str
) -> None:
    result = terminal.run("users", "import", file_of(terminal, ZOE, line, YAN))
    assert result.exit_code == 1
    assert result.stdout == "2 users imported, 0 there already, 1 failed.\n"
    listed = [said for said in result.stderr.splitlines() if said.startswith("line 2")]
    assert len(listed) == 1
    assert reason in listed[0]
    assert "a plain password" not in result.output


def test_the_lines_that_failed_are_kept_for_another_try(terminal: CommandLine) -> None:
    path, failed = (
        file_of(terminal, ZOE, {"username": "Bad", "scope": "a"}),
        terminal.directory / "failed.jsonl",
    )
    terminal.run("users", "import", path, "--failed", str(failed))
    assert failed.read_text() == '{"username": "Bad", "scope": "a"}\n'
    assert failed.stat().st_mode & 0o777 == 0o600
    assert "exists" in terminal.refused("users", "import", path, "--failed", str(failed))


def test_an_import_that_the_stores_trouble_stops_can_be_run_again(
    terminal: CommandLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """AV-1: the trouble is in the way of the second line; the first one stays."""
    path, real, calls = file_of(terminal, ZOE, YAN), terminal.services.store.commit, iter([True, False])

    def commit(*writes: object) -> None:
        if not next(calls):
            raise StoreUnavailable("the disk is full")
        real(*writes)  # type: ignore[arg-type]

    with monkeypatch.context() as patch:
        patch.setattr(terminal.services.store, "commit", commit)
        result = terminal.run("users", "import", path)
    assert result.exit_code == 1
    assert result.stdout.startswith("1 user imported")
    assert "line 2: The store cannot be used: the disk is full. Run it again" in result.stderr
    assert terminal.done("users", "import", path) == "1 user imported, 1 there already, 0 failed.\n"


def test_an_export_is_an_import(terminal: CommandLine, tmp_path: Path, world: World) -> None:
    terminal.done("users", "import", file_of(terminal, ZOE, YAN))
    terminal.done("users", "disable", "Yan")
    (tmp_path / "other").mkdir()
    other = CommandLine.at(tmp_path / "other", world)
    other.done("users", "import", "-", stdin=terminal.done("users", "export"))
    kept = ("username", "email", "email_verified", "name", "scopes", "disabled")
    ours, theirs = (terminal.json("users", "list")["users"], other.json("users", "list")["users"])
    assert sorted([u[k] for k in kept] for u in theirs) == sorted([u[k] for k in kept] for u in ours)


def test_hashes_leave_only_when_asked_for(terminal: CommandLine) -> None:
    terminal.done("users", "import", file_of(terminal, ZOE))
    assert "password_hash" not in terminal.done("users", "export")
    from click.testing import CliRunner

    from chalicelib.wiring import using
    from cupbearer.cli import cli

    with using(terminal.services):
        lines = CliRunner().invoke(cli, ["users", "export", "--with-hashes"]).stdout
    assert json.loads(lines)["password_hash"] == BCRYPT
