"""``make deploy-check``: from nothing to a green deployed stage on an AWS emulator, in one command."""

import contextlib
import json
import subprocess
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path

from tests.deploy import emulated, walk


def main() -> int:
    """Package, deploy, walk; print what was checked; return 0 if all of it held."""
    started = time.monotonic()
    with (
        packages_for_others() as others,
        tempfile.TemporaryDirectory(prefix="cupbearer-package-") as folder,
        emulated.running() as endpoint,
    ):
        print(f"The emulator listens on {endpoint}", flush=True)
        template = emulated.packaged(Path(folder))
        _tell(f"packaged, {(template.parent / 'deployment.zip').stat().st_size / 1e6:.1f} MB", started)
        place = emulated.deployed(template, say=lambda _: None)
        _tell(f"deployed, {place.url}", started)
        at = walk.Walk.at(place)
        failed = walked(at, walk.STEPS)
        listed, at.extra["orders"] = emulated.other_api(place, Path(folder))
        at.place = emulated.deployed(
            template, say=lambda _: None, AccessTokens="opaque", OutsideApis=json.dumps([listed])
        )
        at.http.base = at.place.url  # the emulator makes a new API where the body changed; AWS keeps its id
        _tell("deployed again, with opaque tokens and another API", started)
        failed += walked(at, walk.LATER_STEPS)
        print("The package for each of Lambda's Pythons:", flush=True)
        failed += others()
    _tell("all of it holds" if not failed else f"{failed} steps failed", started)
    return 1 if failed else 0


@contextlib.contextmanager
def packages_for_others() -> Iterator[Callable[[], int]]:
    """Make them beside the walk, which waits for a minute; give what prints how they went and returns how many failed."""
    with (
        tempfile.TemporaryFile("w+") as said,
        subprocess.Popen(
            [sys.executable, "-m", "tests.deploy.targets"], stdout=said, stderr=subprocess.STDOUT
        ) as child,
    ):

        def told() -> int:
            failed = child.wait()
            said.seek(0)
            print(said.read(), end="", flush=True)
            return int(failed != 0)

        try:
            yield told
        finally:
            child.kill()


def walked(at: walk.Walk, steps: tuple[Callable[[walk.Walk], None], ...]) -> int:
    """Take the steps, print how each went, return how many failed."""
    failed = 0
    for step in steps:
        try:
            step(at)
        except Exception:  # noqa: BLE001 - whatever went wrong is shown, and the others are tried
            failed += 1
            print(f"FAIL  {step.__doc__}\n{traceback.format_exc(limit=-2)}", flush=True)
        else:
            print(f"  ok  {step.__doc__}", flush=True)
    return failed


def _tell(text: str, started: float) -> None:
    print(f"{time.monotonic() - started:5.1f} s  {text}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
