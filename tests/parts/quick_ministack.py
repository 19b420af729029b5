"""ministack behind uvicorn, which sends each answer in one piece: ``python -P quick_ministack.py PORT``, in ministack's venv.

A race asks it tens of thousands of times: its own server takes twice as long, and a head and a body apart half as long again.
"""

import sys
from functools import cache
from typing import Any

import uvicorn
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


def main(port: int) -> None:
    """Serve on loopback until a signal comes."""
    # It reads the text of a condition anew for each record; there are a dozen different ones.
    dynamodb._tokenize = cache(dynamodb._tokenize)
    dynamodb._condition_syntax_error = cache(dynamodb._condition_syntax_error)
    uvicorn.run(
        "ministack.app:app",
        host="127.0.0.1",
        port=port,
        loop="uvloop",
        http=Protocol,
        log_level="warning",
        access_log=False,
        server_header=False,
        date_header=False,
        timeout_keep_alive=3600,
    )


if __name__ == "__main__":
    main(int(sys.argv[1]))
