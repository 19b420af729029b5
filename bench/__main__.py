"""``python -m bench``: measure, tell, write the results, draw the pictures."""

import argparse
import os
import sys
import tempfile
import time
from importlib import import_module
from pathlib import Path

from bench import findings, house, plots, report
from bench.effort import FULL, QUICK, Effort

ROWS = (
    "warm",
    "cold",
    "log_in",
    "requests",
    "revocation",
    "timing",
    "memory",
    "quiet_night",
    "peers",
    "throughput",
    "growth",
    "parsers",
)
QUICK_RESULTS = findings.ROOT / "out" / "bench"


def main() -> int:
    """Return 0 when every target is met, 1 otherwise, with the list of those that are not."""
    parser = argparse.ArgumentParser(prog="python -m bench", description="Measure the design's section 8.")
    parser.add_argument("--quick", action="store_true", help="under a minute; results go to out/bench")
    parser.add_argument(
        "--only", action="append", choices=ROWS, metavar="NAME", help=f"one of {', '.join(ROWS)}"
    )
    parser.add_argument("--plots", action="store_true", help="measure nothing, draw and tell what is there")
    options = parser.parse_args()
    effort = QUICK if options.quick else FULL
    results = QUICK_RESULTS if options.quick else findings.RESULTS
    house.silence()
    os.environ["CUPBEARER_STORE"] = "sqlite:////nonexistent/never-used.db"  # every row brings its own
    rows = () if options.plots else options.only or ROWS
    missed = [what for name in rows for what in measure(name, effort, results)]
    plots.draw(results, QUICK_RESULTS if options.quick else plots.PICTURES)
    if not options.quick:
        report.write(results)
    report.show_missed(missed)
    return 1 if missed else 0


def measure(name: str, effort: Effort, results: Path) -> list[str]:
    """Measure one row, write and show it; return what missed its target. A row that cannot run says why."""
    started = time.monotonic()
    try:
        with tempfile.TemporaryDirectory(prefix="cupbearer-bench-") as folder:
            finding = import_module(f"bench.rows.{name}").measure(effort, Path(folder))
    except Exception as error:  # noqa: BLE001 - whatever it is, the other rows go on
        findings.forget(name, results)
        return [f"{name}: could not run: {findings.why(error)}"]
    findings.write(finding, results, effort=effort.name)
    report.show(finding, seconds=time.monotonic() - started)
    return [report.missed(name, figure) for figure in finding.figures if figure.met is False]


if __name__ == "__main__":
    sys.exit(main())
