"""How long tests wait for what is sure to come.

Nothing is judged by it: a machine that is busy with something else may take this long, and a test that waits in vain
still ends.
"""

import time
from collections.abc import Callable

SECONDS = 300
PAGE_MILLISECONDS = 120_000  # for what a page in a browser is sure to show


def until(done: Callable[[], bool]) -> None:
    """Wait until something is so."""
    deadline = time.monotonic() + SECONDS
    while not done():
        assert time.monotonic() < deadline, "it never came"
        time.sleep(0.05)
