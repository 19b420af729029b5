"""``python -m bench``: measure, tell, write the results, draw the pictures."""

import argparse
import os
import signal
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from types import FrameType

from bench import findings, house, plots, report
from bench.effort import FULL, QUICK, Effort

ROWS = (
    "warm",
    "cold",
    "log_in",
    "requests",
    "console",
    "revocation",
    "timing",
    "timing_mail",
    "memory",
    "quiet_night",
    "peers",
    "throughput",
    "growth",
    "parsers",
)
ROW_SECONDS = 300  # the slowest takes less than half of that on two quiet cores
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
    run, started = f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC", time.monotonic()
    missed = [what for name in rows for what in measure(name, effort, results, run=run)]
    plots.draw(results, QUICK_RESULTS if options.quick else plots.PICTURES)
    if not options.quick:
        report.write(results)
    report.show_missed(missed)
    print(f"{len(rows)} rows in {time.monotonic() - started:.0f} s")
    return 1 if missed else 0


def measure(
    name: str, effort: Effort, results: Path, *, run: str = "", seconds: float = ROW_SECONDS
) -> list[str]:
    """Measure one row, write and show it; return what missed its target. A row that cannot run says why.

    One that takes longer than ``seconds`` is ended. ``run`` is written down: which rows were measured together.
    """
    started = time.monotonic()
    try:
        with tempfile.TemporaryDirectory(prefix="cupbearer-bench-") as folder, _at_most(seconds):
            finding = import_module(f"bench.rows.{name}").measure(effort, Path(folder))
    except (Exception, TooLong) as error:  # noqa: BLE001 - whatever it is, the other rows go on
        findings.forget(name, results)
        return [f"{name}: could not run: {findings.why(error)}"]
    findings.write(finding, results, effort=effort.name, run=run)
    report.show(finding, seconds=time.monotonic() - started)
    return [report.missed(name, figure) for figure in finding.figures if figure.met is False]


class TooLong(BaseException):
    """A row takes too long; nothing within it takes this for a fault of its own, as it would a TimeoutError."""


@contextmanager
def _at_most(seconds: float) -> Iterator[None]:
    """Raise TooLong in what takes longer; only a main thread can be interrupted."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    is_over = False

    def interrupt(_number: int, _frame: FrameType | None) -> None:
        if not is_over:
            raise TooLong(f"it was not done after {seconds:g} s")

    before = signal.signal(signal.SIGALRM, interrupt)
    try:  # it may ring before anything has begun, and while it is turned off
        signal.setitimer(signal.ITIMER_REAL, seconds, 1.0)  # again: one raised in a destructor is lost
        yield
    finally:
        is_over = True
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


if __name__ == "__main__":
    sys.exit(main())
