"""How much is measured: in full, or in under a minute."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Effort:
    """The sizes of a run. ``rounds`` are interleaved between the contenders of a row."""

    name: str
    rounds: int
    tokens: int  # verified by each contender in a round
    cold_starts: int  # of each contender
    log_ins: int
    worker_seconds: float  # of each point of the throughput curves
    workers: tuple[int, ...]
    sqlite_users: tuple[int, ...]
    dynamodb_users: tuple[int, ...]
    timings: int  # log-ins of each class of account
    askings: int  # for a mail, of each class of account
    texts: int  # tried of each parser
    people: int  # of a relying party, who take turns: each has a handful of sessions, as people do
    at_once: tuple[int, ...] = (1, 8, 32)  # people who log in, of each process whose memory is looked at
    warms_up: bool = True  # whether the rounds that count of growth and timing come after many that do not


FULL = Effort(
    name="full",
    rounds=31,
    tokens=120,
    cold_starts=31,
    log_ins=120,
    worker_seconds=4.0,
    workers=(1, 2, 4, 8),
    sqlite_users=(1_000, 10_000, 100_000, 1_000_000),
    dynamodb_users=(1_000, 20_000),  # the emulator's own search of a partition grows with it
    timings=700,  # two classes that are the same differ by chance by 0.015 of an AUC
    askings=2_000,  # by 0.009
    texts=1_500,
    people=200,
)
QUICK = Effort(
    name="quick",
    rounds=5,
    tokens=40,
    cold_starts=5,
    log_ins=15,
    worker_seconds=0.7,
    workers=(1, 2),
    sqlite_users=(1_000, 10_000),
    dynamodb_users=(200, 1_000),
    timings=25,
    askings=25,
    texts=60,
    people=200,
)
