"""The way of a request through the house: which folders of ``chalicelib/`` it comes through, and how often it climbs back.

A way is the list of folders whose public functions run, in the order of calls, the same one twice in a row counted once.
It begins at the view. What every folder stands on is left out (the root, ``store/``, ``jose/``), and so are ``web/``
itself, which is the form of the request, ``wiring``, which decides nothing, what is behind a name with an underscore or
inside a function, and a property, which reads like a field. A climb is a return to a folder that the request has left and
that stands on a higher floor of the map (:mod:`tools.house_map`).

tests/test_walks.py holds the ways from growing; ``pytest -s`` prints them.
"""

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import pairwise
from types import FrameType

from tools import house_map

HOME = f"{house_map.ROOT / 'chalicelib'}/"
LEFT_OUT = {"store", "jose", *house_map.TOP}
START = "web"


@dataclass(frozen=True, slots=True)
class Stay:
    """One stay of a request in a folder, and the public functions that ran there."""

    folder: str
    functions: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        return f"{self.folder}: {', '.join(dict.fromkeys(self.functions))}"


@contextmanager
def followed() -> Iterator[list[Stay]]:
    """Follow what this thread runs inside the block; the list is the way, and grows as it is walked."""
    way = [Stay(START)]

    def note(frame: FrameType, event: str, _: object) -> None:
        folder = _folder(frame) if event == "call" else None
        if folder is None:
            return
        if way[-1].folder != folder:
            way.append(Stay(folder))
        way[-1].functions.append(frame.f_code.co_qualname)

    before = sys.getprofile()
    sys.setprofile(note)
    try:
        yield way
    finally:
        sys.setprofile(before)


def climbs(folders: Sequence[str]) -> list[tuple[str, str]]:
    """Return each return to a higher floor: from where, and to where."""
    height = {
        folder: floor for floor, row in enumerate(house_map.floors(house_map.arrows())) for folder in row
    }
    return [
        (here, there)
        for place, (here, there) in enumerate(pairwise(folders))
        if there in folders[:place] and height[there] > height[here]
    ]


def _folder(frame: FrameType) -> str | None:
    """Return the folder whose public function begins to run, or None for anything that is no step of a way."""
    code = frame.f_code
    if not code.co_filename.startswith(HOME) or "<" in code.co_qualname or code.co_name.startswith("_"):
        return None
    itself = frame.f_locals.get("self")
    if itself is not None and isinstance(getattr(type(itself), code.co_name, None), property):
        return None
    folder = code.co_filename.removeprefix(HOME).rpartition("/")[0].partition("/")[0]
    return folder if folder and folder not in LEFT_OUT else None
