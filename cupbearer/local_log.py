"""The log that ``make serve`` keeps beside its store, and how it is read: ``.cupbearer/serve-PORT.log``, JSON lines.

It holds what a deployed function logs, is private, and has at most ten megabytes. A server on a port by chance keeps none.
"""

import logging
import os
import time
from collections import deque
from collections.abc import Generator, Iterable
from contextlib import suppress
from io import TextIOWrapper
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import BinaryIO

from chalicelib import logs
from cupbearer.console_log import ANSWERED
from cupbearer.log_lines import LogLine
from cupbearer.served import FOLDER

MAX_BYTES = 5_000_000  # then it begins anew; one older file is kept
POLL_SECONDS = 0.25


class _Private(RotatingFileHandler):
    def _open(self) -> TextIOWrapper:
        file = os.open(self.baseFilename, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        return os.fdopen(file, "a", encoding="utf-8")


def path_of(port: int | str) -> Path:
    """Return where the server on a port keeps its log."""
    return FOLDER / f"serve-{port}.log"


def keep(port: int) -> None:
    """Write what is logged from now on to this port's file too; where nothing can be written, none is kept."""
    with suppress(OSError):
        FOLDER.mkdir(mode=0o700, exist_ok=True)
        handler = _Private(path_of(port).absolute(), maxBytes=MAX_BYTES, backupCount=1)
        handler.setFormatter(logs.JsonLines())
        handler.addFilter(_is_kept)
        logs.LOGGER.addHandler(handler)


def _is_kept(record: logging.LogRecord) -> bool:
    if getattr(record, "only_metric", False):
        return False
    return record.name != ANSWERED or record.levelno >= logging.WARNING  # the application has logged it too


def newest() -> Path | None:
    """Return the log of this directory that was written last."""
    found = sorted(FOLDER.glob("serve-*.log"), key=lambda path: path.stat().st_mtime)
    return found[-1] if found else None


def last(log: BinaryIO, *, since: float | None, limit: int) -> list[LogLine]:
    """Return the last lines of an open log, those that went before it was begun anew among them; it is then at its end."""
    new = log.read()
    old = Path(f"{log.name}.1")
    before = old.read_bytes() if old.exists() else b""
    texts: Iterable[str] = (before + new).decode(errors="replace").splitlines()
    lines = (LogLine.of(text) for text in texts if text.strip())
    return list(deque((line for line in lines if line.is_since(since)), maxlen=limit))


def follow(log: BinaryIO) -> Generator[LogLine, None, None]:
    """Yield what is logged from where an open log is read on, for ever; the log is closed with this.

    A log that begins anew is read to its end, and its successor from the beginning.
    """
    rest = b""
    try:
        while True:
            successor = _successor(log)  # looked for first: what was logged before it came is read before it
            *lines, rest = (rest + log.read()).split(b"\n")
            yield from (LogLine.of(line.decode(errors="replace")) for line in lines if line.strip())
            if successor is None:
                time.sleep(POLL_SECONDS)
            else:
                log.close()
                log, rest = successor, b""
    finally:
        log.close()


def _successor(log: BinaryIO) -> BinaryIO | None:
    """Return the log of the same name that has begun since, if one has."""
    try:
        newest = Path(log.name).open("rb")  # noqa: SIM115 - it is read on
    except FileNotFoundError:  # between two files there may be none
        return None
    state = os.fstat(newest.fileno())
    if state.st_ino == os.fstat(log.fileno()).st_ino and state.st_size >= log.tell():
        newest.close()
        return None
    return newest
