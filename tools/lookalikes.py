"""Make ``chalicelib/users/data/lookalikes.txt`` and ``scripts.txt`` again.

``pip install confusable-homoglyphs==3.3.1``, then run this file. That package carries Unicode's
``confusables.txt`` (UTS 39) and ``Scripts.txt`` as JSON, pairs in both directions, so the classes are found
again by union. Each class is named by its plainest member, in folded case.
"""

import importlib
import json
import unicodedata
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any

TARGET = Path(__file__).parents[1] / "chalicelib" / "users" / "data"
PREFERRED = ("LATIN", "GREEK", "CYRILLIC")
SAME_IN_SOME_CASE = {"i": "l"}  # "I" looks like "l" and is "i" in another case, so these two are one (0011)


def fold(text: str) -> str:
    """Return the text without differences of case and compatibility, as ``names.py`` folds it."""
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())


def load(name: str) -> Any:
    """Return one of the package's JSON files."""
    folder = Path(str(importlib.import_module("confusable_homoglyphs").__file__)).parent
    return json.loads((folder / name).read_text("utf-8"))


def script_ranges() -> list[tuple[int, str]]:
    """Return where each script begins; gaps of unassigned code points belong to the script before them."""
    data = load("categories.json")
    starts: list[tuple[int, str]] = []
    for first, _last, alias, _category in data["code_points_ranges"]:
        script = data["iso_15924_aliases"][alias]
        if not starts or starts[-1][1] != script:
            starts.append((first, script))
    return starts


def classes(pairs: dict[str, list[str]]) -> list[set[str]]:
    """Return the sets of texts that look alike, directly or through a third."""
    left = set(pairs)
    found = []
    while left:
        group, edge = set(), {left.pop()}
        while edge:
            text = edge.pop()
            group.add(text)
            edge |= set(pairs[text]) - group
        left -= group
        found.append(group)
    return found


def lookalikes(script_of: Callable[[str], str]) -> dict[str, str]:
    """Return for every single character the folded text that stands for its class."""

    def plainness(text: str) -> tuple[bool, bool, bool, int, str]:
        script = script_of(text)
        rank = PREFERRED.index(script) if script in PREFERRED else len(PREFERRED)
        return (text not in ("m", "rn"), not text.isascii(), not text.isalpha(), rank, text.swapcase())

    pairs: dict[str, list[str]] = defaultdict(list)
    for source, targets in load("confusables.json").items():
        pairs[source.strip("\u200e")] += [target["c"].strip("\u200e") for target in targets]
    table = dict(SAME_IN_SOME_CASE)
    for group in classes(pairs):
        best = fold(min(group, key=plainness))
        table |= {text: best for text in group if len(text) == 1 and text != best}
    return table


def settled(table: dict[str, str]) -> dict[str, str]:
    """Return the table with every target looked up in it until nothing changes; all targets folded."""
    for _round in range(8):
        table = {
            source: "".join(
                table.get(character, character) for character in unicodedata.normalize("NFD", fold(target))
            )
            for source, target in table.items()
        }
    return {source: target for source, target in table.items() if source != target}


def main() -> None:
    """Write both files."""
    starts = script_ranges()
    (TARGET / "scripts.txt").write_text(
        "\n".join(f"{first:x} {script}" for first, script in starts) + "\n", "utf-8"
    )

    def script_of(text: str) -> str:
        return next(script for first, script in reversed(starts) if first <= ord(text[0]))

    table = {
        source: target
        for source, target in settled(lookalikes(script_of)).items()
        if unicodedata.normalize("NFKD", source) == source
        and all(ok(character) for character in source + target)
    }
    home: dict[tuple[str, str], str] = {}
    for source in [*sorted(table.values()), *sorted(table)]:
        if len(source) == 1 and fold(source) == source:
            home.setdefault((table.get(source, source), script_of(source)), source)
    lines = (
        f"{source}\t{target}\t{home.get((target, script_of(source)), source)}\n"
        for source, target in sorted(table.items())
    )
    (TARGET / "lookalikes.txt").write_text("".join(lines), "utf-8")


def ok(character: str) -> bool:
    """Tell whether it can stand in a name; loose Hangul letters would tear composed syllables apart."""
    loose_hangul = "\u1100" <= character <= "\u11ff"
    return character in "'-._+" or (unicodedata.category(character)[0] in "LMN" and not loose_hangul)


if __name__ == "__main__":
    main()
