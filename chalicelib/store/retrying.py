"""A change that others keep overtaking: read, judge and commit anew, as often as is sensible."""

from collections.abc import Callable
from typing import TypeVar

from chalicelib.errors import Refusal
from chalicelib.store import Conflict

MAX_TRIES = 8  # who loses so often in a row is one of very many: better refused than kept waiting

T = TypeVar("T")


def retrying(
    attempt: Callable[[], T], *, busy: Refusal, reread: Callable[[Conflict], object] | None = None
) -> T:
    """Return what ``attempt`` returns; it is made anew after each :class:`Conflict`, and at last ``busy`` is raised.

    ``attempt`` reads what it judges, or ``reread`` does after each Conflict. Both may raise a refusal, which ends it.
    """
    for _ in range(MAX_TRIES):
        try:
            return attempt()
        except Conflict as conflict:
            if reread is not None:
                reread(conflict)
    raise busy
