"""Throttling: TH-1, TH-2, TH-3, TH-5, TH-6, on the real store."""

from collections.abc import Callable, Collection, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Lock

import pytest

from chalicelib.credentials.throttling import Limits, Reservation, Throttle
from chalicelib.errors import SlowDown
from chalicelib.store import Conflict, Counters, Key, Tally
from chalicelib.store.sqlite import SqliteStore
from chalicelib.world import SYSTEM, World
from tests.conftest import Clock

HOME, AWAY = "203.0.113.7", "198.51.100.9"
DAY = 86_400


class CountingStore(SqliteStore):
    """The real store, which also tells how often and where it was written."""

    bumped: list[Key]

    def bump(
        self,
        key: Key,
        amounts: Mapping[str, int],
        *,
        expires_at: int,
        lossy: bool = False,
        beside: tuple[Tally, ...] = (),
    ) -> Counters:
        self.bumped.append(key)
        return super().bump(key, amounts, expires_at=expires_at, lossy=lossy, beside=beside)


@pytest.fixture
def counting(tmp_path: Path, world: World) -> Iterator[CountingStore]:
    store = CountingStore(tmp_path / "counting.db", now=world.now, nonce=world.identifier)
    store.bumped = []
    yield store
    store.close()


@pytest.fixture
def throttle(store: SqliteStore, world: World) -> Throttle:
    return Throttle(store, world)


def guess(
    throttle: Throttle, account: str = "alice", *, network: str | None = AWAY, known: Collection[str] = ()
) -> None:
    throttle.reserve(account=account, network=network, known=known).failed()


def succeed(store: SqliteStore, reservation: Reservation) -> None:
    """Commit a success as a log-in does."""
    with reservation:
        while writes := reservation.cleared():
            try:
                store.commit(*writes)
            except Conflict as conflict:
                reservation.lost(conflict)
            else:
                return


def retry_after(ask: Callable[[], object]) -> int:
    with pytest.raises(SlowDown) as refused:
        ask()
    return refused.value.retry_after


def guesses_until_refused(
    throttle: Throttle, account: str = "alice", *, network: str | None = AWAY, known: Collection[str] = ()
) -> int:
    for count in range(100):
        try:
            guess(throttle, account, network=network, known=known)
        except SlowDown:
            return count
    return 100


def test_ten_wrong_guesses_are_free_then_the_delay_doubles_th_1(throttle: Throttle, clock: Clock) -> None:
    assert guesses_until_refused(throttle) == 10
    for delay in (60, 60, 120, 240, 480):
        assert retry_after(lambda: guess(throttle)) == delay
        clock.advance(delay - 1)
        assert retry_after(lambda: guess(throttle)) == 1
        clock.advance(1)
        assert guesses_until_refused(throttle) == 1


def test_a_month_of_guessing_tries_fewer_than_thirty_th_1(throttle: Throttle, clock: Clock) -> None:
    tried = 0
    for _ in range(30 * 24):
        tried += guesses_until_refused(throttle)
        clock.advance(3600 - 1)
    assert 20 < tried < 30


def test_success_clears_the_count_in_its_own_commit_th_1(throttle: Throttle, store: SqliteStore) -> None:
    for _ in range(9):
        guess(throttle)
    succeed(store, throttle.reserve(account="alice", network=AWAY))
    assert guesses_until_refused(throttle) == 10


def test_an_account_is_not_touched_by_the_guesses_at_another(throttle: Throttle) -> None:
    guesses_until_refused(throttle, "alice")
    assert guesses_until_refused(throttle, "nobody by this name") == 10


def test_a_lock_ends_by_itself_th_5(throttle: Throttle, clock: Clock) -> None:
    guesses_until_refused(throttle)
    clock.advance(30 * DAY)
    assert guesses_until_refused(throttle) == 10


def test_a_hundred_wrong_at_once_do_not_overrun_the_budget_th_2(throttle: Throttle) -> None:
    checked, lock = 0, Lock()

    def attack(_: int) -> int:
        nonlocal checked
        try:
            reservation = throttle.reserve(account="alice", network=None)
        except SlowDown as refused:
            return refused.retry_after
        with lock:
            checked += 1
        SYSTEM.sleep(0.02)  # a hash
        reservation.failed()
        return 0

    with ThreadPoolExecutor(100) as pool:
        answers = list(pool.map(attack, range(100)))
    assert checked == 10
    assert sorted(answers) == [0] * 10 + [60] * 90


def test_fifty_right_at_once_all_succeed_th_2(throttle: Throttle, store: SqliteStore) -> None:
    def log_in(_: int) -> None:
        reservation = throttle.reserve(account="alice", network=HOME)
        SYSTEM.sleep(0.02)  # a hash
        succeed(store, reservation)

    with ThreadPoolExecutor(50) as pool:
        list(pool.map(log_in, range(50)))
    assert guesses_until_refused(throttle) == 10


def test_a_success_amid_guesses_does_not_widen_the_budget_th_2(
    throttle: Throttle, store: SqliteStore
) -> None:
    """What is being checked while one succeeds goes on to count; it is no room for others."""
    late = [throttle.reserve(account="alice", network=None) for _ in range(9)]
    succeed(store, throttle.reserve(account="alice", network=None))
    for reservation in late:
        reservation.failed()
    assert guesses_until_refused(throttle, network=None) == 1


