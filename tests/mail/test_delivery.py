"""The outbox and its deliverers, on both engines, through a real mail server (MA-1)."""

import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from threading import Barrier
from typing import Any

import pytest

from chalicelib.mail.message import Mail, RenderedMail
from chalicelib.mail.senders import Sender
from chalicelib.outbox.delivery import BACK_OFF, LEASE_SECONDS, MAX_TRIES, RUN_SECONDS
from chalicelib.store import Conflict, Insert, Key, StoreUnavailable
from tests.mail.conftest import LINK, PostOffice, smtp
from tests.parts.mail_server import MailServer, told_server
from tests.support.overtaken import Meanwhile as Overtaken

NOTICE = {"subject": "A word", "what": "w", "when": "1800000000", "where": "", "device": "", "advice": "a"}
DAY = 86_400


def notice(to: str = "ada@example.com", *, until: int | None = None) -> Mail:
    return Mail("notice", to, NOTICE, until=until)


@dataclass
class Meanwhile:
    """A sender that does something else before it hands a mail over, or instead."""

    act: Callable[[], object]
    then: Sender | None = None
    sent: list[str] = field(default_factory=list)

    def send(self, mail: RenderedMail) -> None:
        self.act()
        self.sent.append(mail.to)
        if self.then is not None:
            self.then.send(mail)


def dies() -> None:
    raise KeyboardInterrupt  # what a process that is killed comes nearest to: nothing is put in order


def broken(code: str) -> dict[str, bytes]:
    return {"RCPT": code.encode() + b"\r\n"}


def test_a_mail_is_sent_once_and_leaves_the_outbox(office: PostOffice, mail_server: MailServer) -> None:
    office.ask(notice())
    assert office.outbox.deliver_due().sent == 1
    assert office.outbox.deliver_due().sent == 0
    (mail,) = mail_server.mails
    assert (mail["To"], mail["Subject"]) == ("ada@example.com", "A word")
    assert office.waiting == office.given_up == []


def test_a_mail_goes_with_its_act_or_not_at_all(office: PostOffice, mail_server: MailServer) -> None:
    taken = Key("account", "ada")
    office.store.commit(Insert(taken, {}))
    with pytest.raises(Conflict):
        office.store.commit(Insert(taken, {}), *office.outbox.sending(notice()))
    assert office.outbox.deliver_due().sent == 0
    office.store.commit(Insert(Key("account", "zoe"), {}), *office.outbox.sending(notice()))
    assert office.outbox.deliver_due().sent == 1
    assert len(mail_server.mails) == 1


def test_what_is_stored_of_a_mail_holds_no_secret(
    office_with_ticket: PostOffice, mail_server: MailServer, reset: Mail
) -> None:
    """M9: the link is made at delivery, and an answer that quotes it is not kept."""
    office = office_with_ticket
    office.ask(reset)
    mail_server.answers["DATA"] = f"451 4.7.1 this looks bad: {LINK}"
    office.outbox.deliver_due()
    (listed,) = office.outbox.lines()
    assert "deep-red-secret" not in repr(listed)
    assert listed.line.reason == "DATA: 451 4.7.1"
    del mail_server.answers["DATA"]
    office.clock.advance(BACK_OFF[0])
    office.outbox.deliver_due()
    assert LINK in mail_server.mails[0].get_body(("plain",)).get_content()  # type: ignore[union-attr]


def test_a_mail_whose_ticket_is_over_is_not_sent(
    office_with_ticket: PostOffice, mail_server: MailServer, reset: Mail
) -> None:
    office = office_with_ticket
    office.ask(reset)
    office.tickets.clear()
    assert office.outbox.deliver_due().dropped == 1
    assert (mail_server.mails, office.waiting, office.given_up) == ([], [], [])


def test_a_decoy_is_stored_and_told_like_a_mail_and_sent_to_nobody(
    office: PostOffice, mail_server: MailServer
) -> None:
    """EN-3."""
    (real,), (decoy,) = office.outbox.sending(notice()), office.outbox.sending(notice(""))
    assert type(real) is type(decoy)
    office.store.commit(decoy)
    office.outbox.deliver_soon(decoy)
    assert len(office.asked) == len(office.asked[0]) == 1
    assert office.outbox.deliver_due().dropped == 1
    assert (mail_server.mails, office.waiting, office.given_up) == ([], [], [])


