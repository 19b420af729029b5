"""Every regular expression of ours is linear in the text it reads, whatever the text (IN-1)."""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from tests.support.pattern_shapes import faults
from tests.test_architecture import MODULES

MATCHING = ("compile", "match", "fullmatch", "search", "sub", "subn", "split", "findall", "finditer")
AT_EVERY_PLACE = {"search", "sub", "subn", "split", "findall", "finditer"}
MADE_OF_OUR_OWN_WORDS = ("cupbearer.local_gateway",)  # a policy of ours, made into a pattern; see the bench


@dataclass(frozen=True)
class Pattern:
    """A pattern as it stands in a module; ``searched`` where it is looked for at every place of a text."""

    module: str
    text: str | bytes
    flags: int
    searched: bool

    def __str__(self) -> str:
        return f"{self.module}: {self.text!r}"


def patterns() -> Iterator[Pattern]:
    for module in MODULES.values():
        if not re.search(r"\bimport\b.*\bre\b", module.text) or "re" not in module.imports:
            continue
        tree = module.tree
        searched = set(_searched_names(tree))
        named = {id(node.value): node.targets[0] for node in ast.walk(tree) if isinstance(node, ast.Assign)}
        for call in ast.walk(tree):
            method = _method_of_re(call)
            if method is None or not isinstance(call, ast.Call):
                continue
            text = call.args[0].value if isinstance(call.args[0], ast.Constant) else None
            if not isinstance(text, str | bytes):
                assert module.name in MADE_OF_OUR_OWN_WORDS, f"{module.name}: {ast.unparse(call)}"
                continue
            target = named.get(id(call))
            name = target.id if isinstance(target, ast.Name) else None
            yield Pattern(
                module.name,
                text,
                _flags(call),
                searched=method in AT_EVERY_PLACE or name in searched,
            )


def _method_of_re(node: ast.AST) -> str | None:
    if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
        return None
    is_of_re = isinstance(node.func.value, ast.Name) and node.func.value.id == "re"
    return node.func.attr if is_of_re and node.func.attr in MATCHING else None


def _searched_names(tree: ast.AST) -> Iterator[str]:
    """Yield the names of patterns that are looked for, be they of this module or imported."""
    for node in ast.walk(tree):
        if (
            isinstance(node, ast.Attribute)
            and node.attr in AT_EVERY_PLACE
            and isinstance(node.value, ast.Name)
        ):
            yield node.value.id


def _flags(call: ast.Call) -> int:
    named = [node.attr for one in call.args[1:] for node in ast.walk(one) if isinstance(node, ast.Attribute)]
    return int(sum(getattr(re, name) for name in named if name.isupper()))


@pytest.mark.parametrize("pattern", [*patterns()], ids=str)
def test_the_cost_of_a_pattern_is_no_more_than_the_length_of_its_text(pattern: Pattern) -> None:
    assert not faults(pattern.text, pattern.flags, searched=pattern.searched)


@pytest.mark.parametrize(
    ("text", "searched"),
    [
        (r'"(?:[^"\\]|\\.)*"|[\[{]|[\]}]', True),  # an unterminated string is read again from each quote
        (r"a*a", False),
        (r"(?:a+)+b", False),
        (r"(?:a*)*", False),
        (r"(?:a|ab)*b", False),
        (r"(?:aa?)*b", False),
        (r"\s*,?\s*x", False),
        (r"[a-z]+\d*[a-z]*!", False),
        (r" +$|x+y", True),
        (r"(?:a+b)*", True),
    ],
)
def test_the_reading_finds_patterns_that_cost_more(text: str, searched: bool) -> None:
    assert faults(text, 0, searched=searched)


@pytest.mark.parametrize(
    ("text", "searched"),
    [
        (r'"[^"\\]*(?:\\.[^"\\]*)*"?|[\[{]|[\]}]', True),
        (r"[a-z]+(?:\.[a-z]+)*", False),
        (r" +(?P<token>[a-z]+=*)", False),
        (r"#(\w+)", True),
        (r"a{1,64}a", False),
        (r"{(\w+)}", True),
        (r"^(?:a: *)?b +", True),
    ],
)
def test_the_reading_lets_linear_patterns_through(text: str, searched: bool) -> None:
    assert not faults(text, 0, searched=searched)
