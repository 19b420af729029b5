"""What the callers of a race do; runs in the racing processes."""

import threading
from pathlib import Path

from chalicelib.audit.trail import Source
from chalicelib.oauth.authorization_codes import Code
from chalicelib.oauth.client import AUTHORIZATION_CODE, DEVICE_CODE, REFRESH_TOKEN, Client
from chalicelib.oauth.client_options import ClientOptions
from chalicelib.oauth.client_rules import Registration
from chalicelib.oauth.errors import OAuthRefusal
from chalicelib.sessions.session import Session
from chalicelib.store import Insert, Key, Store
from chalicelib.users.user import User, new_user
from chalicelib.wiring import Services
from chalicelib.world import World
from tests.oauth import server
from tests.oauth.server import CALLBACK, CHALLENGE, PASSWORD, VERIFIER
from tests.store.places import far_now
from tests.store.racing import ROUNDS, agreed

SCOPE = frozenset({"openid"})
WORLD = World(now=far_now)
SOURCE = Source()
EACH = 4  # rounds for which one person agrees: far fewer than the sessions that a person may have
_services: dict[int, Services] = {}
_clients: dict[str, Client] = {}
_making = threading.Lock()


def services_on(store: Store) -> Services:
    """Return the services of this process on a store, made once."""
    with _making:
        if id(store) not in _services:
            _services[id(store)] = server.services(store, WORLD, Path())
        return _services[id(store)]


def agree(store: Store, partition: str) -> None:
    """Let somebody agree to a code and to a device for each round, and write down where the callers find them."""
    services = services_on(store)
    wanted = Registration(
        name="Racer",
        public=True,
        redirect_uris=(CALLBACK,),
        grants=(AUTHORIZATION_CODE, REFRESH_TOKEN, DEVICE_CODE),
        options=ClientOptions(backchannel_logout_uri="https://127.0.0.1:9/backchannel"),
    )
    client, _ = services.oauth.clients.create(wanted)
    people = (_person(services, f"{partition}-{number}") for number in range(ROUNDS // EACH))
    rounds = [_agree(services, client, *person) for person in people for _ in range(EACH)]
    answered = {
        "client_id": client.client_id,
        "codes": [r[0] for r in rounds],
        "devices": [r[1] for r in rounds],
    }
    store.commit(Insert(Key(partition, "agreed"), answered))


def _person(services: Services, username: str) -> tuple[User, Session]:
    _, signed_in = services.accounts.sign_up.make_account(
        new_user(username=username), password=PASSWORD, granted=frozenset(), source=SOURCE, log_in=True
    )
    assert signed_in is not None
    user, session = services.authentication.sessions.read(signed_in.user.user_id, signed_in.session_id)
    assert user is not None
    assert session is not None
    return user, session


def _agree(services: Services, client: Client, user: User, session: Session) -> tuple[str, str]:
    provider = services.oauth
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
    code = agreed(store, partition)["codes"][turn]
    form = {"code": code, "code_verifier": VERIFIER, "redirect_uri": CALLBACK}
    return _redeem(store, partition, {"grant_type": AUTHORIZATION_CODE, **form})


def redeem_device(store: Store, partition: str, turn: int, _name: str) -> str | None:
    """Redeem this round's device code, as all others do."""
    device_code = agreed(store, partition)["devices"][turn]
    return _redeem(store, partition, {"grant_type": DEVICE_CODE, "device_code": device_code})


def _redeem(store: Store, partition: str, form: dict[str, str]) -> str | None:
    services = services_on(store)
    try:
        client = client_of(services, agreed(store, partition)["client_id"])
        return services.oauth.token_requests.redeem(form, client, source=SOURCE).refresh_token
    except OAuthRefusal as refusal:
        if refusal.error != "invalid_grant":
            raise
        return None


def client_of(services: Services, client_id: str) -> Client:
    """Return the client, read once a process: a race is about what it redeems."""
    with _making:
        if client_id not in _clients:
            _clients[client_id] = services.oauth.clients.require(client_id)
        return _clients[client_id]
