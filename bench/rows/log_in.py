"""A log-in in process on SQLite, beside the hash alone: what all the rest of it costs."""

from pathlib import Path

from bench import house, people
from bench.effort import Effort
from bench.findings import Finding, figure
from bench.measuring import Batch, in_turn, ratio, seconds_each, spread
from chalicelib.wiring import Services

AT_ONCE = 4  # log-ins, or hashes, in one batch


def measure(effort: Effort, folder: Path) -> Finding:
    """Measure log-ins, the hash alone, and refreshes, in turn."""
    at = house.services(folder)
    store = folder / "cupbearer.db"
    at.key_ring.signing_key()
    rounds = max(3, effort.log_ins // AT_ONCE)
    crowd = people.crowd(at, (rounds + 3) * AT_ONCE)
    people.into_sqlite(crowd, store)
    hashed = at.passwords.hash(house.PASSWORD)
    contenders: dict[str, Batch] = {
        "log-in": _log_ins(at),
        "the hash alone": lambda: seconds_each(
            lambda: at.passwords.verify(house.PASSWORD, hashed=hashed), AT_ONCE
        ),
        "refresh": _refreshes(at),
    }
    found = in_turn(contenders, rounds=rounds)
    figures = [figure(name, spread(values), "ms") for name, values in found.items()]
    figures.append(
        figure("log-in ÷ the hash alone", ratio(found["log-in"], found["the hash alone"]), "×", at_most=1.10)
    )
    return Finding(
        name="log_in",
        title="Log-in in process on SQLite",
        figures=tuple(figures),
        data={name: [round(value * 1e3, 3) for value in values] for name, values in found.items()},
        notes=(
            (
                f"The hash is {house.HASH}. A log-in here reads and writes five times with synchronous=FULL, signs an RS256 token "
                "and makes a MAC; every one is of another user from another network."
            ),
        ),
    )


def _log_ins(at: Services) -> Batch:
    numbers = iter(range(10**6))

    def one() -> None:
        at.sign_in.with_password(
            username=people.name_of(next(numbers)), password=house.PASSWORD, source=house.somewhere()
        )

    return lambda: seconds_each(one, AT_ONCE)


def _refreshes(at: Services) -> Batch:
    _, signed_in = at.sign_in.sign_up(
        username="refresher", password=house.PASSWORD, log_in=True, source=house.somewhere()
    )
    if signed_in is None:
        raise RuntimeError("a sign-up with log_in begins a session")
    tokens = [signed_in.refresh_token]

    def one() -> None:
        tokens.append(at.sign_in.refresh(tokens.pop(), source=house.somewhere()).refresh_token)

    return lambda: seconds_each(one, AT_ONCE)
