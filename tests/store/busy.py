"""A service at work: threads that write and read at once, all on one store, until they are told to stop."""

import sys
import threading
import time
from itertools import count
from types import TracebackType
from typing import Self

from chalicelib.store import Insert, Key, Store
from chalicelib.store.sqlite import SqliteStore
from chalicelib.world import SYSTEM

THREADS = 4


class Busy:
    """Threads at work from entering to leaving. Each writes numbered records and notes what was acknowledged."""

    def __init__(self, store: Store, name: str) -> None:
        self._store = store
        self._stop = threading.Event()
        self.acknowledged = {f"{name}-{number}": -1 for number in range(THREADS)}
        self._begin = threading.Barrier(THREADS + 1)
        self._threads = [threading.Thread(target=self._work, args=[me]) for me in self.acknowledged]

    def __enter__(self) -> Self:
        self._store.get(Key("busy", "first"))  # one connection stays open while the threads open theirs
        for thread in self._threads:
            thread.start()
        self._begin.wait()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def _work(self, me: str) -> None:
        self._begin.wait()
        for number in count():
            if self._stop.is_set():
                return
            self._store.get(Key("busy", f"{me}-0"), Key("busy", me))
            self._store.commit(Insert(Key("busy", f"{me}-{number}"), {}))
            self.acknowledged[me] = number

    @property
    def last(self) -> list[str]:
        """Return the sorts of the last acknowledged record of each thread."""
        return [f"{me}-{number}" for me, number in self.acknowledged.items() if number >= 0]

    @property
    def all(self) -> set[str]:
        """Return the sorts of every acknowledged record."""
        return {f"{me}-{number}" for me, last in self.acknowledged.items() for number in range(last + 1)}


def main(path: str, name: str) -> None:
    """Work until standard input ends; say when it began, and what was acknowledged."""
    store = SqliteStore(path, now=time.time, nonce=SYSTEM.identifier)
    with Busy(store, name) as busy:
        print("at work", flush=True)
        sys.stdin.read()
    print(*busy.all)
    store.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
