"""The examples of docs/clients.md and of the pages below it, as they stand there, and how a program of them is run."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path

from tests.parts import missing
from tests.support import children, patience

ROOT = Path(__file__).parents[2]
NODE_MODULES = ROOT / "tests" / "parts" / "node_modules"

_EXAMPLE = re.compile(r"<!-- example: (?P<name>[\w.-]+) -->\n```\w+\n(?P<text>.*?)\n```\n", re.DOTALL)


@lru_cache
def examples() -> dict[str, str]:
    """Return every example by its name."""
    pages = [ROOT / "docs" / "clients.md", *sorted((ROOT / "docs" / "clients").glob("*.md"))]
    texts = (page.read_text(encoding="utf-8") for page in pages)
    return {found["name"]: found["text"] for text in texts for found in _EXAMPLE.finditer(text)}


def demand(*packages: str) -> None:
    """Skip by name, or fail where every part must be there."""
    if shutil.which("node") is None:
        missing("Node.js", install="install Node.js 20 or newer")
    for package in packages:
        if not (NODE_MODULES / package).exists():
            missing(f"{package} (npm)", install="make parts")


def write(folder: Path, name: str) -> Path:
    """Write an example where its packages are found."""
    path = folder / name
    path.write_text(examples()[name], encoding="utf-8")
    if NODE_MODULES.exists() and not (folder / "node_modules").exists():
        (folder / "node_modules").symlink_to(NODE_MODULES)
    return path


def command(path: Path) -> list[str]:
    """Return what runs an example."""
    runner = {".py": sys.executable, ".sh": "sh"}.get(path.suffix, "node")
    return [runner, str(path)]


def run(path: Path, **environ: str) -> "subprocess.CompletedProcess[str]":
    """Run an example to its end."""
    env = {**os.environ, **environ}
    return subprocess.run(
        command(path),
        env=env,
        cwd=path.parent,
        capture_output=True,
        text=True,
        timeout=patience.SECONDS,
        check=False,
    )


@contextmanager
def running(path: Path, **environ: str) -> Iterator["subprocess.Popen[str]"]:
    """Run an example that goes on, once it has printed its first line."""
    log = path.with_suffix(".log")
    env = {**os.environ, **environ}
    with (
        log.open("w") as errors,
        children.running(
            command(path),
            env=env,
            cwd=path.parent,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
        ) as child,
    ):
        yield child


def line_of(child: "subprocess.Popen[str]") -> str:
    """Return the next line that a running example prints."""
    assert child.stdout is not None
    line = child.stdout.readline().strip()
    assert line, "the example ended"
    return line
