"""Our API's handler in a process of its own, called in the form that Lambda calls it."""

import http.client
import json
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any
from urllib.parse import parse_qs, urlsplit

from bench.asking import Ask, Question
from bench.findings import ROOT

HANDLER = """
import json, sys, time
import app
for line in sys.stdin:
    event = json.loads(line)
    before = time.process_time()
    answer = app.app(event, None)
    spent = time.process_time() - before
    print(json.dumps([spent, answer["statusCode"], answer["body"]]), flush=True)
"""


class Handler:
    """Our API's handler in a process of its own, called as Lambda calls it; only the call itself counts."""

    def __init__(self, stack: ExitStack, command: list[str], environment: dict[str, str]) -> None:
        self._spent = 0.0
        self._child = stack.enter_context(
            subprocess.Popen(
                [*command, "-c", HANDLER],
                cwd=ROOT, env=environment, text=True,
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
            )
        )  # fmt: skip
        stack.callback(self._child.kill)

    def seconds(self) -> float:
        """Return the processor time of all calls so far."""
        return self._spent

    @contextmanager
    def asking(self, _question: Question) -> Iterator[Ask]:
        """Give an Ask of the one process."""
        yield self._ask

    def _ask(self, question: Question, body: str | None) -> bytes:
        if self._child.stdin is None or self._child.stdout is None:
            raise RuntimeError("the handler's process has no pipes")
        print(json.dumps(event_of(question, body)), file=self._child.stdin, flush=True)
        line = self._child.stdout.readline()
        if not line:
            raise RuntimeError("the handler's process ended")
        spent, status, content = json.loads(line)
        if status != http.client.OK:
            raise RuntimeError(f"{question.url}: the handler answered {status} {content[:200]!r}")
        self._spent += spent
        return str(content).encode()


def event_of(question: Question, body: str | None) -> dict[str, Any]:
    """Return the event that API Gateway makes of a request."""
    parts = urlsplit(question.url)
    context: dict[str, Any] = {
        "httpMethod": question.method,
        "resourcePath": parts.path,
        "path": parts.path,
        "requestId": "3f1c0a52-6a0e-4b8e-9f57-5b7a3c1d2e4f",
        "identity": {"sourceIp": "192.0.2.1", "userAgent": "bench"},
    }
    if question.context:
        context["authorizer"] = dict(question.context)
    return {
        "resource": parts.path,
        "path": parts.path,
        "httpMethod": question.method,
        "headers": {"host": parts.netloc, **{n.lower(): v for n, v in question.headers.items()}},
        "multiValueQueryStringParameters": parse_qs(parts.query) or None,
        "pathParameters": None,
        "stageVariables": None,
        "body": body,
        "isBase64Encoded": False,
        "requestContext": context,
    }
