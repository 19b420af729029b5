"""Values as the store keeps them: what is written and read follows from the fields of a dataclass, declared once.

Two versions run on one table in every deploy and rollback (DP-4): a member that a newer release added is passed over,
and one that an older release did not write takes its field's default. Why not msgspec: docs/decisions/0004.
"""

from collections.abc import Callable, Mapping
from dataclasses import MISSING, dataclass, field, fields
from enum import StrEnum
from functools import cache
from types import NoneType, UnionType
from typing import Any, Self, Union, get_args, get_origin, get_type_hints

from chalicelib.store import Record

STORED, OMITTED = "stored", "omitted"


def stored_as(name: str | None) -> dict[str, str | None]:
    """Return the ``metadata`` of a field that is stored under another name or, for None, not at all."""
    return {STORED: name}


def stored_unless_default() -> dict[str, bool]:
    """Return the ``metadata`` of a field that is left out of what is stored while it is its default."""
    return {OMITTED: True}


class StoredValue:
    """A frozen dataclass of what JSON knows, of sets and tuples of it, of names (``StrEnum``), and of other such values."""

    __slots__ = ()

    @classmethod
    def from_data(cls, data: Mapping[str, Any], **beside: Any) -> Self:
        """Return the value that was stored; ``beside`` are its fields that are not."""
        for name, stored, _, read, _ in _FIELDS(cls):
            if stored in data:
                beside[name] = data[stored] if read is None else read(data[stored])
        return cls(**beside)

    def data(self) -> dict[str, Any]:
        """Return what is stored. Sets are sorted: equal values are equal bytes."""
        values: dict[str, Any] = {}
        for name, stored, omitted, _, write in _FIELDS(type(self)):
            value = getattr(self, name)
            if omitted is MISSING or value != omitted:
                values[stored] = value if write is None else write(value)
        return values


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredRecord(StoredValue):
    """A stored value with a record of its own, to be replaced or removed as it was read."""

    record: Record | None = field(default=None, metadata=stored_as(None))  # None before it is stored

    @classmethod
    def from_record(cls, record: Record) -> Self:
        """Return the value of a record."""
        return cls.from_data(record.data, record=record)


Way = Callable[[Any], Any] | None  # None where a value and its JSON are one
Fields = tuple[tuple[str, str, Any, Way, Way], ...]


def _fields(kind: type) -> Fields:
    """Return of each stored field its name, the name that it is stored under, the value that is left out (or
    ``MISSING``), what reads it and what writes it.
    """  # noqa: D205 - one sentence
    types = get_type_hints(kind)
    return tuple(
        (each.name, stored, each.default if each.metadata.get(OMITTED) else MISSING, *_ways(types[each.name]))
        for each in fields(kind)
        if (stored := each.metadata.get(STORED, each.name)) is not None
    )


def _ways(kind: Any) -> tuple[Way, Way]:
    """Return what makes a value of this type of its JSON, and the JSON of a value."""
    origin, inner = get_origin(kind), [each for each in get_args(kind) if each is not NoneType]
    if origin is frozenset:
        return frozenset, sorted
    if origin is tuple:
        read, write = _ways(inner[0])
        return _each(read, tuple), _each(write, list)
    if origin in (Union, UnionType):
        read, write = _ways(inner[0])
        return _or_none(read), _or_none(write)
    if isinstance(kind, type) and issubclass(kind, StoredValue):
        return kind.from_data, kind.data
    if isinstance(kind, type) and issubclass(kind, StrEnum):
        return kind, str
    return None, None


def _each(way: Way, collect: type) -> Way:
    return collect if way is None else lambda values: collect(map(way, values))


def _or_none(way: Way) -> Way:
    return None if way is None else lambda value: None if value is None else way(value)


_FIELDS: Callable[[type], Fields] = cache(_fields)
