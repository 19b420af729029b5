"""A log-in in process on SQLite, beside the hash alone: what all the rest of it costs."""

import tempfile
from pathlib import Path

from bench import house, people
from bench.effort import Effort
from bench.findings import Figure, Finding, figure
from bench.measuring import Batch, in_turn, ratio, ratio_undisturbed, seconds_each, spread
from chalicelib.sample.board import Board
from chalicelib.wiring import Services

MEMORY = Path("/dev/shm")  # noqa: S108 - a disk of memory, where there is one
AT_ONCE = 4  # log-ins, or hashes, in one batch


def measure(effort: Effort, folder: Path) -> Finding:
    """Measure log-ins, the hash alone, refreshes and a commit alone, in turn; log-ins on a disk of memory too."""
    rounds = max(3, effort.log_ins // AT_ONCE)
    at = _house(folder, rounds)
    hashed = at.credentials.passwords.hash(house.PASSWORD)
    board = Board(at.store, at.world)
    contenders: dict[str, Batch] = {
        "log-in": _log_ins(at),
        "the hash alone": lambda: seconds_each(
            lambda: at.credentials.passwords.verify(house.PASSWORD, hashed=hashed), AT_ONCE
        ),
        "refresh": _refreshes(at),
        "a commit alone": lambda: seconds_each(lambda: board.post(author="Zoe", text="hello"), AT_ONCE),
    }
    with tempfile.TemporaryDirectory(dir=MEMORY if MEMORY.is_dir() else None) as memory:
        contenders["log-in, disk of memory"] = _log_ins(_house(Path(memory), rounds))
        found = in_turn(contenders, rounds=rounds)
    return _told(found)


def _house(folder: Path, rounds: int) -> Services:
    at = house.services(folder)
    at.keys.ring.signing_key()
    people.into_sqlite(people.crowd(at, (rounds + 3) * AT_ONCE), folder / "cupbearer.db")
    return at


def _told(found: dict[str, list[float]]) -> Finding:
    log_in, alone, memory = (found[name] for name in ("log-in", "the hash alone", "log-in, disk of memory"))
    return Finding(
        name="log_in",
        title="Log-in in process on SQLite",
        figures=(
            *(figure(name, spread(values), "ms") for name, values in found.items()),
            figure("log-in ÷ the hash alone", ratio(log_in, alone), "×", at_most=1.08),
            Figure("the same, by the fastest tenth of each", ratio_undisturbed(log_in, alone), "×"),
            figure("log-in, disk of memory ÷ the hash alone", ratio(memory, alone), "×"),
            Figure("the same, by the fastest tenth of each,", ratio_undisturbed(memory, alone), "×"),
        ),
        data={name: [round(value * 1e3, 3) for value in values] for name, values in found.items()},
        notes=(
            (
                f"The hash is {house.HASH}. A log-in asks the store five times, waits for the disk once (synchronous=FULL), signs an "
                "RS256 token and makes a MAC; every one is of another user from another network."
            ),
            (
                "A commit alone is one synced write of a small record: how long this disk makes anybody wait. On a disk of memory "
                "(/dev/shm) that wait is left out."
            ),
        ),
    )


def _log_ins(at: Services) -> Batch:
    numbers = iter(range(10**6))

    def one() -> None:
        at.authentication.log_in.with_password(
            username=people.name_of(next(numbers)), password=house.PASSWORD, source=house.somewhere()
        )

    return lambda: seconds_each(one, AT_ONCE)


def _refreshes(at: Services) -> Batch:
    _, signed_in = at.accounts.sign_up.create(
        username="refresher", password=house.PASSWORD, log_in=True, source=house.somewhere()
    )
    if signed_in is None:
        raise RuntimeError("a sign-up with log_in begins a session")
    tokens = [signed_in.refresh_token]

    def one() -> None:
        tokens.append(at.authentication.log_in.refresh(tokens.pop(), source=house.somewhere()).refresh_token)

    return lambda: seconds_each(one, AT_ONCE)
