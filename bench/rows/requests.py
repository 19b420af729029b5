"""What every operation asks of the store: requests on both engines, capacity units on DynamoDB."""

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path

from bench import emulator, house
from bench.effort import Effort
from bench.findings import Figure, Finding
from bench.operations import Asked, Operations
from chalicelib.store.sqlite import SqliteStore
from chalicelib.world import SYSTEM

# The design's section 8: reads and writes at most. Two writes of what is written down go beside it (decision 0108).
TARGETS: Mapping[str, tuple[int, int]] = {
    "authorizer": (0, 0),
    "authorizer, malformed token": (0, 0),
    "authorizer, forged token": (0, 0),
    "authorizer, forged random secret (opaque)": (1, 0),
    "refresh, forged": (0, 0),
    "log-in": (2, 6),
    "log-in, from a new network": (2, 6),
    "log-in, the first of a day": (2, 6),
    "log-in, second factor asked for": (2, 4),
    "log-in, second step by app": (2, 5),
    "refresh": (1, 1),
    "sign-up": (1, 4),
    "message page": (1, 0),
    "page of 50 users": (1, 0),
    "console: newest": (2, 0),
    "console: seen": (9, 0),
    "console: search": (2, 0),
    "console: one person": (3, 0),
    "console: activity": (5, 0),
    "console: statistics": (3, 0),
}


def measure(effort: Effort, folder: Path) -> Finding:  # noqa: ARG001 - counts need no more than one look
    """Count on SQLite, and on DynamoDB where its emulator is installed; with both kinds of access tokens."""
    engines = {"sqlite": _sqlite(folder)}
    with emulator.dynamodb(folder / "emulator") as client:
        if client is not None:
            engines["dynamodb"] = _dynamodb(folder, client)
    figures = [
        Figure(f"{name}: {kind}", max(getattr(found[name], kind) for found in engines.values()), "", most)
        for name, targets in TARGETS.items()
        for kind, most in zip(("reads", "writes"), targets, strict=True)
    ]
    return Finding(
        name="requests",
        title="Requests to the store, and capacity",
        figures=tuple(figures),
        data={
            engine: {name: asdict(asked) for name, asked in found.items()}
            for engine, found in engines.items()
        },
        notes=(
            "In the steady state of a process: its keys are loaded. On SQLite a verb is a request. The larger of both engines' figures is shown.",
            (
                "Capacity units are those that the emulator answered with (ReturnConsumedCapacity); it charges as DynamoDB does: "
                "4 KB a read unit when strongly consistent, 1 KB a write unit, twice in a transaction. BatchGetItem, which it does not "
                "charge, and Query, which it charges one unit whatever its size, are charged here by AWS's rule."
            ),
        ),
    )


def _sqlite(folder: Path) -> dict[str, Asked]:
    found: dict[str, Asked] = {}
    for kind in ("jwt", "opaque"):
        requests = house.Requests([])
        store = SqliteStore(
            folder / f"{kind}.db", now=SYSTEM.now, nonce=SYSTEM.identifier, on_request=requests
        )
        at = house.services(folder, {"CUPBEARER_ACCESS_TOKENS": kind}, store=store, cheap=True)
        found |= _named(Operations(at, requests, iter(())).all(), kind)
    return found


def _dynamodb(folder: Path, client: object) -> dict[str, Asked]:
    found: dict[str, Asked] = {}
    for kind in ("jwt", "opaque"):
        requests = house.Requests([])
        store = emulator.store(client, requests, table=f"bench-{kind}")
        at = house.services(folder, {"CUPBEARER_ACCESS_TOKENS": kind}, store=store, cheap=True)
        found |= _named(Operations(at, requests, iter(())).all(), kind)
    return found


def _named(found: Mapping[str, Asked], kind: str) -> dict[str, Asked]:
    return {f"{name} (opaque)" if kind == "opaque" else name: asked for name, asked in found.items()}