def test_an_act_does_not_fail_for_its_mail(office: PostOffice, caplog: pytest.LogCaptureFixture) -> None:
    def refuses(lines: tuple[str, ...]) -> None:
        raise TimeoutError

    writes = office.outbox.sending(notice())
    office.store.commit(*writes)
    outbox = office.outbox
    type(outbox)(outbox.store, outbox.world, refuses, outbox.find_delivery).deliver_soon(*writes)
    assert "mail_not_begun" in caplog.text
    assert office.outbox.deliver_due().sent == 1


def test_a_server_that_is_down_is_tried_again_after_longer_and_longer(office: PostOffice) -> None:
    office.ask(notice())
    down = office.through(smtp(1))
    for seconds in BACK_OFF:
        assert down.outbox.deliver_due().again == 1
        office.clock.advance(seconds - 1)
        assert down.outbox.deliver_due().again == 0
        office.clock.advance(1)
    assert sorted(BACK_OFF) == list(BACK_OFF)
    assert office.outbox.deliver_due().sent == 1


def test_after_its_last_try_a_mail_is_given_up_aloud(
    office: PostOffice, mail_server: MailServer, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "cupbearer")
    office.ask(notice())
    down = office.through(smtp(1))
    for seconds in (*BACK_OFF, 0):
        down.outbox.deliver_due()
        office.clock.advance(seconds)
    assert office.waiting == []
    (reason,) = office.given_up
    assert "ConnectionRefusedError" in reason
    errors = [record for record in caplog.records if record.getMessage() == "mail_given_up"]
    assert [record.levelno for record in errors] == [logging.ERROR]
    assert "MailGivenUp" in [record.getMessage() for record in caplog.records]
    assert "ada@example.com" not in caplog.text
    assert office.outbox.deliver_due().sent == 0
    assert mail_server.mails == []


def test_what_was_given_up_is_sent_again_when_an_operator_says_so(
    office: PostOffice, mail_server: MailServer
) -> None:
    office.ask(notice())
    with told_server(broken("550 5.1.1 nobody of that name")) as refusing:
        assert office.through(smtp(refusing.port)).outbox.deliver_due().given_up == 1
    (listed,) = office.outbox.lines()
    assert office.outbox.retry(listed)
    assert not office.outbox.retry(listed)  # it has moved
    assert office.outbox.deliver_due().sent == 1
    assert len(mail_server.mails) == 1


def test_a_refusal_for_good_is_final_and_any_other_is_not(office: PostOffice) -> None:
    office.ask(notice())
    with told_server(broken("450 4.2.1 greylisted")) as server:
        assert office.through(smtp(server.port)).outbox.deliver_due().again == 1
    office.clock.advance(BACK_OFF[0])
    with told_server(broken("550 5.1.1 nobody of that name")) as server:
        assert office.through(smtp(server.port)).outbox.deliver_due().given_up == 1
    assert office.given_up == ["RCPT TO: 550 5.1.1 nobody of that name"]


def test_a_mail_that_was_taken_without_a_word_comes_again_under_the_same_message_id(
    office: PostOffice, mail_server: MailServer
) -> None:
    """As RFC 5321 section 4.5.3.2.6 wants it: who has no answer must ask again. The id lets the receiver see it."""
    office.ask(notice())
    with told_server({".": b""}) as server:
        assert office.through(smtp(server.port)).outbox.deliver_due().again == 1
        assert len(server.taken) == 1
    office.clock.advance(BACK_OFF[0])
    assert office.outbox.deliver_due().sent == 1
    (again,) = mail_server.mails
    assert b"Message-ID: " + again["Message-ID"].encode() in server.taken[0]
    assert again.as_bytes().replace(b"\n", b"\r\n").split() == server.taken[0].split()


def test_a_server_that_takes_a_mail_and_hangs_up_at_quit_is_believed(office: PostOffice) -> None:
    office.ask(notice())
    with told_server({"QUIT": b""}) as server:
        assert office.through(smtp(server.port)).outbox.deliver_due().sent == 1
    assert office.waiting == []


def test_of_two_deliverers_at_one_line_one_sends(office: PostOffice, mail_server: MailServer) -> None:
    office.ask(notice())
    start = Barrier(2)

    def deliver(_: int) -> int:
        start.wait()
        return office.outbox.deliver_due().sent

    with ThreadPoolExecutor(2) as pool:
        assert sum(pool.map(deliver, range(2))) == 1
    assert len(mail_server.mails) == 1


