"""Guesses at one account: exactly bounded at once, and answered so that nobody's names are told (TH-2, TH-4, TH-5, EN-1)."""

import secrets
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from threading import Event, Lock
from typing import Any

import pytest

from chalicelib.audit.trail import Source
from chalicelib.credentials.passwords import CHEAPEST_ONLY_FOR_TESTING, Passwords, Verdict
from chalicelib.errors import InvalidCredentials, SlowDown
from chalicelib.settings import settings
from chalicelib.store import sqlite_file
from chalicelib.users.user import User
from chalicelib.world import World
from cupbearer.testing import AppUnderTest, Client, QuickServices
from tests.store.places import FAR, DynamoPlace, Place, SqlitePlace, far_now
from tests.store.racing import PATIENCE
from tests.support import patience
from tests.support.racing_people import VARIABLES
from tests.support.watching import PHRASE, log_in

HOME, AWAY, ELSEWHERE = Source(ip="192.0.2.1"), Source(ip="198.51.100.1"), Source(ip="203.0.113.1")
GUESSES = 60


class Held(Passwords):
    """Real passwords, whose first checks all wait until ten are being made."""

    def hold(self) -> None:
        """Count from here on."""
        self.outcomes: list[bool] = []
        self.begun, self.lock, self.ten = 0, Lock(), Event()

    def verify(self, password: str, hashed: str | None) -> Verdict:
        with self.lock:
            self.begun += 1
            if self.begun == 10:
                self.ten.set()
        assert self.ten.wait(patience.SECONDS)
        verdict = super().verify(password, hashed)
        with self.lock:
            self.outcomes.append(verdict.ok)
        return verdict


@pytest.fixture(params=["sqlite", pytest.param("dynamodb", marks=pytest.mark.dynamodb)])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    if request.param == "sqlite":
        return SqlitePlace(str(tmp_path / "cupbearer.db"))
    dynamo: DynamoPlace = request.getfixturevalue("dynamodb")
    return replace(dynamo, patient=True, wire=True)


@pytest.fixture
def services(place: Place, monkeypatch: pytest.MonkeyPatch) -> Iterator[QuickServices]:
    monkeypatch.setattr(sqlite_file, "LOCK_SECONDS", PATIENCE)
    world = World(now=far_now, monotonic=lambda: FAR)
    services = QuickServices(settings.parse(VARIABLES), world, store=place.open())
    held = Held(world, min_length=8, profile=CHEAPEST_ONLY_FOR_TESTING)
    vars(services.credentials)["passwords"] = held
    yield services
    if hasattr(services.store, "close"):
        services.store.close()


@pytest.mark.race
@pytest.mark.parametrize("right_at", [0, 4, 9])
def test_sixty_guesses_at_once_of_which_one_is_right_are_ten_wrong_checks(
    services: QuickServices, right_at: int
) -> None:
    """TH-2: a success gives none of those that came with it a second budget."""
    username = f"ann {secrets.token_hex(8)}"
    services.accounts.sign_up.create(username=username, password=PHRASE, source=AWAY)
    passwords: Any = services.credentials.passwords
    passwords.hold()

    def guess(number: int) -> str:
        password = PHRASE if number == right_at else f"{PHRASE} {number}"
        try:
            services.authentication.log_in.with_password(username=username, password=password, source=AWAY)
        except (InvalidCredentials, SlowDown) as refused:
            return refused.code
        return "in"

    with ThreadPoolExecutor(GUESSES) as pool:
        outcomes = list(pool.map(guess, range(GUESSES)))
    assert passwords.outcomes.count(False) == outcomes.count("invalid_credentials") == 10
    assert passwords.outcomes.count(True) == outcomes.count("in") <= 1


@pytest.fixture
def ann(client: Client) -> Client:
    """A person with a user name and a verified address."""
    ann = client.as_user(username="ann")

    def verified(user: User) -> User:
        return replace(user, email="ann@example.com", email_verified=True)

    ann.services.accounts.users.change(ann.user_id or "", verified)
    return ann


def answers(under_test: AppUnderTest, asked: Sequence[tuple[str, Source]]) -> list[str]:
    """Return what wrong guesses get: the code, and how long to wait."""
    answered = []
    for name, source in asked:
        with pytest.raises((InvalidCredentials, SlowDown)) as refused:
            log_in(under_test, name, PHRASE, source)
        wait = refused.value.retry_after if isinstance(refused.value, SlowDown) else ""
        answered.append(f"{refused.value.code} {wait}")
    return answered


