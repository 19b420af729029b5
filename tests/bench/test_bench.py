"""The bench's own arithmetic, and that each of its rows still runs."""

import gc
import json
import signal
import sys
import time
from dataclasses import replace
from functools import partial
from importlib import import_module
from pathlib import Path
from types import ModuleType

import pytest

from bench import findings, gateway, house, people, plots, report
from bench.__main__ import ROWS, measure
from bench.effort import FULL, QUICK
from bench.findings import Figure, Finding
from bench.measuring import auc, in_turn, ratio, spread
from bench.rows import cold
from chalicelib import logs
from tests.parts import missing
from tests.support import patience

TINY = replace(
    QUICK, rounds=1, tokens=3, cold_starts=2, log_ins=4, worker_seconds=0.1, workers=(1,),
    sqlite_users=(20, 40), dynamodb_users=(60, 80), timings=3, askings=3, texts=3, people=20, at_once=(1, 2),
    warms_up=False,
)  # fmt: skip


def test_contenders_take_turns_and_the_warm_up_is_not_counted() -> None:
    order: list[str] = []

    def contender(name: str) -> float:
        order.append(name)
        return float(len(order))

    found = in_turn({name: partial(contender, name) for name in "ab"}, rounds=2, warm_up=1)
    assert {name: len(values) for name, values in found.items()} == {"a": 2, "b": 2}
    assert order in (["b", "a", "a", "b", "b", "a"], ["a", "b", "b", "a", "a", "b"])


def test_a_ratio_is_of_the_same_round() -> None:
    assert ratio([1.0, 20.0, 3.0], [2.0, 40.0, 6.0]).median == 0.5
    assert spread([3.0]).median == 3.0


def test_an_auc_is_half_for_the_same_and_one_for_the_slower() -> None:
    assert auc([1, 2, 3], [4, 5, 6]) == 0.0
    assert auc([4, 5, 6], [1, 2, 3]) == 1.0
    assert auc([1, 4], [2, 3]) == 0.5


def test_people_of_a_crowd_can_log_in(tmp_path: Path) -> None:
    at = house.services(tmp_path, {"CUPBEARER_SIGNING_ALG": "ES256"}, cheap=True)
    at.keys.ring.signing_key()
    people.into_sqlite(people.crowd(at, 12), tmp_path / "cupbearer.db")
    for number in (0, 11):
        name = people.name_of(number)
        signed_in = at.authentication.log_in.with_password(
            username=name, password=house.PASSWORD, source=house.somewhere()
        )
        assert signed_in.user.username == name
    users, _ = at.accounts.users.page(limit=20)
    assert [user.username for user in users] == [people.name_of(number) for number in range(12)]


def test_services_of_the_bench_leave_the_log_of_the_process_as_it_was(tmp_path: Path) -> None:
    before = list(logs.LOGGER.handlers), logs.LOGGER.level, logs.LOGGER.propagate
    house.services(tmp_path)
    assert (logs.LOGGER.handlers, logs.LOGGER.level, logs.LOGGER.propagate) == before


@pytest.fixture
def _all_before_is_kept() -> None:
    """Collect garbage once: each measurement does it again, and would look through all that other tests left."""
    gc.collect()
    gc.freeze()


