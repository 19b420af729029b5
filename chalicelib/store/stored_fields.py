"""Reading what another release wrote: two versions run on one table in every deploy and rollback (DP-4)."""

from collections.abc import Mapping
from dataclasses import fields
from functools import cache
from typing import Any


def stored_fields(kind: type, data: Mapping[str, Any]) -> dict[str, Any]:
    """Return the members of stored data that a dataclass has; a newer release may have added others."""
    names = _names(kind)
    return {name: value for name, value in data.items() if name in names}


@cache
def _names(kind: type) -> frozenset[str]:
    return frozenset(field.name for field in fields(kind))
