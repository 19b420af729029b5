"""The ``claims`` parameter: what a client wants to know, one by one (OpenID Connect Core section 5.5; OP-12).

It gives nothing that a scope does not: a claim of a person's is asked for as its scope is, which the person consents to.
``sub`` and an essential ``acr`` are no wishes but conditions (section 5.5.1.1).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from chalicelib.errors import Invalid
from chalicelib.jose import strict_json
from chalicelib.oauth.person_claims import SCOPES
from chalicelib.scopes import NONE, Scopes
from chalicelib.sessions import assurance

MAX_CLAIMS = 4096  # characters
MAX_DEPTH = 6  # of the JSON text: a claim's values stand at the fourth
PLACES = ("userinfo", "id_token")
MAX_SUBJECT = 255  # Core section 2


@dataclass(frozen=True, slots=True)
class ClaimsRequest:
    """What was asked for, as far as we know it; the rest is passed over (section 5.5)."""

    scopes: Scopes = NONE  # those that cover the person's claims that are asked for
    id_token: tuple[str, ...] = ()  # the names of those that the ID token should hold
    subject: str | None = None  # the only person it is meant for
    acr_values: tuple[str, ...] = ()  # levels that we know
    must_reach: bool = False  # one of these levels, or the log-in counts as failed


def read(text: str) -> ClaimsRequest:
    """Return what a ``claims`` parameter asks for; raise Invalid."""
    if len(text) > MAX_CLAIMS:
        raise Invalid(f"claims has at most {MAX_CLAIMS} characters.")
    asked = {place: _members(_parsed(text).get(place)) for place in PLACES}
    names = {place: tuple(name for name in SCOPES if name in asked[place]) for place in PLACES}
    acr = asked["id_token"].get("acr", {})
    levels = _values(acr)
    return ClaimsRequest(
        scopes=frozenset(SCOPES[name] for place in PLACES for name in names[place]),
        id_token=names["id_token"],
        subject=_subject([each["sub"] for each in asked.values() if "sub" in each]),
        acr_values=tuple(each for each in levels if each in assurance.SUPPORTED),
        must_reach=bool(levels) and acr.get("essential", False),
    )


def _parsed(text: str) -> dict[str, Any]:
    try:
        value = strict_json.loads(text.encode(), max_depth=MAX_DEPTH)
    except (ValueError, RecursionError):
        raise Invalid("claims is not JSON that can be read.") from None
    if not isinstance(value, dict):
        raise Invalid("claims is a JSON object.")
    return value


def _members(wanted: Any) -> dict[str, dict[str, Any]]:
    """Return the claims of one place, each with what is said of it: ``null`` is nothing."""
    if wanted is None:
        return {}
    if not isinstance(wanted, dict):
        raise Invalid("userinfo and id_token of claims are JSON objects.")
    return {name: _said(said) for name, said in wanted.items()}


def _said(said: Any) -> dict[str, Any]:
    if said is None:
        return {}
    if not isinstance(said, dict):
        raise Invalid("Each claim of claims is null or a JSON object.")
    if not isinstance(said.get("essential", False), bool):
        raise Invalid("essential of a claim is true or false.")
    if not isinstance(said.get("values", []), list):
        raise Invalid("values of a claim is a JSON array.")
    return said


def _values(said: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the texts that a claim should be one of, the first wished for most."""
    wanted = [said["value"]] if "value" in said else said.get("values", [])
    return tuple(dict.fromkeys(each for each in wanted if isinstance(each, str)))


def _subject(said: list[dict[str, Any]]) -> str | None:
    """Return whom it is meant for: one person, wherever that is said."""
    conditions = [each for each in said if {"value", "values"} & each.keys()]
    people = {value for each in conditions for value in _values(each)}
    if not conditions:
        return None
    if len(people) != 1 or not all(map(_values, conditions)) or len(min(people)) > MAX_SUBJECT:
        raise Invalid("sub of claims names one person.")
    return min(people)
