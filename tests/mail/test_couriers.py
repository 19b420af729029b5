"""Who delivers: on a laptop a thread, which also sees to what is tried again."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from chalicelib.mail.message import Mail, RenderedMail
from chalicelib.mail.senders import MailTrouble
from chalicelib.outbox.couriers import FunctionCourier
from chalicelib.settings import settings
from chalicelib.wiring import Services
from chalicelib.world import SYSTEM
from tests.mail.samples import sample

MAIL = Mail("notice", "ada@example.com", sample("notice").mail.values)
PATIENCE = 60  # seconds that a busy machine may take; nobody waits that long


class Heard:
    """A sender that lets a test wait for the next mail; ``faults`` fail first."""

    def __init__(self, *faults: Exception) -> None:
        self._faults = list(faults)
        self._came = threading.Semaphore(0)
        self.sent: list[str] = []

    def send(self, mail: RenderedMail) -> None:
        if self._faults:
            raise self._faults.pop(0)
        self.sent.append(mail.to)
        self._came.release()

    def one(self) -> None:
        assert self._came.acquire(timeout=PATIENCE)


@pytest.fixture
def at(tmp_path: Path) -> Iterator[Services]:
    at = Services(settings.parse({"CUPBEARER_STORE": f"sqlite:///{tmp_path / 'cupbearer.db'}"}), SYSTEM)
    yield at
    at.store.close()  # type: ignore[attr-defined]


def ask(at: Services) -> None:
    writes = at.mail.outbox.sending(MAIL)
    at.store.commit(*writes)
    at.mail.outbox.deliver_soon(*writes)


def test_a_thread_delivers_what_an_act_stored_and_the_next_too(at: Services) -> None:
    at.mail.__dict__["sender"] = heard = Heard()
    ask(at)
    heard.one()
    ask(at)
    heard.one()
    assert heard.sent == ["ada@example.com"] * 2


def test_the_thread_sees_to_what_is_tried_again_and_survives_a_defect(
    at: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("chalicelib.outbox.delivery.BACK_OFF", (0, 0, 0))
    at.mail.__dict__["sender"] = heard = Heard(MailTrouble("down"), ZeroDivisionError())
    ask(at)
    heard.one()
    assert heard.sent == ["ada@example.com"]


def test_a_function_is_told_which_lines_are_new() -> None:
    told: list[object] = []
    FunctionCourier(told.append)(("a", "b"))
    assert told == [{"lines": ["a", "b"]}]


def test_the_console_shows_a_mail_and_keeps_it_for_the_page(
    at: Services, capsys: pytest.CaptureFixture[str]
) -> None:
    at.store.commit(*at.mail.outbox.sending(MAIL))
    assert at.mail.outbox.deliver_due().sent == 1
    (kept,) = at.mail.console.mails
    assert kept.to == "ada@example.com"
    said = capsys.readouterr().err
    assert kept.text in said
    assert kept.subject in said
