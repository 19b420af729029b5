"""The places of clients that registered themselves: as many as there may be, each taken by the insert of its record.

A place expires with its client. So the number is never passed, nothing counts up or down, and nothing drifts.
"""

from dataclasses import dataclass

from chalicelib.oauth.client import place_key
from chalicelib.store import Store
from chalicelib.world import World

LOOKS = 16  # places that are looked at, by one read, before all of them are called taken


@dataclass(frozen=True, slots=True)
class Places:
    """Finds free ones of ``number`` places."""

    store: Store
    world: World
    number: int

    def free(self) -> int | None:
        """Return a place that is free now, None where none is found: near the limit that may be a little too early."""
        start = int.from_bytes(self.world.random_bytes(8)) % self.number
        looked_at = [(start + step) % self.number for step in range(min(LOOKS, self.number))]
        found = self.store.get(*map(place_key, looked_at))
        return next((place for place, record in zip(looked_at, found, strict=True) if record is None), None)
