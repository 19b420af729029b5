"""What racing callers do with tickets: steps for ``tests.store.racing``. Runs in the racing processes."""

from dataclasses import replace
from typing import Any

from chalicelib.accounts.provisioning import Newcomer
from chalicelib.errors import Refusal
from chalicelib.mail.ticket import Ticket
from chalicelib.mail.ticket_purposes import LOG_IN, PASSWORD_RESET, UNDO_CHANGE, VERIFY_EMAIL, Purpose
from chalicelib.mail.tickets import Holder
from chalicelib.store import Insert, Key, Store
from chalicelib.users.user import User, new_user
from chalicelib.wiring import Services
from cupbearer.testing import SOURCE
from tests.support.racing_people import HELD, PHRASE, number_of, services_on

NEWCOMER = "log in as a newcomer"
KINDS = ("reset", "log in by link", "verify", "undo", NEWCOMER, "log in by code")
PURPOSES: dict[str, Purpose] = dict(
    zip(KINDS, (PASSWORD_RESET, LOG_IN, VERIFY_EMAIL, UNDO_CHANGE, LOG_IN, LOG_IN), strict=True)
)
BROWSER = "a browser"


def kind_of(turn: int) -> str:
    """Each kind in turn, codes seldom: their guesses wait for one another."""
    return KINDS[-1] if turn % 20 == 19 else KINDS[turn % 5]


def address_of(partition: str, turn: int) -> str:
    return f"{partition}-{turn}@example.com"


def phrase_of(number: int) -> str:
    return f"a long phrase of caller {number}"


def person(services: Services, username: str, address: str | None) -> User:
    """Make somebody whose address, if there is one, is proven."""
    newcomer = Newcomer(new_user(username=username, email=address), HELD, email_verified=address is not None)
    return services.accounts.provisioning.make(newcomer, password=PHRASE, source=SOURCE)


def prepare(store: Store, partition: str, turns: int) -> None:
    """Make one person and one ticket for each round, and lay what the mail says where the callers find it."""
    services = services_on(store)
    tickets = services.mail.tickets
    for turn in range(turns):
        address = address_of(partition, turn)
        purpose, username = PURPOSES[kind_of(turn)], f"{partition}-{turn}"
        if kind_of(turn) == NEWCOMER:
            called = {"username": username, "name": ""}
            holder = Holder(address, None, address, epoch=None, browser=BROWSER, newcomer=called)
        else:
            user = person(services, username, None if kind_of(turn) == "verify" else address)
            subject = address if purpose is LOG_IN else user.user_id
            holder = Holder(subject, user.user_id, address, epoch=user.epoch, browser=BROWSER)
        ticket, issuing = tickets.issuing(purpose, holder, before=None)
        store.commit(issuing)
        said = tickets.values(ticket.name)
        assert said
        store.commit(Insert(Key(partition, f"{turn}"), said))


def use(store: Store, partition: str, turn: int, name: str) -> str | None:
    """Use the round's ticket; return who did, or None for whoever was refused."""
    services = services_on(store)
    (record,) = store.get(Key(partition, f"{turn}"))
    assert record
    text, code = record.data["link"].partition("=")[2], record.data.get("code", "")
    ways, number = services.ways_back, number_of(name)
    verbs: dict[str, Any] = {
        "reset": lambda: ways.password_reset.set_password(text, new=phrase_of(number), source=SOURCE),
        "log in by link": lambda: ways.email_log_in.with_link(text, source=SOURCE),
        NEWCOMER: lambda: replace(
            ways.email_log_in, sign_up=replace(ways.email_sign_up, is_on=True)
        ).with_link(text, source=SOURCE),
        "log in by code": lambda: ways.email_log_in.with_code(
            address_of(partition, turn), code, browser=BROWSER, source=SOURCE
        ),
        "verify": lambda: ways.email_verification.verify(text, source=SOURCE),
        "undo": lambda: ways.change_of_address.undo(text, source=SOURCE),
    }
    try:
        verbs[kind_of(turn)]()
    except Refusal:
        return None
    return name


def claim(store: Store, partition: str, turn: int, name: str) -> str | None:
    """Prove the round's address for an account of one's own; return whose it is, or None for whoever was refused."""
    services = services_on(store)
    verification, username = services.ways_back.email_verification, f"{partition}-{name}"
    user = services.accounts.users.find(username) or person(services, username, None)
    store.commit(
        *verification.beginning(user, address_of(partition, turn), before=verification.waiting(user))
    )
    before = verification.waiting(user)
    assert before
    said = services.mail.tickets.values(Ticket.from_record(before).name)
    assert said
    try:
        verification.verify(said["link"].partition("=")[2], source=SOURCE)
    except Refusal:
        return None
    return user.user_id
