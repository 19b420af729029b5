"""Log-ins and refreshes a second, over processes that share one SQLite file."""

import subprocess
import sys
from pathlib import Path

from bench import house, people
from bench.effort import Effort
from bench.findings import ROOT, Figure, Finding

APART = 20_000  # users between two workers


def measure(effort: Effort, folder: Path) -> Finding:
    """Measure both curves."""
    at = house.services(folder)
    at.keys.ring.signing_key()
    at.keys.mac.current()
    crowd = people.crowd(at, APART)
    people.into_sqlite(crowd, folder / "cupbearer.db")
    rates = {
        what: {str(count): _rate(folder, what, count, effort.worker_seconds) for count in effort.workers}
        for what in ("log-in", "refresh")
    }
    figures = [
        Figure(f"{what}, {count} {'process' if count == '1' else 'processes'}", rate, "per second")
        for what, curve in rates.items()
        for count, rate in curve.items()
    ]
    return Finding(
        name="throughput",
        title="Throughput over processes",
        figures=tuple(figures),
        data=rates,
        notes=(
            (
                f"Processes on one machine and one SQLite file, where one writes at a time; the hash is {house.HASH}. Each log-in is "
                "of another user, each process refreshes a session of its own. DynamoDB has no such curve here: an emulator in one "
                "process measures itself."
            ),
        ),
    )


def _rate(folder: Path, what: str, count: int, seconds: float) -> float:
    command: list[str] = [
        sys.executable,
        "-m",
        "bench.worker",
        "--folder",
        str(folder),
        "--what",
        what,
        "--seconds",
        str(seconds),
    ]
    children = [
        subprocess.Popen(
            [*command, "--first", str(number * APART // count)],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for number in range(count)
    ]
    try:
        for child in children:
            if child.stdout is None or child.stdout.readline() != "ready\n":
                raise RuntimeError("a worker did not get ready")
        answers = [child.communicate()[0] for child in _all_go(children)]
    finally:
        for child in children:
            child.kill()
            child.wait()
    return sum(map(int, answers)) / seconds


def _all_go(children: list["subprocess.Popen[str]"]) -> list["subprocess.Popen[str]"]:
    for child in children:
        if child.stdin is not None:
            child.stdin.write("go\n")
            child.stdin.flush()
    return children
