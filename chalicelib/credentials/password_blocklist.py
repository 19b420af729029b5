"""Why a new password would be guessed early: an offline list, rows of keys, and what everybody knows (PW-5).

Only the whole password counts and case does not: ``correct password staple`` holds a common word and is fine.
"""

import unicodedata
from collections.abc import Iterable, Sequence
from functools import cache
from pathlib import Path

SERVICE = "cupbearer"
LIST = Path(__file__).parent / "data" / "common_passwords.txt.gz"  # made by tools/common_passwords.py

SHORT_PIECE = 4  # characters: "abcdabcdabcd" is one piece said thrice
ROWS = (
    "01234567890123456789",
    "abcdefghijklmnopqrstuvwxyz",
    "qwertyuiopasdfghjklzxcvbnm",
    "qwertzuiopasdfghjklyxcvbnm",
    "azertyuiopqsdfghjklmwxcvbn",
    "1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik9ol0p",
    "1q2w3e4r5t6y7u8i9o0p",
    "!@#$%^&*()_+",
)
TRIMMINGS = "0123456789!?.*#$@&-_+ "  # what is hung on a known word to please a form


def why_weak(password: str, *, context: Sequence[str]) -> str | None:
    """Return the reason as a sentence, or None. ``context`` names the user: user name, e-mail, shown name."""
    folded = password.casefold()
    if _is_repeated(folded):
        return "This repeats one short piece: it is among the first tries."
    if any(folded in row or folded in row[::-1] for row in ROWS):
        return "This is a row of keys or letters: it is among the first tries."
    if folded in common_passwords():
        return "This password is among the most common ones, known from breaches."
    if _bare(folded) in {_bare(word) for word in _known_words(context)}:
        return "This is the name of the service or of the account, which everybody knows."
    return None


@cache
def common_passwords() -> frozenset[str]:
    """Return some 15,000 texts of 8 characters and more, in folded case; 1.5 MB once asked for."""
    import gzip

    return frozenset(gzip.decompress(LIST.read_bytes()).decode().split("\n"))


def _is_repeated(text: str) -> bool:
    return any(text == (text[:size] * len(text))[: len(text)] for size in range(1, SHORT_PIECE + 1))


def _known_words(context: Iterable[str]) -> set[str]:
    words = {SERVICE}
    for given in context:
        word = unicodedata.normalize("NFC", given).casefold()
        words |= {word, word.partition("@")[0], word.partition("@")[2].partition(".")[0]}
    return words - {""}


def _bare(text: str) -> str:
    return text.rstrip(TRIMMINGS) or text
