"""Many users at once, in the very records that a sign-up makes, but with one password hash shared by all."""

import itertools
import json
import sqlite3
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench import house
from chalicelib import scopes
from chalicelib.store import Insert
from chalicelib.users import lists, names
from chalicelib.users.user import User, UserId
from chalicelib.users.user_records import UserRecords
from chalicelib.wiring import Services

LETTERS = str.maketrans("01234567", "abcdefgh")  # none of them looks like another: canonical as they are
SIGNED_UP = 1_700_000_000  # the first of them; then one a second
INSERT = """
    INSERT INTO records (pk, sk, data, version, expires_at, taken_by, is_counter)
    VALUES (?, ?, ?, 'v' || abs(random()), NULL, NULL, 0)"""
BATCH = 25  # DynamoDB's limit of a BatchWriteItem

Row = tuple[str, str, str]  # pk, sk, data


def name_of(number: int, stem: str = "user") -> str:
    """Return the user name of the n-th."""
    return stem + f"{number:08o}".translate(LETTERS)


@dataclass(frozen=True, slots=True)
class Crowd:
    """So many users, all with the password of the house."""

    ids: tuple[str, ...]
    writes: tuple[Insert, ...]  # of one of them, with marks where they differ
    stem: str

    def rows(self) -> Iterator[Row]:
        """Give all records, each kind in the order of its keys."""
        for write in sorted(self.writes, key=lambda write: write.key):
            data = json.dumps(dict(write.data), ensure_ascii=False, separators=(",", ":"))
            parts = f"{write.key.partition}\n{write.key.sort}\n{data}"
            for number, user_id in enumerate(self.ids):
                name = name_of(number, self.stem)
                text = parts.replace("USER_ID", user_id).replace("USERNAME", name)
                # Without case: of an address, and of what one is searched by.
                text = text.replace("#username@", f"#{name}@").replace("\nusername", f"\n{name}")
                pk, sk, filled = text.replace(str(SIGNED_UP), str(SIGNED_UP + number)).split("\n")
                yield _part_of(pk, user_id), sk, filled


def _part_of(partition: str, user_id: str) -> str:
    """Return the partition, of the list of who was seen when the part that this user stands in."""
    if partition.startswith(lists.SEEN):
        return lists.seen_partition(lists.shard_of(user_id))
    return partition


def crowd(
    at: Services, count: int, *, stem: str = "user", disabled: bool = False, has_address: bool = False
) -> Crowd:
    """Return a crowd that is not stored yet."""
    if names.canonical_username(name_of(0o1234567, stem)).canonical != name_of(0o1234567, stem):
        raise ValueError(f"{stem} is not canonical")
    user = User(
        user_id=UserId("USER_ID"),
        username="USERNAME",
        canonical="USERNAME",
        scopes=scopes.parse("get:profile"),
        created_at=SIGNED_UP,
        seen_at=SIGNED_UP,
        name="A Person",
        password=at.credentials.passwords.hash(house.PASSWORD),
        disabled_by_operator=disabled,
        email="USERNAME@example.com" if has_address else None,
        email_verified=has_address,
    )
    writes = tuple(write for write in UserRecords.making(user) if isinstance(write, Insert))
    return Crowd(tuple(sorted(at.world.identifier() for _ in range(count))), writes, stem)


def into_sqlite(people: Crowd, path: Path) -> None:
    """Put a crowd into a file that the engine has made."""
    connection = sqlite3.connect(path)
    with connection:
        connection.executemany(INSERT, people.rows())
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.execute("ANALYZE")
    connection.close()


def into_dynamodb(people: Crowd, client: Any, table: str) -> None:
    """Put a crowd into a table, 25 records a request."""
    rows: Iterable[Row] = people.rows()
    numbers = itertools.count()
    for batch in _batched(rows):
        requests = [
            {
                "PutRequest": {
                    "Item": {
                        "pk": {"S": pk},
                        "sk": {"S": sk},
                        "data": {"S": data},
                        "version": {"S": f"seed{next(numbers)}"},
                    }
                }
            }
            for pk, sk, data in batch
        ]
        left = {table: requests}
        while left:
            left = client.batch_write_item(RequestItems=left)["UnprocessedItems"]


def _batched(rows: Iterable[Row]) -> Iterator[tuple[Row, ...]]:
    iterator = iter(rows)
    while batch := tuple(itertools.islice(iterator, BATCH)):
        yield batch
