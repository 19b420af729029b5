"""Every fenced block of README.md, docs/ and examples/, by a name, as a reader would copy it.

A block is called by its file and its heading with a number, ``README.md#the-first-guarded-call-1``, or by the name that a
comment before it gives, ``docs/clients.md#app.js``.
"""

import itertools
import re
import shlex
import textwrap
from collections import Counter
from functools import lru_cache
from pathlib import Path

ROOT = Path(__file__).parents[2]

_LINE = re.compile(
    r"^(?:#+ (?P<heading>[^\n]+)|<!-- example: (?P<name>[\w.-]+) -->|"
    r"(?P<indent> *)```[^\n`]*\n(?P<text>.*?)^(?P=indent)```)$",
    re.DOTALL | re.MULTILINE,
)


def files() -> list[Path]:
    return [ROOT / "README.md", *sorted([*ROOT.glob("docs/**/*.md"), *ROOT.glob("examples/**/*.md")])]


@lru_cache
def blocks() -> dict[str, str]:
    """Return every block's text by its name."""
    return {
        f"{path.relative_to(ROOT)}#{name}": text for path in files() for name, text in _named(path).items()
    }


def block(name: str) -> str:
    return blocks()[name]


def commands(name: str) -> list[list[str]]:
    """Return the words of each ``cupbearer …`` of a block of shell commands, without that one."""
    words = shlex.split(block(name).replace("\\\n", " "), comments=True)
    cuts = [*(place for place, word in enumerate(words) if word == "cupbearer"), len(words)]
    return [words[begin + 1 : end] for begin, end in itertools.pairwise(cuts)]


def _named(path: Path) -> dict[str, str]:
    found: dict[str, str] = {}
    heading, given, count = "", "", Counter[str]()
    for part in _LINE.finditer(path.read_text(encoding="utf-8")):
        if part["heading"]:
            heading = re.sub(r"[^\w]+", "-", part["heading"].lower()).strip("-")
        elif part["name"]:
            given = part["name"]
        else:
            count[heading] += 1
            found[given or f"{heading}-{count[heading]}"] = textwrap.dedent(part["text"])
            given = ""
    return found
