"""The logs of a deployed stage, from CloudWatch: those of its three functions, put together by time."""

import time
from collections.abc import Iterable, Iterator
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from cupbearer.deploying import CannotDeploy
from cupbearer.deploying.deploy import stack_name
from cupbearer.log_lines import LogLine

PARTS = ("api", "authorizer", "mail")
POLL_SECONDS = 2.0
LATE_SECONDS = 10  # an event may arrive that much after a later one of another stream
MAX_EVENTS = 10_000  # of one function that are looked at for the last lines


def group(stage: str, part: str) -> str:
    """Return the name of a function's log group, as the template gives it."""
    return f"/aws/lambda/{stack_name(stage)}-{part}"


def lines(
    client: Any, stage: str, parts: Iterable[str], *, since: float, limit: int, follow: bool
) -> Iterator[LogLine]:
    """Yield the last ``limit`` lines since a moment and, to ``follow``, what is logged then, for ever; each once.

    Raises CannotDeploy, one sentence.
    """
    parts, seen = tuple(parts), dict[str, float]()
    while True:
        read = [found for part in parts for found in _read(client, stage, part, since)]
        fresh = sorted(
            (found for found in read if found[1] not in seen), key=lambda found: found[0].at or 0.0
        )
        yield from (line for line, _ in (fresh if seen else fresh[-limit:]))
        if not follow:
            return
        seen |= {event: line.at or since for line, event in fresh}
        since = max(since, max(seen.values(), default=since) - LATE_SECONDS)
        seen = {event: at for event, at in seen.items() if at >= since}
        time.sleep(POLL_SECONDS)


def _read(client: Any, stage: str, part: str, since: float) -> Iterator[tuple[LogLine, str]]:
    """Yield the lines of one function and the name of each event; a group that is not there has none."""
    request = {"logGroupName": group(stage, part), "startTime": int(since * 1000)}
    left = MAX_EVENTS
    while left > 0:
        try:
            answer = client.filter_log_events(**request)
        except ClientError as error:
            if error.response["Error"]["Code"] == "ResourceNotFoundException":
                return
            raise CannotDeploy(f"The logs of {stage} cannot be read: {error}") from None
        except BotoCoreError as error:
            raise CannotDeploy(f"The logs of {stage} cannot be read: {error}") from None
        for event in answer["events"]:
            left -= 1
            named = event.get("eventId") or "{logStreamName} {timestamp} {message}".format(
                **event
            )  # emulators
            yield LogLine.of(event["message"], at=event["timestamp"] / 1000, part=part), named
        if not answer.get("nextToken"):
            return
        request["nextToken"] = answer["nextToken"]
