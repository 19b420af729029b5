"""Tickets of mails: one act of one person, derived and never stored (PW-7, TK-7, TK-10, M9)."""

import re
from dataclasses import replace
from pathlib import Path

import pytest

from chalicelib.errors import TicketRefused
from chalicelib.keys.key_wrapping import MasterKey
from chalicelib.keys.mac_keys import MacKeys
from chalicelib.mail.ticket import Ticket
from chalicelib.mail.ticket_purposes import (
    LOG_IN,
    PASSWORD_RESET,
    PURPOSES,
    UNDO_CHANGE,
    VERIFY_EMAIL,
    Purpose,
)
from chalicelib.mail.ticket_secrets import CODE_ALPHABET, TicketSecrets
from chalicelib.mail.tickets import Holder, Tickets
from chalicelib.store import Conflict, Record
from chalicelib.store.sqlite import SqliteStore
from chalicelib.world import World
from tests.conftest import Clock
from tests.support.keys_world import MASTER_KEY, Line

ANN = Holder("ann", "a" * 26, "ann@example.com", epoch=0)
DAYS = 30 * 86_400


@pytest.fixture
def line(store: SqliteStore) -> Line:
    return Line(store)


@pytest.fixture
def ring(store: SqliteStore, world: World) -> MacKeys:
    return MacKeys(store, world, MasterKey(MASTER_KEY, world), keep_seconds=DAYS)


@pytest.fixture
def tickets(line: Line, world: World, ring: MacKeys) -> Tickets:
    return Tickets(line, world, TicketSecrets(lambda: ring), "https://auth.example.com")


def issued(tickets: Tickets, purpose: Purpose = PASSWORD_RESET, holder: Holder = ANN) -> Ticket:
    (before,) = tickets.store.get(tickets.key(purpose, holder.subject))
    ticket, write = tickets.issuing(purpose, holder, before=before)
    tickets.store.commit(write)
    return ticket


def code_of(tickets: Tickets, ticket: Ticket) -> str:
    values = tickets.values(ticket.name)
    assert values is not None
    return values["code"]


@pytest.mark.parametrize("purpose", PURPOSES.values(), ids=PURPOSES)
def test_a_link_leads_to_its_ticket_and_says_for_how_long(tickets: Tickets, purpose: Purpose) -> None:
    ticket = issued(tickets, purpose)
    values = tickets.values(ticket.name)
    assert values is not None
    address, _, text = values["link"].partition("?ticket=")
    assert address == f"https://auth.example.com{purpose.path}"
    assert replace(tickets.read(text, purpose), record=None) == ticket
    assert int(values["minutes"]) * 60 == purpose.seconds


@pytest.mark.parametrize("purpose", PURPOSES.values(), ids=PURPOSES)
def test_a_ticket_opens_nothing_but_what_it_is_for(tickets: Tickets, purpose: Purpose) -> None:
    """TK-7."""
    text = tickets.text(issued(tickets, purpose))
    for other in PURPOSES.values():
        if other != purpose:
            with pytest.raises(TicketRefused):
                tickets.read(text, other)


def test_a_newer_one_ends_the_older(tickets: Tickets) -> None:
    """PW-7."""
    older, newer = tickets.text(issued(tickets)), tickets.text(issued(tickets))
    with pytest.raises(TicketRefused):
        tickets.read(older, PASSWORD_RESET)
    assert tickets.read(newer, PASSWORD_RESET).user_id == ANN.user_id


def test_a_newer_one_of_somebody_else_ends_nothing(tickets: Tickets) -> None:
    text = tickets.text(issued(tickets))
    issued(tickets, holder=replace(ANN, subject="ben"))
    issued(tickets, LOG_IN)
    assert tickets.read(text, PASSWORD_RESET).address == ANN.address


def test_of_several_each_stays_in_force_and_they_are_listed_newest_first(tickets: Tickets) -> None:
    texts, newest = [], None
    for _ in range(3):
        ticket, write = tickets.issuing(UNDO_CHANGE, ANN, before=newest)
        tickets.store.commit(write)
        newest = tickets.several(UNDO_CHANGE, ANN.subject)[0]
        assert Ticket.from_record(newest).name == ticket.name
        texts.append(tickets.text(ticket))
    assert [tickets.read(text, UNDO_CHANGE).sort for text in texts] == ["00000001", "00000002", "00000003"]


@pytest.mark.parametrize("purpose", PURPOSES.values(), ids=PURPOSES)
def test_it_ends_with_its_time(tickets: Tickets, clock: Clock, purpose: Purpose) -> None:
    """PW-7: a reset within the hour."""
    ticket = issued(tickets, purpose)
    text = tickets.text(ticket)
    clock.advance(purpose.seconds - 1)
    tickets.read(text, purpose)
    clock.advance(1)
    with pytest.raises(TicketRefused):
        tickets.read(text, purpose)
    assert tickets.values(ticket.name) is None


def test_the_lives_are_those_of_the_requirements() -> None:
    """PW-7: at most an hour for a reset, ten minutes for what is typed."""
    assert PASSWORD_RESET.seconds <= 60 * 60
    assert max(purpose.code_seconds for purpose in PURPOSES.values()) <= 10 * 60


def test_it_is_spent_once(tickets: Tickets) -> None:
    """ST-2."""
    text = tickets.text(issued(tickets))
    one, other = tickets.read(text, PASSWORD_RESET), tickets.read(text, PASSWORD_RESET)
    tickets.store.commit(tickets.spending(one))
    with pytest.raises(Conflict):
        tickets.store.commit(tickets.spending(other))
    with pytest.raises(TicketRefused):
        tickets.again(other)
    with pytest.raises(TicketRefused):
        tickets.read(text, PASSWORD_RESET)


