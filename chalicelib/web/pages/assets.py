"""The files that the pages load: modules of ours as they are, the stylesheet and the mark as the brand makes them.

They are served under a path that holds a hash of them all, so a browser may keep them for ever, modules import each
other by relative path, and no page ever mixes two versions.
"""

from collections.abc import Callable, Mapping
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from chalicelib.web.pages import bundle

if TYPE_CHECKING:
    from chalicelib.settings.structured import Brand

FOLDER = Path(__file__).parent / "files"
MODULES = (
    "account",
    "activity",
    "address",
    "board",
    "board_passkey",
    "cupbearer_passkey",
    "dom",
    "doors",
    "entrance",
    "factors",
    "form_post",
    "forms",
    "messages",
    "others",
    "passkey",
    "peeks",
    "prove",
    "rows",
    "session",
    "texts",
    "texts.ar",
    "texts.de",
    "webauthn",
    "wire",
    "words",
    "you",
)
STYLE, CONSOLE_STYLE, MARK = "style.css", "console.css", "icon.svg"
LIBRARY, ELEMENTS = "cupbearer.js", "cupbearer-elements.js"
# What the board alone loads: not served, and not in a package, where the samples are off.
BOARD_PAGE = "board.html"
BOARD_FILES = frozenset(f"{name}.js" for name in ("board", "board_passkey", "doors", "messages", "you"))
SCRIPT = "text/javascript; charset=utf-8"
OWN_LIBRARY = "cupbearer_own.js"  # the same for our own pages, which are of our own site
FOR_OTHERS = frozenset({LIBRARY, ELEMENTS, "cupbearer_passkey.js"})  # pages of every origin load these
ASSETS: Mapping[str, str] = {
    STYLE: "text/css; charset=utf-8",
    CONSOLE_STYLE: "text/css; charset=utf-8",
    MARK: "image/svg+xml",
    LIBRARY: SCRIPT,
    ELEMENTS: SCRIPT,
    OWN_LIBRARY: SCRIPT,
    **{f"{name}.js": SCRIPT for name in MODULES},
}


def _elements(brand: "Brand") -> str:
    from chalicelib.settings.accent import palette

    return bundle.elements(palette(brand.accent))


MADE: "Mapping[str, Callable[[Brand], str]]" = {
    LIBRARY: lambda _: bundle.library(),
    OWN_LIBRARY: lambda _: bundle.library(without=bundle.OF_OTHER_SITES),
    ELEMENTS: _elements,
}


@lru_cache(maxsize=8)
def version(brand: "Brand") -> str:
    """Return a hash of all files that are there, the same for every process that has the same ones."""
    import hashlib

    digest = hashlib.sha256()
    for name in sorted(name for name in ASSETS if name not in BOARD_FILES or (FOLDER / name).is_file()):
        digest.update(name.encode() + b"\0" + text_of(name, brand).encode())
    return digest.hexdigest()[:12]


@lru_cache(maxsize=4 * len(ASSETS))
def text_of(name: str, brand: "Brand") -> str:
    """Return a file of :data:`ASSETS`."""
    if name in MADE:
        return MADE[name](brand)
    text = (FOLDER / name).read_text(encoding="utf-8")
    if name.endswith(".js"):
        return bundle.sent(text)
    if name.endswith(".css"):
        text = bundle.sheet(text)
    if name == STYLE and brand.accent:
        from chalicelib.settings.accent import palette
        from chalicelib.web.pages import marks

        return text + marks.variables(palette(brand.accent))
    if name == MARK and (brand.logo or brand.name):
        from chalicelib.web.pages import marks

        return marks.svg(brand, text)
    return text
