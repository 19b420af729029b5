"""The table of clients in docs/clients.md: each row is told by the test that ran the client, and compared with the document's.

``python -m tests.clients`` (``make clients``) runs the tests and writes what they told; any other run only compares.
"""

import json
import os
import re
import subprocess
from dataclasses import asdict, dataclass
from importlib.metadata import distributions, version
from pathlib import Path

from tests.clients import examples

DOCUMENT = examples.ROOT / "docs" / "clients.md"
TOLD_TO = "CUPBEARER_CLIENTS_TOLD"  # a file: rows are told there in place of being compared
AS_IT_COMES = "as it comes"
SYSTEM = "the system's package"

_TABLE = re.compile(r"(?<=<!-- table: clients -->\n).*?(?=<!-- /table -->)", re.DOTALL)
_HEAD = "| client | version | runs on | logs in | what was done | run by |\n|---|---|---|---|---|---|\n"

_NO_LINE = ("--redirect-uri", "--post-logout-redirect-uri", "--public", "--grant", "--scope", "--jwks")
_lines: dict[str, list[str]] = {}


@dataclass(frozen=True)
class Row:
    """``needs`` is the one line beyond issuer, id and secret; ``test`` is a file of tests/clients.

    The version of a program that the system brings is not pinned: it is written down and not compared.
    """

    client: str
    version: str
    runs_on: str
    does: str
    test: str
    needs: str = ""

    def __str__(self) -> str:
        enters = f"with one line: {self.needs}" if self.needs else AS_IT_COMES
        cells = (self.client, self.version, self.runs_on, enters, self.does, f"`{self.test}`")
        return f"| {' | '.join(cells)} |"


def registered(client_id: str, *arguments: str) -> None:
    """Remember the lines that a client's registration has beyond addresses and what kind of client it is."""
    lines = _lines.setdefault(client_id, [])
    for name, value in zip(arguments, (*arguments[1:], ""), strict=True):
        if name.startswith("--") and name not in _NO_LINE:
            alone = not value or value.startswith("--") or "://" in value  # an address is another in each run
            lines.append(f"`{name}`" if alone else f"`{name} {value}`")


@dataclass(frozen=True)
class Teller:
    """Tells what a client did in the test of ``file``, at its end."""

    file: str

    def __call__(
        self, client: str, version: str, runs_on: str, does: str, *, client_id: str = "", line: str = ""
    ) -> None:
        """``line`` is what the client's own code says beyond issuer, id and secret; what its registration says is known."""
        lines = [*_lines.get(client_id, ()), *([line] if line else [])]
        assert len(lines) <= 1, f"{client} needs more than one line: {lines}"
        row = Row(client, version, runs_on, does, self.file, *lines)
        if where := os.environ.get(TOLD_TO):
            with Path(where).open("a", encoding="utf-8") as told:
                told.write(json.dumps(asdict(row)) + "\n")
        else:
            assert _compared(row, documented().get(client, "")), f"run make clients: it is now {row}"


def _compared(row: Row, line: str) -> bool:
    cells, found = str(row).split(" | "), line.split(" | ")
    return cells == found or (row.runs_on == SYSTEM and cells[:1] + cells[2:] == found[:1] + found[2:])


def documented() -> dict[str, str]:
    """Return the document's rows by their client."""
    found = _TABLE.search(DOCUMENT.read_text(encoding="utf-8"))
    assert found is not None
    lines = found[0].removeprefix(_HEAD).splitlines()
    return {line.split(" | ")[0].removeprefix("| "): line for line in lines}


def write(told: Path, *, whole: bool) -> int:
    """Write the rows that the tests told into the document, beside those there if not the whole was run; return how many."""
    rows: dict[str, Row] = {}
    for line in told.read_text(encoding="utf-8").splitlines():
        row = Row(**json.loads(line))
        assert rows.setdefault(row.client, row) == row, f"two tests tell {row.client} differently"
    lines = ({} if whole else documented()) | {name: str(row) for name, row in rows.items()}
    table = _HEAD + "".join(f"{lines[name]}\n" for name in sorted(lines, key=str.lower))
    DOCUMENT.write_text(_TABLE.sub(lambda _: table, DOCUMENT.read_text(encoding="utf-8")), encoding="utf-8")
    return len(rows)


def npm(package: str) -> str:
    """Return the version of a package of tests/parts/node_modules."""
    text = (examples.NODE_MODULES / package / "package.json").read_text(encoding="utf-8")
    return str(json.loads(text)["version"])


def pypi(package: str, *, site: Path | None = None) -> str:
    """Return the version of an installed package, of this environment or of the one whose packages are at ``site``."""
    if site is None:
        return version(package)
    return next(found.version for found in distributions(name=package, path=[str(site)]))


def system(*command: str) -> str:
    """Return the first version number that a program of the system prints."""
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    found = re.search(r"\d+(?:\.\d+)+", done.stdout + done.stderr)
    assert found is not None, command
    return found[0]