def test_a_forged_one_asks_the_store_for_nothing(tickets: Tickets, line: Line) -> None:
    """DS-1."""
    text = tickets.text(issued(tickets))
    flipped = "0" if text[-1] != "0" else "1"
    line.requests = 0
    for forged in (
        "",
        "cbt_",
        text[:-1],
        text[:-1] + flipped,
        text + "0",
        text.upper(),
        f" {text}",
        "cbt_é" + text[5:],
    ):
        with pytest.raises(TicketRefused):
            tickets.read(forged, PASSWORD_RESET)
    assert line.requests == 0


def test_a_text_for_one_purpose_is_no_text_for_another_by_changing_its_word(tickets: Tickets) -> None:
    text = tickets.text(issued(tickets, VERIFY_EMAIL))
    with pytest.raises(TicketRefused):
        tickets.read(text.replace(".verify.", ".reset."), PASSWORD_RESET)


def test_neither_link_nor_code_is_ever_in_the_store(
    tickets: Tickets, store: SqliteStore, tmp_path: Path
) -> None:
    """M9, TK-10."""
    ticket = issued(tickets, LOG_IN, replace(ANN, browser="the secret of a browser"))
    proof = tickets.text(ticket).rpartition(".")[2]
    code = code_of(tickets, ticket)
    store.close()
    kept = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert ticket.nonce.encode() in kept
    for secret in (proof, code, code.replace("-", ""), "the secret of a browser"):
        assert secret.encode() not in kept


def test_a_code_is_read_as_it_was_meant(tickets: Tickets) -> None:
    while not {"0", "1"} <= set(code_of(tickets, ticket := issued(tickets, VERIFY_EMAIL))):
        pass
    code = code_of(tickets, ticket)
    assert re.fullmatch(f"[{CODE_ALPHABET}]{{3}}-[{CODE_ALPHABET}]{{3}}", code)
    spoken = [
        code,
        code.lower(),
        code.replace("-", " "),
        code.replace("0", "o").replace("1", "l"),
        f" {code}",
    ]
    for typed in (*spoken, code.replace("1", "I")):
        assert tickets.read_code(VERIFY_EMAIL, "ann", typed=typed) is not None
    for wrong in ("", code[:-1], code + "0", code[::-1] + "x", "é", "\uff10" * 6):
        assert tickets.read_code(VERIFY_EMAIL, "ann", typed=wrong) is None


def test_a_code_is_for_ten_minutes_though_the_link_is_for_longer(tickets: Tickets, clock: Clock) -> None:
    """PW-7."""
    ticket = issued(tickets, VERIFY_EMAIL)
    code = code_of(tickets, ticket)
    clock.advance(599)
    assert tickets.read_code(VERIFY_EMAIL, "ann", typed=code)
    clock.advance(1)
    assert tickets.read_code(VERIFY_EMAIL, "ann", typed=code) is None
    tickets.read(tickets.text(ticket), VERIFY_EMAIL)


def test_a_code_is_for_one_subject_one_purpose_and_the_newest_ticket(tickets: Tickets) -> None:
    code = code_of(tickets, issued(tickets, VERIFY_EMAIL))
    issued(tickets, VERIFY_EMAIL, replace(ANN, subject="ben"))
    issued(tickets, LOG_IN)
    assert tickets.read_code(VERIFY_EMAIL, "ben", typed=code) is None
    assert tickets.read_code(LOG_IN, "ann", typed=code) is None
    assert tickets.read_code(VERIFY_EMAIL, "nobody", typed=code) is None
    assert tickets.read_code(VERIFY_EMAIL, "ann", typed=code)
    issued(tickets, VERIFY_EMAIL)
    assert tickets.read_code(VERIFY_EMAIL, "ann", typed=code) is None


@pytest.mark.parametrize("shown", [None, "", "another browser"])
def test_a_code_is_for_the_browser_that_asked(tickets: Tickets, shown: str | None) -> None:
    code = code_of(tickets, issued(tickets, LOG_IN, replace(ANN, browser="this browser")))
    assert tickets.read_code(LOG_IN, "ann", typed=code, browser=shown) is None
    assert tickets.read_code(LOG_IN, "ann", typed=code, browser="this browser")


def test_a_rotation_of_keys_leaves_tickets_in_force_and_an_emergency_ends_them(
    tickets: Tickets, ring: MacKeys
) -> None:
    """KM-2."""
    ticket = issued(tickets)
    text = tickets.text(ticket)
    ring.rotate()
    assert tickets.read(text, PASSWORD_RESET)
    ring.rotate(emergency=True)
    with pytest.raises(TicketRefused):
        tickets.read(text, PASSWORD_RESET)
    assert tickets.values(ticket.name) is None


def test_over_a_cap_the_one_before_stays_in_force_at_the_price_of_a_new_one(tickets: Tickets) -> None:
    """TH-6, EN-3."""

    def kept(before: Record | None) -> Ticket:
        ticket, _ = tickets.issuing(PASSWORD_RESET, ANN, before=before)
        tickets.store.commit(tickets.keeping(ticket, before=before))
        return ticket

    nobodys = kept(None)
    assert tickets.read(tickets.text(nobodys), PASSWORD_RESET).user_id is None
    before = issued(tickets)
    (record,) = tickets.store.get(before.key)
    kept(record)
    assert replace(tickets.read(tickets.text(before), PASSWORD_RESET), record=None) == before
