"""The package for each of Lambda's Pythons and processors: ``python -m tests.deploy.targets``, a part of ``make deploy-check``.

Each is looked into; those that can run on this machine also verify passwords, answer pages, sign a person up and log them in.
"""

import itertools
import sys
import tempfile
import time
import traceback
from pathlib import Path

from cupbearer.deploying import packaging, runtimes
from cupbearer.deploying.runtimes import Target
from tests.deploy import alone
from tests.parts.ministack import REGION

STAGE = "prod"
MAX_BYTES = 6_500_000


def main() -> int:
    """Package and check all; print how each went; return 0 if all are good."""
    failed = 0
    for python, architecture in itertools.product(runtimes.PYTHONS, runtimes.MACHINES):
        started = time.monotonic()
        with tempfile.TemporaryDirectory(prefix="cupbearer-target-") as folder:
            try:
                said = checked(Target(python, architecture), Path(folder))
            except Exception:  # noqa: BLE001 - whatever went wrong is shown, and the others are tried
                failed += 1
                said = f"FAIL  Python {python} on {architecture}\n{traceback.format_exc(limit=-3)}"
        print(f"{said} ({time.monotonic() - started:.1f} s)", flush=True)
    return 1 if failed else 0


def checked(target: Target, folder: Path) -> str:
    """Package for a target and check it; return what was seen."""
    packaged = packaging.package(STAGE, region=REGION, out=folder, target=target)
    archive = packaged.with_name("deployment.zip")
    size = archive.stat().st_size
    said = f"  ok  Python {target.python} on {target.architecture}: {size / 1e6:.2f} MB, its libraries are for it"
    interpreter = runtimes.interpreter(target.python)
    assert size <= MAX_BYTES, said
    if interpreter is None:
        return f"{said}; not compiled and not run, there is no Python {target.python} here"
    if target.architecture != runtimes.own_architecture():
        return f"{said}; compiled"
    unpacked = alone.unpack(archive, folder / "unpacked")
    alone.verify_every_scheme(unpacked, interpreter)
    alone.answer(unpacked, folder / "store.db", interpreter)
    return f"{said}; compiled, and it verifies, signs up and logs in by itself"


if __name__ == "__main__":
    sys.exit(main())
