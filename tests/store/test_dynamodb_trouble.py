import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from chalicelib.store import Conflict, Key, Store, StoreUnavailable, dynamodb_calls
from tests.parts.faulty import FaultyProxy
from tests.parts.ports import free_port
from tests.store.faults import PASSING, REQUEST_SECONDS, THROTTLED, VERBS, Verb, error
from tests.store.places import DynamoPlace
from tests.store.reading import read
from tests.support import patience

pytestmark = pytest.mark.dynamodb


@pytest.fixture
def store(faulty: Store) -> Store:
    return faulty


class TestTrouble:
    """AV-2: trouble that passes is not noticed, trouble that stays is StoreUnavailable."""

    @pytest.mark.parametrize("verb", VERBS)
    @pytest.mark.parametrize("fault", PASSING)
    def test_trouble_that_passes_is_not_noticed(
        self, store: Store, proxy: FaultyProxy, partition: str, verb: str, fault: str
    ) -> None:
        proxy.faults.extend([PASSING[fault]] * 2)
        VERBS[verb](store, partition)
        assert proxy.seen == 3

    @pytest.mark.parametrize("verb", VERBS)
    @pytest.mark.parametrize("fault", [*PASSING, "denied", "no table"])
    def test_trouble_that_stays_is_unavailable_and_ends_without_a_restart(
        self, store: Store, proxy: FaultyProxy, partition: str, verb: str, fault: str
    ) -> None:
        hopeless = {
            "denied": error(400, "AccessDeniedException"),
            "no table": error(400, "ResourceNotFoundException"),
        }
        proxy.always = (PASSING | hopeless)[fault]
        with pytest.raises(StoreUnavailable):
            VERBS[verb](store, partition)
        assert proxy.seen <= 4
        assert proxy.seen == (1 if fault in hopeless else proxy.seen)
        proxy.always = None
        if fault == "reply lost" and verb.startswith("commit"):
            with pytest.raises(Conflict):
                VERBS[verb](store, partition)
        else:
            VERBS[verb](store, partition)

    def test_tries_are_three_with_a_growing_uneven_wait(
        self, store: Store, proxy: FaultyProxy, waits: list[float], partition: str
    ) -> None:
        proxy.always = THROTTLED
        for _ in range(10):
            with pytest.raises(StoreUnavailable):
                store.get(Key(partition, "a"))
        assert proxy.seen == 30
        assert all(0.015 <= wait <= 0.045 for wait in waits[::2])
        assert all(0.06 <= wait <= 0.18 for wait in waits[1::2])
        assert len(set(waits)) == 20

    def test_nobody_listening_is_unavailable(self, dynamodb: DynamoPlace, partition: str) -> None:
        store = replace(dynamodb, endpoint=f"http://127.0.0.1:{free_port()}").open()
        for verb in VERBS.values():
            with pytest.raises(StoreUnavailable):
                verb(store, partition)

    def test_a_hang_ends_in_time_and_all_is_well_afterwards(
        self, store: Store, proxy: FaultyProxy, partition: str
    ) -> None:
        """AV-1, M6: every verb ends well under eight seconds."""

        def timed(verb: Verb) -> float:
            began = time.monotonic()
            with pytest.raises(StoreUnavailable):
                verb(store, partition)
            return time.monotonic() - began

        proxy.always = proxy.hang
        with ThreadPoolExecutor(len(VERBS)) as threads:
            assert max(threads.map(timed, VERBS.values())) < REQUEST_SECONDS
        proxy.always = None
        for verb in VERBS.values():
            verb(store, partition)

    def test_one_hanging_try_is_made_good_by_the_next(
        self, store: Store, proxy: FaultyProxy, partition: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A fifth of a second is left to begin it, which a busy machine may take: only the sum is judged."""
        longest_wait = 1.5 * dynamodb_calls.WAIT_SECONDS[0]
        assert dynamodb_calls.READ_SECONDS + longest_wait < dynamodb_calls.LATEST_START_SECONDS
        monkeypatch.setattr(dynamodb_calls, "LATEST_START_SECONDS", patience.SECONDS)
        proxy.faults.append(proxy.hang)
        assert read(store, Key(partition, "a")).data == {"n": 1}
