"""The log of a server on this machine, each request once: a line for people on a terminal, else JSON as deployed.

The local server knows of every request, the application only of those that reached it. On a terminal the server's line
is shown, because it has the path; elsewhere the application's, because it has the route, the user and the time.
"""

import logging
import sys

from chalicelib import logs

REQUEST = "request"
SERVER = "cupbearer.server"
ANSWERED = "cupbearer.server.answered"  # what the application answered


class ForPeople(logging.Formatter):
    """Formats a record as one short line; a text with control characters as an escaped one."""

    def format(self, record: logging.LogRecord) -> str:
        fields = {**getattr(record, "fields", {})}
        fields.pop("request_id", None)
        words = [record.getMessage(), *(f"{name}={value}" for name, value in fields.items())]
        if hasattr(record, "path"):
            words = [str(fields[name]) for name in ("method", "status")]
            words.insert(1, record.path)
        line = " ".join(text if text.isprintable() else ascii(text)[1:-1] for text in words)
        line = f"{self.formatTime(record, '%H:%M:%S')}  {line}"
        return f"{line}\n{self.formatException(record.exc_info)}" if record.exc_info else line


def set_up() -> None:
    """Send the log to standard error; harmless when called again."""
    if logs.LOGGER.handlers:
        return
    logging.basicConfig(stream=sys.stderr, level=logging.WARNING, format="%(name)s: %(message)s")
    terminal = sys.stderr.isatty()
    logs.set_up()
    (handler,) = logs.LOGGER.handlers
    if terminal:
        handler.addFilter(_is_for_people)
        handler.setFormatter(ForPeople())
    else:
        logging.getLogger(ANSWERED).setLevel(logging.WARNING)


def _is_for_people(record: logging.LogRecord) -> bool:
    return record.name in (SERVER, ANSWERED) or record.getMessage() != REQUEST