@pytest.mark.parametrize("second", ["ann@example.com", "mia@example.com", "mia"])
@pytest.mark.parametrize("first", ["ann", "nobody"])
@pytest.mark.usefixtures("ann")
class TestNothingIsTold:
    """EN-1, TH-4: the answers are the same for the account's other name and for a name of nobody."""

    def test_after_a_lock(self, cupbearer: AppUnderTest, first: str, second: str) -> None:
        asked = [(name, AWAY) for name in [first] * 11 + [second] * 11 + [first, second]]
        lock = ["invalid_credentials "] * 10 + ["slow_down 60"]
        assert answers(cupbearer, asked) == [*lock, *lock, "slow_down 60", "slow_down 60"]

    def test_by_the_time_at_which_a_window_opened(
        self, cupbearer: AppUnderTest, first: str, second: str
    ) -> None:
        answers(cupbearer, [(first, AWAY)])
        cupbearer.clock.advance(100)
        assert answers(cupbearer, [(second, AWAY)] * 11)[9:] == ["invalid_credentials ", "slow_down 60"]

    def test_from_a_network_that_the_owner_is_known_from(
        self, cupbearer: AppUnderTest, ann: Client, first: str, second: str
    ) -> None:
        log_in(cupbearer, "ann", ann.password, HOME)
        answers(cupbearer, [(second, AWAY)] * 11)
        found = answers(cupbearer, [(name, HOME) for name in [first] * 11 + [second] * 11])
        assert found == (["invalid_credentials "] * 10 + ["slow_down 60"]) * 2

    def test_by_the_owners_log_in_meanwhile(
        self, cupbearer: AppUnderTest, ann: Client, first: str, second: str
    ) -> None:
        answers(cupbearer, [(name, AWAY) for name in [first, second] * 5])
        cupbearer.clock.advance(60)
        log_in(cupbearer, "ann", ann.password, ELSEWHERE)
        assert answers(cupbearer, [(name, AWAY) for name in [first, second] * 6]) == (
            ["invalid_credentials "] * 12
        )


class TestOneBudget:
    """TH-4: however many names and networks, so many checks and no more."""

    def test_past_it_no_password_is_right_and_then_again_it_is(
        self, cupbearer: AppUnderTest, ann: Client
    ) -> None:
        answers(cupbearer, [("ann", AWAY)] * 10)
        with pytest.raises(InvalidCredentials):
            log_in(cupbearer, "ann@example.com", ann.password, ELSEWHERE)
        cupbearer.clock.advance(60)
        assert log_in(cupbearer, "ann@example.com", ann.password, ELSEWHERE)

    def test_a_person_with_a_session_is_told_to_wait(self, cupbearer: AppUnderTest, ann: Client) -> None:
        """Their own account is no secret to them."""
        answers(cupbearer, [("ann@example.com", AWAY)] * 10)
        change = {"current_password": ann.password, "new_password": "another long phrase"}
        assert ann.put("/users/me/password", json=change).code == "slow_down"
        cupbearer.clock.advance(60)
        assert ann.put("/users/me/password", json=change).status == 204

    def test_an_operator_lifts_the_lock_by_every_name_and_network(
        self, cupbearer: AppUnderTest, ann: Client
    ) -> None:
        answers(cupbearer, [("ann", AWAY)] * 10 + [("ann@example.com", ELSEWHERE)])
        cupbearer.services.accounts.administration.unlock(ann.user_id or "", source=HOME)
        for name, source in (("ann", AWAY), ("ann@example.com", ELSEWHERE)):
            assert log_in(cupbearer, name, ann.password, source)


class TestFirstLogIn:
    """TH-5: what strangers guess does not keep a new user out at home."""

    def test_the_network_of_the_sign_up_is_known(self, cupbearer: AppUnderTest) -> None:
        cupbearer.services.accounts.sign_up.create(username="mia", password="a pangolin in rain", source=HOME)
        for _ in range(5):
            answers(cupbearer, [("mia", AWAY)] * 11)
            cupbearer.clock.advance(60)
        answers(cupbearer, [("mia", AWAY)])
        assert log_in(cupbearer, "mia", "a pangolin in rain", HOME)


class TestClock:
    """AV-4: a step back of the clock prolongs no lock, and gives no guesses away."""

    @pytest.mark.parametrize("back", [61, 300, 86_400])
    def test_after_a_step_back_a_lock_is_over_for_one_guess(
        self, cupbearer: AppUnderTest, ann: Client, back: int
    ) -> None:
        assert answers(cupbearer, [("ann", AWAY)] * 13)[-1] == "slow_down 60"
        cupbearer.clock.advance(-back)
        assert answers(cupbearer, [("ann", AWAY)] * 3) == [
            "invalid_credentials ",
            "slow_down 60",
            "slow_down 60",
        ]
        cupbearer.clock.advance(60)
        assert log_in(cupbearer, "ann", ann.password, AWAY)

    def test_another_servers_clock_is_waited_for_and_no_longer(
        self, cupbearer: AppUnderTest, ann: Client
    ) -> None:
        assert answers(cupbearer, [("ann", AWAY)] * 11)[-1] == "slow_down 60"
        cupbearer.clock.advance(-60)
        assert answers(cupbearer, [("ann", AWAY)]) == ["slow_down 60"]
        cupbearer.clock.advance(120)
        assert log_in(cupbearer, "ann", ann.password, AWAY)

    def test_a_spent_window_is_no_longer_than_its_length(self, cupbearer: AppUnderTest) -> None:
        throttle = cupbearer.services.credentials.throttle
        for _ in range(3):
            throttle.spend("mail", "ann", limit=3, seconds=600)
        cupbearer.clock.advance(-86_400)
        for wait in (600, 600):
            with pytest.raises(SlowDown) as refused:
                throttle.spend("mail", "ann", limit=3, seconds=600)
            assert refused.value.retry_after == wait
        cupbearer.clock.advance(600)
        throttle.spend("mail", "ann", limit=3, seconds=600)
