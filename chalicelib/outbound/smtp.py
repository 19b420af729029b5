"""SMTP: a mail handed to one server, in bounded time, over TLS off loopback (RFC 5321, RFC 3207, RFC 8314).

Written on ``smtplib``. It runs in a thread of its own, so that the deadline holds over name look-up, TLS and every
drip of a slow server.
"""

import re
import smtplib
import socket
import ssl
import threading
from contextlib import suppress
from dataclasses import dataclass
from typing import Literal

from chalicelib.mail.message import RenderedMail
from chalicelib.mail.senders import MailNotSent, MailRefused, MailTrouble
from chalicelib.outbox.delivery import SEND_SECONDS

STEP_SECONDS = 10.0  # silence of a server that is waited through
ABANDON_SECONDS = 1.0  # until a thread has seen that its connection is gone
# About us and our password, not about this mail: mended by whoever runs the service (RFC 4954 section 6).
AUTHENTICATION_CODES = frozenset({530, 534, 535, 538})
PERMANENT = 5  # the first digit of an answer for good (RFC 5321 section 4.2.1)

_ENHANCED = re.compile(r"[245]\.[0-9]{1,3}\.[0-9]{1,3}")  # RFC 3463


@dataclass(frozen=True, slots=True)
class SmtpServer:
    """A :class:`~chalicelib.mail.senders.Sender` through one server.

    ``tls`` is from the first octet (RFC 8314), demanded by STARTTLS (RFC 3207), or none, for loopback alone.
    """

    tls: Literal["implicit", "starttls", "none"]
    host: str
    port: int
    helo: str  # the domain we call ourselves by
    user: str | None = None
    password: str | None = None
    seconds: float = SEND_SECONDS - ABANDON_SECONDS

    def send(self, mail: RenderedMail) -> None:
        """Hand a mail over. MailRefused where the server refuses this mail for good, MailTrouble for all else."""
        exchange = _Exchange(self, mail)
        thread = threading.Thread(target=exchange.run, name="cupbearer-smtp", daemon=True)
        thread.start()
        thread.join(self.seconds)
        if thread.is_alive():
            exchange.abandon()
            thread.join(ABANDON_SECONDS)
        if exchange.failure is not None:
            raise exchange.failure


class _Exchange:
    """One mail's way. ``failure`` is None once the server has answered 250 to all of it (RFC 5321 section 4.2.5)."""

    def __init__(self, server: SmtpServer, mail: RenderedMail) -> None:
        self.failure: MailNotSent | None = MailTrouble(f"no whole answer within {server.seconds:.0f} s")
        self._server = server
        self._mail = mail
        self._step = "connecting"
        self._socket: socket.socket | None = None
        self._abandoned = False

    def run(self) -> None:
        """Make the exchange; it never raises, see ``failure``."""
        connection = smtplib.SMTP(local_hostname=self._server.helo, timeout=STEP_SECONDS)
        try:
            self._connect(connection)
            self._hand_over(connection)
            self.failure = None  # whatever QUIT is answered
            connection.quit()
        except Exception as fault:  # noqa: BLE001 - sockets, TLS and SMTP fail in a dozen families
            if self.failure is not None and not self._abandoned:
                self.failure = self._judged(fault)
        finally:
            connection.close()
            if self._socket is not None:
                self._socket.close()

    def abandon(self) -> None:
        """Wake the thread out of whatever it waits for."""
        self._abandoned = True
        if self._socket is not None:
            with suppress(OSError):  # it was closed in the same moment
                self._socket.shutdown(socket.SHUT_RDWR)

    def _connect(self, connection: smtplib.SMTP) -> None:
        """Greet the server, in TLS wherever the way leads over a network, and log in."""
        server = self._server
        self._socket = socket.create_connection((server.host, server.port), timeout=STEP_SECONDS)
        if server.tls == "implicit":
            self._secure()
        connection.sock = self._socket
        self._demand(220, *connection.getreply())
        self._step = "EHLO"
        connection.ehlo_or_helo_if_needed()
        if server.tls == "starttls":
            self._step = "STARTTLS"
            self._demand(220, *connection.docmd("STARTTLS"))  # a server without it is written to by nobody
            self._secure()
            connection.sock, connection.file = self._socket, None  # what came before TLS counts for nothing
            self._step = "EHLO"
            self._demand(250, *connection.ehlo())
        if server.user is not None:
            self._step = "AUTH"
            connection.login(server.user, server.password or "")

    def _secure(self) -> None:
        if self._socket is None:
            raise ConnectionError("abandoned")
        plain, context = self._socket, ssl.create_default_context()
        self._socket = context.wrap_socket(
            plain, server_hostname=self._server.host, do_handshake_on_connect=False
        )
        self._socket.do_handshake()  # the socket is known by now, so that this too can be abandoned

    def _hand_over(self, connection: smtplib.SMTP) -> None:
        self._step = "MAIL FROM"
        self._demand(250, *connection.mail(self._mail.sender))
        self._step = "RCPT TO"
        self._demand(250, *connection.rcpt(self._mail.to))
        self._step = "DATA"
        self._demand(250, *connection.data(self._mail.octets))

    def _demand(self, code: int, answered: int, text: bytes) -> None:
        if answered != code:
            raise smtplib.SMTPResponseException(answered, text)

    def _judged(self, fault: Exception) -> MailNotSent:
        """Return what a fault means: only a 5xx to this very mail is an answer for good.

        Who refuses everybody, us or our password is tried again: that is mended by people.
        """
        if not isinstance(fault, smtplib.SMTPResponseException) or isinstance(fault.smtp_error, str):
            # A text is smtplib's own: what a server answered is octets.
            return MailTrouble(f"{self._step}: {type(fault).__name__}: {fault}")
        code, about_mail = fault.smtp_code, self._step in ("MAIL FROM", "RCPT TO", "DATA")
        reason = f"{self._step}: {code} {self._kept(fault.smtp_error)}"
        for_good = about_mail and code // 100 == PERMANENT and code not in AUTHENTICATION_CODES
        return MailRefused(reason) if for_good else MailTrouble(reason)

    def _kept(self, text: bytes) -> str:
        """Return what may be kept of an answer: all of it until the server has seen the mail or the password."""
        said = text.decode("ascii", "replace")
        if self._step in ("DATA", "AUTH"):
            found = _ENHANCED.match(said)
            return found[0] if found else ""
        return said