@pytest.mark.usefixtures("_all_before_is_kept")
@pytest.mark.parametrize("name", ROWS)
def test_a_row_runs_and_is_written(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if name in {"warm", "cold"} and not gateway.has_node():
        missing("the Node peer", install="make bench/node_modules/ready")
    monkeypatch.setenv("CUPBEARER_STORE", f"sqlite:///{tmp_path / 'unused.db'}")
    folder = tmp_path / "row"
    folder.mkdir()
    finding = import_module(f"bench.rows.{name}").measure(TINY, folder)
    path = findings.write(finding, tmp_path, effort="tiny")
    answered = json.loads(path.read_text())
    assert answered["name"] == name
    assert answered["figures"]
    if name == "requests":  # counts, not times: the same on a busy machine
        assert [figure.what for figure in finding.figures if figure.met is False] == []
    assert {"date", "processor", "python", "libraries"} <= answered["machine"].keys()


def test_a_figure_is_met_at_its_target() -> None:
    assert Figure("x", 1.0, "ms", 1.0).met
    assert Figure("x", 1.1, "ms", 1.0).met is False
    assert Figure("x", 1.1, "ms").met is None


def test_a_row_that_cannot_run_says_why_and_leaves_no_older_result(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "cold.json").write_text("{}")
    monkeypatch.setenv("PATH", str(tmp_path))
    (missed,) = measure("cold", TINY, tmp_path)
    assert missed.startswith("cold: could not run: RuntimeError: its peer needs Node.js")
    assert not (tmp_path / "cold.json").exists()


@pytest.mark.parametrize("seconds", [0.001, 0.000001])  # so soon it is over before it has begun
def test_a_row_that_takes_too_long_is_ended_and_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seconds: float
) -> None:
    """A row that sleeps: ended in the middle of an import, it would leave a file open behind it."""
    endless = ModuleType("bench.rows.endless")
    vars(endless)["measure"] = lambda _effort, _folder: time.sleep(patience.SECONDS)
    monkeypatch.setitem(sys.modules, endless.__name__, endless)
    (missed,) = measure("endless", FULL, tmp_path, seconds=seconds)
    assert missed == f"endless: could not run: TooLong: it was not done after {seconds:g} s"
    assert signal.getitimer(signal.ITIMER_REAL) == (0, 0), "it would ring in whatever comes next"


def test_a_missed_target_is_told_in_one_line() -> None:
    assert report.missed("cold", Figure("ours", 1.5, "ms", 1.0)) == "cold: ours: 1.5 ms, target ≤ 1"


def test_the_reason_of_a_row_that_could_not_run_has_its_causes() -> None:
    error = RuntimeError("no table")
    error.__cause__ = OSError("refused")
    assert findings.why(error) == "RuntimeError: no table, because OSError: refused"


def test_the_shipped_results_hold_every_row_and_its_pictures(tmp_path: Path) -> None:
    shipped = {path.stem for path in findings.RESULTS.glob("*.json")}
    assert shipped == set(ROWS)
    drawn = plots.draw(findings.RESULTS, tmp_path)
    assert {path.name for path in drawn} == {
        "latency.svg", "throughput.svg", "growth.svg", "quiet-night.svg",
    }  # fmt: skip
    assert all((plots.PICTURES / path.name).exists() for path in drawn)


def test_a_finding_needs_no_more_than_figures() -> None:
    assert Finding("x", "y", ()).notes == ()


def test_a_first_verdict_loads_neither_the_store_engines_nor_hashes_nor_templates(tmp_path: Path) -> None:
    with gateway.deployed(tmp_path) as at:
        loaded = set(cold.modules(at, [findings.ROOT, cold.SITE]))
    heavy = {
        "boto3", "botocore", "argon2", "passlib", "jinja2", "jwt", "sqlite3", "secrets", "hashlib", "asyncio",
        "chalicelib.authentication.log_in", "chalicelib.users.user", "chalicelib.sessions.sessions",
        "chalicelib.credentials.passwords", "chalicelib.tokens.access_tokens", "chalicelib.keys.private_keys",
        "chalicelib.keys.key_ring", "chalicelib.users.confusables",
        "chalicelib.store.sqlite", "chalicelib.store.dynamodb", "cupbearer",
    }  # fmt: skip
    assert not heavy & loaded
    subjects = {name for name in loaded if name.startswith(("chalicelib.oauth.", "chalicelib.federation."))}
    assert subjects <= {"chalicelib.oauth.redirect_uris", "chalicelib.oauth.errors"}  # words of pages
