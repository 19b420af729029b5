"""Immutable values for what the authorizer loads: a frozen dataclass without its price at every start.

``dataclass`` writes source for each class and compiles it at import, about a millisecond of it a class, and its
module brings ``inspect`` along. Deployed, each cold start pays that again (docs/decisions/0070).
"""

from typing import Any, ClassVar, NoReturn, dataclass_transform


class _Fields:
    """What ``dataclasses.replace``, ``fields`` and ``asdict`` look for, made when one of them does."""

    def __get__(self, _: object, kind: "type[Value]") -> Any:
        from dataclasses import fields, make_dataclass

        return {field.name: field for field in fields(make_dataclass(kind.__name__, kind._names))}  # noqa: SLF001 - its own


@dataclass_transform(frozen_default=True)
class Value:
    """Fields are the annotated names, defaults what stands behind them; equality and hash go by the fields."""

    __dataclass_fields__: ClassVar[Any] = _Fields()
    _names: ClassVar[tuple[str, ...]] = ()
    _known: ClassVar[frozenset[str]] = frozenset()
    _refuses: ClassVar[bool] = False
    _defaults: ClassVar[dict[str, Any]] = {}

    def __init_subclass__(cls) -> None:
        members = vars(cls)
        own = tuple(members.get("__annotations__", ()))
        cls._names += own
        cls._known = frozenset(cls._names)
        cls._refuses = cls.__post_init__ is not Value.__post_init__
        cls._defaults = cls._defaults | {name: members[name] for name in own if name in members}

    def __init__(self, *given: Any, **named: Any) -> None:
        if given:
            named |= self._placed(given, named)
        if len(named) != len(self._names):
            named = self._defaults | named
        if named.keys() != self._known:
            wrong = ", ".join(sorted(named.keys() ^ self._known))
            raise TypeError(f"{type(self).__name__}: missing or unknown: {wrong}")
        self.__dict__.update(named)
        if self._refuses:
            self.__post_init__()

    def __post_init__(self) -> None:
        """Refuse values that do not fit together."""

    def _placed(self, given: tuple[Any, ...], named: dict[str, Any]) -> dict[str, Any]:
        placed = dict(zip(self._names, given, strict=False))
        if len(placed) != len(given) or not placed.keys().isdisjoint(named):
            raise TypeError(f"{type(self).__name__}: too many values, or one given twice")
        return placed

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self) and self._values() == other._values()

    def __hash__(self) -> int:
        return hash(self._values())

    def __repr__(self) -> str:
        fields = ", ".join(
            f"{name}={value!r}" for name, value in zip(self._names, self._values(), strict=True)
        )
        return f"{type(self).__name__}({fields})"

    def __setattr__(self, name: str, _: object) -> NoReturn:
        raise AttributeError(f"{type(self).__name__}.{name} cannot be changed: it is a value")

    def __delattr__(self, name: str) -> NoReturn:
        raise AttributeError(f"{type(self).__name__}.{name} cannot be removed: it is a value")

    def _values(self) -> tuple[Any, ...]:
        return tuple(map(self.__dict__.__getitem__, self._names))
