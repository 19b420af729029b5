"""``jwt`` against ``opaque``: what a verdict asks of the store, how long it takes, and how soon each end of a right is."""

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import app
from bench import house
from bench.effort import Effort
from bench.findings import Figure, Finding, figure
from bench.measuring import in_turn, seconds_each, spread
from chalicelib import wiring
from chalicelib.store.sqlite import SqliteStore
from chalicelib.world import SYSTEM
from tests.support.revoking import ACTS, seconds_to_refusal, token_out

if TYPE_CHECKING:
    from chalicelib.wiring import Services

KINDS = ("jwt", "opaque")


@dataclass
class Clock:
    """The real time, or one that stands and is moved by hand: nobody waits six minutes for a figure."""

    ahead: float = 0.0
    stands: float | None = None

    def __call__(self) -> float:
        return SYSTEM.now() + self.ahead if self.stands is None else self.stands

    def stop(self) -> None:
        """Stand still, until moved."""
        self.stands = self()

    def go_on(self) -> None:
        """Go on from where it stands."""
        self.ahead, self.stands = self() - SYSTEM.now(), None


@dataclass
class Side:
    """The service with one kind of access token, on a clock and a store that counts."""

    kind: str
    folder: Path
    clock: Clock = field(default_factory=Clock)
    requests: house.Requests = field(default_factory=lambda: house.Requests([]))

    def __post_init__(self) -> None:
        world = replace(SYSTEM, now=self.clock, monotonic=self.clock)
        path = self.folder / f"{self.kind}.db"
        store = SqliteStore(path, now=world.now, nonce=world.identifier, on_request=self.requests)
        variables = {"CUPBEARER_ACCESS_TOKENS": self.kind}
        self.at: Services = house.services(self.folder, variables, world=world, store=store, cheap=True)
        self.names = iter(range(10**6))

    def signed_in(self) -> Any:
        """Return somebody new, just logged in."""
        name = f"{self.kind}-{next(self.names)}"
        _, signed_in = self.at.accounts.sign_up.create(
            username=name, password=house.PASSWORD, log_in=True, source=house.somewhere()
        )
        return signed_in


def measure(effort: Effort, folder: Path) -> Finding:
    """Measure both kinds in turn."""
    sides = [Side(kind, folder) for kind in KINDS]
    found = in_turn({side.kind: _verdicts(side, effort.tokens) for side in sides}, rounds=effort.rounds)
    figures, data = [], {}
    for side in sides:
        data[side.kind] = told = _told(side)
        figures += [
            figure(f"{side.kind}: a verdict on a token not seen before", spread(found[side.kind]), "µs"),
            Figure(f"{side.kind}: requests to the store for a verdict", told["requests"], "requests"),
            Figure(f"{side.kind}: requests through an application", told["through_an_app"], "requests"),
            Figure(
                f"{side.kind}: from the end of a right to refusal, at worst",
                max(told["seconds"].values()),
                "s",
                told["stated_seconds"],
            ),
            Figure(f"{side.kind}: from log-out to refusal of the refresh token", told["refresh"], "s", 0.0),
        ]
    return Finding(
        name="revocation",
        title="jwt against opaque: requests, latency, revocation",
        figures=tuple(figures),
        data=data,
        notes=(
            (
                "At worst: the token is made, and its policy cached by the gateway, in the very second of the act. A simulator of "
                "API Gateway's cache and the handler's second look are asked every second of a moved clock; the target is what /health states."
            ),
            "The verdict on SQLite on the same machine; on DynamoDB the one read of opaque is a round trip more.",
        ),
    )


def _verdicts(side: Side, count: int) -> Any:
    def batch() -> float:
        events = iter([house.event(side.signed_in().access_token) for _ in range(count)])
        with wiring.using(side.at):
            return seconds_each(lambda: app.jwt_authorizer(next(events), None), count)

    return batch


def _told(side: Side) -> dict[str, Any]:
    signed_in = side.signed_in()
    side.requests.seen.clear()
    with wiring.using(side.at):
        app.jwt_authorizer(house.event(signed_in.access_token), None)
        requests = len(side.requests.seen)
    return {
        "requests": requests,
        "through_an_app": _requests_through_an_app(side),
        "seconds": {act: _seconds_to_refusal(side, act) for act in ACTS},
        "refresh": _refresh_refused(side),
        "stated_seconds": side.at.settings.revocation_bound_seconds,
    }


def _requests_through_an_app(side: Side) -> int:
    out = token_out(side.at, "consent withdrawn", username=f"{side.kind}-{next(side.names)}")
    side.requests.seen.clear()
    with wiring.using(side.at):
        app.jwt_authorizer(house.event(out.text), None)
    return len(side.requests.seen)


def _seconds_to_refusal(side: Side, act: str) -> int:
    """Return how many seconds after an act a guarded route still answered, on a clock that stands and is moved."""
    name = f"{side.kind}-{next(side.names)}"
    most = 2 * side.at.settings.revocation_bound_seconds + 60
    side.clock.stop()
    begun = side.clock()

    def wait(seconds: int) -> None:
        side.clock.stands = begun + seconds

    try:
        return seconds_to_refusal(side.at, act, username=name, wait=wait, most=most)
    finally:
        side.clock.go_on()


def _refresh_refused(side: Side) -> float:
    """Return 0 if the first refresh after a log-out is refused."""
    signed_in = side.signed_in()
    side.at.authentication.sessions.end(
        signed_in.user.user_id, signed_in.session_id, source=house.somewhere()
    )
    try:
        side.at.authentication.log_in.refresh(signed_in.refresh_token, source=house.somewhere())
    except Exception:  # noqa: BLE001
        return 0.0
    return float("inf")
