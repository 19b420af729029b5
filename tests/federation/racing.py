"""What the callers of a race do; runs in the racing processes."""

import threading
from pathlib import Path

from chalicelib.audit.trail import Source
from chalicelib.errors import Invalid
from chalicelib.federation.linking import Identities
from chalicelib.federation.login_state import Flow, Flows
from chalicelib.federation.profile import Person
from chalicelib.store import Insert, Key, Store
from chalicelib.wiring import Services
from chalicelib.world import World
from tests.federation import in_process
from tests.store.places import far_now
from tests.store.racing import ROUNDS, agreed

PROVIDER = "elsewhere"
BROWSER = "b" * 43
EVERY = 8  # of the rounds: a whole log-in is many requests

WORLD = World(now=far_now)
_services: dict[int, Services] = {}
_making = threading.Lock()


def begin_flows(store: Store, partition: str) -> None:
    """Begin one flow for every round, and write down where the callers find their states."""
    flows = Flows(store, WORLD)
    states = [flows.begin(Flow(provider=PROVIDER), browser=BROWSER)[1] for _ in range(ROUNDS)]
    store.commit(Insert(Key(partition, "states"), {"states": states}))


def spend(store: Store, partition: str, turn: int, _name: str) -> bool:
    """Bring back this round's state, as all others do."""
    state = agreed(store, partition)["states"][turn]
    try:
        Flows(store, WORLD).spend(state=state, browser=BROWSER, provider=PROVIDER)
    except Invalid:
        return False
    return True


def log_in(store: Store, partition: str, turn: int, _name: str) -> str | None:
    """Log this round's newcomer in for the first time, as all others do; return as whom."""
    if turn % EVERY:
        return None
    person = person_of(partition, turn)
    return str(identities_on(store).log_in(person, auth_time=WORLD.timestamp(), source=Source()).user.user_id)


def person_of(partition: str, turn: int) -> Person:
    name = f"{partition}-{turn}"
    return Person(
        provider=PROVIDER,
        issuer="https://accounts.example.com",
        sub=name,
        email=f"{name}@example.com",
        email_verified=True,
        username=name,
    )


def identities_on(store: Store) -> Identities:
    with _making:
        if id(store) not in _services:
            _services[id(store)] = in_process.services(store, WORLD, Path())
        return _services[id(store)].federation.identities
