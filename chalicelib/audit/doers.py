"""Who does something, for the trail to name, and what the commit of it demands of them."""

from collections.abc import Callable
from dataclasses import dataclass

from chalicelib.audit.trail import OPERATOR
from chalicelib.store import Check


def nothing() -> tuple[Check, ...]:
    """Demand nothing: whoever has this machine has the store."""
    return ()


@dataclass(frozen=True, slots=True)
class Doer:
    """``actor`` is a user id, or the operator at the command line.

    ``demands`` returns, as it stands at each try, what the commit demands so that the right to do it still holds then;
    it may raise a refusal.
    """

    actor: str = OPERATOR
    demands: Callable[[], tuple[Check, ...]] = nothing


AT_THE_COMMAND_LINE = Doer()
