"""A small search for the text that costs a parser most: a beginning, a piece over and over, an end."""

import itertools
import random
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

from chalicelib.errors import Refusal
from chalicelib.oauth.errors import OAuthRefusal

REFUSALS = (Refusal, OAuthRefusal, ValueError, RecursionError)  # what a bad text may end in
LEAST_SECONDS = 0.002  # of one look at the clock: shorter parses are repeated
FINALISTS = 4


@dataclass(frozen=True, slots=True)
class Parser:
    """One reader of outside text: how it is called, how much it is ever given, and what its texts are made of."""

    name: str
    read: Callable[[str], object]
    characters: int
    pieces: tuple[str, ...]
    around: tuple[tuple[str, str], ...] = (("", ""),)  # a beginning and its end


@dataclass(frozen=True, slots=True)
class Shape:
    """A kind of text, of any length."""

    head: str
    piece: str
    tail: str

    def text(self, characters: int) -> str:
        times = max(0, characters - len(self.head) - len(self.tail)) // len(self.piece)
        return f"{self.head}{self.piece * times}{self.tail}"

    def __str__(self) -> str:
        return f"{ascii(self.head)[1:-1]} {ascii(self.piece)[1:-1]}… {ascii(self.tail)[1:-1]}".strip()


@dataclass(frozen=True, slots=True)
class Cost:
    """The seconds of one text at a quarter, a half and the whole of what the parser is given."""

    shape: Shape
    seconds: tuple[float, float, float]

    @property
    def growth(self) -> float:
        """Return the worse of the two doublings."""
        quarter, half, whole = self.seconds
        return max(half / quarter, whole / half)


def worst(parser: Parser, *, tries: int, repeats: int) -> Cost:
    """Return the costs of the worst text found: by growth, among the texts that cost most."""
    chance = random.Random(parser.name)  # noqa: S311 - the same search each time
    shapes = _shapes(parser, chance, tries)
    by_cost = sorted(shapes, key=lambda shape: -_once(parser, shape.text(parser.characters)))
    found = [_cost(parser, shape, repeats) for shape in by_cost[:FINALISTS]]
    suspect = max(found, key=lambda cost: cost.growth).shape
    # Measured anew, and again: the highest of several looks is high by luck, and what disturbs the machine only adds.
    return min((_cost(parser, suspect, repeats) for _ in range(3)), key=lambda cost: cost.growth)


def _shapes(parser: Parser, chance: random.Random, most: int) -> list[Shape]:
    """Return every kind of text that the parser's pieces make, or so many of them by chance."""
    pairs = ["".join(pair) for pair in itertools.permutations(parser.pieces, 2)]
    starts = ["", *parser.pieces]
    every = list(itertools.product(parser.around, [*parser.pieces, *pairs], starts, starts))
    chosen = every if len(every) <= most else chance.sample(every, most)
    return [Shape(head + start, piece, end + tail) for (head, tail), piece, start, end in chosen]


def _cost(parser: Parser, shape: Shape, repeats: int) -> Cost:
    sizes = [parser.characters // 4, parser.characters // 2, parser.characters]
    texts = [shape.text(size) for size in sizes]
    best = [float("inf")] * 3
    for _ in range(repeats):
        for place, text in enumerate(texts):
            best[place] = min(best[place], _each(parser, text))
    return Cost(shape, (best[0], best[1], best[2]))


def _each(parser: Parser, text: str) -> float:
    times, seconds = 0, 0.0
    while seconds < LEAST_SECONDS:
        seconds += _once(parser, text)
        times += 1
    return seconds / times


def _once(parser: Parser, text: str) -> float:
    started = time.thread_time()
    with suppress(*REFUSALS):
        parser.read(text)
    return time.thread_time() - started
