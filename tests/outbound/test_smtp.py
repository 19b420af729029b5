"""SMTP against a real server, and against one that answers as it is told (MA-3)."""

import socket
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from chalicelib.mail.message import RenderedMail
from chalicelib.mail.senders import MailNotSent, MailRefused, MailTrouble
from chalicelib.outbound.smtp import SmtpServer
from tests.parts.mail_server import MailServer, serving_mail, told_server
from tests.support.certificates import Authority

MAIL = RenderedMail(
    message_id="<1@auth.example.com>", sender="no-reply@auth.example.com", to="ada@example.com", subject="A word",
    text="w", html="<p>w</p>", at=1_800_000_000, octets=b"Subject: A word\r\n\r\nsecret words\r\n.\r\nafter a dot\r\n",
)  # fmt: skip


def at(port: int, *, host: str = "127.0.0.1", seconds: float = 10) -> SmtpServer:
    return SmtpServer("none", host, port, helo="auth.example.com", seconds=seconds)


def refusal(server: SmtpServer) -> MailNotSent:
    with pytest.raises(MailNotSent) as refused:
        server.send(MAIL)
    return refused.value


@pytest.fixture
def authority(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Authority:
    authority = Authority.at(tmp_path / "ca")
    monkeypatch.setenv("SSL_CERT_FILE", authority.file)
    return authority


@pytest.fixture
def with_tls(authority: Authority) -> Iterator[MailServer]:
    with serving_mail(tls=authority.server("localhost"), auth=True) as server:
        yield server


def test_a_mail_arrives_as_it_was_given() -> None:
    with serving_mail() as server:
        at(server.port).send(MAIL)
        (envelope,) = server.envelopes
    assert (envelope.mail_from, envelope.rcpt_tos) == (MAIL.sender, [MAIL.to])
    assert envelope.original_content == MAIL.octets


def test_off_loopback_a_mail_and_a_password_go_through_starttls(with_tls: MailServer) -> None:
    server = replace(at(with_tls.port, host="localhost"), tls="starttls", user="cup", password="deep red")
    server.send(MAIL)
    assert with_tls.over_tls == [True]
    assert with_tls.log_ins == [(b"cup", b"deep red")]


def test_a_server_that_has_no_starttls_where_it_is_demanded_gets_nothing() -> None:
    with told_server({"EHLO": b"250-mail.test\r\n250 SIZE 1000000\r\n"}) as server:
        sending = replace(at(server.port), tls="starttls", user="cup", password="deep red")
        assert isinstance(refusal(sending), MailTrouble)
    assert set(server.commands) <= {"EHLO", "STARTTLS"}


@pytest.mark.parametrize(("host", "days"), [("other.example", 1), ("localhost", -1)])
def test_a_server_that_cannot_prove_its_name_gets_nothing(authority: Authority, host: str, days: int) -> None:
    with serving_mail(tls=authority.server(host, days=days)) as server:
        failure = refusal(replace(at(server.port, host="localhost"), tls="starttls"))
        assert isinstance(failure, MailTrouble)
        assert "certificate" in failure.reason.lower()
        assert server.mails == []


def test_smtps_is_in_tls_from_the_first_octet(authority: Authority) -> None:
    with serving_mail(tls=authority.server("localhost"), implicit=True) as server:
        replace(at(server.port, host="localhost"), tls="implicit").send(MAIL)
        assert server.over_tls == [True]


def test_what_comes_before_tls_counts_for_nothing(authority: Authority) -> None:
    """CVE-2011-0411's class: answers that were put into the plain part are not read as those of the server."""
    context = authority.server("localhost")

    def injects(connection: socket.socket) -> None:
        connection.sendall(
            b"220 go on\r\n250 injected\r\n250 injected\r\n250 injected\r\n354 go\r\n250 taken\r\n"
        )
        with context.wrap_socket(connection, server_side=True) as secured:
            secured.recv(1000)
            secured.sendall(b"554 nobody\r\n")
            secured.recv(1000)

    with told_server({"STARTTLS": injects}) as server:
        refusal(replace(at(server.port, host="localhost"), tls="starttls"))


def test_a_wrong_password_is_trouble_of_ours_and_no_fault_of_the_mail(with_tls: MailServer) -> None:
    with_tls.answers["AUTH"] = "refused"
    server = replace(at(with_tls.port, host="localhost"), tls="starttls", user="cup", password="deep red")
    failure = refusal(server)
    assert isinstance(failure, MailTrouble)
    assert failure.reason.startswith("AUTH: 535")
    assert "deep red" not in failure.reason


@pytest.mark.parametrize(
    ("command", "code", "kind"),
    [
        ("", "421 busy", MailTrouble),
        ("", "554 no service", MailTrouble),  # it refuses everybody: that is mended by people
        ("EHLO", "421 busy", MailTrouble),
        ("MAIL", "451 4.3.0 later", MailTrouble),
        ("MAIL", "550 5.7.1 not from you", MailRefused),
        ("MAIL", "530 5.7.0 authenticate first", MailTrouble),  # our settings, not this mail
        ("RCPT", "450 4.2.1 greylisted", MailTrouble),
        ("RCPT", "550 5.1.1 nobody of that name", MailRefused),
        ("DATA", "451 4.3.2 later", MailTrouble),
        ("DATA", "554 5.6.0 no", MailRefused),
        (".", "451 4.3.0 later", MailTrouble),
        (".", "554 5.7.1 spam", MailRefused),
        (".", "552 5.2.2 full", MailRefused),
    ],
)
def test_only_a_5xx_to_this_very_mail_is_for_good(command: str, code: str, kind: type[MailNotSent]) -> None:
    with told_server(answering(command, code.encode() + b"\r\n")) as server:
        assert type(refusal(at(server.port))) is kind


@pytest.mark.parametrize("command", ["", "EHLO", "MAIL", "RCPT", "DATA", "."])
@pytest.mark.parametrize(
    "answer", [b"", b"25", b"250-first of two\r\nrubbish\r\n", b"\xff\xfe\r\n", b"2" * 100_000]
)
def test_half_an_answer_or_rubbish_settles_nothing(command: str, answer: bytes) -> None:
    with told_server(answering(command, answer)) as server:
        assert type(refusal(at(server.port))) is MailTrouble


def answering(command: str, answer: bytes) -> dict[str, bytes]:
    """Who is refused EHLO tries HELO (RFC 5321 section 3.2)."""
    return dict.fromkeys(("EHLO", "HELO") if command == "EHLO" else (command,), answer)


@pytest.mark.parametrize("command", ["", "MAIL", "."])
def test_a_server_that_is_silent_or_drips_is_left_in_time(command: str) -> None:
    """One deadline over everything: each drip would begin a socket's own time anew."""
    over = threading.Event()

    def drips(connection: socket.socket) -> None:
        while not over.wait(0.05):
            connection.sendall(b"2")

    with told_server({command: drips}) as server:  # it drips until the client is gone
        try:
            failure = refusal(at(server.port, seconds=0.5))
        finally:
            over.set()
    assert isinstance(failure, MailTrouble)
    assert "no whole answer" in failure.reason


def test_a_server_that_takes_a_mail_and_hangs_up_at_quit_is_believed() -> None:
    with told_server({"QUIT": b""}) as server:
        at(server.port).send(MAIL)
        assert len(server.taken) == 1


def test_a_mail_that_was_taken_before_the_deadline_is_not_sent_again_for_a_slow_farewell() -> None:
    over = threading.Event()

    def waits(_: socket.socket) -> None:
        over.wait(30)

    with told_server({"QUIT": waits}) as server:
        try:
            at(server.port, seconds=2).send(MAIL)
        finally:
            over.set()


def test_nothing_that_a_server_says_of_a_mail_it_has_read_is_kept() -> None:
    """M9: it may quote a link."""
    with told_server({".": b"554 5.7.1 your mail says: secret words\r\n"}) as server:
        assert refusal(at(server.port)).reason == "DATA: 554 5.7.1"


def test_a_server_that_is_not_there_is_trouble() -> None:
    assert isinstance(refusal(at(1)), MailTrouble)
    assert isinstance(refusal(at(25, host="nobody.invalid")), MailTrouble)
