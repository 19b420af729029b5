"""Clients in their last second: some callers use them, others, whose clocks are ahead, register in their place.

Runs in the racing processes.
"""

import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from chalicelib.audit.trail import Source
from chalicelib.errors import NotFound, SlowDown
from chalicelib.oauth.client import ClientId, place_key
from chalicelib.oauth.client_metadata import ClientMetadata
from chalicelib.oauth.clients import USED_SECONDS
from chalicelib.oauth.dynamic_registrations import DynamicRegistrations
from chalicelib.oauth.registration_places import Places
from chalicelib.store import MAX_WRITES, Insert, Key, Store
from chalicelib.wiring import Services
from chalicelib.world import SYSTEM, World
from tests.oauth import racing, server
from tests.oauth.server import CALLBACK
from tests.store.places import FAR, Place
from tests.store.racing import ROUNDS, agreed

AGENT = ClientMetadata(redirect_uris=(CALLBACK,))
BLOCK = 10  # rounds whose callers come from one network
USED, GONE, FULL, THROTTLED, MADE = "used", "gone", "full", "throttled", "made"

_services: dict[tuple[Place, Callable[[], float]], Services] = {}
_making = threading.Lock()


class FullError(Exception):
    """The place is taken, whoever asks from wherever."""


@dataclass(frozen=True, slots=True)
class OnePlace(Places):
    """One place alone: for each round another."""

    place: int = 0

    def free(self) -> int:
        (record,) = self.store.get(place_key(self.place))
        if record is not None:
            raise FullError
        return self.place


def early() -> float:
    return FAR


def late() -> float:
    return FAR + 1  # what other races of the file left there must not be over yet


def register(place: Place, partition: str) -> None:
    """Register a client for each round, in its own place, and write down where the callers find them."""
    store = place.open()
    registrations = racing.services_on(store).registration.dynamic
    first = _in_place(registrations, ROUNDS).register(AGENT, None, source=Source()).client  # no round's place
    assert first.registered
    made = [
        replace(
            first,
            client_id=ClientId(SYSTEM.identifier()),
            registered=replace(first.registered, place=turn),
        )
        for turn in range(ROUNDS)
    ]
    inserting = registrations.clients.records.inserting
    writes = [write for each in made for write in inserting(each, expires_at=int(late()))]
    for start in range(0, len(writes), MAX_WRITES):
        store.commit(*writes[start : start + MAX_WRITES])
    store.commit(Insert(Key(partition, "agreed"), {"ids": [each.client_id for each in made]}))


def _in_place(registrations: DynamicRegistrations, turn: int) -> DynamicRegistrations:
    places = registrations.places
    return replace(registrations, places=OnePlace(places.store, places.world, 1, turn))


def use_or_replace(store: Store, partition: str, turn: int, name: str, *, place: Place) -> str:
    """Use this round's client, or register in its place; say what came of it."""
    if int(name.rpartition("-")[2]) % 2:
        return _use(place, agreed(store, partition)["ids"][turn])
    source = Source(ip=f"10.{int(partition[-4:-2], 16)}.{int(partition[-2:], 16)}.{turn // BLOCK}")
    try:
        _in_place(_at(place, late).registration.dynamic, turn).register(AGENT, None, source=source)
    except FullError:
        return FULL
    except SlowDown:
        return THROTTLED
    return MADE


def _use(place: Place, client_id: str) -> str:
    until = int(FAR) + USED_SECONDS
    try:
        _at(place, early).oauth.clients.records.keep(client_id, until=until, at_least=until)
    except NotFound:
        return GONE
    return USED


def _at(place: Place, now: Callable[[], float]) -> Services:
    """Return the services of this process whose clock says so, made once."""
    with _making:
        if (place, now) not in _services:
            _services[place, now] = server.services(place.open(now=now), World(now=now), Path())
        return _services[place, now]
