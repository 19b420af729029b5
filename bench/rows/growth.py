"""Growth: the same operations among a thousand users and a million, in time on SQLite, in requests on DynamoDB."""

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

from bench import emulator, house, people
from bench.effort import Effort
from bench.findings import Figure, Finding, figure
from bench.measuring import Batch, in_turn, ratio, seconds_each, spread
from bench.operations import Asked, Operations
from chalicelib.sample.board import Board
from chalicelib.wiring import Services

MOST = 1.2  # times the smallest crowd's
MESSAGES = 40
PAGE = 50  # users
WARM_UP = 5


def measure(effort: Effort, folder: Path) -> Finding:
    """Measure on SQLite; count on DynamoDB where the emulator is installed."""
    sizes = effort.sqlite_users
    batches: dict[str, Batch] = {}
    for size in sizes:
        place = folder / str(size)
        place.mkdir()
        batches |= {f"{what} {size}": batch for what, batch in _operations(place, size).items()}
    found = in_turn(batches, rounds=effort.rounds * 2, warm_up=WARM_UP * effort.warms_up)
    whats = [name.rpartition(" ")[0] for name in found if name.endswith(f" {sizes[0]}")]
    figures = [figure(f"SQLite: {name} users", spread(values), "ms") for name, values in found.items()]
    figures += [
        figure(
            f"SQLite: {what}, {sizes[-1]:,} ÷ {sizes[0]:,} users",
            ratio(found[f"{what} {sizes[-1]}"], found[f"{what} {sizes[0]}"]),
            "×",
            at_most=MOST,
        )
        for what in whats
    ]
    with emulator.dynamodb(folder / "emulator") as client:
        counted = {} if client is None else _counted(client, effort.dynamodb_users, folder)
    return Finding(
        name="growth",
        title="Growth",
        figures=(*figures, *_same(counted)),
        data={
            "sqlite": {
                what: {str(size): spread(found[f"{what} {size}"]).median * 1e3 for size in sizes}
                for what in whats
            },
            "dynamodb": counted,
        },
        notes=(
            (
                "Users were put into the store in the records that a sign-up makes, with one password hash for all. Every operation "
                "is about another of them. Log-in without its hash: the same with a hash that costs nothing, so that the store is seen."
            ),
            "On DynamoDB the requests and capacity units of each operation are compared; an emulator's latency says nothing.",
        ),
    )


def _operations(place: Path, size: int) -> dict[str, Batch]:
    at, cheap = house.services(place), house.services(place, cheap=True)
    cheap.__dict__["store"] = at.store
    at.keys.ring.signing_key()
    crowd = people.crowd(at, size)
    people.into_sqlite(crowd, place / "cupbearer.db")
    few = people.crowd(cheap, min(size, max(1000, size // 100)), stem="fast")
    people.into_sqlite(few, place / "cupbearer.db")
    board = Board(at.store, at.world)
    for _ in range(MESSAGES):
        board.post(author="Zoe", text="The cat is on the roof again.")
    places, numbers = _places(size), _scattered(size)
    return {
        "log-in": _log_in(at, "user", size),
        "log-in without its hash": _log_in(cheap, "fast", len(few.ids)),
        "refresh": _refresh(at, size),
        "page of 50 users": lambda: seconds_each(
            partial(at.accounts.users.listed, after=next(places), limit=PAGE)
        ),
        "page of the console's search": lambda: seconds_each(
            partial(at.accounts.people.search, people.name_of(next(numbers))[:-2])
        ),
        "page of the console's newest": lambda: seconds_each(partial(at.accounts.people.listed, "newest")),
        "message page": lambda: seconds_each(board.newest, 4),
    }


def _scattered(size: int) -> Iterator[int]:
    """Give numbers below ``size`` in an order that jumps about."""
    number = 0
    while True:
        number = (number + 618_033 * size // 1_000_000 + 1) % size
        yield number


def _log_in(at: Services, stem: str, size: int) -> Batch:
    numbers = _scattered(size)

    def one() -> None:
        name = people.name_of(next(numbers), stem)
        at.authentication.log_in.with_password(
            username=name, password=house.PASSWORD, source=house.somewhere()
        )

    return lambda: seconds_each(one)


def _refresh(at: Services, size: int) -> Batch:
    numbers = _scattered(size)
    tokens = [
        at.authentication.log_in.with_password(
            username=people.name_of(next(numbers)), password=house.PASSWORD, source=house.somewhere()
        ).refresh_token
        for _ in range(8)
    ]

    def one() -> None:
        tokens.append(at.authentication.log_in.refresh(tokens.pop(0), source=house.somewhere()).refresh_token)

    return lambda: seconds_each(one, 4)


def _places(size: int) -> Iterator[str]:
    """Give places all over the directory, each with a full page after it."""
    for number in _scattered(max(1, size - PAGE)):
        yield f"{people.SIGNED_UP + number:012d}"


def _counted(client: Any, sizes: tuple[int, ...], folder: Path) -> dict[str, dict[str, Any]]:
    """Return what operations ask of tables of these sizes."""
    found: dict[str, dict[str, Any]] = {}
    for size in sizes:
        requests = house.Requests([])
        store = emulator.store(client, requests, table=f"growth-{size}")
        at = house.services(folder, store=store, cheap=True)
        people.into_dynamodb(people.crowd(at, size), client, f"growth-{size}")
        board = Board(at.store, at.world)
        for _ in range(MESSAGES):
            board.post(author="Zoe", text="The cat is on the roof again.")
        names = (people.name_of(number) for number in _scattered(size))
        asked = Operations(at, requests, names).people()
        found[str(size)] = {name: _told(one) for name, one in asked.items()}
    return found


def _told(asked: Asked) -> dict[str, Any]:
    return {
        "requests": list(asked.requests),
        "read_units": asked.read_units,
        "write_units": asked.write_units,
    }


def _same(counted: dict[str, dict[str, Any]]) -> list[Figure]:
    """Return, per operation, the capacity at the largest size over that at the smallest; other requests are infinite growth."""
    if not counted:
        return []
    small, *_, large = counted
    figures = []
    for name, before in counted[small].items():
        after = counted[large][name]
        units = [one["read_units"] + one["write_units"] for one in (before, after)]
        grown = units[1] / units[0] if before["requests"] == after["requests"] else float("inf")
        figures.append(Figure(f"DynamoDB: {name}, {int(large):,} ÷ {int(small):,} users", grown, "×", 1.0))
    return figures
