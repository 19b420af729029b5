"""The service on a store of its own, and people in it."""

import itertools
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from chalicelib import logs, wiring
from chalicelib.audit.trail import Source
from chalicelib.credentials.passwords import CHEAPEST_ONLY_FOR_TESTING, Passwords
from chalicelib.settings import settings
from chalicelib.store import Store
from chalicelib.wiring_credentials import Credentials
from chalicelib.world import SYSTEM, World

PASSWORD = "nightjar-lantern-42"
ARN = "arn:aws:execute-api:us-east-1:123456789012:a1b2c3d4e5/api/GET/profile"
HASH = "Argon2id, 19 MiB, 2 passes, 1 lane"

_numbers = itertools.count(1)


def silence() -> None:
    """Keep the service's log out of the figures and off the terminal: for a whole process, so only its ``main`` asks."""
    logs.LOGGER.addHandler(logging.NullHandler())
    logs.LOGGER.setLevel(logging.CRITICAL)
    logs.LOGGER.propagate = False


class CheapServices(wiring.Services):
    """Services whose password hash costs nothing, so that all the rest can be seen."""

    @cached_property
    def credentials(self) -> Credentials:
        made = Credentials(self)
        made.passwords = Passwords(self.world, min_length=8, profile=CHEAPEST_ONLY_FOR_TESTING)
        return made


def services(
    folder: Path,
    variables: Mapping[str, str] | None = None,
    *,
    world: World = SYSTEM,
    store: Store | None = None,
    cheap: bool = False,
) -> wiring.Services:
    """Return services on SQLite in ``folder``, or on ``store``."""
    environ = {"CUPBEARER_STORE": f"sqlite:///{folder / 'cupbearer.db'}", **(variables or {})}
    kind = CheapServices if cheap else wiring.Services
    return kind(settings.parse(environ), world, store=store)


def somewhere(offset: int = 0) -> Source:
    """Return a source that has not been here before: the throttle counts by network. ``offset`` keeps processes apart."""
    number = offset + next(_numbers)
    address = f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}"
    return Source(ip=address, user_agent="bench", request_id="bench")


def event(token: str) -> dict[str, str]:
    """Return what API Gateway sends to a TOKEN authorizer."""
    return {"type": "TOKEN", "authorizationToken": f"Bearer {token}", "methodArn": ARN}


@dataclass
class Requests:
    """Counts what a store is asked, by verb, and the capacity units that it took."""

    seen: list[tuple[str, float]]

    def __call__(self, verb: str, units: float) -> None:
        self.seen.append((verb, units))
