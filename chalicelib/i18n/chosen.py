"""The language of what is being said now: of the request that a thread answers, or of the mail that it writes.

Whoever begins a request or a mail sets :data:`WISHES`; whoever makes text for people asks
:func:`language`. In between nothing carries it along: a refusal, say, is raised far below every page.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

from chalicelib.i18n.languages import SOURCE, accepted, listed, lookup


@dataclass(slots=True)
class Wishes:
    """What is known of the language that a request is to be answered in, in the order in which it counts (LA-1).

    ``own`` is what the person chose here; ``ui_locales`` what the application asked for; ``accept_language`` the header of
    the browser; ``otherwise`` what the setting says. Only a language that is ``offered`` comes of the first three.
    """

    offered: Sequence[str] = (SOURCE,)
    otherwise: str = SOURCE
    own: str = ""
    ui_locales: str = ""
    accept_language: str = ""

    @property
    def language(self) -> str:
        """Return the language."""
        if self.own in self.offered:
            return self.own
        return (
            lookup(listed(self.ui_locales), self.offered)
            or lookup(accepted(self.accept_language), self.offered)
            or self.otherwise
        )


# Set anew at the start of each request, whatever the request before on this thread had.
WISHES: ContextVar[Wishes | None] = ContextVar("wishes", default=None)


def suggest(ui_locales: str) -> None:
    """Note what an application asked for, where it is found out while the request is answered."""
    wishes = WISHES.get()
    if wishes is not None and ui_locales:
        wishes.ui_locales = ui_locales


def choose(own: str) -> None:
    """Note what the person chose, where it is found out while the request is answered; ``""`` takes a choice back."""
    wishes = WISHES.get()
    if wishes is not None:
        wishes.own = own


def wished() -> str:
    """Return the language of the request where somebody wished for it, and it is not what all get anyway; else ``""``."""
    wishes = WISHES.get()
    return "" if wishes is None or wishes.language == wishes.otherwise else wishes.language


def language() -> str:
    """Return the language of what is said now; English where nobody began anything."""
    wishes = WISHES.get()
    return SOURCE if wishes is None else wishes.language


@contextmanager
def speaking(tag: str) -> Iterator[None]:
    """Say everything inside in one language, and go on as before."""
    before = WISHES.set(Wishes(otherwise=tag, offered=()))
    try:
        yield
    finally:
        WISHES.reset(before)
