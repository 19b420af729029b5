"""ministack behind uvicorn, which sends each answer in one piece: ``python -P quick_ministack.py PORT``, in ministack's venv.

A race asks it tens of thousands of times: its own server takes twice as long, and a head and a body apart half as long again.
What DynamoDB is asked goes straight to it, past the questions whether another service is meant: a read takes half as long then.
"""

import sys
from functools import cache
from typing import Any

import uvicorn
from ministack import app
from ministack.core import responses
from ministack.services import dynamodb
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

HEADS = tuple(b"HTTP/1.1 %d" % kind for kind in (2, 3, 4, 5))  # a head of 1 is an answer by itself


class InOnePiece:
    """A transport that keeps an answer's head until its body comes, or until the answer is complete without one."""

    def __init__(self, transport: Any) -> None:
        self._transport = transport
        self._kept: list[bytes] = []

    def write(self, data: bytes) -> None:
        self._kept.append(data)
        if not data.startswith(HEADS):
            self.send_kept()

    def close(self) -> None:
        self.send_kept()
        self._transport.close()

    def send_kept(self) -> None:
        if self._kept:
            self._transport.write(b"".join(self._kept))
            self._kept.clear()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)


class Protocol(HttpToolsProtocol):  # type: ignore[misc]  # it is in ministack's venv only
    """uvicorn's own, on such a transport."""

    def connection_made(self, transport: Any) -> None:
        super().connection_made(InOnePiece(transport))

    def on_response_complete(self) -> None:
        self.transport.send_kept()
        super().on_response_complete()


async def straight(scope: Any, receive: Any, send: Any) -> None:
    """Take what DynamoDB is asked to its answers without asking every other service whether it is meant."""
    heads = {name.decode(): value.decode() for name, value in scope.get("headers", ())}
    if not heads.get("x-amz-target", "").startswith("DynamoDB_2012"):
        await app.app(scope, receive, send)
        return
    account, region = of_signature(heads["authorization"].partition(",")[0])
    responses.set_request_account_id(account)
    responses.set_request_region(region)
    body, more = b"", True
    while more:
        part = await receive()
        if part["type"] == "http.disconnect":
            return
        body, more = body + part["body"], part["more_body"]
    status, told, answer = await dynamodb.handle_request("POST", "/", heads, body, {})
    sent = answer if isinstance(answer, bytes) else answer.encode()
    told["Content-Length"] = f"{len(sent)}"
    named = [(name.encode(), value.encode()) for name, value in told.items()]
    await send({"type": "http.response.start", "status": status, "headers": named})
    await send({"type": "http.response.body", "body": sent})


@cache
def of_signature(credential: str) -> tuple[str, str]:
    """Return the account and the region that a request is signed for."""
    heads = {"authorization": credential}
    return app.extract_access_key_id(heads, {}), app.extract_region(heads, {})


def main(port: int) -> None:
    """Serve on loopback until a signal comes."""
    # It reads the text of a condition anew for each record; there are a dozen different ones.
    dynamodb._tokenize = cache(dynamodb._tokenize)
    dynamodb._condition_syntax_error = cache(dynamodb._condition_syntax_error)
    uvicorn.run(
        straight,
        host="127.0.0.1",
        port=port,
        loop="uvloop",
        http=Protocol,
        log_level="warning",
        access_log=False,
        proxy_headers=False,
        server_header=False,
        date_header=False,
        timeout_keep_alive=3600,
    )


if __name__ == "__main__":
    main(int(sys.argv[1]))
