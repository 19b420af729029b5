"""LA-2: no page, mail or script says a text that is in no catalogue."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from jinja2 import Environment, nodes

from chalicelib.web.pages.assets import FOLDER as PAGES

MAILS = Path(__file__).parents[2] / "chalicelib" / "mail" / "templates"
FOR_DEVELOPERS = {"library.html"}  # documents of a programming interface, in English
TEMPLATES = [
    path
    for path in [*sorted(PAGES.glob("*.html")), *sorted(MAILS.iterdir())]
    if path.name not in FOR_DEVELOPERS
]
SCRIPTS = [
    path
    for path in sorted(PAGES.glob("*.js"))
    if not path.name.startswith(("texts.", "cupbearer"))  # tables, and the library, which has its own
]
READ = ("alt", "title", "aria-label", "placeholder", "content")  # attributes that are read out
WORD = re.compile(r"[^\W\d_]{2,}")
NAMES = {"Cupbearer", "GET", "JSON", "UTC", "QR"} | {
    "tabindex",
    "autofocus",
}  # the same in every language, and of a tag that two branches share
CALLED = {"_", "gettext", "ngettext", "trans"}


def _words(text: str) -> list[str]:
    return [word for word in WORD.findall(re.sub(r"&\w+;", " ", text)) if word not in NAMES]


def _text_of_markup(markup: str) -> Iterator[str]:
    """What a reader finds in a template's own markup: outside tags, and in attributes that are read out."""
    markup = re.sub(r"<(style|code|pre)\b.*?</\1>", " ", markup, flags=re.DOTALL)
    for attribute in re.findall(rf'\b(?:{"|".join(READ)})="([^"]*)"', markup):
        if "width=device" not in attribute and attribute not in {"light dark", "no-referrer"}:
            yield from _words(attribute)
    yield from _words(re.sub(r"<[^>]*>", " ", re.sub(r'="[^"]*"', "", markup)))


def _literals(node: nodes.Node) -> Iterator[str]:
    """Texts that expressions of a template hold, but for those that are looked up."""
    for child in node.iter_child_nodes():
        if isinstance(child, nodes.Call) and getattr(child.node, "name", "") in CALLED:
            continue
        if isinstance(child, nodes.Const) and isinstance(child.value, str):
            yield child.value
        yield from _literals(child)


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
def test_a_template_says_nothing_by_itself(path: Path) -> None:
    source = path.read_text(encoding="utf-8")
    tree = Environment(extensions=["jinja2.ext.i18n"], autoescape=True).parse(source)
    # What is looked up or computed leaves a gap in the markup, which stays whole.
    markup = re.sub(r"{#.*?#}", " ", source, flags=re.DOTALL)
    markup = re.sub(r"{%-?\s*trans\b.*?{%-?\s*endtrans\s*-?%}", " ", markup, flags=re.DOTALL)
    markup = re.sub(r"{%.*?%}", " ", markup, flags=re.DOTALL)
    markup = re.sub(r"{{.*?}}", "", markup, flags=re.DOTALL)
    assert list(_text_of_markup(markup)) == []
    sentences = [
        text for text in _literals(tree) if re.match(r"[A-Z][a-z]+ \w|[A-Z][a-z]+ ?\w*[.?!]?$", text)
    ]
    assert [text for text in sentences if text not in NAMES] == []


QUOTED = re.compile(r'"(?:[^"\\]|\\.)*"|`(?:[^`\\]|\\.)*`')
SAID = re.compile(r"[A-Z][a-z']+,? [a-z]+ \w|^[A-Z][a-z]+( [a-z]+)*[.:!?]$")  # the beginning of a sentence


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.name)
def test_a_script_says_nothing_by_itself(path: Path) -> None:
    source = re.sub(
        r"/\*.*?\*/|^\s*//.*?$|\s//\s.*?$",
        "",
        path.read_text(encoding="utf-8"),
        flags=re.DOTALL | re.MULTILINE,
    )
    looked_up = re.sub(
        r'\bt\(\s*"(?:[^"\\]|\\.)*"|\btn\(\s*"(?:[^"\\]|\\.)*"\s*,\s*"(?:[^"\\]|\\.)*"', "", source
    )
    assert [text for text in QUOTED.findall(looked_up) if SAID.search(text[1:-1])] == []
