"""The parameters of a form that may be given several times, as one text: a NUL between the values, which no form holds."""

from collections.abc import Iterable

REPEATABLE = frozenset({"resource"})  # RFC 8707 section 2

_BETWEEN = "\0"


def joined(values: Iterable[str]) -> str:
    """Return the values as one text; one without a value counts as left out (RFC 6749 section 3.2)."""
    return _BETWEEN.join(filter(None, values))


def parted(text: str | None) -> tuple[str, ...]:
    """Return the values of such a text."""
    return tuple(text.split(_BETWEEN)) if text else ()
