"""``python -m bench``: measure, tell, write the results, draw the pictures."""

import argparse
import os
import sys
import tempfile
import time
from importlib import import_module
from pathlib import Path

from bench import findings, gateway, house, plots, report
from bench.effort import FULL, QUICK, Effort

ROWS = ("warm", "cold", "log_in", "requests", "revocation", "timing", "throughput", "growth")
QUICK_RESULTS = findings.ROOT / "out" / "bench"


def main() -> int:
    """Return 0 when every target is met, 1 otherwise."""
    parser = argparse.ArgumentParser(prog="python -m bench", description="Measure the design's section 8.")
    parser.add_argument("--quick", action="store_true", help="under a minute; results go to out/bench")
    parser.add_argument(
        "--only", action="append", choices=ROWS, metavar="NAME", help=f"one of {', '.join(ROWS)}"
    )
    parser.add_argument("--plots", action="store_true", help="measure nothing, draw and tell what is there")
    options = parser.parse_args()
    if not options.plots and not {"warm", "cold"}.isdisjoint(options.only or ROWS) and not gateway.has_node():
        print(
            "The authorizer's peer needs Node.js 20 or newer, then: make bench/node_modules/ready",
            file=sys.stderr,
        )
        return 2
    effort = QUICK if options.quick else FULL
    results = QUICK_RESULTS if options.quick else findings.RESULTS
    house.silence()
    os.environ["CUPBEARER_STORE"] = "sqlite:////nonexistent/never-used.db"  # every row brings its own
    missed = (
        []
        if options.plots
        else [met for name in options.only or ROWS for met in _measure(name, effort, results)]
    )
    pictures = QUICK_RESULTS if options.quick else plots.PICTURES
    plots.draw(results, pictures)
    if not options.quick:
        report.write(results)
    return 1 if False in missed else 0


def _measure(name: str, effort: Effort, results: Path) -> list[bool | None]:
    started = time.monotonic()
    row = import_module(f"bench.rows.{name}")
    with tempfile.TemporaryDirectory(prefix="cupbearer-bench-") as folder:
        finding = row.measure(effort, Path(folder))
    findings.write(finding, results, effort=effort.name)
    report.show(finding, seconds=time.monotonic() - started)
    return [figure.met for figure in finding.figures]


if __name__ == "__main__":
    sys.exit(main())
