"""Values: what a frozen dataclass promises, without its start."""

from dataclasses import asdict, replace

import pytest

from chalicelib.value import Value


class Point(Value):
    x: int
    y: int = 7


class Even(Value):
    number: int

    def __post_init__(self) -> None:
        if self.number % 2:
            raise ValueError("odd")


def test_fields_are_given_by_place_or_by_name_and_may_have_a_default() -> None:
    assert Point(1, 2) == Point(x=1, y=2) == Point(1, y=2)
    assert Point(1).y == 7


def test_equality_and_hash_go_by_kind_and_fields() -> None:
    class Other(Value):
        x: int
        y: int = 7

    assert Point(1) != Other(1)
    assert Point(1) != Point(2)
    assert {Point(1), Point(1, 7), Point(2)} == {Point(1), Point(2)}


def test_it_cannot_be_changed_only_replaced() -> None:
    point = Point(1)
    with pytest.raises(AttributeError, match="is a value"):
        point.x = 2  # type: ignore[misc]
    with pytest.raises(AttributeError, match="is a value"):
        del point.x
    assert (replace(point, x=2), point) == (Point(2), Point(1))


@pytest.mark.parametrize(
    "make", ["Point()", "Point(1, 2, 3)", "Point(1, x=1)", "Point(1, z=1)", "Point(z=1)"]
)
def test_a_missing_unknown_or_doubled_field_is_an_error(make: str) -> None:
    with pytest.raises(TypeError, match="Point"):
        eval(make)  # noqa: S307 - the type checker would refuse each


def test_it_may_refuse_values_that_do_not_fit() -> None:
    assert replace(Even(2), number=4) == Even(4)
    with pytest.raises(ValueError, match="odd"):
        replace(Even(2), number=3)


def test_it_reads_as_what_makes_it() -> None:
    assert repr(Point(1)) == "Point(x=1, y=7)"


def test_it_is_a_dataclass_to_whoever_asks() -> None:
    assert asdict(Point(1)) == {"x": 1, "y": 7}