def test_a_line_that_another_claimed_meanwhile_is_left_to_it(
    office: PostOffice, mail_server: MailServer
) -> None:
    """Between its look and its claim, and a second later, so that nothing but the line itself stands in the way."""
    office.ask(notice())

    def other() -> None:
        office.clock.advance(1)
        assert office.outbox.deliver_due().sent == 1

    overtaken: Any = Overtaken(office.store, [other], matters=lambda _: True)
    assert replace(office, store=overtaken).outbox.deliver_due().sent == 0
    assert len(mail_server.mails) == 1


def test_while_one_deliverer_has_a_line_another_does_not_take_it(
    office: PostOffice, mail_server: MailServer
) -> None:
    second: list[int] = []
    office.ask(notice())
    slow = Meanwhile(lambda: second.append(office.outbox.deliver_due().sent), then=office.sender)
    assert office.through(slow).outbox.deliver_due().sent == 1
    assert second == [0]
    assert len(mail_server.mails) == 1


def test_an_operator_cannot_take_a_line_out_of_the_hands_of_its_deliverer(
    office: PostOffice, mail_server: MailServer
) -> None:
    """It would be sent twice."""
    retried: list[bool] = []
    office.ask(notice())
    slow = Meanwhile(
        lambda: retried.extend(map(office.outbox.retry, office.outbox.lines())), then=office.sender
    )
    assert office.through(slow).outbox.deliver_due().sent == 1
    assert retried == [False]
    assert office.outbox.deliver_due().sent == 0


def test_a_mail_of_a_process_that_was_killed_before_delivery_leaves_with_the_next_one(
    office: PostOffice, mail_server: MailServer
) -> None:
    office.ask(notice("first@example.com"))  # and nobody delivers
    office.ask(notice("second@example.com"))
    office.outbox.deliver_due()
    assert {mail["To"] for mail in mail_server.mails} == {"first@example.com", "second@example.com"}


def test_a_mail_of_a_deliverer_that_was_killed_is_taken_when_its_lease_is_over(
    office: PostOffice, mail_server: MailServer
) -> None:
    office.ask(notice())
    with pytest.raises(KeyboardInterrupt):
        office.through(Meanwhile(dies)).outbox.deliver_due()
    assert office.outbox.deliver_due().sent == 0
    office.clock.advance(LEASE_SECONDS)
    assert office.outbox.deliver_due().sent == 1
    assert len(mail_server.mails) == 1


def test_a_mail_that_kills_each_deliverer_is_given_up_unsent(office: PostOffice) -> None:
    office.ask(notice())
    for _ in range(MAX_TRIES):
        with pytest.raises(KeyboardInterrupt):
            office.through(Meanwhile(dies)).outbox.deliver_due()
        office.clock.advance(LEASE_SECONDS)
    assert office.outbox.deliver_due().given_up == 1


def test_who_comes_back_after_the_lease_leaves_the_line_to_its_new_holder(office: PostOffice) -> None:
    """A deliverer that was stopped for long and fails then must not put the line into the outbox again."""
    office.ask(notice())

    def stopped() -> None:
        office.clock.advance(LEASE_SECONDS)
        assert office.outbox.deliver_due().sent == 1
        raise TimeoutError

    office.through(Meanwhile(stopped)).outbox.deliver_due()
    assert office.waiting == []


def test_one_mail_that_cannot_be_made_keeps_no_other(office: PostOffice, mail_server: MailServer) -> None:
    office.ask(Mail("notice", "ada@example.com", {"subject": "there is nothing more to say"}))
    office.ask(notice("zoe@example.com"))
    done = office.outbox.deliver_due()
    assert (done.sent, done.again) == (1, 1)
    assert [mail["To"] for mail in mail_server.mails] == ["zoe@example.com"]


@pytest.mark.parametrize("seconds", range(LEASE_SECONDS - BACK_OFF[1] - 1, LEASE_SECONDS - BACK_OFF[1] + 2))
def test_a_try_that_fails_late_is_put_off_whenever_that_is(office: PostOffice, seconds: int) -> None:
    """The next try may be due in the very second in which the lease ends."""
    office.ask(notice())
    down = office.through(smtp(1))
    down.outbox.deliver_due()
    office.clock.advance(BACK_OFF[0])

    def fails_late() -> None:
        office.clock.advance(seconds)
        raise TimeoutError

    assert office.through(Meanwhile(fails_late)).outbox.deliver_due().again == 1
    office.clock.advance(BACK_OFF[1])
    assert office.outbox.deliver_due().sent == 1


