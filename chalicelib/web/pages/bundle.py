"""The browser library as one module: its parts, in the order they build on each other, without their comments.

A page that uses it then makes one request for it. The parts import each other, so editors and checkers read them as they
are; here the imports fall away. No part says anything twice that another says, and a test loads what comes of it.
"""

import re
from pathlib import Path

FOLDER = Path(__file__).parent / "library_parts"
PARTS = ("wire", "session", "cookie", "code", "client")  # the last one's exports are the library's
HEAD = (
    "// Cupbearer's browser library. Documents: /cupbearer.js/docs, types: /cupbearer.d.ts of the service.\n"
)

_IMPORT = re.compile(r"^import .*\n", re.MULTILINE)
_EXPORT = re.compile(r"^export (?=const|class|function|async)", re.MULTILINE)
_COMMENT = re.compile(r"^ *(?://|/\*\*|\*/|\* ).*\n|(?<=[;,{}]) +// .*$", re.MULTILINE)
_BLANK = re.compile(r"\n{2,}")


def library() -> str:
    """Return the text of ``cupbearer.js``."""
    *below, top = (_IMPORT.sub("", (FOLDER / f"{name}.js").read_text(encoding="utf-8")) for name in PARTS)
    whole = "".join([*(_EXPORT.sub("", part) for part in below), top])
    return HEAD + _BLANK.sub("\n", _COMMENT.sub("", whole)).lstrip("\n")


def types() -> str:
    """Return the text of ``cupbearer.d.ts``."""
    return (FOLDER / "cupbearer.d.ts").read_text(encoding="utf-8")
