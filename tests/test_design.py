"""The map in docs/design.md leads to the code: each folder has its line, each door is where the map says."""

import ast
import re
from collections import Counter
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
HOUSE = ROOT / "chalicelib"
QUESTIONS = 12
YOURS = {"chalicelib/api/orders.py", "tests/test_orders.py"}  # what the README has a reader write

TEXT = (ROOT / "docs" / "design.md").read_text(encoding="utf-8")
FOLDERS, _, QUESTIONS_TEXT = TEXT.partition("## 6. The house")[2].partition("**Twelve questions")
DOORS = re.findall(r"`([\w/]+\.py)` `([\w.]+)`", QUESTIONS_TEXT.partition("\n## ")[0])


def test_every_folder_has_its_line_in_the_map() -> None:
    named = set(re.findall(r"`(\w+)/`", "".join(re.findall(r"^\| (.+?) \|", FOLDERS, re.MULTILINE))))
    assert named == {path.name for path in HOUSE.iterdir() if (path / "__init__.py").exists()}


def test_each_question_names_one_or_two_files() -> None:
    rows = re.findall(r"^\| [^|]+\? \|([^|]+)\|$", QUESTIONS_TEXT, re.MULTILINE)
    assert len(rows) == QUESTIONS
    assert {len(re.findall(r"\.py`", row)) for row in rows} <= {1, 2}


@pytest.mark.parametrize(("file", "symbol"), DOORS)
def test_a_door_leads_to_what_it_names(file: str, symbol: str) -> None:
    scope: ast.Module | ast.ClassDef = ast.parse((HOUSE / file).read_text(encoding="utf-8"))
    *classes, last = symbol.split(".")
    for name in classes:
        scope = next(node for node in scope.body if isinstance(node, ast.ClassDef) and node.name == name)
    assert last in set(_defined(scope))


def _defined(scope: ast.Module | ast.ClassDef) -> list[str]:
    names = []
    for node in scope.body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            names.append(node.name)
        elif isinstance(node, ast.Assign):
            names += [target.id for target in node.targets if isinstance(target, ast.Name)]
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            names.append(node.target.id)
    return names


def _prose(path: Path) -> str:
    """Return a document without its code."""
    return re.sub(r"```.*?```|`[^`]+`", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)


def test_every_link_and_picture_between_documents_leads_somewhere() -> None:
    lost = [
        (str(path.relative_to(ROOT)), link)
        for path in [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("examples/*/*.md")]
        for link in re.findall(r"\]\(([^)#:\s]+)(?:#[^)]*)?\)", _prose(path))
        if not (path.parent / link).exists()
    ]
    assert lost == []


def test_every_module_that_the_documents_name_by_its_path_is_there() -> None:
    """Decisions too: they say why, so their paths lead to the code as it is."""
    lost = [
        (str(path.relative_to(ROOT)), name)
        for path in [*ROOT.glob("*.md"), ROOT / "NOTICE", *ROOT.glob("docs/**/*.md")]
        for name in re.findall(r"(?:chalicelib|web|oauth|provider|cupbearer|tests|tools)/[\w/]+\.py\b", path.read_text("utf-8"))
        if not any((base / name).exists() for base in (ROOT, HOUSE))
        and name not in YOURS
    ]  # fmt: skip
    assert lost == []


def test_no_two_decisions_bear_one_number() -> None:
    numbers = Counter(path.name[:4] for path in (ROOT / "docs" / "decisions").glob("*.md"))
    assert [number for number, count in numbers.items() if count > 1] == []