def test_mails_of_one_second_leave_in_their_order(office: PostOffice, mail_server: MailServer) -> None:
    names = [f"{name}@example.com" for name in "qwertyuiop"]
    for name in names:
        office.ask(notice(name))
    office.outbox.deliver_due()
    assert [mail["To"] for mail in mail_server.mails] == names


def test_there_is_no_mail_of_an_unknown_kind(office: PostOffice) -> None:
    with pytest.raises(ValueError, match="no template"):
        office.outbox.sending(Mail("advertisement", "ada@example.com"))


def test_a_mail_of_a_newer_release_waits_for_it_and_keeps_no_other(
    office: PostOffice, mail_server: MailServer
) -> None:
    """DP-4: two versions run on one table during a deploy and a rollback."""
    (write,) = office.outbox.sending(notice("novel@example.com"))
    assert isinstance(write, Insert)
    novel = {**write.data, "mail": {**write.data["mail"], "kind": "novelty", "colour": "red"}, "weight": 7}
    office.store.commit(replace(write, data=novel))
    office.ask(notice())
    assert office.outbox.deliver_due().sent == 1
    assert [mail["To"] for mail in mail_server.mails] == ["ada@example.com"]
    assert office.waiting == ["novel@example.com"]


def test_a_mail_that_is_of_no_use_any_more_is_given_up(office: PostOffice, mail_server: MailServer) -> None:
    office.ask(notice(until=int(office.clock.now) + 1800))
    office.clock.advance(1800)
    assert office.outbox.deliver_due().given_up == 1
    assert mail_server.mails == []


def test_a_clock_that_was_set_back_keeps_no_mail_waiting(office: PostOffice, mail_server: MailServer) -> None:
    """AV-4: a step back further than any try is put off; a smaller one delays by itself at most."""
    office.ask(notice())
    office.clock.advance(-30 * DAY)
    office.ask(notice("zoe@example.com"))
    assert office.outbox.deliver_due().sent == 2
    assert office.waiting == []


def test_a_new_line_is_delivered_first_and_fresh_ones_are_left_to_their_own_delivery(
    office: PostOffice, mail_server: MailServer
) -> None:
    """Many deliverers at once would else all reach for the same lines."""
    office.ask(notice("old@example.com"))
    office.clock.advance(60)
    office.ask(notice("fresh@example.com"))
    writes = office.outbox.sending(notice("own@example.com"))
    office.store.commit(*writes)
    office.outbox.deliver_soon(*writes)
    delivery = office.delivery()
    patient = type(delivery)(
        delivery.store,
        delivery.world,
        delivery.composer,
        delivery.sender,
        delivery.find_ticket_values,
        patience=20,
    )
    patient.run(tuple(Key("outbox#waiting", sort) for sort in office.asked[0]))
    assert [mail["To"] for mail in mail_server.mails] == ["own@example.com", "old@example.com"]
    assert office.waiting == ["fresh@example.com"]


def test_a_run_ends_in_time_and_says_that_more_is_left(office: PostOffice) -> None:
    for name in ("a", "b", "c"):
        office.ask(notice(f"{name}@example.com"))
    slow = Meanwhile(lambda: office.clock.advance(RUN_SECONDS - 1))
    done = office.through(slow).outbox.deliver_due()
    assert (done.sent, done.left, done.wants_another) == (2, True, True)
    assert len(slow.sent) == 2


def test_a_store_in_trouble_is_said_and_the_line_stays(office: PostOffice, mail_server: MailServer) -> None:
    office.ask(notice())
    store = office.store

    class Lost:
        def __getattr__(self, name: str) -> object:
            return getattr(store, name)

        def get(self, *_: Key) -> object:
            raise StoreUnavailable("cut")

    cut = PostOffice(Lost(), office.clock, smtp(1))  # type: ignore[arg-type]
    with pytest.raises(StoreUnavailable):
        cut.outbox.deliver_due()
    office.clock.advance(LEASE_SECONDS)
    assert office.outbox.deliver_due().sent == 1
