"""Structured logs: one JSON object a line, without secrets (LG-2, LG-3). In Lambda, lines may carry metrics.

Only named fields are logged, never a body, a header, a query or a raw path; values are capped, and JSON keeps a
line a line whatever it holds.
"""

import json
import logging
import sys
from collections.abc import Mapping
from typing import Any

LOGGER = logging.getLogger("cupbearer")
MAX_VALUE = 500

NAMESPACE = "Cupbearer"
DIMENSION = "Function"

_ENCODER = json.JSONEncoder(ensure_ascii=True, default=str)  # json.dumps would make one for each line

Metrics = Mapping[str, tuple[float, str]]  # name to value and CloudWatch unit


class JsonLines(logging.Formatter):
    """Formats a record as one JSON object; in a Lambda ``function``, metrics in CloudWatch's embedded format."""

    def __init__(self, function: str | None = None) -> None:
        super().__init__()
        self._function = function

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
        metrics: Metrics = getattr(record, "metrics", {})
        if metrics and self._function is not None:
            line |= _embedded(metrics, self._function, milliseconds=int(record.created * 1000))
        return _ENCODER.encode(line)


def _embedded(metrics: Metrics, function: str, *, milliseconds: int) -> dict[str, Any]:
    """Return what makes CloudWatch count: no call, no wait, only members of a line that is written anyway."""
    directive = {
        "Namespace": NAMESPACE,
        "Dimensions": [[DIMENSION]],
        "Metrics": [{"Name": name, "Unit": unit} for name, (_, unit) in metrics.items()],
    }
    values = {name: value for name, (value, _) in metrics.items()}
    return {
        "_aws": {"Timestamp": milliseconds, "CloudWatchMetrics": [directive]},
        DIMENSION: function,
        **values,
    }


def set_up(function: str | None = None) -> None:
    """Send our log to standard error as JSON lines; harmless when called again."""
    if LOGGER.handlers:
        return
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines(function))
    handler.addFilter(lambda record: function is not None or not getattr(record, "only_metric", False))
    LOGGER.addHandler(handler)
    LOGGER.setLevel(logging.INFO)
    LOGGER.propagate = False


def log(event: str, *, metrics: Metrics | None = None, **fields: Any) -> None:
    """Log an event of ordinary life; deployed, ``metrics`` are counted by CloudWatch."""
    given = {name: value for name, value in fields.items() if value is not None}
    LOGGER.info(event, extra={"fields": given, "metrics": metrics or {}})


def metric(name: str, value: float = 1, unit: str = "Count", **fields: Any) -> None:
    """Count something in Lambda, and nowhere else. The one dimension is the function: each value of one costs.

    ``fields`` cost nothing and are for whoever reads the line.
    """
    given = {"fields": fields, "metrics": {name: (value, unit)}, "only_metric": True}
    LOGGER.info(name, extra=given)


def trouble(event: str, *, stack: bool = True, **fields: Any) -> None:
    """Log what an operator must see, with the exception at hand if there is one, unless a sentence says it all."""
    LOGGER.error(event, exc_info=stack and sys.exc_info()[0] is not None, extra={"fields": fields})
