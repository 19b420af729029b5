"""What ``make serve`` installs: all that the program imports, and little beside."""

import ast
import re
import sys
from collections.abc import Iterator
from importlib.metadata import Distribution, distribution, packages_distributions
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]
SERVED = "requirements-serve.txt"
# Python compiles what it installs, which nearly doubles it: so .venv stays well below 250 MB.
MAX_MB = 100
# Run where the list is installed; the plugin is for those who have pytest, the agent's program has a venv of its own.
PROGRAM = ("app.py", "chalicelib", "cupbearer", "tools/house_map.py", "examples/mcp/start.py")
OF_TESTS = {Path("cupbearer/pytest_plugin.py")}
OURS = {"app", "chalicelib", "cupbearer", "tools", "examples"}


def required(name: str) -> Iterator[str]:
    """Yield what a list names, and those that it includes."""
    for line in (ROOT / name).read_text(encoding="utf-8").splitlines():
        if line.startswith("-r "):
            yield from required(line.removeprefix("-r "))
        elif line and not line.startswith("#"):
            yield Requirement(line).name


def installed(name: str) -> dict[str, Distribution]:
    """Return what a list brings, with all that it requires in turn."""
    found: dict[str, Distribution] = {}
    waiting = list(required(name))
    while waiting:
        wanted = canonicalize_name(waiting.pop())
        if wanted in found:
            continue
        found[wanted] = distribution(wanted)
        needs = map(Requirement, found[wanted].requires or ())
        waiting += [need.name for need in needs if not need.marker or need.marker.evaluate({"extra": ""})]
    return found


def imported(path: Path) -> Iterator[str]:
    """Yield the first names of all that a file imports, anywhere in it."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module.partition(".")[0]


def test_what_serving_installs_is_small() -> None:
    sizes = {
        name: sum(file.size or 0 for file in found.files or ()) for name, found in installed(SERVED).items()
    }
    largest = sorted(sizes, key=lambda name: sizes[name], reverse=True)[:5]
    assert sum(sizes.values()) <= MAX_MB * 1_000_000, largest


def test_the_program_and_its_command_line_import_nothing_that_only_developing_installs() -> None:
    homes, served = packages_distributions(), installed(SERVED)
    files = [file for name in PROGRAM for file in (sorted((ROOT / name).rglob("*.py")) or [ROOT / name])]
    missing = {
        (str(file.relative_to(ROOT)), name)
        for file in files
        if file.relative_to(ROOT) not in OF_TESTS
        for name in set(imported(file)) - OURS - sys.stdlib_module_names
        if not {canonicalize_name(home) for home in homes.get(name, ())} & served.keys()
    }
    assert not missing


def test_developing_is_serving_and_more_and_each_target_sets_up_what_it_runs() -> None:
    assert set(required(SERVED)) < set(required("requirements-dev.txt"))
    text = (ROOT / "Makefile").read_text(encoding="utf-8")
    rules = dict(re.findall(r"^([a-z-]+): (.*?)(?: ##.*)?$", text, re.MULTILINE))
    developing = {name for name, needs in rules.items() if "$(VENV)/ready-dev" in needs.split()}
    serving = {name for name, needs in rules.items() if "$(VENV)/ready" in needs.split()}
    assert developing == {"test", "check", "format", "deploy-check", "clients", "bench", "develop", "texts"}
    assert serving == {"serve", "mcp", "deploy", "destroy", "page", "map"}
