"""What may go into a store, decided once for both engines; the rest is a ValueError (ST-6, ST-7)."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from chalicelib.store import (
    MAX_COMMIT_BYTES,
    MAX_COUNTS,
    MAX_DATA_BYTES,
    MAX_DEPTH,
    MAX_INTEGER,
    MAX_KEYS,
    MAX_NAME_BYTES,
    MAX_PAGE,
    MAX_PARTITION_BYTES,
    MAX_SORT_BYTES,
    MAX_WRITES,
    Data,
    Insert,
    Key,
    Replace,
    Tally,
    Write,
    key_of,
)

ITEM_OVERHEAD_BYTES = 200  # the attributes' names, the version, the expiry
FIRST_SURROGATE, FIRST_AFTER_SURROGATES = 0xD800, 0xE000  # not characters: they have no UTF-8 form


def text_bytes(value: object, *, what: str, at_most: int) -> int:
    """Return the size of ``value`` as UTF-8, which is text of at least one byte, without lone surrogates."""
    if not isinstance(value, str):
        raise ValueError(f"{what} must be text, not {type(value).__name__}")  # noqa: TRY004 - one kind of refusal
    try:
        size = len(value) if value.isascii() else len(value.encode())
    except UnicodeEncodeError:
        raise ValueError(f"{what} has no UTF-8 form") from None
    if not 0 < size <= at_most:
        raise ValueError(f"{what} must be 1 to {at_most} bytes, not {size}")
    return size


def integer(value: object, *, what: str) -> None:
    """Demand a 64-bit integer; True is none."""
    if not isinstance(value, int) or isinstance(value, bool) or not -MAX_INTEGER - 1 <= value <= MAX_INTEGER:
        raise ValueError(f"{what} must be a 64-bit integer")


def key_bytes(key: Key) -> int:
    """Return the size of a key that both engines take."""
    return text_bytes(key.partition, what="a partition", at_most=MAX_PARTITION_BYTES) + text_bytes(
        key.sort, what="a sort", at_most=MAX_SORT_BYTES
    )


def check_keys(keys: Sequence[Key]) -> None:
    """Demand at most a hundred keys, each once."""
    for key in keys:
        key_bytes(key)
    if len(keys) > MAX_KEYS or len(set(keys)) < len(keys):
        raise ValueError(f"at most {MAX_KEYS} keys, each once")


def check_page(partition: str, *, prefix: str, after: str | None, limit: int) -> None:
    """Demand arguments of ``list`` that both engines take."""
    text_bytes(partition, what="a partition", at_most=MAX_PARTITION_BYTES)
    for what, sort in (("a prefix", prefix or None), ("a start", after)):
        if sort is not None:
            text_bytes(sort, what=what, at_most=MAX_SORT_BYTES)
    integer(limit, what="a limit")
    if not 1 <= limit <= MAX_PAGE:
        raise ValueError(f"a limit must be 1 to {MAX_PAGE}")


def check_writes(writes: Sequence[Write]) -> list[str | None]:
    """Return the JSON text of each write's data, None where it has none."""
    sizes = [key_bytes(key_of(write)) + ITEM_OVERHEAD_BYTES for write in writes]
    if not 1 <= len(writes) <= MAX_WRITES or len({key_of(write) for write in writes}) < len(writes):
        raise ValueError(f"1 to {MAX_WRITES} writes, each about another key")
    texts = [_check_write(write) for write in writes]
    if sum(sizes) + sum(len(text.encode()) for text in texts if text is not None) > MAX_COMMIT_BYTES:
        raise ValueError(f"a commit holds at most {MAX_COMMIT_BYTES} bytes")
    return texts


def _check_write(write: Write) -> str | None:
    if not isinstance(write, Insert | Replace):
        return None
    if write.expires_at is not None:
        integer(write.expires_at, what="expires_at")
    if isinstance(write, Insert):
        check_beside(write.beside)
    return data_text(write.data)


def check_beside(writes: Sequence[Insert | Tally]) -> None:
    """Demand what could be written by itself."""
    for write in writes:
        key_bytes(write.key)
        if isinstance(write, Tally):
            check_amounts(write.amounts, expires_at=write.expires_at)
        else:
            _check_write(write)


def data_text(data: Data) -> str:
    """Return ``data`` as compact JSON that reads back as the same value."""
    if not isinstance(data, Mapping):
        raise ValueError("data must be a JSON object")  # noqa: TRY004 - one kind of refusal
    plain = dict(data)
    _check_value(plain, MAX_DEPTH)
    text = json.dumps(plain, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    text_bytes(text, what="data", at_most=MAX_DATA_BYTES)
    return text


def _check_value(value: Any, depth: int) -> None:
    match value:
        case None | bool() | float() | str():
            return
        case int():
            integer(value, what="a number in data")
        case dict() | list() if depth == 0:
            raise ValueError(f"data is nested more than {MAX_DEPTH} deep")
        case dict():
            if not all(isinstance(name, str) for name in value):
                raise ValueError("names in data must be text")
            for member in value.values():
                _check_value(member, depth - 1)
        case list():
            for member in value:
                _check_value(member, depth - 1)
        case _:
            raise ValueError(f"data may not hold a {type(value).__name__}")


def check_taker(taker: str) -> None:
    """Demand a name for who takes."""
    text_bytes(taker, what="a taker", at_most=MAX_NAME_BYTES)


def check_amounts(amounts: Mapping[str, int], *, expires_at: int) -> None:
    """Demand one to twenty named 64-bit amounts and an expiry."""
    if not 1 <= len(amounts) <= MAX_COUNTS:
        raise ValueError(f"1 to {MAX_COUNTS} amounts")
    integer(expires_at, what="expires_at")
    for name, amount in amounts.items():
        text_bytes(name, what="a count's name", at_most=MAX_NAME_BYTES)
        integer(amount, what="an amount")


def end_of_prefix(prefix: str) -> str | None:
    """Return the least text after all that begins with ``prefix``; None where there is none.

    The order of UTF-8 bytes is that of code points, so the last one that can grow, grows.
    """
    head = prefix.rstrip("\U0010ffff")
    if not head:
        return None
    following = ord(head[-1]) + 1
    return head[:-1] + chr(FIRST_AFTER_SURROGATES if following == FIRST_SURROGATE else following)
