"""``python -m bench.worker``: one of many processes on one store, doing one thing as often as it can for a while."""

import argparse
import sys
import time
from collections.abc import Callable
from pathlib import Path

from bench import house, people
from chalicelib.wiring import Services


def main() -> None:
    """Say "ready", wait for a line, work, print how often."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--what", choices=("log-in", "refresh"), required=True)
    parser.add_argument("--first", type=int, required=True)
    parser.add_argument("--seconds", type=float, required=True)
    options = parser.parse_args()
    house.silence()
    at = house.services(options.folder)
    work = (_log_in if options.what == "log-in" else _refresh)(at, options.first)
    work()
    print("ready", flush=True)
    sys.stdin.readline()
    done, end = 0, time.monotonic() + options.seconds
    while time.monotonic() < end:
        work()
        done += 1
    print(done, flush=True)


def _log_in(at: Services, first: int) -> Callable[[], None]:
    number = first

    def work() -> None:
        nonlocal number
        at.authentication.log_in.with_password(
            username=people.name_of(number), password=house.PASSWORD, source=house.somewhere(first)
        )
        number += 1

    return work


def _refresh(at: Services, first: int) -> Callable[[], None]:
    source = house.somewhere(first)
    token = at.authentication.log_in.with_password(
        username=people.name_of(first), password=house.PASSWORD, source=source
    ).refresh_token

    def work() -> None:
        nonlocal token
        token = at.authentication.log_in.refresh(token, source=source).refresh_token

    return work


if __name__ == "__main__":
    main()
