"""Structured logs: one JSON object a line, without secrets (LG-2, LG-3).

Only named fields are logged, never a body, a header, a query or a raw path; values are capped, and JSON keeps a
line a line whatever it holds.
"""

import json
import logging
import sys
from typing import Any

LOGGER = logging.getLogger("cupbearer")
MAX_VALUE = 500


class JsonLines(logging.Formatter):
    """Formats a record as one JSON object."""

    def format(self, record: logging.LogRecord) -> str:
        line = {
            "at": round(record.created, 3),
            "level": record.levelname.lower(),
            "event": record.getMessage(),
        }
        fields: dict[str, Any] = getattr(record, "fields", {})
        line |= {
            name: value[:MAX_VALUE] if isinstance(value, str) else value for name, value in fields.items()
        }
        if record.exc_info and record.exc_info[0] is not None:
            line["exception"] = self.formatException(record.exc_info)[-4000:]
        return json.dumps(line, ensure_ascii=True, default=str)


def set_up() -> None:
    """Send our log to standard error as JSON lines; harmless when called again."""
    if LOGGER.handlers:
        return
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines())
    LOGGER.addHandler(handler)
    LOGGER.setLevel(logging.INFO)
    LOGGER.propagate = False


def log(event: str, **fields: Any) -> None:
    """Log an event of ordinary life."""
    LOGGER.info(event, extra={"fields": {name: value for name, value in fields.items() if value is not None}})


def trouble(event: str, **fields: Any) -> None:
    """Log what an operator must see, with the exception at hand if there is one."""
    LOGGER.error(event, exc_info=sys.exc_info()[0] is not None, extra={"fields": fields})
