"""Texts that Python says to people: English wherever nobody reads another language, and translated where a page is made.

:func:`said` marks a text for the catalogues (``make texts`` finds it by this name) and keeps what fills its places, so
that it can be said again in another language: logs, the command line and programs of others go on with the English.
"""

from typing import Any, Self


class Said(str):
    """An English text whose places are filled, and what it was made of."""

    __slots__ = ("places", "template")

    template: str
    places: dict[str, Any]

    def __new__(cls, template: str, places: dict[str, Any]) -> Self:
        """Fill the places, ``{name}`` each."""
        text = super().__new__(cls, template.format_map(places))
        text.template, text.places = template, places
        return text

    def __getnewargs__(self) -> tuple[str, dict[str, Any]]:  # type: ignore[override]
        """Be copied and sent to another process as what it is."""
        return self.template, self.places


def said(template: str, /, **places: Any) -> str:
    """Return an English text for people with its ``{places}`` filled; without any, the text as it is."""
    return Said(template, places) if places else template
