"""Memory: the most that a process of the service takes while many people log in at once."""

import subprocess
import sys
from pathlib import Path

from bench import house
from bench.effort import Effort
from bench.findings import ROOT, Figure, Finding

MOST_MIB = 130

PEOPLE = """
import re, sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
import app
from bench import house, people
from chalicelib.credentials import hashing_threads
from chalicelib import logs
house.silence()
hashing_threads.HASH_WAIT_SECONDS = 600  # nobody gives up, on however busy a machine
at = house.services(Path(sys.argv[1]))
at.keys.ring.signing_key()
number = int(sys.argv[2])
people.into_sqlite(people.crowd(at, number), Path(sys.argv[1]) / "cupbearer.db")
def log_in(n):
    at.authentication.log_in.with_password(username=people.name_of(n), password=house.PASSWORD, source=house.somewhere())
for _ in range(3):
    with ThreadPoolExecutor(number) as crowd:
        list(crowd.map(log_in, range(number)))
print(int(re.search(r"VmHWM:\\s+([0-9]+) kB", Path("/proc/self/status").read_text())[1]) / 1024)
"""


def measure(effort: Effort, folder: Path) -> Finding:
    """Measure peaks, each of a new process."""
    peaks = {str(number): _peak(folder / str(number), number) for number in effort.at_once}
    return Finding(
        name="memory",
        title="Memory of a process while people log in",
        figures=tuple(
            Figure(f"peak, {number} log-in{'s' * (number != '1')} at once", mib, "MiB", MOST_MIB)
            for number, mib in peaks.items()
        ),
        data=peaks,
        notes=(
            f"The whole application with its store, by the kernel's own count (VmHWM); the hash is {house.HASH}.",
        ),
    )


def _peak(folder: Path, number: int) -> float:
    folder.mkdir()
    run = subprocess.run(
        [sys.executable, "-c", PEOPLE, folder, str(number)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if run.returncode:
        raise RuntimeError(run.stderr.strip().splitlines()[-1])
    return float(run.stdout)
