"""The routes of README.md and docs/testing.md, run as a reader would: in a project of its own, under pytest."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

from tests.support import patience
from tests.support.documents import block

ROOT = Path(__file__).parents[2]
NOT_OURS = shutil.ignore_patterns("__pycache__", "api")


def readers_project(path: Path, route: str, names: str) -> Path:
    """A clone with a page's route in it, listed as the page says."""
    shutil.copytree(ROOT / "chalicelib", path / "chalicelib", ignore=NOT_OURS)
    shutil.copytree(ROOT / ".chalice", path / ".chalice")
    shutil.copy(ROOT / "app.py", path)
    (path / "chalicelib" / "api").mkdir()
    (path / "chalicelib" / "api" / "orders.py").write_text(route)
    (path / "chalicelib" / "api" / "__init__.py").write_text(names)
    (path / "tests").mkdir()
    (path / "pytest.ini").write_text("[pytest]\nfilterwarnings = error\n")
    return path


def passed(path: Path) -> int:
    """Run a reader's tests without any help of ours; return how many passed, when all did."""
    command = [sys.executable, "-P", "-m", "pytest", "-q", "-p", "no:cacheprovider"]
    run = subprocess.run(
        command, cwd=path, capture_output=True, text=True, timeout=patience.SECONDS, check=False
    )
    assert run.returncode == 0, run.stdout + run.stderr
    found = re.search(r"(\d+) passed", run.stdout)
    assert found, run.stdout
    return int(found[1])


def test_the_page_about_testing_is_true(tmp_path: Path) -> None:
    names, tests = (
        block("docs/testing.md#a-route-and-its-tests-2"),
        block("docs/testing.md#a-route-and-its-tests-3"),
    )
    thief, factors = block("docs/testing.md#what-there-is-1"), block("docs/testing.md#what-there-is-2")
    override = block("docs/testing.md#what-there-is-3")
    path = readers_project(tmp_path, block("docs/testing.md#a-route-and-its-tests-1"), names)
    (path / "tests" / "test_orders.py").write_text(f"{tests}\n\n{thief}")
    (path / "tests" / "test_opaque.py").write_text(f"import pytest\n\n\n{override}\n\n{tests}")
    (path / "tests" / "test_factors.py").write_text(f"import pytest\n\n\n{factors}")
    written = f"{tests}{tests}{thief}{factors}"
    assert passed(path) == written.count("def test_")


def test_the_route_of_your_own_of_the_readme_is_guarded_as_it_says(tmp_path: Path) -> None:
    names = block("README.md#a-route-of-your-own-2")
    path = readers_project(tmp_path, block("README.md#a-route-of-your-own-1"), names)
    (path / "tests" / "test_orders.py").write_text(block("README.md#a-route-of-your-own-3"))
    assert passed(path) == 1


def test_other_peoples_pytest_starts_without_us(tmp_path: Path) -> None:
    """The plugin is loaded at every start: it may import nothing but pytest."""
    script = (
        "import sys, cupbearer.pytest_plugin as _; print(*sorted({n.split('.')[0] for n in sys.modules}))"
    )
    run = subprocess.run(
        [sys.executable, "-P", "-c", script],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
        timeout=patience.SECONDS,
    )
    assert not {"chalicelib", "chalice", "jwt", "passlib", "msgspec", "boto3", "sqlite3"} & set(
        run.stdout.split()
    )
