"""How often what happened, by the hour (UTC): counted as it is written down, so that no picture reads the events.

Four counters share each hour: one alone would take a thousand counts a second on DynamoDB. A count is exact where its act
succeeded; trouble of the store may lose one on DynamoDB, or, where a reply was lost, count it twice.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from chalicelib.store import MAX_PAGE, Key, Store, Tally
from chalicelib.world import World

COUNTS_SECONDS = 400 * 24 * 60 * 60  # a year, and the month that it is compared with
HOUR_SECONDS, DAY_SECONDS = 60 * 60, 24 * 60 * 60
SHARDS = 4
SERVICE, NOBODYS = "counts#service", "counts#nobody"

COUNTED = frozenset(
    {
        "log_in",
        "log_in_failed",
        "federated_log_in_refused",
        "second_factor_refused",
        "log_in_throttled",
        "sign_up",
        "session_reused",
        "code_reused",
        "passkey_cloned",
        "password_reset_asked",
        "password_changed",
        "factor_added",
        "deleted",
    }
)
AT_APPLICATIONS, IMPORTED = "log_in_at_application", "imported"

PICTURES: Mapping[
    str, tuple[str, tuple[str, ...]]
] = {  # what is drawn: its name, and the counts that it adds up
    "log_ins": ("Log-ins", ("log_in",)),
    "failures": ("Failed log-ins", ("log_in_failed", "federated_log_in_refused", "second_factor_refused")),
    "sign_ups": ("Sign-ups", ("sign_up",)),
    "reuse": ("Stolen or reused", ("session_reused", "code_reused", "passkey_cloned")),
    "throttles": ("Accounts slowed down", ("log_in_throttled",)),
    "log_ins_at_applications": ("Log-ins at applications", (AT_APPLICATIONS,)),
    "password_resets": ("Password resets asked for", ("password_reset_asked",)),
    "password_changes": ("Passwords changed", ("password_changed",)),
    "new_factors": ("New second factors", ("factor_added",)),
    "deletions": ("Accounts deleted", ("deleted",)),
    "imports": ("Accounts imported", (IMPORTED,)),
}


@dataclass(frozen=True, slots=True)
class Span:
    """A day or an hour: ``start`` in seconds since the epoch, and how often each of :data:`PICTURES` happened in it."""

    start: int
    counts: Mapping[str, int]


def counted_as(event: str, detail: Mapping[str, str]) -> str | None:
    """Return the name that an event is counted by, None for one that is not.

    A log-in at an application follows one here, and an import is no sign-up: each is a count of its own.
    """
    if event == "log_in" and "client_id" in detail:
        return AT_APPLICATIONS
    if event == "sign_up" and detail.get("how") == "import":
        return IMPORTED
    return event if event in COUNTED else None


def tally(partition: str, name: str, *, at: int, spread: str) -> Tally:
    """Return what adds one to this hour's count; ``spread`` is random text that chooses one of its counters."""
    key = Key(partition, f"{at // HOUR_SECONDS:07d}.{ord(spread[-1]) % SHARDS}")
    return Tally(key, {name: 1}, at - at % HOUR_SECONDS + COUNTS_SECONDS)


class Counts:
    """Reads what was counted. A month is at most three requests, however many people there are."""

    def __init__(self, store: Store, world: World) -> None:
        self._store = store
        self._world = world

    def days(self, number: int) -> tuple[Span, ...]:
        """Return the last days, the oldest first; today is the last and not over."""
        return self._spans(number, DAY_SECONDS)

    def hours(self, number: int) -> tuple[Span, ...]:
        """Return the last hours, the oldest first; the present one is the last and not over."""
        return self._spans(number, HOUR_SECONDS)

    def of_nobody(self, days: int) -> int:
        """Return how many log-ins of names that nobody has failed in the last days, today among them."""
        first = self._first(days, DAY_SECONDS)
        return sum(found["log_in_failed"] for found in self._read(NOBODYS, first).values())

    def _first(self, number: int, seconds: int) -> int:
        now = self._world.timestamp()
        return now - now % seconds - (number - 1) * seconds

    def _spans(self, number: int, seconds: int) -> tuple[Span, ...]:
        first = self._first(number, seconds)
        sums: list[Counter[str]] = [Counter() for _ in range(number)]
        for hour, found in self._read(SERVICE, first).items():
            place = (hour - first) // seconds
            if place < number:  # another server's clock may be ahead
                sums[place] += found
        return tuple(
            Span(
                first + place * seconds,
                {name: sum(found[each] for each in names) for name, (_, names) in PICTURES.items()},
            )
            for place, found in enumerate(sums)
        )

    def _read(self, partition: str, first: int) -> dict[int, Counter[str]]:
        found: dict[int, Counter[str]] = {}
        after: str | None = f"{first // HOUR_SECONDS:07d}."
        while after is not None:
            page = self._store.list(partition, after=after, limit=MAX_PAGE)
            for record in page.records:
                hour = int(record.key.sort.partition(".")[0]) * HOUR_SECONDS
                found[hour] = found.get(hour, Counter()) + Counter(record.data)
            after = page.next_after
        return found
