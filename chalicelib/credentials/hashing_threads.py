"""The few threads that hash: memory is bounded by their number, whoever asks and however many (DS-1).

An Argon2 hash takes 19 MiB for its time, and the allocator keeps a freed block with the thread that used it. So
hashing in each request's own thread leaves 19 MiB in every thread that ever did; here it is one block a hashing thread.
"""

import os
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, ParamSpec, TypeVar

from chalicelib.errors import Unavailable

if TYPE_CHECKING:
    from concurrent.futures import ThreadPoolExecutor

P = ParamSpec("P")
T = TypeVar("T")

HASHING_THREADS = 2  # of 19 MiB each: with them a process stays below 130 MiB
HASH_WAIT_SECONDS = 5.0  # how long a log-in stands in line for one of them


class HashingThreads:
    """Runs what it is given in one of a few threads and waits for it."""

    def __init__(self, number: int = HASHING_THREADS) -> None:
        self._number = number
        self._made: ThreadPoolExecutor | None = None
        self.renew()

    def run(self, work: Callable[P, T], *args: P.args, **named: P.kwargs) -> T:
        """Return what ``work`` returns, or raise what it raises; Unavailable when the line is long."""
        free = self._free  # a fork meanwhile makes another
        if not free.acquire(timeout=HASH_WAIT_SECONDS):
            raise Unavailable("Many people are logging in: try again.")
        try:
            return self._pool().submit(work, *args, **named).result()
        finally:
            free.release()

    def _pool(self) -> "ThreadPoolExecutor":
        with self._making:
            if self._made is None:
                from concurrent.futures import ThreadPoolExecutor

                self._made = ThreadPoolExecutor(self._number, thread_name_prefix="cupbearer-hash")
            return self._made

    def renew(self) -> None:
        """Begin anew: a forked child has none of its parent's threads, and their locks as they just were."""
        self._free = threading.BoundedSemaphore(self._number)
        self._making = threading.Lock()
        self.loading = threading.Lock()  # held by who loads what hashes
        self._made = None


OF_THIS_PROCESS = HashingThreads()  # one for all: the bound is the process's
os.register_at_fork(after_in_child=OF_THIS_PROCESS.renew)
