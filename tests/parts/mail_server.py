"""Mail servers on loopback: a real one (aiosmtpd), and one that answers as it is told, byte for byte."""

import asyncio
import re
import socket
import ssl
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from tests.support import patience


@dataclass
class MailServer:
    """A real SMTP server. ``answers`` are what it refuses with, by command: ``{"RCPT": "550 5.1.1 nobody"}``."""

    port: int = 0
    answers: dict[str, str] = field(default_factory=dict)
    envelopes: list[Envelope] = field(default_factory=list)
    log_ins: list[tuple[bytes, bytes]] = field(default_factory=list)
    over_tls: list[bool] = field(default_factory=list)

    @property
    def mails(self) -> list[EmailMessage]:
        return [as_message(envelope.original_content or b"") for envelope in self.envelopes]

    async def handle_MAIL(  # noqa: N802 - aiosmtpd calls its hooks so
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        envelope.mail_from = address
        return self.answers.get("MAIL", "250 OK")

    async def handle_RCPT(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        answer = self.answers.get("RCPT", "250 OK")
        if answer.startswith("250"):
            envelope.rcpt_tos.append(address)
        return answer

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        answer = self.answers.get("DATA", "250 OK")
        if answer.startswith("250"):
            self.envelopes.append(envelope)
            assert server.transport is not None
            self.over_tls.append(server.transport.get_extra_info("ssl_object") is not None)
        return answer

    def authenticate(
        self, server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: Any
    ) -> AuthResult:
        given: LoginPassword = data
        self.log_ins.append((given.login, given.password))
        return AuthResult(success="AUTH" not in self.answers, handled=False)


def as_message(octets: bytes) -> EmailMessage:
    message = message_from_bytes(octets, policy=policy.default)
    assert isinstance(message, EmailMessage)
    return message


@contextmanager
def serving_mail(
    *, tls: ssl.SSLContext | None = None, implicit: bool = False, auth: bool = False
) -> Iterator[MailServer]:
    """Serve until the block is over; with ``tls`` by STARTTLS, or ``implicit`` from the first octet."""
    known = MailServer()
    loop = asyncio.new_event_loop()

    def factory() -> SMTP:
        return SMTP(
            known, hostname="mail.test", loop=loop, tls_context=None if implicit else tls,
            require_starttls=tls is not None and not implicit,
            auth_required=auth, auth_require_tls=tls is not None and not implicit,
            authenticator=known.authenticate if auth else None,
        )  # fmt: skip

    thread = threading.Thread(target=loop.run_forever, daemon=True)  # a browser's loop may run in this one
    thread.start()
    create = loop.create_server(factory, "127.0.0.1", 0, ssl=tls if implicit else None)
    listening = asyncio.run_coroutine_threadsafe(create, loop).result()
    known.port = listening.sockets[0].getsockname()[1]
    try:
        yield known
    finally:
        asyncio.run_coroutine_threadsafe(_ended(listening), loop).result(patience.SECONDS)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(patience.SECONDS)
        loop.close()


async def _ended(listening: asyncio.Server) -> None:
    listening.close()
    for task in asyncio.all_tasks() - {asyncio.current_task()}:
        task.cancel()
    await asyncio.sleep(0)


GREETING = b"220 mail.test ESMTP\r\n"
GOOD: Mapping[str, bytes] = {
    "": GREETING, "EHLO": b"250 mail.test\r\n", "HELO": b"250 mail.test\r\n", "MAIL": b"250 OK\r\n",
    "RCPT": b"250 OK\r\n", "DATA": b"354 go on\r\n", ".": b"250 OK\r\n", "RSET": b"250 OK\r\n",
    "QUIT": b"221 bye\r\n",
}  # fmt: skip
Answer = bytes | Callable[[socket.socket], None]


@dataclass
class ToldServer:
    """What the one that does as it is told saw: each mail that it took in full, and each command."""

    port: int
    taken: list[bytes] = field(default_factory=list)
    commands: list[str] = field(default_factory=list)


@contextmanager
def told_server(answers: Mapping[str, Answer]) -> Iterator[ToldServer]:
    """Answer each command as told, "" being the greeting and "." the end of a mail; ``b""`` hangs up in its place."""
    over = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as listener:
        known = ToldServer(listener.getsockname()[1])

        def serve() -> None:
            while not over.is_set():
                with suppress(OSError):
                    connection, _ = listener.accept()
                    with connection:
                        connection.settimeout(patience.SECONDS)
                        _converse(connection, {**GOOD, **answers}, known)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        try:
            yield known
        finally:
            over.set()
            with suppress(OSError):
                listener.shutdown(socket.SHUT_RDWR)
            thread.join(patience.SECONDS)


def _converse(connection: socket.socket, answers: Mapping[str, Answer], known: ToldServer) -> None:
    with connection.makefile("rb") as lines:
        command = ""
        while _answered(connection, answers.get(command, b"502 5.5.1 unknown\r\n")):
            if command == "DATA" and answers[command] == GOOD[command]:
                known.taken.append(b"".join(iter(lines.readline, b".\r\n")))
                command = "."
                continue
            read = re.match(rb"[A-Za-z]+", lines.readline())
            if read is None:
                return
            command = read[0].decode().upper()
            known.commands.append(command)


def _answered(connection: socket.socket, answer: Answer) -> bool:
    """Give an answer; return whether the conversation goes on: half a line ends it."""
    if callable(answer):
        answer(connection)
        return False
    connection.sendall(answer)
    return answer.endswith(b"\r\n")
