"""What looks alike, and which scripts may stand together: Unicode's security tables (UTS 39).

They are read when first needed. Both data files are made by ``tools/lookalikes.py``; their source and licence
stand in ``NOTICE``.
"""

import unicodedata
from bisect import bisect_right
from dataclasses import dataclass
from functools import cache
from pathlib import Path

DATA = Path(__file__).parent / "data"

ANY_SCRIPT = frozenset({"COMMON", "INHERITED"})
LATIN = frozenset({"LATIN"})
TOGETHER = (  # UTS 39 section 5.2, "highly restrictive": what Japanese, Chinese and Korean really mix
    LATIN | {"HAN", "HIRAGANA", "KATAKANA"},
    LATIN | {"HAN", "BOPOMOFO"},
    LATIN | {"HAN", "HANGUL"},
)


@dataclass(frozen=True, slots=True)
class Tables:
    """``plain`` maps to the plainest look-alike of all, ``own`` to the one within the character's script."""

    plain: dict[int, str]
    own: dict[int, str]
    starts: tuple[int, ...]
    scripts: tuple[str, ...]


@cache
def tables() -> Tables:
    """Return the tables; the first call reads 25 KB, the others nothing."""
    rows = [line.split("\t") for line in (DATA / "lookalikes.txt").read_text("utf-8").splitlines()]
    ranges = [line.split(" ") for line in (DATA / "scripts.txt").read_text("utf-8").splitlines()]
    return Tables(
        plain={ord(source): target for source, target, _own in rows},
        own={ord(source): own for source, _target, own in rows},
        starts=tuple(int(first, 16) for first, _script in ranges),
        scripts=tuple(script for _first, script in ranges),
    )


def fold(text: str) -> str:
    """Return the text without differences of case, compatibility and composition (Unicode D146)."""
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())


def skeleton(text: str, *, within_script: bool = False) -> str:
    """Return one spelling for all texts that look like this one (UTS 39 section 4), "rn" and "m" included."""
    table = tables().own if within_script else tables().plain
    mapped = unicodedata.normalize("NFD", text).translate(table)
    return unicodedata.normalize("NFC", mapped if within_script else mapped.replace("rn", "m"))


def scripts_of(text: str) -> frozenset[str]:
    """Return the scripts that the text is written in, without digits, marks and signs common to all."""
    found = tables()
    return frozenset(found.scripts[bisect_right(found.starts, ord(each)) - 1] for each in text) - ANY_SCRIPT


def may_stand_together(scripts: frozenset[str]) -> bool:
    """Return whether honest texts mix these scripts."""
    return len(scripts) <= 1 or any(scripts <= group for group in TOGETHER)
