"""What the callers of a race do; runs in the racing processes."""

import threading
from pathlib import Path
from typing import Any

from chalicelib.audit.trail import Source
from chalicelib.oauth.authorization_codes import Code
from chalicelib.oauth.client import AUTHORIZATION_CODE, DEVICE_CODE, REFRESH_TOKEN, Client
from chalicelib.oauth.clients import Registration
from chalicelib.oauth.errors import OAuthRefusal
from chalicelib.store import Insert, Key, Store
from chalicelib.users.user import new_user
from chalicelib.wiring import Services
from chalicelib.world import World
from tests.oauth import server
from tests.oauth.server import CALLBACK, CHALLENGE, PASSWORD, VERIFIER
from tests.store.places import far_now
from tests.store.racing import ROUNDS

SCOPE = frozenset({"openid"})
WORLD = World(now=far_now)
SOURCE = Source()
_services: dict[int, Services] = {}
_told: dict[tuple[int, str], Any] = {}
_making = threading.Lock()


def services_on(store: Store) -> Services:
    """Return the services of this process on a store, made once."""
    with _making:
        if id(store) not in _services:
            _services[id(store)] = server.services(store, WORLD, Path())
        return _services[id(store)]


def agree(store: Store, partition: str) -> None:
    """Let a person of each round agree to a code and to a device, and write down where the callers find them."""
    services = services_on(store)
    wanted = Registration(
        name="Racer",
        public=True,
        redirect_uris=(CALLBACK,),
        grants=(AUTHORIZATION_CODE, REFRESH_TOKEN, DEVICE_CODE),
    )
    client, _ = services.oauth.clients.create(wanted)
    rounds = [_agree(services, client, f"{partition}-{turn}") for turn in range(ROUNDS)]
    told = {"client_id": client.client_id, "codes": [r[0] for r in rounds], "devices": [r[1] for r in rounds]}
    store.commit(Insert(Key(partition, "agreed"), told))


def _agree(services: Services, client: Client, username: str) -> tuple[str, str]:
    _, signed_in = services.accounts.sign_up.make_account(
        new_user(username=username), password=PASSWORD, granted=frozenset(), source=SOURCE, log_in=True
    )
    assert signed_in is not None
    provider = services.oauth
    user, session = services.authentication.sessions.read(signed_in.user.user_id, signed_in.session_id)
    assert user is not None
    assert session is not None
    device_code, user_code = provider.devices.begin(client, SCOPE, source=SOURCE)
    device = provider.devices.find_by_user(user_code, user, source=SOURCE)
    assert device is not None
    provider.devices.approve(device, client, user, session, source=SOURCE)
    consent = provider.consents.find(user.user_id, client.client_id)
    assert consent is not None
    agreed = user.user_id, session.session_id, SCOPE, None, consent.consent_id
    code, insert = provider.codes.compose(Code(client.client_id, CALLBACK, CHALLENGE, *agreed))
    services.store.commit(insert)
    return code, device_code


def redeem_code(store: Store, partition: str, turn: int, _name: str) -> str | None:
    """Redeem this round's code, as all others do; return the refresh token of the one who may."""
    code = _agreed(store, partition)["codes"][turn]
    form = {"code": code, "code_verifier": VERIFIER, "redirect_uri": CALLBACK}
    return _redeem(store, partition, {"grant_type": AUTHORIZATION_CODE, **form})


def redeem_device(store: Store, partition: str, turn: int, _name: str) -> str | None:
    """Redeem this round's device code, as all others do."""
    device_code = _agreed(store, partition)["devices"][turn]
    return _redeem(store, partition, {"grant_type": DEVICE_CODE, "device_code": device_code})


def _redeem(store: Store, partition: str, form: dict[str, str]) -> str | None:
    services = services_on(store)
    client = _agreed(store, partition)["client"]
    try:
        return services.oauth.token_requests.redeem(form, client, source=SOURCE).refresh_token
    except OAuthRefusal as refusal:
        if refusal.error != "invalid_grant":
            raise
        return None


def _agreed(store: Store, partition: str) -> Any:
    with _making:
        known = _told.get((id(store), partition))
    if known is None:
        (record,) = store.get(Key(partition, "agreed"))
        assert record is not None
        client = services_on(store).oauth.clients.require(record.data["client_id"])
        known = {**record.data, "client": client}
        with _making:
            _told[id(store), partition] = known
    return known
