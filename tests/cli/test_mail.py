"""``cupbearer mail``: what has not left the outbox, and sending it again."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from chalicelib.mail.message import Mail
from chalicelib.outbox.delivery import BACK_OFF
from chalicelib.world import World
from tests.conftest import Clock
from tests.mail.samples import sample
from tests.parts.mail_server import MailServer, serving_mail
from tests.support.command_line import CommandLine

ADA = "ada@example.com"


@pytest.fixture
def mail_server() -> Iterator[MailServer]:
    with serving_mail() as server:
        yield server


@pytest.fixture
def terminal(tmp_path: Path, world: World, mail_server: MailServer) -> CommandLine:
    mail = {"MAIL": f"smtp://127.0.0.1:{mail_server.port}", "MAIL_FROM": "no-reply@example.com"}
    return CommandLine.at(tmp_path, world, **mail)


def ask(terminal: CommandLine, to: str = ADA) -> None:
    mail = Mail("notice", to, sample("notice").mail.values)
    terminal.services.store.commit(*terminal.services.mail.outbox.sending(mail))


def refuse(terminal: CommandLine, server: MailServer, to: str = ADA) -> str:
    """Have a mail refused for good; return its id."""
    server.answers["RCPT"] = "550 5.1.1 nobody of that name"
    ask(terminal, to)
    terminal.services.mail.outbox.deliver_due()
    del server.answers["RCPT"]
    (listed,) = [each for each in terminal.services.mail.outbox.lines() if each.line.mail.to == to]
    return listed.line.line_id


def test_where_nothing_waits_that_is_said(terminal: CommandLine) -> None:
    assert terminal.run("mail", "list").stderr.endswith("No mail waits, and none was given up.\n")
    assert terminal.json("mail", "list") == {"mail": []}


def test_what_was_given_up_is_listed_first_with_the_reason_and_then_what_waits(
    terminal: CommandLine, mail_server: MailServer, clock: Clock
) -> None:
    mail_id = refuse(terminal, mail_server)
    ask(terminal, "zoe@example.com")
    ask(terminal, "")  # a decoy
    given_up, waiting = terminal.json("mail", "list")["mail"]
    assert given_up == {
        "mail_id": mail_id, "kind": "notice", "to": ADA, "asked_at": int(clock.now), "tries": 1,
        "next_try": None, "given_up": True, "reason": "RCPT TO: 550 5.1.1 nobody of that name",
    }  # fmt: skip
    assert (waiting["to"], waiting["given_up"], waiting["next_try"]) == (
        "zoe@example.com",
        False,
        int(clock.now),
    )
    assert [each["to"] for each in terminal.json("mail", "list", "--given-up")["mail"]] == [ADA]
    table = terminal.done("mail", "list")
    assert "given up" in table
    assert "nobody of that name" in table


def test_a_mail_that_was_given_up_is_sent_again(terminal: CommandLine, mail_server: MailServer) -> None:
    mail_id = refuse(terminal, mail_server)
    assert terminal.json("mail", "retry", mail_id) == {"retried": [mail_id]}
    assert [mail["To"] for mail in mail_server.mails] == [ADA]
    assert terminal.json("mail", "list") == {"mail": []}


def test_all_that_was_given_up_is_sent_again_and_nothing_else(
    terminal: CommandLine, mail_server: MailServer
) -> None:
    for name in ("a", "b"):
        refuse(terminal, mail_server, f"{name}@example.com")
    assert "2 mails to be sent again." in terminal.done("mail", "retry", "--all")
    assert {mail["To"] for mail in mail_server.mails} == {"a@example.com", "b@example.com"}
    assert "0 mails" in terminal.done("mail", "retry", "--all")


def test_a_mail_that_waits_is_sent_now(terminal: CommandLine, mail_server: MailServer, clock: Clock) -> None:
    mail_server.answers["RCPT"] = "450 later"
    ask(terminal)
    terminal.services.mail.outbox.deliver_due()
    (waiting,) = terminal.json("mail", "list")["mail"]
    assert waiting["next_try"] == int(clock.now) + BACK_OFF[0]
    mail_server.answers.clear()
    terminal.done("mail", "retry", waiting["mail_id"])
    assert len(mail_server.mails) == 1


def test_a_server_that_is_still_in_trouble_is_mentioned(
    terminal: CommandLine, mail_server: MailServer
) -> None:
    mail_id = refuse(terminal, mail_server)
    mail_server.answers["MAIL"] = "451 later"
    assert "could not be sent now" in terminal.run("mail", "retry", mail_id).stderr


def test_one_mail_or_all_must_be_said_and_an_unknown_one_is_refused(terminal: CommandLine) -> None:
    assert terminal.run("mail", "retry").exit_code == 2
    assert terminal.run("mail", "retry", "x", "--all").exit_code == 2
    assert (
        terminal.refused("mail", "retry", "x")
        == "There is no mail 'x': cupbearer mail list shows what there is."
    )


def test_where_mail_is_shown_and_not_sent_the_page_is_named(tmp_path: Path, world: World) -> None:
    terminal = CommandLine.at(tmp_path, world)
    ask(terminal)
    (waiting,) = terminal.json("mail", "list")["mail"]
    said = terminal.run("mail", "retry", waiting["mail_id"])
    assert "http://localhost:8000/outbox" in said.stderr
    assert len(terminal.json("mail", "list")["mail"]) == 1  # it waits for the server
