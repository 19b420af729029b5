"""Sixteen callers, two processes, two hundred rounds, both engines: of one code, request, proof or place one wins (ST-2)."""

import secrets
from functools import partial

import pytest

from chalicelib.errors import RefreshRefused
from chalicelib.oauth.dynamic_registrations import PER_NETWORK
from chalicelib.store import MAX_WRITES, Forget
from chalicelib.wiring import Services
from tests.oauth import racing, racing_dpop, racing_pushed, racing_registration
from tests.oauth.racing_registration import BLOCK, FULL, MADE, THROTTLED, USED
from tests.store.places import Place
from tests.store.racing import ROUNDS, agreed
from tests.support.races import Processes, outcomes, place

__all__ = ["place"]

pytestmark = pytest.mark.race


@pytest.fixture(scope="module")
def partition(place: Place) -> str:
    """Where the callers find what people agreed to: codes for one race, devices for the other."""
    name = f"agreed-{secrets.token_hex(8)}"
    racing.agree(place.open(), name)
    return name


def test_of_sixteen_that_redeem_one_code_exactly_one_gets_tokens_and_they_are_revoked(
    processes: Processes, place: Place, partition: str
) -> None:
    """OP-2: fifteen used it again, so what the first one got is worth nothing; its client is told so once (BL-1)."""
    rounds = outcomes(processes, racing.redeem_code, place, partition)
    won = [[token for token in turn if token is not None] for turn in rounds]
    assert [len(tokens) for tokens in won] == [1] * ROUNDS
    store = place.open()
    services = racing.services_on(store)
    client_id = agreed(store, partition)["client_id"]
    for (token,) in won:
        with pytest.raises(RefreshRefused, match="ended"):
            services.authentication.log_in.refresh(token, client_id=client_id, source=racing.SOURCE)
    assert told_once(services, client_id) == ROUNDS


def told_once(services: Services, client_id: str) -> int:
    """Return of how many sessions of a client the outbox tells it, each once; leave no line to other tests of the table."""
    lines = [
        each for each in services.log_outs.outbox.lines() if each.line.sessions[0].client_id == client_id
    ]
    told = [ended.session_id for each in lines for ended in each.line.sessions]
    assert len(told) == len(set(told))
    for start in range(0, len(lines), MAX_WRITES):
        services.store.commit(*(Forget(each.record.key) for each in lines[start : start + MAX_WRITES]))
    return len(told)


def test_of_sixteen_that_redeem_one_device_code_exactly_one_gets_tokens(
    processes: Processes, place: Place, partition: str
) -> None:
    rounds = outcomes(processes, racing.redeem_device, place, partition)
    assert [sum(token is not None for token in turn) for turn in rounds] == [1] * ROUNDS


def test_of_sixteen_log_ins_that_open_one_pushed_request_exactly_one_is_answered(
    processes: Processes, place: Place
) -> None:
    """PA-5: the others' commits leave nothing."""
    name, store = f"pushed-{secrets.token_hex(8)}", place.open()
    racing_pushed.push(store, name)
    rounds = outcomes(processes, racing_pushed.answer, place, name)
    assert [sum(turn) for turn in rounds] == [1] * ROUNDS
    assert [len(store.list(f"{name}-{turn}").records) for turn in range(ROUNDS)] == [1] * ROUNDS


def test_of_sixteen_that_show_one_proof_exactly_one_is_let_in(processes: Processes, place: Place) -> None:
    """PO-9."""
    name = f"proofs-{secrets.token_hex(8)}"
    racing_dpop.make(place.open(), name)
    rounds = outcomes(processes, racing_dpop.show, place, name)
    assert [sum(turn) for turn in rounds] == [1] * ROUNDS


def test_a_client_in_its_last_second_is_kept_or_its_place_is_anothers_and_each_network_has_its_number(
    processes: Processes, place: Place
) -> None:
    """DR-7: the limit is never passed, whatever the clocks say; of each network as many registrations count as may."""
    name = f"registered-{secrets.token_hex(8)}"
    racing_registration.register(place, name)
    step = partial(racing_registration.use_or_replace, place=place)
    rounds = outcomes(processes, step, place, name)
    one_or_the_other = {(MADE,), (USED,)}
    for turn in rounds:
        assert tuple({each for each in turn if each in (MADE, USED)}) in one_or_the_other, turn
        assert turn.count(MADE) <= 1
    for turns in (rounds[start : start + BLOCK] for start in range(0, ROUNDS, BLOCK)):
        asked = [each for turn in turns for each in turn if each in (MADE, FULL, THROTTLED)]
        assert len(asked) - asked.count(THROTTLED) == PER_NETWORK
