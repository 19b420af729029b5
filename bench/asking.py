"""Asking a server the same again and again, and what it spends on an answer."""

import http.client
import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import urlencode, urlsplit

from bench.measuring import Batch

Ask = Callable[["Question", str | None], bytes]  # the question and this request's body; returns the answer's


class Talk(Protocol):
    """What is said in a request whose next depends on the answer."""

    def prepare(self, count: int) -> None:
        """Be ready for so many."""

    def body(self) -> str:
        """Return the body of the next request."""

    def learn(self, answer: dict[str, Any]) -> None:
        """Take what an answer gave."""


@dataclass(frozen=True, slots=True)
class Question:
    """One request that is asked again and again of one process."""

    url: str
    method: str = "GET"
    headers: Mapping[str, str] = field(default_factory=dict)
    form: Mapping[str, str] | None = None
    talk: Talk | None = None
    context: Mapping[str, str] | None = (
        None  # what the authorizer hands on, where the handler is asked directly
    )


class Server(Protocol):
    """A process that answers, and says what it has spent."""

    def seconds(self) -> float:
        """Return its processor time so far."""

    def asking(self, question: Question) -> AbstractContextManager[Ask]:
        """Return a context manager that gives an Ask."""


def batch_of(server: Server, question: Question, count: int) -> Batch:
    """Return a batch that asks so often, over a connection of its own: a server closes one that idles meanwhile."""
    talk = question.talk

    def one(ask: Ask) -> None:
        body = talk.body() if talk else urlencode(question.form) if question.form else None
        answer = ask(question, body)
        if talk:
            talk.learn(json.loads(answer))

    def batch() -> float:
        if talk:
            talk.prepare(count + 1)
        with server.asking(question) as ask:
            one(ask)
            before = server.seconds()
            for _ in range(count):
                one(ask)
            return (server.seconds() - before) / count

    return batch


class HttpServer:
    """A server in another process, over HTTP."""

    def __init__(self, process: int) -> None:
        self._process = process

    def seconds(self) -> float:
        """Return the processor time of its threads; the one that serves our connection lives as long as it."""
        threads = Path(f"/proc/{self._process}/task").glob("*/schedstat")
        return sum(int(thread.read_text(encoding="utf-8").split()[0]) for thread in threads) / 1e9

    @contextmanager
    def asking(self, question: Question) -> Iterator[Ask]:
        """Give an Ask over one connection kept open."""
        parts = urlsplit(question.url)
        with closing(http.client.HTTPConnection(str(parts.hostname), parts.port, timeout=30)) as connection:

            def ask(question: Question, body: str | None) -> bytes:
                connection.request(question.method, parts.path, body=body, headers=dict(question.headers))
                answer = connection.getresponse()
                content = answer.read()
                if answer.status != http.client.OK:
                    raise RuntimeError(f"{question.url} answered {answer.status} {content[:200]!r}")
                return content

            yield ask
