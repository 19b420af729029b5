"""The page docs/testing.md, run as a reader would: its route in a project of its own, its tests under pytest."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
BLOCK = re.compile(r"```python\n(.*?)```", re.DOTALL)
NOT_OURS = shutil.ignore_patterns("__pycache__", "api")


def blocks() -> list[str]:
    return BLOCK.findall((ROOT / "docs" / "testing.md").read_text())


def readers_project(path: Path) -> Path:
    """A clone with the page's route in it, and the page's tests without any help of ours."""
    route, tests, thief, override = blocks()
    shutil.copytree(ROOT / "chalicelib", path / "chalicelib", ignore=NOT_OURS)
    shutil.copytree(ROOT / ".chalice", path / ".chalice")
    shutil.copy(ROOT / "app.py", path)
    (path / "chalicelib" / "api").mkdir()
    (path / "chalicelib" / "api" / "orders.py").write_text(route)
    (path / "chalicelib" / "api" / "__init__.py").write_text(
        "from chalicelib.api import orders\n\nAPIS = [orders.api]\n"
    )
    (path / "tests").mkdir()
    (path / "tests" / "test_orders.py").write_text(f"{tests}\n\n{thief}")
    (path / "tests" / "test_opaque.py").write_text(f"import pytest\n\n\n{override}\n\n{tests}")
    (path / "pytest.ini").write_text("[pytest]\nfilterwarnings = error\n")
    return path


def test_the_page_about_testing_is_true(tmp_path: Path) -> None:
    path = readers_project(tmp_path)
    command = [sys.executable, "-P", "-m", "pytest", "-q", "-p", "no:cacheprovider"]
    run = subprocess.run(command, cwd=path, capture_output=True, text=True, timeout=120, check=False)
    wanted = sum("def test_" in line for block in blocks() for line in block.splitlines())
    assert f"{wanted + blocks()[1].count('def test_')} passed" in run.stdout, run.stdout + run.stderr


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
        timeout=60,
    )
    assert not {"chalicelib", "chalice", "jwt", "passlib", "msgspec", "boto3", "sqlite3"} & set(
        run.stdout.split()
    )
