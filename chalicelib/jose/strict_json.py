"""JSON as an auth server must read it: one meaning for every text, and a bound on its shape (TK-4, IN-1).

Python's own parser takes duplicate names (the last wins), ``NaN``, ``1e999`` and lone surrogates, and
recurses as deep as the text says. A second reader of the same bytes may see something else: that difference
is the attack.
"""

import json
import math
import re
from typing import Any, NoReturn

MAX_DEPTH = 20

# A string without its end runs to the end of the text: a pattern that gave up there would begin again at every
# quote after it, which takes the square of the length.
_STRING_OR_BRACKET = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*"?|[\[{]|[\]}]', re.DOTALL)


def loads(data: bytes, *, max_depth: int = MAX_DEPTH) -> Any:
    """Return the value that UTF-8 JSON text names. ValueError for any other text, with the reason.

    Refused: a BOM, other encodings, duplicate names at any depth, nesting over ``max_depth``, numbers that
    are not finite, and strings that hold half of a surrogate pair.
    """
    text = data.decode("utf-8")
    if text.count("[") + text.count("{") > max_depth:
        _check_depth(text, max_depth)
    value = _DECODER.decode(text)
    if "\\u" in text:
        json.dumps(value, ensure_ascii=False).encode("utf-8")  # a lone surrogate cannot be encoded
    return value


def _check_depth(text: str, max_depth: int) -> None:
    depth = 0
    for found in _STRING_OR_BRACKET.finditer(text):
        first = found[0][0]
        if first in "[{":
            depth += 1
        elif first in "]}":
            depth -= 1
        if depth > max_depth:
            raise ValueError("the JSON text is nested too deeply")


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError("a JSON object has the same name twice")
    return members


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError("a JSON number is not finite")
    return number


def _no_constant(text: str) -> NoReturn:
    raise ValueError(f"{text} is not JSON")


_DECODER = json.JSONDecoder(object_pairs_hook=_unique, parse_float=_finite, parse_constant=_no_constant)
