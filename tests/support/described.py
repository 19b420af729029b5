"""Holds answers against the OpenAPI description: what a test sees is what the document says."""

from functools import cache
from importlib import import_module
from typing import Any

from chalicelib.web.openapi import description
from cupbearer.testing import Reply
from tests.gateway.router import Router


@cache
def _router() -> Router:
    return Router(import_module("app").TABLE)


def operation(method: str, path: str) -> dict[str, Any] | None:
    """Return what the document says of a request, or None where no route takes it."""
    route = _router().route(method, path.partition("?")[0])
    if route is None:
        return None
    found: dict[str, Any] = description(issuer="https://auth.example.com")["paths"][route.path][
        method.lower()
    ]
    return found


def check(method: str, path: str, reply: Reply) -> None:
    """Fail for an answer whose status or type the document does not know."""
    answered = operation(method, path)
    if answered is None:
        return
    answers = answered["responses"]
    assert str(reply.status) in answers, (
        f"{method} {path} answered {reply.status}, described: {list(answers)}"
    )
    content = answers[str(reply.status)].get("content")
    made_by_the_gateway = reply.header("x-amzn-ErrorType") is not None
    if content and reply.body and not made_by_the_gateway:
        sent = (reply.header("Content-Type") or "").partition(";")[0]
        assert sent in {kind.partition(";")[0] for kind in content}, f"{method} {path}: {sent}"
