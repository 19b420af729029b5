"""Where a browser may be sent back to (BR-6)."""

from urllib.parse import urljoin, urlsplit

import pytest

from chalicelib.errors import Invalid
from chalicelib.web.pages.return_to import MAX_CHARACTERS, own_path

BASE = "https://auth.example.com/api"

OWN = [
    "/",
    "/account",
    "/account?tab=1&x=%2F",
    "/a/b/c",
    "/a%20b",
    "/users/me?next=/x",
    "/login?return_to=//x",
    "/a:b",
]

ELSEWHERE = [
    "", "account", "https://evil.example", "//evil.example", "///evil.example", "/\\evil.example", "\\/evil.example",
    "\\\\evil.example", "/a\\b", "http:evil.example", "javascript:alert(1)", "data:text/html,x",
    "/\tevil", "/\t/evil.example", "\t//evil.example", "/\n/evil.example", "/\r\nSet-Cookie: a=1", "/a\0b", " /account",
    "/ /evil.example", "/account\n", "/@evil.example", "/a@evil.example", "//user@evil.example", "/a//evil.example",
    "/.//evil.example", "/..//evil.example", "/account#fragment", "/ümlaut", "/\u3000/evil.example", "/\u2028",
    "/a?b#c", "/a?b c", "/a?b\\c", "/<script>", '/"', "/a?x=<", "/`", "/{x}", "/" + "a" * MAX_CHARACTERS,
]  # fmt: skip


@pytest.mark.parametrize("text", OWN)
def test_an_own_path_is_taken_as_it_is(text: str) -> None:
    assert own_path(text) == text
    assert urlsplit(urljoin(BASE + text, text)).netloc == "auth.example.com"


@pytest.mark.parametrize("text", ELSEWHERE, ids=lambda text: repr(text[:40]))
def test_anything_else_is_refused_before_it_is_parsed(text: str) -> None:
    with pytest.raises(Invalid) as refusal:
        own_path(text)
    assert set(refusal.value.errors) == {"return_to"}


def test_none_is_none() -> None:
    assert own_path(None) is None
