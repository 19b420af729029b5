"""What racing callers do with accounts: steps for ``tests.store.racing``. Runs in the racing processes."""

from typing import Any

from chalicelib.errors import InvalidCredentials, NotFound, Refusal, Taken
from chalicelib.settings import settings
from chalicelib.store import Insert, Key, Store
from chalicelib.users.user import new_user
from chalicelib.world import World
from cupbearer.testing import SOURCE, QuickServices
from tests.store.places import FAR, far_now
from tests.store.racing import CALLERS, PROCESSES, agreed

VARIABLES = {
    "CUPBEARER_SIGNING_ALG": "ES256",
    "CUPBEARER_MASTER_KEY": "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f",
    "CUPBEARER_ACCESS_TOKENS": "opaque",
}
PHRASE = "a phrase that is long enough"
ACTS = ("log out", "log out everywhere", "disable", "cut scopes", "set password", "delete")
HELD = frozenset({"get:profile", "pangolins"})


_made: dict[int, QuickServices] = {}


def services_on(store: Store) -> QuickServices:
    """Return the services of this process on a store, at a time that stands still."""
    if id(store) not in _made:
        world = World(now=far_now, monotonic=lambda: FAR)
        _made[id(store)] = QuickServices(settings.parse(VARIABLES), world, store=store)
    return _made[id(store)]


def number_of(name: str) -> int:
    """Return a caller's number among all, from ``caller-PROCESS-NUMBER``."""
    _, process, number = name.split("-")
    return int(process) * (CALLERS // PROCESSES) + int(number)


def spelling(turn: int, number: int) -> str:
    """Return one of sixteen spellings of a round's user name."""
    letters = (c.upper() if number >> place & 1 else c for place, c in enumerate("anna"))
    return f"{''.join(letters)}{turn}"


def sign_up(store: Store, partition: str, turn: int, name: str) -> str | None:
    """Want the round's name in a spelling of one's own; return the user id, or None for the loser."""
    try:
        user, _ = services_on(store).accounts.sign_up.create(
            username=spelling(turn, number_of(name)), password=PHRASE, log_in=True, source=SOURCE
        )
    except Taken:
        return None
    return user.user_id


def prepare(store: Store, partition: str, turns: int) -> None:
    """Log in one person for each round, and write down where the callers find their refresh tokens."""
    people = [_person(services_on(store), f"{partition}-{turn}") for turn in range(turns)]
    store.commit(Insert(Key(partition, "people"), {"people": people}))


def _person(services: QuickServices, username: str) -> dict[str, str]:
    user, signed_in = services.accounts.sign_up.make_account(
        new_user(username=username), password=PHRASE, granted=HELD, source=SOURCE, log_in=True
    )
    assert signed_in
    return {"user_id": user.user_id, "session_id": signed_in.session_id, "token": signed_in.refresh_token}


def refresh_or_end(store: Store, partition: str, turn: int, name: str) -> tuple[str, str] | str:
    """The first caller ends what the others refresh; return both tokens, or why there are none."""
    services, person = services_on(store), agreed(store, partition)["people"][turn]
    if number_of(name) == 0:
        return end(services, ACTS[turn % len(ACTS)], person["user_id"], person["session_id"])
    try:
        if number_of(name) == 1:  # somebody logs in anew meanwhile
            signed_in = services.authentication.log_in.with_password(
                username=f"{partition}-{turn}", password=PHRASE, source=SOURCE
            )
            return "", f"{signed_in.refresh_token}"
        moved = services.authentication.log_in.refresh(person["token"], source=SOURCE)
        if number_of(name) % 2:
            moved = services.authentication.log_in.refresh(moved.refresh_token, source=SOURCE)
    except (Refusal, InvalidCredentials) as refused:
        return refused.public_code
    return moved.access_token, moved.refresh_token


def end(services: QuickServices, act: str, user_id: str, session_id: str) -> str:
    """End a session in one of the ways there are."""
    administration = services.accounts.administration
    verbs: dict[str, Any] = {
        "log out": lambda: services.authentication.sessions.end(user_id, session_id, source=SOURCE),
        "log out everywhere": lambda: administration.end_session(user_id, None, source=SOURCE),
        "disable": lambda: administration.administer(user_id, disabled=True, source=SOURCE),
        "cut scopes": lambda: administration.administer(
            user_id, granted=frozenset({"get:profile"}), source=SOURCE
        ),
        "set password": lambda: administration.set_password(
            user_id, new="quite another phrase", source=SOURCE
        ),
        "delete": lambda: administration.delete(user_id, source=SOURCE),
    }
    for _ in range(20):
        try:
            verbs[act]()
        except (Taken, NotFound):
            continue
        return act
    return "gave up"
