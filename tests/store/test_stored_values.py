"""What a dataclass says of itself is what is stored of it and what is read again, by this release and its neighbours."""

import json
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Literal, NewType

import pytest

from chalicelib.store import Key, Record
from chalicelib.store.stored_values import StoredRecord, StoredValue, stored_as, stored_unless_default

Name = NewType("Name", str)


@dataclass(frozen=True, slots=True)
class Cup(StoredValue):
    size: int
    colour: str | None = None


@dataclass(frozen=True, slots=True)
class Tray(StoredRecord):
    name: Name
    state: Literal["clean", "used"]
    words: frozenset[str]
    cups: tuple[Cup, ...] = ()
    moments: tuple[tuple[int, float], ...] = ()
    allowed: frozenset[str] | None = None
    best: Cup | None = None
    hidden: bool = field(default=False, metadata=stored_as("told"))


TRAY = Tray(
    name=Name("silver"),
    state="used",
    words=frozenset({"b", "a", "c"}),
    cups=(Cup(1), Cup(2, "blue")),
    moments=((1, 0.5), (2, 1.5)),
    allowed=frozenset({"z", "y"}),
    best=Cup(3),
    hidden=True,
)
STORED = {
    "name": "silver",
    "state": "used",
    "words": ["a", "b", "c"],
    "cups": [{"size": 1, "colour": None}, {"size": 2, "colour": "blue"}],
    "moments": [[1, 0.5], [2, 1.5]],
    "allowed": ["y", "z"],
    "best": {"size": 3, "colour": None},
    "told": True,
}


def record_of(data: dict[str, object]) -> Record:
    return Record(Key("tray#1", "tray"), json.loads(json.dumps(data)), "v1")


def test_it_is_stored_in_the_order_of_its_fields_with_sets_sorted() -> None:
    assert json.dumps(TRAY.data()) == json.dumps(STORED)


def test_what_is_stored_reads_back_as_it_was_with_its_record() -> None:
    record = record_of(STORED)
    assert Tray.from_record(record) == replace(TRAY, record=record)


def test_its_record_is_no_part_of_what_is_stored() -> None:
    assert Tray.from_record(record_of(STORED)).data() == STORED


def test_what_a_newer_release_added_is_passed_over_at_every_depth() -> None:
    """DP-4."""
    newer = {**STORED, "lid": 1, "hidden": "no", "record": 2, "best": {"size": 3, "colour": None, "lid": 1}}
    assert Tray.from_record(record_of(newer)).data() == STORED


def test_what_an_earlier_release_did_not_write_takes_its_default() -> None:
    """DP-4."""
    tray = Tray.from_data({"name": "silver", "state": "clean", "words": []})
    assert tray == Tray(Name("silver"), "clean", frozenset())


@pytest.mark.parametrize("missing", ["name", "state", "words"])
def test_what_has_no_default_must_be_there(missing: str) -> None:
    with pytest.raises(TypeError, match=missing):
        Tray.from_data({name: value for name, value in STORED.items() if name != missing})


@pytest.mark.parametrize("member", ["words", "cups", "moments"])
def test_nothing_where_a_set_or_a_list_belongs_is_refused(member: str) -> None:
    with pytest.raises(TypeError):
        Tray.from_data({**STORED, member: None})


class Glaze(StrEnum):
    CLEAR = "clear"
    MATT = "matt"


@dataclass(frozen=True, slots=True)
class Bowl(StoredValue):
    glaze: Glaze
    beside: Glaze = field(default=Glaze.CLEAR, metadata=stored_unless_default())


def test_a_name_is_stored_as_its_text_and_read_as_the_name() -> None:
    bowl = Bowl(Glaze.MATT)
    assert bowl.data() == {"glaze": "matt"}
    assert type(bowl.data()["glaze"]) is str
    assert Bowl.from_data({"glaze": "matt", "beside": "matt"}).beside is Glaze.MATT


@dataclass(frozen=True, slots=True)
class Saucer(StoredValue):
    size: int
    cup: Cup = field(default=Cup(1), metadata=stored_unless_default())
    pattern: str | None = field(default=None, metadata=stored_unless_default())


@pytest.mark.parametrize(
    ("saucer", "stored"),
    [
        (Saucer(1), {"size": 1}),
        (Saucer(1, Cup(1), None), {"size": 1}),
        (Saucer(1, Cup(1, "blue"), ""), {"size": 1, "cup": {"size": 1, "colour": "blue"}, "pattern": ""}),
    ],
)
def test_what_is_its_default_is_left_out_where_the_field_says_so(
    saucer: Saucer, stored: dict[str, object]
) -> None:
    assert saucer.data() == stored
    assert Saucer.from_data(stored) == saucer
