"""Ports of loopback for servers that must be told theirs."""

import os
import random
import socket

LOWEST, HIGHEST = (
    15_000,
    32_000,
)  # below those that systems hand out, so that no outgoing connection takes one first
WORKERS = 16  # of one run; each has ports of its own, or two would be given one that neither listens on yet
_chance = random.Random(os.urandom(8))  # not the test's own, which a seed repeats in each worker
_given: set[int] = set()


def free_port() -> int:
    """Return a port that nobody listens on and that no other test of this run is given."""
    worker = int("0" + os.environ.get("PYTEST_XDIST_WORKER", "").removeprefix("gw"))
    while True:
        port = _chance.randrange(LOWEST + worker % WORKERS, HIGHEST, WORKERS)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
        if port not in _given:
            _given.add(port)
            return port
