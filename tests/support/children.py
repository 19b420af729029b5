"""Processes that tests start: they end with their test, and where pytest itself is killed a watcher ends them."""

import atexit
import contextlib
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from multiprocessing import connection, parent_process
from pathlib import Path
from typing import IO, Any

from tests.support import patience

WATCHER = """
import os, signal, sys, time
watched = set()
for line in sys.stdin:  # its other end is the test process's alone: after the last line that process has gone
    (watched.add if line[0] == "+" else watched.discard)(abs(int(line)))
for number in (signal.SIGTERM, signal.SIGKILL) if watched else ():
    for child in watched:
        try:
            os.kill(child, number)
        except ProcessLookupError:
            pass
    time.sleep(2)
"""


class _Watch:
    """A process beside this one that is told of its children, and ends those that are left when this one has gone."""

    def __init__(self) -> None:
        self._told: IO[bytes] | None = None
        self._owner = 0
        self._lock = threading.Lock()

    def begin(self) -> None:
        """Begin to watch, if nothing does yet: a child that is there before its watcher goes unwatched for long."""
        with self._lock:
            self._ear()

    def tell(self, line: str) -> None:
        with self._lock:
            ear = self._ear()
            ear.write(f"{line}\n".encode())
            ear.flush()

    def _ear(self) -> IO[bytes]:
        if self._told is None or self._owner != os.getpid():
            self._told, self._owner = self._begin(), os.getpid()
        return self._told

    @staticmethod
    def _begin() -> IO[bytes]:
        command = [sys.executable, "-I", "-S", "-c", WATCHER]
        watcher = subprocess.Popen(command, stdin=subprocess.PIPE, start_new_session=True)
        atexit.register(watcher.communicate)
        assert watcher.stdin is not None
        return watcher.stdin


_watch = _Watch()


@contextlib.contextmanager
def running(
    command: Sequence[str | Path], *, end_by: int = signal.SIGTERM, **how: Any
) -> Iterator["subprocess.Popen[Any]"]:
    """Start a process as ``Popen`` does; end it at the end, if it has not ended by itself.

    Once this has yielded, it also ends when the test run is killed.
    """
    _watch.begin()
    child = subprocess.Popen(command, **how)
    _watch.tell(f"+{child.pid}")
    try:
        yield child
    finally:
        child.send_signal(end_by)
        for pipe in (child.stdin, child.stdout, child.stderr):
            if pipe is not None:
                with contextlib.suppress(OSError):
                    pipe.close()
        try:
            child.wait(patience.SECONDS)
        finally:
            child.kill()
            child.wait()
            _watch.tell(f"-{child.pid}")


def end_with_parent() -> None:
    """Let this process, which ``multiprocessing`` has started, end as soon as the one that started it has gone."""
    parent = parent_process()
    assert parent is not None

    def wait() -> None:
        connection.wait([parent.sentinel])
        os._exit(1)

    threading.Thread(target=wait, daemon=True).start()