def test_a_reservation_counts_until_it_is_settled_and_only_once(store: SqliteStore, clock: Clock) -> None:
    impatient = Throttle(store, World(now=clock, monotonic=clock, sleep=lambda _seconds: None))
    held: list[Reservation] = [impatient.reserve(account="alice", network=None) for _ in range(10)]
    assert retry_after(lambda: guess(impatient)) == 1  # others are being checked: no failure is known yet
    held[0].withdraw()
    held[0].failed()
    assert guesses_until_refused(impatient, network=None) == 1


def test_a_stranger_cannot_lock_the_owner_out_of_a_usual_network_th_5(
    throttle: Throttle, store: SqliteStore
) -> None:
    guesses_until_refused(throttle)
    reservation = throttle.reserve(account="alice", network=HOME, known=(HOME,))
    succeed(store, reservation)
    assert retry_after(lambda: guess(throttle)) == 60  # and the stranger's count is not cleared by it


def test_a_usual_network_has_a_budget_too_th_1(throttle: Throttle) -> None:
    assert guesses_until_refused(throttle, network=HOME, known=(HOME,)) == 10
    assert guesses_until_refused(throttle, network="2001:db8::1", known=("2001:db8::/64",)) == 10
    assert guesses_until_refused(throttle, network="2001:db8::2", known=("2001:db8::/64",)) == 0


def test_any_other_network_than_the_usual_ones_spends_the_budget_of_strangers_th_5(
    throttle: Throttle,
) -> None:
    assert guesses_until_refused(throttle, network=AWAY, known=(HOME,)) == 10
    assert guesses_until_refused(throttle, network=None, known=(HOME,)) == 0
    assert guesses_until_refused(throttle, network=HOME, known=(HOME,)) == 10


def test_the_operator_lifts_a_lock(throttle: Throttle) -> None:
    guesses_until_refused(throttle)
    guesses_until_refused(throttle, network=HOME, known=(HOME,))
    throttle.unlock("alice")
    assert guesses_until_refused(throttle) == 10
    assert guesses_until_refused(throttle, network=HOME, known=(HOME,)) == 0
    throttle.unlock("alice", networks=(HOME, HOME, AWAY))
    assert guesses_until_refused(throttle, network=HOME, known=(HOME,)) == 10


def test_a_success_that_an_operators_unlock_overtakes_gives_no_second_budget_th_2(throttle: Throttle) -> None:
    for _ in range(9):
        guess(throttle)
    under_way = throttle.reserve(account="alice", network=AWAY)
    throttle.unlock("alice")
    under_way.succeeded()
    assert guesses_until_refused(throttle) == 10


def test_a_network_has_a_budget_over_all_accounts_th_1(
    store: SqliteStore, world: World, clock: Clock
) -> None:
    throttle = Throttle(store, world, Limits(network_attempts=5))
    for number in range(5):
        guess(throttle, f"user {number}")
    clock.advance(100)
    assert retry_after(lambda: guess(throttle, "user 6")) == 500
    guess(throttle, "user 6", network=HOME)
    guess(throttle, "user 6", network="127.0.0.1")
    clock.advance(500)
    guess(throttle, "user 6")


def test_no_spelling_of_an_address_gives_a_second_budget_th_3(store: SqliteStore, world: World) -> None:
    throttle = Throttle(store, world, Limits(network_attempts=2))
    for spelling in ("2001:db8::1", "2001:0db8:0000::2"):
        guess(throttle, network=spelling)
    assert retry_after(lambda: guess(throttle, network="2001:DB8::ffff:1")) == 600
    for spelling in (AWAY, f"::ffff:{AWAY}"):
        guess(throttle, network=spelling)
    assert retry_after(lambda: guess(throttle, network="::ffff:c633:6409")) == 600


def test_mails_and_sign_ups_have_plain_budgets_th_6(throttle: Throttle, clock: Clock) -> None:
    for _ in range(3):
        throttle.spend("reset_mail", "alice@example.com", limit=3, seconds=3600)
    clock.advance(600)
    assert (
        retry_after(lambda: throttle.spend("reset_mail", "alice@example.com", limit=3, seconds=3600)) == 3000
    )
    throttle.spend("verify_mail", "alice@example.com", limit=3, seconds=3600)
    throttle.spend("reset_mail", None, limit=0, seconds=3600)
    clock.advance(3000)
    throttle.spend("reset_mail", "alice@example.com", limit=3, seconds=3600)


def test_an_uncontended_reservation_is_two_writes_and_one_without_a_network(
    counting: CountingStore, world: World
) -> None:
    throttle = Throttle(counting, world)
    throttle.reserve(account="alice", network=AWAY)
    assert len(counting.bumped) == 2
    throttle.reserve(account="alice", network="127.0.0.1")
    assert len(counting.bumped) == 3


def test_the_store_learns_no_names(counting: CountingStore, world: World) -> None:
    Throttle(counting, world).reserve(account="alice@example.com", network=AWAY, known=(AWAY,))
    for key in counting.bumped:
        assert "alice" not in key.partition
        assert AWAY not in key.partition
        assert key.sort == "budget"
