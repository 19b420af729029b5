"""Scripts as they are sent: without comments and indents, and the browser library as one module made of its parts.

Nothing compresses them on their way from API Gateway, so what only their authors read stays here. The parts of the library
import each other, so editors and checkers read them as they are; in the one module, which a page gets by one request, the
imports fall away. No part says anything twice that another says, and tests load what comes of it.
"""

import re
from pathlib import Path

FOLDER = Path(__file__).parent / "library_parts"
PARTS = ("wire", "session", "cookie", "code", "client")  # the last one's exports are the library's
OF_OTHER_SITES = frozenset({"code"})
HEAD = (
    "// Cupbearer's browser library. Documents: /cupbearer.js/docs, types: /cupbearer.d.ts of the service.\n"
)

_IMPORT = re.compile(r"^import .*\n", re.MULTILINE)
_EXPORT = re.compile(r"^export (?=const|class|function|async)", re.MULTILINE)
_COMMENT = re.compile(r"^ *(?://|/\*\*|\*/|\* ).*\n|(?<=[;,{}]) +// .*$", re.MULTILINE)
_SPACE = re.compile(r"^\s+", re.MULTILINE)


def sent(script: str) -> str:
    """Return a script as it is sent; one that is written so that no line of a text begins with spaces or a comment's mark."""
    return _SPACE.sub("", _COMMENT.sub("", script))


def library(*, without: frozenset[str] = frozenset()) -> str:
    """Return the text of ``cupbearer.js``, or of the same ``without`` parts that its page never needs."""
    texts = ((FOLDER / f"{name}.js").read_text(encoding="utf-8") for name in PARTS if name not in without)
    *below, top = (_IMPORT.sub("", text) for text in texts)
    return HEAD + sent("".join([*(_EXPORT.sub("", part) for part in below), top]))


def types() -> str:
    """Return the text of ``cupbearer.d.ts``."""
    return (FOLDER / "cupbearer.d.ts").read_text(encoding="utf-8")
