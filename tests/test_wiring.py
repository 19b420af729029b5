"""Settings → services: made when first asked for, once, and the only place that chooses an engine."""

import subprocess
import sys
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from chalicelib import wiring
from chalicelib.settings import settings
from chalicelib.store.dynamodb import DynamoStore
from chalicelib.store.sqlite import SqliteStore
from chalicelib.wiring import Services
from tests.support import patience

ROOT = Path(__file__).parent.parent
KEY = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"


def made(**environ: str) -> Services:
    return Services(settings.parse({f"CUPBEARER_{name}": value for name, value in environ.items()}))


def test_the_engine_is_the_settings_choice(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    sqlite = made(STORE=f"sqlite:///{tmp_path / 'a.db'}").store
    assert isinstance(sqlite, SqliteStore)
    sqlite.close()
    assert isinstance(made(STORE="dynamodb://table", MASTER_KEY=KEY).store, DynamoStore)


def test_nothing_is_made_before_it_is_asked_for(tmp_path: Path) -> None:
    services = made(STORE=f"sqlite:///{tmp_path / 'a.db'}")
    assert services.authentication.log_in.sessions is services.authentication.sessions
    assert services.accounts.users is services.accounts.users
    assert not (tmp_path / "a.db").exists()


def test_a_laptops_master_key_lies_beside_its_store(tmp_path: Path) -> None:
    services = made(STORE=f"sqlite:///{tmp_path / 'a.db'}")
    wrapped = services.keys.wrapper.wrap(b"secret", context="test")
    assert services.keys.wrapper.unwrap(wrapped, context="test") == b"secret"
    assert (tmp_path / "master.key").exists()


def test_a_given_master_key_is_used_and_none_is_made(tmp_path: Path) -> None:
    services = made(STORE=f"sqlite:///{tmp_path / 'a.db'}", MASTER_KEY=KEY)
    assert services.keys.wrapper.unwrap(services.keys.wrapper.wrap(b"x", context="c"), context="c") == b"x"
    assert not (tmp_path / "master.key").exists()


@pytest.mark.parametrize(
    ("environ", "kind"),
    [({}, "JwtAccess"), ({"ACCESS_TOKENS": "opaque"}, "OpaqueAccess")],
)
def test_the_kind_of_access_token_is_the_settings_choice(
    tmp_path: Path, environ: Mapping[str, str], kind: str
) -> None:
    services = made(STORE=f"sqlite:///{tmp_path / 'a.db'}", **environ)
    assert type(services.tokens.access).__name__ == kind


def test_a_plain_secret_is_itself(tmp_path: Path) -> None:
    assert made(STORE=f"sqlite:///{tmp_path / 'a.db'}").keys.revealed("plain") == "plain"


def test_one_process_has_one_composition(tmp_path: Path) -> None:
    script = (
        "from concurrent.futures import ThreadPoolExecutor\n"
        "from chalicelib.wiring import services\n"
        "with ThreadPoolExecutor(16) as pool: print(len(set(map(id, pool.map(lambda _: services(), range(64))))))"
    )
    environ = {"PYTHONPATH": str(ROOT), "CUPBEARER_STORE": f"sqlite:///{tmp_path / 'a.db'}"}
    run = subprocess.run(
        [sys.executable, "-c", script],
        env=environ,
        capture_output=True,
        text=True,
        check=True,
        timeout=patience.SECONDS,
    )
    assert run.stdout == "1\n"


def test_many_threads_that_begin_at_once_share_one_store_and_one_key(tmp_path: Path) -> None:
    """KM-4 within a process."""
    services = made(STORE=f"sqlite:///{tmp_path / 'a.db'}", SIGNING_ALG="ES256")
    with ThreadPoolExecutor(16) as pool:
        kids = set(pool.map(lambda _: services.keys.ring.signing_key().kid, range(32)))
    assert len(kids) == 1
    assert len(services.keys.ring.jwks()["keys"]) <= 2


def test_other_services_serve_for_a_while_and_then_no_more(tmp_path: Path) -> None:
    usual, other = (made(STORE=f"sqlite:///{tmp_path / name}") for name in ("a.db", "b.db"))
    with wiring.using(usual):
        with wiring.using(other):
            assert wiring.services() is other
        assert wiring.services() is usual


def test_a_bad_setting_stops_the_start_with_one_sentence(tmp_path: Path) -> None:
    environ = {"PYTHONPATH": str(ROOT), "CUPBEARER_ACCESS_TOKEN_SECONDS": "soon"}
    run = subprocess.run(
        [sys.executable, "-c", "import app"],
        env=environ,
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=patience.SECONDS,
    )
    assert run.returncode == 1
    assert "CUPBEARER_ACCESS_TOKEN_SECONDS is 'soon'" in run.stderr
