"""What a regular expression can cost, read off its parsed form: no clock, no luck.

A pattern is linear where, at every unbounded repetition, the next character alone tells whether to go round once
more or to leave; and, where it is looked for at every place of a text, where nothing after such a repetition can
still make it fail: else each place reads the rest of the text, and the cost is the square of the length.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from re import _constants as code  # type: ignore[attr-defined]  # the compiler's own parser of patterns
from re import _parser as parser  # type: ignore[attr-defined]
from typing import Any

LETTERS = frozenset(map(chr, [*range(0x180), 0x2003, 0x3164, 0xFE00, 0x1F600]))  # a letter of each kind
MANY = 256  # a repetition bounded by less is taken for a constant

_CATEGORIES = {
    code.CATEGORY_DIGIT: r"\d", code.CATEGORY_NOT_DIGIT: r"\D", code.CATEGORY_SPACE: r"\s",
    code.CATEGORY_NOT_SPACE: r"\S", code.CATEGORY_WORD: r"\w", code.CATEGORY_NOT_WORD: r"\W",
}  # fmt: skip
_ATOMS = (code.LITERAL, code.NOT_LITERAL, code.ANY, code.IN)
_REPEATS = (code.MAX_REPEAT, code.MIN_REPEAT, code.POSSESSIVE_REPEAT)

Node = tuple[Any, Any]


@dataclass(frozen=True)
class First:
    """The letters that a piece may begin with, and whether it may match nothing at all."""

    letters: frozenset[str]
    empty: bool


NOTHING = First(frozenset(), empty=True)


def faults(pattern: str | bytes, flags: int, *, searched: bool) -> list[str]:
    """Return what makes a pattern cost more than the length of its text; nothing for a linear one."""
    nodes = list(parser.parse(pattern, flags))
    found = list(_undecided(nodes, NOTHING))
    overlapping = _firsts(nodes).letters & _eaten(nodes)
    if searched and overlapping and not _is_anchored(nodes, flags) and _may_fail_late(nodes):
        found.append("it may fail after an unbounded repetition, and be tried again inside of it")
    return found


def _undecided(nodes: Sequence[Node], after: First, *, looped: bool = False) -> Iterator[str]:
    """Yield the places that two ways of reading lead through; ``after`` follows the nodes."""
    for index, (op, value) in enumerate(nodes):
        follow = _joined([*(_first(node) for node in nodes[index + 1 :]), after])
        again, inside = NOTHING, looped
        if op in _REPEATS:
            endless, body = value[1] > MANY, _firsts(list(value[2]))
            if (endless or (looped and value[0] != value[1])) and (
                (endless and body.empty) or body.letters & follow.letters
            ):
                yield f"a repetition may go on or end at the same letter: {ascii(body.letters & follow.letters)[:60]}"
            again, inside = (body, True) if endless else (NOTHING, looped)
        elif op is code.BRANCH and looped and _overlap([_firsts(way) for way in _bodies(op, value)], follow):
            yield "two alternatives inside a repetition begin with the same letter"
        behind = First(again.letters | follow.letters, follow.empty)
        for piece in _bodies(op, value):
            yield from _undecided(piece, behind, looped=inside)


def _overlap(ways: Sequence[First], follow: First) -> bool:
    letters = [way.letters | (follow.letters if way.empty else frozenset()) for way in ways]
    return sum(map(len, letters)) > len(frozenset().union(*letters))


def _eaten(nodes: Sequence[Node]) -> frozenset[str]:
    """Return the letters that unbounded repetitions run over."""
    found: frozenset[str] = frozenset()
    for op, value in nodes:
        for body in _bodies(op, value):
            found |= _all(body) if op in _REPEATS and value[1] > MANY else _eaten(body)
    return found


def _all(nodes: Sequence[Node]) -> frozenset[str]:
    found: frozenset[str] = frozenset()
    for op, value in nodes:
        found |= _letters(op, value) if op in _ATOMS else frozenset()
        found = found.union(*(_all(body) for body in _bodies(op, value)))
    return found


def _is_anchored(nodes: Sequence[Node], flags: int) -> bool:
    starts = (code.AT_BEGINNING, code.AT_BEGINNING_STRING)
    return bool(nodes) and nodes[0][0] is code.AT and nodes[0][1] in starts and not flags & re.MULTILINE


def _may_fail_late(nodes: Sequence[Node]) -> bool:
    """Tell whether something that must be there stands behind an unbounded repetition."""
    endless = False
    for op, value in nodes:
        if endless and not _first((op, value)).empty:
            return True
        if any(_may_fail_late(body) for body in _bodies(op, value)):
            return True
        endless = endless or _is_endless([(op, value)])
    return False


def _is_endless(nodes: Sequence[Node]) -> bool:
    return any(
        (op in _REPEATS and value[1] > MANY) or any(_is_endless(body) for body in _bodies(op, value))
        for op, value in nodes
    )


def _bodies(op: Any, value: Any) -> list[list[Node]]:
    if op in _REPEATS:
        return [list(value[2])]
    if op is code.SUBPATTERN:
        return [list(value[3])]
    if op is code.BRANCH:
        return [list(branch) for branch in value[1]]
    return [list(value)] if op is code.ATOMIC_GROUP else []


def _first(node: Node) -> First:
    op, value = node
    if op in _ATOMS:
        return First(_letters(op, value), empty=False)
    if op in _REPEATS:
        body = _firsts(list(value[2]))
        return First(body.letters, empty=body.empty or value[0] == 0)
    if op is code.AT:
        return First(frozenset(), empty=True)
    bodies = [_firsts(body) for body in _bodies(op, value)]
    if not bodies:
        raise NotImplementedError(f"{op}: teach this reading what it matches")
    return First(frozenset().union(*(body.letters for body in bodies)), any(body.empty for body in bodies))


def _firsts(nodes: Sequence[Node]) -> First:
    return _joined([_first(node) for node in nodes])


def _joined(pieces: Sequence[First]) -> First:
    letters: frozenset[str] = frozenset()
    for piece in pieces:
        letters |= piece.letters
        if not piece.empty:
            return First(letters, empty=False)
    return First(letters, empty=True)


def _letters(op: Any, value: Any) -> frozenset[str]:
    if op is code.ANY:
        return LETTERS
    if op is code.LITERAL:
        return _either_case(chr(value))
    if op is code.NOT_LITERAL:
        return LETTERS - {chr(value)}
    found: frozenset[str] = frozenset()
    for kind, what in value:
        if kind is code.LITERAL:
            found |= _either_case(chr(what))
        elif kind is code.RANGE:
            found |= {letter for letter in LETTERS if what[0] <= ord(letter) <= what[1]}
        elif kind is code.CATEGORY:
            found |= {letter for letter in LETTERS if re.match(_CATEGORIES[what], letter)}
    return LETTERS - found if (code.NEGATE, None) in value else found


def _either_case(letter: str) -> frozenset[str]:
    return frozenset({letter, letter.lower(), letter.upper()})
