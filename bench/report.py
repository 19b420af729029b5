"""Telling what was found: a table on the terminal, and the tables in docs/bench.md."""

import json
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table

from bench.findings import ROOT, Figure, Finding

PAGE = ROOT / "docs" / "bench.md"
ORDER = (
    "warm",
    "cold",
    "log_in",
    "requests",
    "console",
    "growth",
    "throughput",
    "revocation",
    "timing",
    "timing_mail",
    "memory",
    "quiet_night",
    "peers",
    "parsers",
)
_FIGURES = re.compile(r"(<!-- figures: written by make bench -->\n).*(<!-- end of figures -->)", re.DOTALL)


def show(finding: Finding, *, seconds: float) -> None:
    """Print one row of the bench."""
    table = Table(title=f"{finding.title}  ({seconds:.0f} s)", title_justify="left", box=box.SIMPLE_HEAD)
    for column, justify in (
        ("what", "left"),
        ("median", "right"),
        ("quartiles", "right"),
        ("target", "right"),
        ("", "left"),
    ):
        table.add_column(column, justify=justify)  # type: ignore[arg-type]
    for figure in finding.figures:
        table.add_row(*_cells(figure))
    console = Console()
    console.print(table)
    for note in finding.notes:
        console.print(f"  {note}", style="dim")


def missed(name: str, figure: Figure) -> str:
    """Return one line about a figure that missed its target."""
    return f"{name}: {figure.what}: {_number(figure.value)} {figure.unit}, target ≤ {figure.at_most:g}"


def show_missed(lines: Sequence[str]) -> None:
    """Print what missed its target or could not run."""
    for line in lines:
        print("missed:", line)


def _cells(figure: Figure) -> tuple[str, str, str, str, str]:
    between = (
        "" if figure.low is None or figure.high is None else f"{_number(figure.low)} … {_number(figure.high)}"
    )
    target = "" if figure.at_most is None else f"≤ {figure.at_most:g}"
    verdict = {True: "met", False: "missed", None: ""}[figure.met]
    return figure.what, f"{_number(figure.value)} {figure.unit}".strip(), between, target, verdict


def _number(value: float) -> str:
    if value == int(value):
        return f"{int(value):,}"
    return f"{value:.0f}" if value >= 100 else f"{value:.3g}"


def write(results: Path) -> None:
    """Put the tables of all results into the page of the bench."""
    if not PAGE.exists():
        return
    found = {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in results.glob("*.json")}
    tables = "\n".join([_runs(found.values()), *(_table(found[name]) for name in ORDER if name in found)])
    page = PAGE.read_text(encoding="utf-8")
    PAGE.write_text(_FIGURES.sub(lambda match: f"{match[1]}\n{tables}\n{match[2]}", page), encoding="utf-8")


def _runs(results: Iterable[dict[str, Any]]) -> str:
    """Return one paragraph: whether all rows are of one run."""
    runs = Counter(result.get("run") or "an earlier day" for result in results)
    if len(runs) == 1:
        return f"*All rows are of one run, begun {next(iter(runs))}.*\n"
    told = "; ".join(f"{count} of {run}" for run, count in sorted(runs.items(), reverse=True))
    return f"*The rows are of {len(runs)} runs: {told}.*\n"


def _table(result: dict[str, Any]) -> str:
    rows = [
        "| " + " | ".join(_cells(Figure(**{name: f[name] for name in Figure.__slots__}))) + " |"
        for f in result["figures"]
    ]
    notes = [f"- {note}" for note in result["notes"]]
    if result["name"] == "requests" and "dynamodb" in result["data"]:
        notes = [*_capacity(result["data"]["dynamodb"]), "", *notes]
    if result["name"] == "revocation":
        notes = [*_ends(result["data"]), "", *notes]
    head = [f"### {result['title']}", "", "| what | median | quartiles | target | |", "|---|--:|--:|--:|---|"]
    return "\n".join([*head, *rows, "", *notes, "", f"*{_where(result)}*", ""])


def _capacity(found: dict[str, Any]) -> list[str]:
    """Return what each operation asks of DynamoDB, with its price in units."""
    head = ["| on DynamoDB | requests | read units | write units |", "|---|---|--:|--:|"]
    return head + [
        f"| {name} | {', '.join(asked['requests']) or 'none'} | {asked['read_units']:g} | {asked['write_units']:g} |"
        for name, asked in found.items()
    ]


def _ends(found: dict[str, Any]) -> list[str]:
    """Return how long each end of a right takes to reach a token that is out, of each kind."""
    acts = next(iter(found.values()))["seconds"]
    head = [f"| seconds to refusal, at worst | {' | '.join(found)} |", f"|---|{'--:|' * len(found)}"]
    rows = [f"| {act} | {' | '.join(str(kind['seconds'][act]) for kind in found.values())} |" for act in acts]
    return [
        *head,
        *rows,
        f"| stated by `/health` | {' | '.join(str(k['stated_seconds']) for k in found.values())} |",
    ]


def _where(result: dict[str, Any]) -> str:
    machine = result["machine"]
    return (
        f"{machine['date']}, {machine['cores']} cores of {machine['processor']}, Python {machine['python']}, "
        f"Node {machine['node']}; load {machine['load']:.1f} when it was written"
    )
