"""An outbox on each engine, a real mail server, and a clock that is moved."""

import secrets
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from email.headerregistry import Address
from pathlib import Path

import pytest

from chalicelib.mail.composing import Composer
from chalicelib.mail.delivery import Delivery
from chalicelib.mail.message import Mail
from chalicelib.mail.outbox import Outbox
from chalicelib.mail.senders import Sender
from chalicelib.outbound.smtp import SmtpServer
from chalicelib.store import Forget, Store
from chalicelib.store.sqlite import SqliteStore
from chalicelib.world import SYSTEM, World
from cupbearer.testing import Clock
from tests.mail.samples import ASKED
from tests.parts.mail_server import MailServer, serving_mail
from tests.store.places import FAR, DynamoPlace

ISSUER = "https://auth.example.com"
LINK = f"{ISSUER}/reset?ticket=deep-red-secret"


@dataclass
class PostOffice:
    """An outbox with its deliverer. ``tickets`` are the live ones; ``asked`` what the courier was told."""

    store: Store
    clock: Clock
    sender: Sender
    tickets: dict[str, Mapping[str, str]] = field(default_factory=dict)
    asked: list[tuple[str, ...]] = field(default_factory=list)
    world: World = field(init=False)
    outbox: Outbox = field(init=False)

    def __post_init__(self) -> None:
        self.world = World(now=self.clock, monotonic=self.clock, sleep=self.clock.advance)
        self.outbox = Outbox(self.store, self.world, self.asked.append, self.delivery)

    def delivery(self) -> Delivery:
        sender = Address(display_name="Cupbearer", addr_spec="no-reply@auth.example.com")
        return Delivery(self.store, self.world, Composer(ISSUER, sender), self.sender, self.tickets.get)

    def ask(self, mail: Mail) -> None:
        """Do an act that sends a mail."""
        self.store.commit(*self.outbox.sending(mail))

    def through(self, sender: Sender) -> "PostOffice":
        """Another deliverer of the same lines, with a way out of its own."""
        return replace(self, sender=sender)

    @property
    def waiting(self) -> list[str]:
        return [listed.line.mail.to for listed in self.outbox.lines() if listed.due is not None]

    @property
    def given_up(self) -> list[str]:
        return [listed.line.reason for listed in self.outbox.lines() if listed.due is None]


def smtp(port: int, *, seconds: float = 10) -> SmtpServer:
    return SmtpServer("none", "127.0.0.1", port, helo="auth.example.com", seconds=seconds)


@pytest.fixture
def mail_server() -> Iterator[MailServer]:
    with serving_mail() as server:
        yield server


@pytest.fixture(params=["sqlite", pytest.param("dynamodb", marks=pytest.mark.dynamodb)])
def office(request: pytest.FixtureRequest, tmp_path: Path, mail_server: MailServer) -> Iterator[PostOffice]:
    clock = Clock(now=FAR)
    if request.param == "sqlite":
        store = SqliteStore(tmp_path / "cupbearer.db", now=clock, nonce=SYSTEM.identifier)
        yield PostOffice(store, clock, smtp(mail_server.port))
        store.close()
    else:
        dynamo: DynamoPlace = request.getfixturevalue("dynamodb")
        table = dynamo.open(now=clock)
        emptied(table)  # of what tests of accounts left to be sent
        yield PostOffice(table, clock, smtp(mail_server.port))
        emptied(table)


def emptied(store: Store) -> None:
    """Leave no line to other tests of the same table."""
    for partition in ("outbox#waiting", "outbox#given-up"):
        while records := store.list(partition).records:
            store.commit(*(Forget(record.key) for record in records))


@pytest.fixture
def reset() -> Mail:
    return Mail("reset_password", "ada@example.com", ASKED, ticket=f"reset#{secrets.token_hex(4)}")


@pytest.fixture
def office_with_ticket(office: PostOffice, reset: Mail) -> PostOffice:
    office.tickets[reset.ticket or ""] = {"link": LINK, "minutes": "30"}
    return office
