"""What /health says of a lost database and of a wrong master key, who else says it, and what is still promised."""

import json
import logging
import os
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from chalicelib import wiring
from chalicelib.settings import settings
from chalicelib.world import World
from cupbearer.cli import cli
from cupbearer.testing import QUICK_TO_MAKE, AppUnderTest, QuickServices, Reply
from tests.cli.test_doctor import service
from tests.support import patience
from tests.support.command_line import PHRASE, ROOT, CommandLine, environment, run_script

ONE, OTHER = ("00112233445566778899aabbccddeeff" * 2, "ffeeddccbbaa99887766554433221100" * 2)
WRONG_KEY = "wrapped with another master key: give that one (CUPBEARER_MASTER_KEY"
ADA = {"username": "ada", "password": PHRASE}


def file_of(cupbearer: AppUnderTest) -> Path:
    return Path(cupbearer.settings.store_name)


def is_unavailable(reply: Reply) -> bool:
    return (reply.status, reply.code, reply.header("Retry-After")) == (503, "unavailable", "2")


def test_a_deleted_database_is_told_and_nothing_is_acknowledged_until_it_is_back(
    cupbearer: AppUnderTest,
) -> None:
    client = cupbearer.client()
    assert client.post("/users", json=ADA).status == 201
    hidden = file_of(cupbearer).with_name("hidden")
    file_of(cupbearer).rename(hidden)
    health = client.get("/health")
    assert is_unavailable(health)
    assert "the database file was deleted or moved while it was in use" in health.json["detail"]
    assert str(hidden.parent) not in health.json["detail"]
    assert is_unavailable(client.post("/users", json=ADA | {"username": "ben"}))
    assert is_unavailable(client.post("/sessions", json=ADA))
    hidden.rename(file_of(cupbearer))
    assert client.get("/health").status == 200
    assert client.post("/users", json=ADA | {"username": "ben"}).status == 201


def test_an_empty_database_is_told_and_nobody_signs_up_in_it(cupbearer: AppUnderTest) -> None:
    file_of(cupbearer).touch()
    health = cupbearer.client().get("/health")
    assert is_unavailable(health)
    assert "the database file is empty (0 bytes): restore a backup" in health.json["detail"]
    assert is_unavailable(cupbearer.client().post("/users", json=ADA))


def test_a_wrong_master_key_is_a_sentence_in_health_and_log_ins_and_no_stack_in_the_log(
    cupbearer: AppUnderTest, world: World, caplog: pytest.LogCaptureFixture
) -> None:
    client = cupbearer.client()
    client.post("/users", json=ADA)
    assert client.post("/sessions", json=ADA).status == 201
    environ = {
        "CUPBEARER_STORE": f"sqlite:///{file_of(cupbearer)}",
        "CUPBEARER_MASTER_KEY": ONE,
        **QUICK_TO_MAKE,
    }
    wrong = QuickServices(settings.parse(environ), world)
    with wiring.using(wrong), caplog.at_level(logging.INFO, "cupbearer"):
        for reply in (client.get("/health"), client.post("/sessions", json=ADA)):
            assert is_unavailable(reply)
            assert WRONG_KEY in reply.json["detail"]
    answered = [record for record in caplog.records if record.message == "unavailable"]
    assert len(answered) == 2
    assert not any(record.exc_info for record in answered)
    wrong.store.close()  # type: ignore[attr-defined]


def test_health_makes_no_keys(cupbearer: AppUnderTest) -> None:
    assert cupbearer.client().get("/health").status == 200
    assert cupbearer.services.store.list("keys").records == ()


def serve(folder: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    """Start the service, which must end by itself."""
    return subprocess.run(
        [sys.executable, "-m", "cupbearer.serve", "--port", "0"], cwd=ROOT, capture_output=True, text=True,
        env=environment(CUPBEARER_STORE=f"sqlite:///{folder / 'cupbearer.db'}", **variables),
        check=False, timeout=patience.SECONDS,
    )  # fmt: skip


def test_the_service_does_not_start_with_a_wrong_master_key_or_on_an_empty_file(
    tmp_path: Path, world: World
) -> None:
    right = CommandLine.at(tmp_path, world, MASTER_KEY=ONE)
    right.json("keys", "list")
    right.services.store.close()  # type: ignore[attr-defined]
    ended = serve(tmp_path, CUPBEARER_MASTER_KEY=OTHER)
    assert ended.returncode == 1
    assert ended.stderr.count("\n") == 1
    assert WRONG_KEY in ended.stderr
    os.truncate(tmp_path / "cupbearer.db", 0)
    ended = serve(tmp_path, CUPBEARER_MASTER_KEY=ONE)
    assert ended.returncode == 1
    assert "is empty (0 bytes)" in ended.stderr


def test_no_key_is_wrapped_with_a_wrong_master_key_but_in_an_emergency(tmp_path: Path, world: World) -> None:
    """Where the master key is lost for good, both rings begin anew and everybody logs in again."""
    right, wrong = (CommandLine.at(tmp_path, world, MASTER_KEY=key) for key in (ONE, OTHER))
    right.make("ada")
    right.log_in("ada")
    before = right.json("keys", "list")
    for ring in ("signing", "refresh", "both"):
        assert WRONG_KEY in wrong.refused("keys", "rotate", "--ring", ring)
    assert right.json("keys", "list") == before
    wrong.done("keys", "rotate", "--ring", "both", "--emergency", "--yes")
    wrong.done("keys", "rotate", "--ring", "both")
    assert wrong.log_in("ada").access_token


def test_the_doctor_repeats_what_health_says(tmp_path: Path) -> None:
    with service(tmp_path, MASTER_KEY=ONE) as url:
        store = f"sqlite:///{tmp_path / 'cupbearer.db'}"
        run_script(tmp_path, "keys", "list", CUPBEARER_STORE=store, CUPBEARER_MASTER_KEY=OTHER)
        answered = CliRunner().invoke(cli, ["doctor", url, "--json"])
        (tmp_path / "cupbearer.db").unlink()
        lost = CliRunner().invoke(cli, ["doctor", url, "--json"])
    for result, sentence in ((answered, WRONG_KEY), (lost, "was deleted or moved while it was in use")):
        assert result.exit_code == 1
        (health,) = [found for found in json.loads(result.stdout)["findings"] if found["check"] == "health"]
        assert sentence in health["says"]
