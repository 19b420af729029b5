"""Scripts as they are sent: without comments and indents, and the browser library and its elements as one module each.

Nothing compresses them on their way from API Gateway, so what only their authors read stays here. The parts of the library
import each other, so editors and checkers read them as they are; in the one module, which a page gets by one request, the
imports fall away. No part says anything twice that another says, and tests load what comes of it.
"""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from chalicelib.settings.accent import Palette

FOLDER = Path(__file__).parent / "library_parts"
PARTS = ("wire", "session", "cookie", "code", "client")  # the last one's exports are the library's
OF_OTHER_SITES = frozenset({"code"})
HEAD = (
    "// Cupbearer's browser library. Documents: /cupbearer.js/docs, types: /cupbearer.d.ts of the service.\n"
)
ELEMENTS_FOLDER = Path(__file__).parent / "element_parts"
ELEMENTS_PARTS = ("look", "texts", "element", "card", "refusals", "log_in", "user", "elements")
ELEMENTS_HEAD = """// Cupbearer's elements. Documents: /cupbearer.js/docs, types: /cupbearer-elements.d.ts of the service.
import { connect } from "./cupbearer.js";
"""

_COMMENTS = ("//", "/**", "*/", "* ")  # how a line of one begins
_ENDS = (";", ",", "{", "}")  # of code that a comment may follow
_SPACED = ((": ", ":"), (", ", ","), ("; ", ";"), (" {", "{"), ("{ ", "{"), (" }", "}"), (";}", "}"))


def sent(script: str) -> str:
    """Return a script as it is sent; one that is written so that no line of a text begins with spaces or a comment's mark."""
    lines = (line.strip() for line in script.splitlines())
    return "".join(f"{_code(line)}\n" for line in lines if line and not line.startswith(_COMMENTS))


def _code(line: str) -> str:
    code, comment, _ = line.partition(" // ")
    return code.rstrip() if comment and code.rstrip().endswith(_ENDS) else line


def sheet(style: str) -> str:
    """Return a stylesheet as it is sent; its comments are whole lines, each, and no text in it has a space beside a mark."""
    lines = (line.strip() for line in style.splitlines())
    kept = "".join(
        f"{line}\n" for line in lines if line and not (line.startswith("/*") and line.endswith("*/"))
    )
    for spaced, close in _SPACED:
        kept = kept.replace(spaced, close)
    return kept


def library(*, without: frozenset[str] = frozenset()) -> str:
    """Return the text of ``cupbearer.js``, or of the same ``without`` parts that its page never needs."""
    return HEAD + _joined(FOLDER, (name for name in PARTS if name not in without))


def elements(colours: "Palette") -> str:
    """Return the text of ``cupbearer-elements.js``, painted with these colours. It imports the library beside it."""
    light, dark = colours.light, colours.dark
    pairs = {
        "accent": (light.wine, dark.wine),
        "deep": (light.wine_deep, dark.wine_deep),
        "onAccent": (light.on_wine, dark.on_wine),
    }
    theme = f"const COLOURS = {json.dumps(pairs)};\n"
    return ELEMENTS_HEAD + theme + _joined(ELEMENTS_FOLDER, ELEMENTS_PARTS)


def _joined(folder: Path, names: Iterable[str]) -> str:
    *below, top = ((folder / f"{name}.js").read_text(encoding="utf-8") for name in names)
    within = [line.removeprefix("export ") for part in below for line in part.splitlines()]
    lines = [line for line in (*within, *top.splitlines()) if not line.startswith("import ")]
    return sent("\n".join(lines))


def types() -> str:
    """Return the text of ``cupbearer.d.ts``."""
    return (FOLDER / "cupbearer.d.ts").read_text(encoding="utf-8")


def element_types() -> str:
    """Return the text of ``cupbearer-elements.d.ts``."""
    return (ELEMENTS_FOLDER / "cupbearer-elements.d.ts").read_text(encoding="utf-8")
