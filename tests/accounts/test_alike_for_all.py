"""EN-2, EN-3: of somebody and of nobody the store is asked the same, in places of their own; both engines."""

import gc
import secrets
import sys
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from itertools import count
from pathlib import Path

import pytest

from chalicelib.audit.counts import NOBODYS, SERVICE, tally
from chalicelib.audit.trail import Source
from chalicelib.errors import InvalidCredentials
from chalicelib.settings import settings
from chalicelib.users.user import new_user
from chalicelib.world import World
from cupbearer.testing import QuickServices
from tests.store.places import FAR, Place, SqlitePlace, far_now
from tests.support.keys_world import Line
from tests.support.racing_people import VARIABLES
from tests.support.watching import PHRASE

MAIL = {"CUPBEARER_EMAIL_LOG_IN": "on", "CUPBEARER_MAIL": "console:"}
SHARED = {"outbox#waiting", "audit#nobody"}  # places of everybody's
numbers = count(1)

Ask = Callable[["Asked", str], object]


class Asked:
    """The service, and what one act asks of its store."""

    def __init__(self, place: Place) -> None:
        self.line = Line(place.open())
        world = World(now=far_now, monotonic=lambda: FAR)
        self.services = QuickServices(settings.parse(VARIABLES | MAIL), world, store=self.line)
        self.services.keys.ring.signing_key()
        self.services.keys.mac.current()

    def by(self, ask: Ask, name: str) -> tuple[list[tuple[str, ...]], set[str]]:
        self.line.asked, self.line.partitions = [], set()
        with suppress(InvalidCredentials):
            ask(self, name)
        return self.line.asked, self.line.partitions

    def person(self, *, disabled: bool = False, verified: bool = True) -> str:
        """The user name of somebody new with an address."""
        name, users = unknown(), self.services.accounts.users
        hashed = self.services.credentials.passwords.hash(PHRASE)
        wanted = new_user(username=name, email=f"{name}@example.com")
        user, _ = users.compose(wanted, password=hashed, granted=frozenset())
        user = replace(user, disabled_by_operator=disabled, email_verified=verified)
        users.create(user, users.records.making(user))
        return name


def unknown() -> str:
    return "".join(secrets.choice("abcdefgh") for _ in range(20))


def elsewhere() -> Source:
    """Another network each time, since they are counted."""
    return Source(ip=f"198.18.{(number := next(numbers)) >> 8}.{number & 255}")


def reset(asked: Asked, name: str) -> None:
    asked.services.ways_back.password_reset.ask(name, source=elsewhere())


def reset_by_address(asked: Asked, name: str) -> None:
    reset(asked, f"{name}@example.com")


def log_in_by_mail(asked: Asked, name: str) -> None:
    asked.services.ways_back.email_log_in.ask(f"{name}@example.com", browser="b", source=elsewhere())


def log_in(asked: Asked, name: str) -> None:
    asked.services.authentication.log_in.with_password(
        username=name, password="another long phrase", source=elsewhere()
    )


def calls_of(asked: Asked, ask: Ask, name: str) -> int:
    """How many functions this thread calls meanwhile, but for those that a collection of garbage would."""
    events: list[str] = []
    gc.disable()
    sys.setprofile(lambda _frame, event, _argument: events.append(event))
    try:
        asked.by(ask, name)
    finally:
        sys.setprofile(None)
        gc.enable()
    return events.count("call") + events.count("c_call")


def begin_counts(asked: Asked) -> None:
    """Let each counter of the hour be there: who is the first of an hour to be counted says nothing of who it is."""
    for partition in (SERVICE, NOBODYS):
        for spread in "abcd":
            count = tally(partition, "password_reset_asked", at=int(FAR), spread=spread)
            asked.line.bump(count.key, count.amounts, expires_at=count.expires_at)


@pytest.fixture(params=["sqlite", pytest.param("dynamodb", marks=pytest.mark.dynamodb)])
def asked(request: pytest.FixtureRequest, tmp_path: Path) -> Asked:
    return on_sqlite(tmp_path) if request.param == "sqlite" else Asked(request.getfixturevalue("dynamodb"))


def on_sqlite(folder: Path) -> Asked:
    return Asked(SqlitePlace(str(folder / "cupbearer.db")))


@pytest.mark.parametrize("ask", [reset, reset_by_address, log_in_by_mail])
def test_who_asks_for_a_mail_has_the_same_asked_of_the_store_whoever_it_is(asked: Asked, ask: Ask) -> None:
    """M4: also what is written is of the same kinds, in the same order."""
    people = (asked.person(), asked.person(disabled=True), asked.person(verified=False), unknown())
    shapes = [asked.by(ask, name)[0] for name in people]
    assert shapes == [shapes[0]] * len(people)


def test_a_refused_log_in_has_the_same_asked_of_the_store_whoever_it_is(asked: Asked) -> None:
    """M4: but for the last, one write too: what concerns nobody is counted, or strangers would grow the trail (DS-3)."""
    shapes = [asked.by(log_in, name)[0] for name in (asked.person(), asked.person(disabled=True), unknown())]
    assert [shape[:-1] for shape in shapes] == [shapes[0][:-1]] * len(shapes)
    assert [shape[-1] for shape in shapes] == [("commit", "audit#")] * 2 + [("bump", "audit#")]


@pytest.mark.parametrize(
    ("ask", "share"), [(reset, 0.015), (reset_by_address, 0.015), (log_in_by_mail, 0.015), (log_in, 0.05)]
)
def test_as_much_is_computed_whoever_it_is(tmp_path: Path, ask: Ask, share: float) -> None:
    """M4, but for what the hash's own thread and the engine's C do; to count is not quite to write down, at a log-in's end."""
    asked = on_sqlite(tmp_path)
    begin_counts(asked)
    for name in (asked.person(), unknown()):
        asked.by(ask, name)  # what is loaded at its first use is there
    people = (asked.person(), asked.person(disabled=True), asked.person(verified=False), unknown())
    calls = [calls_of(asked, ask, name) for name in people]
    assert max(calls) - min(calls) < max(calls) * share


@pytest.mark.parametrize("ask", [reset, reset_by_address, log_in_by_mail, log_in])
def test_nothing_is_read_or_written_in_one_place_for_all_who_are_unknown(asked: Asked, ask: Ask) -> None:
    """M4: such a place is always at hand, or in demand, and answers in another time than any person's."""
    first, second = (asked.by(ask, unknown())[1] for _ in "12")
    assert first & second <= SHARED
