"""From one release to the next: a reader's own routes merge, and two versions live on one table (DP-4)."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from chalicelib.audit.trail import Source
from chalicelib.settings.settings import parse
from chalicelib.store import Key, Replace
from chalicelib.store.sqlite import SqliteStore
from chalicelib.wiring import Services
from chalicelib.world import World
from cupbearer.deploying.template import ROOT
from tests.store.reading import read
from tests.support import patience

ORDERS = '''"""Orders: a reader's own route."""

from chalicelib.web.routes import Answer, Api, Call

api = Api("orders")


@api.route("/orders", methods=["POST"], scope="orders:write")
def order(call: Call) -> Answer:
    """Take an order."""
    return Answer({"sub": call.principal.sub}, status=201)
'''
WEATHER = ORDERS.replace("orders", "weather").replace("POST", "GET")


def git(folder: Path, *words: str) -> None:
    identity = ("-c", "user.name=Reader", "-c", "user.email=reader@example.com", "-c", "commit.gpgsign=false")
    subprocess.run(["git", *identity, *words], cwd=folder, check=True, capture_output=True, text=True)


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A repository that holds this release."""
    folder = tmp_path / "clone"
    folder.mkdir()
    listed = subprocess.run(
        ["git", "ls-files", "app.py", "chalicelib", ".chalice"],
        cwd=ROOT,
        capture_output=True,
        check=True,
        text=True,
    )
    for name in listed.stdout.splitlines():
        if (ROOT / name).is_file():
            target = folder / name
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes((ROOT / name).read_bytes())
    git(folder, "init", "-q", "-b", "main")
    git(folder, "add", "-A")
    git(folder, "commit", "-q", "-m", "Release 1")
    return folder


def edit(path: Path, before: str, after: str) -> None:
    text = path.read_text()
    assert before in text
    path.write_text(text.replace(before, after, 1))


def test_the_next_release_merges_with_a_readers_own_routes_in_place(clone: Path) -> None:
    """The reader writes in ``chalicelib/api``; upstream changes everything else."""
    git(clone, "checkout", "-q", "-b", "upstream")
    edit(clone / "chalicelib" / "__init__.py", 'VERSION = "', 'VERSION = "9.')
    (clone / "chalicelib" / "sample" / "weather.py").write_text(WEATHER)
    edit(
        clone / "chalicelib" / "application.py",
        "from chalicelib.sample import ",
        "from chalicelib.sample import weather, ",
    )
    edit(clone / "chalicelib" / "application.py", "return (animals.api,", "return (weather.api, animals.api,")
    git(clone, "add", "-A")
    git(clone, "commit", "-q", "-m", "Release 2")

    git(clone, "checkout", "-q", "main")
    (clone / "chalicelib" / "api" / "orders.py").write_text(ORDERS)
    edit(
        clone / "chalicelib" / "api" / "__init__.py",
        "from chalicelib.web",
        "from chalicelib.api import orders\nfrom chalicelib.web",
    )
    edit(
        clone / "chalicelib" / "api" / "__init__.py", "APIS: list[Api] = []", "APIS: list[Api] = [orders.api]"
    )
    git(clone, "add", "-A")
    git(clone, "commit", "-q", "-m", "Our own routes")
    git(clone, "merge", "-q", "upstream", "-m", "Upgrade")

    code = (
        "import app; print(*sorted(str(r) for r in app.TABLE if r.path in ('/orders', '/weather', '/cats')))"
    )
    clean = {name: value for name, value in os.environ.items() if not name.startswith("CUPBEARER_")}
    command = [sys.executable, "-c", code]
    run = subprocess.run(
        command, cwd=clone, env=clean, capture_output=True, text=True, check=False, timeout=patience.SECONDS
    )
    assert run.stdout.split("\n")[0] == "GET /cats GET /weather POST /orders", run.stderr


def test_what_a_newer_release_adds_to_a_record_does_not_stop_the_older_one(
    store: SqliteStore, world: World, tmp_path: Path
) -> None:
    """DP-4: during a deploy, and after a rollback, the older version reads what the newer one wrote."""
    services = Services(parse({"CUPBEARER_STORE": f"sqlite:///{tmp_path}/cupbearer.db"}), world, store=store)
    source = Source(ip="203.0.113.7")
    user, signed_in = services.accounts.sign_up.create(
        username="Zoe", password="a phrase that nobody guesses", log_in=True, source=source
    )
    assert signed_in is not None
    for key in (
        Key(f"user#{user.user_id}", "profile"),
        Key(f"user#{user.user_id}", f"session#{signed_in.session_id}"),
        Key("keys", "signing"),
        Key("keys", "refresh"),
        *(record.key for record in store.list(f"audit#{user.user_id}", limit=10).records),
    ):
        record = read(store, key)
        newer = {**record.data, "member_of_the_next_release": [1]}
        if "keys" in newer:
            newer["keys"] = [{**each, "member_of_the_next_release": 1} for each in newer["keys"]]
        store.commit(Replace(record, newer, expires_at=record.expires_at))

    older = Services(services.settings, world, store=store)
    moved = older.authentication.log_in.refresh(signed_in.refresh_token, source=source)
    assert older.tokens.jwt.verify(moved.access_token).sub == user.user_id
    assert older.authentication.sessions.live(user.user_id)
    assert older.audit.of(user.user_id)[0]
    assert older.accounts.users.get(user.user_id) is not None
