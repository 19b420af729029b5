"""The Lambda function that delivers, called as Lambda calls it: through the app."""

from typing import Any

import pytest

import app
from chalicelib.mail.message import Mail, RenderedMail
from chalicelib.mail.senders import MailTrouble
from chalicelib.outbox.function import DeliveryUnfinished
from cupbearer.testing import AppUnderTest
from tests.mail.samples import sample

MAIL = Mail("notice", "ada@example.com", sample("notice").mail.values)


class Sink:
    """A way out that is down until it is up."""

    def __init__(self) -> None:
        self.is_up = True
        self.sent: list[str] = []

    def send(self, mail: RenderedMail) -> None:
        if not self.is_up:
            raise MailTrouble("down")
        self.sent.append(mail.to)


@pytest.fixture
def sink(cupbearer: AppUnderTest) -> Sink:
    sink = Sink()
    cupbearer.services.mail.__dict__["sender"] = sink
    return sink


def stored(cupbearer: AppUnderTest) -> str:
    (write,) = cupbearer.services.mail.outbox.sending(MAIL)
    cupbearer.services.store.commit(write)
    return str(getattr(write, "key").sort)  # noqa: B009 - an Insert, which is one of many writes to the checker


def test_it_delivers_the_lines_that_it_is_told_of(cupbearer: AppUnderTest, sink: Sink) -> None:
    assert app.deliver_mail({"lines": [stored(cupbearer)]}, None) == {"sent": 1}
    assert sink.sent == ["ada@example.com"]


def test_what_could_not_be_sent_is_raised_so_that_lambda_calls_again(
    cupbearer: AppUnderTest, sink: Sink
) -> None:
    event = {"lines": [stored(cupbearer)]}
    sink.is_up = False
    with pytest.raises(DeliveryUnfinished):
        app.deliver_mail(event, None)
    cupbearer.clock.advance(60)  # when Lambda calls again: the same event, whose line has moved
    with pytest.raises(DeliveryUnfinished):
        app.deliver_mail(event, None)
    sink.is_up = True
    cupbearer.clock.advance(120)
    assert app.deliver_mail(event, None) == {"sent": 1}


@pytest.mark.parametrize(
    "event",
    [
        {}, {"lines": None}, {"lines": "x"}, {"lines": [1, None, {}]}, {"lines": ["../x"]}, {"lines": ["x" * 5000]},
        {"lines": ["000000000001#000000#" + "a" * 26] * 500}, {"Records": []},
    ],
)  # fmt: skip
def test_an_event_of_any_other_form_names_no_line_and_delivers_what_is_due(
    cupbearer: AppUnderTest, sink: Sink, event: dict[str, Any]
) -> None:
    stored(cupbearer)
    cupbearer.clock.advance(60)
    assert app.deliver_mail(event, None) == {"sent": 1}
