"""Ports of loopback for servers that must be told theirs."""

import os
import random
import socket

LOWEST, HIGHEST = (
    15_000,
    32_000,
)  # below those that systems hand out, so that no outgoing connection takes one first
_chance = random.Random(os.urandom(8))  # not the test's own, which a seed repeats in each worker


def free_port() -> int:
    """Return a port that nobody listens on."""
    while True:
        port = _chance.randrange(LOWEST, HIGHEST)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
