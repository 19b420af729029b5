"""The package that all deploy tests of a run share, however many processes run them."""

import fcntl
import shutil
from pathlib import Path

import pytest

from tests.deploy import emulated


def shared(factory: pytest.TempPathFactory) -> Path:
    """Return the packaged template, in a folder of the caller's own; ``deployment.zip`` stands beside it."""
    kept = _of_the_run(factory) / "package"
    with kept.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (kept / "sam.json").exists():
            made = emulated.packaged(factory.mktemp("making"))
            kept.mkdir(exist_ok=True)
            for file in ("deployment.zip", "sam.json"):
                shutil.copyfile(made.with_name(file), kept / file)
    return Path(shutil.copytree(kept, factory.mktemp("package") / "of-this-process")) / "sam.json"


def _of_the_run(factory: pytest.TempPathFactory) -> Path:
    """Return the folder that all processes of a run have: above the worker's own where there are workers."""
    base = factory.getbasetemp()
    return base.parent if base.name.startswith("popen-") else base
