"""An IAM evaluator for authorizers' policies: Deny over Allow, ``*`` and ``?`` cross ``/``, case counts."""

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

INVOKE = "execute-api:Invoke"
KNOWN = {"Sid", "Effect", "Action", "Resource"}


def allows(policy: Mapping[str, Any], resource: str, *, action: str = INVOKE) -> bool:
    """Tell whether the policy lets the action through. Raises ValueError for what it does not know."""
    if policy.get("Version") != "2012-10-17":
        raise ValueError(f"version {policy.get('Version')!r}")
    effects = {_effect(s) for s in as_list(policy["Statement"]) if _speaks_of(s, resource, action)}
    return effects == {"Allow"}


def as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _effect(statement: Mapping[str, Any]) -> str:
    effect = statement["Effect"]
    if effect not in {"Allow", "Deny"}:
        raise ValueError(f"effect {effect!r}")
    return str(effect)


def _speaks_of(statement: Mapping[str, Any], resource: str, action: str) -> bool:
    if set(statement) - KNOWN or not as_list(statement["Resource"]):
        raise ValueError(f"statement {statement!r}")
    acts = any(_glob(pattern.lower()).fullmatch(action.lower()) for pattern in as_list(statement["Action"]))
    return acts and any(_glob(pattern).fullmatch(resource) for pattern in as_list(statement["Resource"]))


@lru_cache(maxsize=4096)
def _glob(pattern: str) -> re.Pattern[str]:
    wild = {"*": ".*", "?": "."}
    return re.compile("".join(wild.get(char) or re.escape(char) for char in pattern), re.DOTALL)
