"""Pushed requests that many browsers open at once; runs in the racing processes."""

from chalicelib.oauth.authorization_request import AuthorizationRequest
from chalicelib.oauth.client_rules import Registration
from chalicelib.oauth.errors import RefusedAtPage
from chalicelib.store import Insert, Key, Store
from tests.oauth.racing import SCOPE, SOURCE, services_on
from tests.oauth.server import CALLBACK, CHALLENGE
from tests.store.racing import ROUNDS, agreed


def push(store: Store, partition: str) -> None:
    """Push a request for each round, and write down where the callers find them."""
    services = services_on(store)
    wanted = Registration(name="Racer", public=True, redirect_uris=(CALLBACK,))
    client, _ = services.oauth.clients.create(wanted)
    request = AuthorizationRequest(client.client_id, CALLBACK, SCOPE, CHALLENGE)
    keep = services.oauth.pushed_requests.keep
    uris = [keep(request, client, source=SOURCE) for _ in range(ROUNDS)]
    store.commit(Insert(Key(partition, "agreed"), {"client_id": client.client_id, "pushed": uris}))


def answer(store: Store, partition: str, turn: int, name: str) -> bool:
    """Open this round's request and answer it to a log-in of one's own, as all others do; return whether that was done."""
    told, pushed = agreed(store, partition), services_on(store).oauth.pushed_requests
    request = pushed.open(told["pushed"][turn], told["client_id"])
    try:
        pushed.answer(request, name, Insert(Key(f"{partition}-{turn}", name), {}))
    except RefusedAtPage:
        return False
    return True
