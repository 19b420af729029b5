"""No release-blocking requirement goes untested (docs/requirements.md)."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
ROW = re.compile(
    r"^\| (?P<id>[A-Z]{2}-\d+)(?P<blocks> ★)?(?P<not_built> \*\(not built yet\)\*)? \|", re.MULTILINE
)


def requirements() -> list[str]:
    text = (ROOT / "docs/requirements.md").read_text(encoding="utf-8")
    return [row["id"] for row in ROW.finditer(text) if row["blocks"] and not row["not_built"]]


@pytest.fixture(scope="module")
def cited() -> set[str]:
    """Every requirement that a test names."""
    files = [path for path in (ROOT / "tests").rglob("*.py") if "node_modules" not in path.parts]
    texts = (path.read_text(encoding="utf-8") for path in files if path != Path(__file__))
    return {name for text in texts for name in re.findall(r"\b[A-Z]{2}-\d+\b", text)}


@pytest.mark.parametrize("requirement", requirements())
def test_a_blocking_requirement_is_cited_by_a_test(requirement: str, cited: set[str]) -> None:
    assert requirement in cited, f"no test names {requirement}"
