"""LA-2: what Python says to people can be said in another language."""

import ast
from pathlib import Path

import pytest

from chalicelib.i18n.catalogue import translated
from chalicelib.i18n.chosen import speaking
from chalicelib.i18n.said import said
from tools.texts_of_python import EACH, FIRST, NOT_FOR_PAGES, SECOND

HOME = Path(__file__).parents[2] / "chalicelib"
FOR_PROGRAMS = {  # who reads these wrote the request, or runs the service
    "accounts/idempotency",
    "credentials/factor_answers",
    "federation/discovery",
    "oauth/initial_access_tokens",
    "oauth/logout_uris",
    "oauth/redirect_uris",
    "oauth/resources",
    "scopes",
    "web/oauth/pushed_requests",
    "web/oauth/registration",
    "web/parsing",
    "web/resources/about",
}


def _filled(path: Path) -> list[str]:
    found = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if not isinstance(node, ast.Call):
            continue
        name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        read = (
            node.args[:1]
            if name in FIRST
            else node.args[1:2]
            if name in SECOND
            else node.args
            if name in EACH
            else []
        )
        found += [ast.unparse(each) for each in read if isinstance(each, ast.JoinedStr)]
    return found


def test_no_sentence_of_a_refusal_is_filled_before_it_can_be_translated() -> None:
    strays = {}
    for path in HOME.rglob("*.py"):
        name = path.relative_to(HOME).with_suffix("").as_posix()
        if (
            not name.startswith((*NOT_FOR_PAGES, "api/"))
            and name not in FOR_PROGRAMS
            and (found := _filled(path))
        ):
            strays[name] = found
    assert strays == {}


def test_a_text_is_english_until_it_is_said_to_somebody() -> None:
    text = said("A form has at most {most} bytes.", most=9)
    assert text == "A form has at most 9 bytes."
    assert translated(text, "en") == "A form has at most 9 bytes."
    with speaking("de"):
        assert translated(text) != text
        assert "9" in translated(text)


@pytest.mark.parametrize("text", ["", "Nobody has translated this.", "100% {of} %(it)s"])
def test_what_no_catalogue_has_is_said_as_it_is(text: str) -> None:
    assert translated(text, "de") == text
