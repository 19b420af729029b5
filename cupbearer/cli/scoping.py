"""Scopes as they are typed: one a word, and a warning where no route asks for it."""

from collections.abc import Iterable
from difflib import get_close_matches
from importlib import import_module
from typing import TYPE_CHECKING

import click

from cupbearer.cli.output import note
from cupbearer.cli.resources_shown import every_resource

if TYPE_CHECKING:
    from chalicelib.scopes import Scopes
    from chalicelib.wiring import Services


def one_each(words: Iterable[str]) -> "Scopes":
    """Return the scopes that words name. Raises UsageError for a word that is more than one."""
    from chalicelib import scopes

    for word in words:
        if len(several := word.split()) > 1:
            listed = ", ".join(several)
            raise click.UsageError(
                f"{word!r} is {len(several)} scopes in one word ({listed}): give each of them by itself, without quotes."
            )
    return scopes.parse_each(words)


def warn_of_unknown(at: "Services", given: "Scopes") -> None:
    """Tell which scopes neither a route nor a registered API asks for, with the nearest that a route does. They are
    given all the same: other programs may ask for them.
    """  # noqa: D205 - one sentence
    known = _known()
    unknown = given - known if known else frozenset()
    if unknown:
        unknown -= frozenset().union(*(each.scope_names for each in every_resource(at)))
    for scope in sorted(unknown):
        nearest = get_close_matches(scope, sorted(known), n=1)
        hint = f"did you mean {nearest[0]}?" if nearest else f"Routes ask for: {' '.join(sorted(known))}"
        note(f"cupbearer: warning: no route here asks for the scope {scope}; {hint}")


def _known() -> "Scopes":
    """Return what routes of this project ask for, a reader's own included, and what OpenID names."""
    from chalicelib.scopes import NONE, PROTOCOL

    try:
        table = import_module("app").TABLE
    except Exception:  # noqa: BLE001 - a project that cannot start is no reason to refuse a grant
        return NONE
    return PROTOCOL | {route.guard.scope for route in table if route.guard.scope}
