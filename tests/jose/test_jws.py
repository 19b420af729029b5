"""Strict form: one signature has one spelling (TK-3, TK-4)."""

import base64
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.errors import InvalidToken
from chalicelib.jose import jws, strict_json
from tests.support import forge

GOOD = forge.signed()
HEAD, BODY, SIGNATURE = GOOD.split(".")


def test_the_parts_of_a_good_token_come_back_as_they_were_signed() -> None:
    token = jws.parse(GOOD)
    assert (token.header.alg, token.header.typ, token.header.kid) == (
        "ES256",
        "at+jwt",
        forge.key_of("ES256").kid,
    )
    assert token.payload == forge.payload()
    assert token.signing_input == f"{HEAD}.{BODY}".encode()
    assert len(token.signature) == 64


@given(st.binary(max_size=300))
def test_base64url_comes_back_and_has_one_spelling(octets: bytes) -> None:
    text = jws.encode(octets)
    assert text == base64.urlsafe_b64encode(octets).decode().rstrip("=")
    assert jws.decode(text.encode()) == octets


@given(st.text(alphabet="AQgw048-_+/= \n!", max_size=12))
def test_a_text_that_is_read_is_the_one_that_would_be_written(text: str) -> None:
    try:
        octets = jws.decode(text.encode())
    except ValueError:
        return
    assert jws.encode(octets) == text


@pytest.mark.parametrize(
    "text",
    [
        f"{HEAD}.{BODY}",
        f"{HEAD}.{BODY}.{SIGNATURE}.",
        f"{HEAD}.{BODY}.{SIGNATURE}.{SIGNATURE}.{SIGNATURE}",
        f".{BODY}.{SIGNATURE}",
        f"{HEAD}..{SIGNATURE}",
        f" {GOOD}",
        f"{GOOD}\n",
        f"{GOOD}=",
        f"{HEAD}=.{BODY}.{SIGNATURE}",
        f"{HEAD}.{BODY[:9]}\n{BODY[9:]}.{SIGNATURE}",
        f"{HEAD}.{BODY[:9]} {BODY[9:]}.{SIGNATURE}",
        f"{HEAD}.{BODY}.{SIGNATURE.replace('A', '+')}+/",
        GOOD.replace(".", "\uff0e"),
        GOOD + "A" * 8192,
        "",
        ".",
        "..",
        "\ud800",
        json.dumps({"payload": BODY, "protected": HEAD, "signature": SIGNATURE}),
    ],
)
def test_another_spelling_is_no_token(text: str) -> None:
    with pytest.raises(InvalidToken):
        jws.parse(text)


@pytest.mark.parametrize("text", [None, b"a.b.c", 7, ["a"], GOOD.encode()])
def test_what_is_not_text_is_no_token(text: Any) -> None:
    with pytest.raises(InvalidToken):
        jws.parse(text)


def test_left_over_bits_are_refused() -> None:
    """RFC 4648 section 3.5: ``QQ`` and ``QR`` would both be the letter A."""
    assert jws.decode(b"QQ") == b"A"
    for spelling in (b"QR", b"QQ==", b"Q", b"QQQ=", b"Q+Q_"):
        with pytest.raises(ValueError, match=r"base64|padding|character"):
            jws.decode(spelling)


BODIES = {
    "BOM": b"\xef\xbb\xbf{}",
    "UTF-16": '{"sub":"a"}'.encode("utf-16"),
    "UTF-16 without BOM": '{"sub":"a"}'.encode("utf-16-le"),
    "Latin-1": '{"sub":"é"}'.encode("latin-1"),
    "overlong UTF-8": b'{"sub":"\xc0\xaf"}',
    "duplicate name": b'{"sub":"a","sub":"b"}',
    "duplicate name in escapes": b'{"sub":"a","s\\u0075b":"b"}',
    "duplicate name deep down": b'{"a":{"b":1,"b":2}}',
    "NaN": b'{"exp":NaN}',
    "Infinity": b'{"exp":Infinity}',
    "overflow": b'{"exp":1e999}',
    "lone surrogate": b'{"sub":"\\ud800"}',
    "nested deeply": b'{"a":' + b"[" * 2000 + b"]" * 2000 + b"}",
    "nested over the limit": b'{"a":' * 9 + b"1" + b"}" * 9,
    "list": b"[]",
    "text": b'"sub"',
    "number": b"1",
    "null": b"null",
    "nothing": b"",
    "more than one value": b"{}{}",
    "comment": b"{/**/}",
    "trailing comma": b'{"a":1,}',
    "single quotes": b"{'a':1}",
    "raw control character": b'{"a":"\n"}',
    "huge integer": b'{"exp":' + b"9" * 5000 + b"}",
}


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES.keys())
def test_a_payload_that_two_readers_may_read_differently_is_refused_though_validly_signed(
    body: bytes,
) -> None:
    """RFC 7519 section 4, RFC 8725bis section 3.14."""
    with pytest.raises(InvalidToken):
        jws.parse(forge.signed(body=body))


@pytest.mark.parametrize("head", BODIES.values(), ids=BODIES.keys())
def test_so_is_such_a_header(head: bytes) -> None:
    with pytest.raises(InvalidToken):
        jws.parse(forge.signed(head))


@pytest.mark.parametrize("member", sorted(jws.REFUSED_HEADER_MEMBERS))
@pytest.mark.parametrize("value", ["x", [], ["exp"], True, None, {"kty": "oct"}])
def test_a_header_that_asks_for_more_than_a_signature_is_refused(member: str, value: object) -> None:
    """TK-2, TK-3; RFC 7515 section 4.1.11: the critical member alone is enough, whatever it holds."""
    with pytest.raises(InvalidToken):
        jws.parse(forge.signed({**forge.header(), member: value}))


@pytest.mark.parametrize("member", ["alg", "kid", "typ"])
@pytest.mark.parametrize("value", ["", 1, None, [], {}, True, "a" * 129, "a\nb", "\x00", "é", "a\u202eb"])
def test_names_in_the_header_are_short_printable_ascii(member: str, value: object) -> None:
    with pytest.raises(InvalidToken):
        jws.parse(forge.signed({**forge.header(), member: value}))


def test_members_that_say_nothing_about_meaning_are_passed_over() -> None:
    """Microsoft Entra writes a certificate's thumbprint beside the key's name."""
    assert jws.parse(forge.signed({**forge.header(), "x5t": "abc"})).header.alg == "ES256"


def test_depth_counts_brackets_outside_strings_only() -> None:
    text = json.dumps({"a": "[" * 50, "b": [[1]], "c": '\\"[[['})
    assert strict_json.loads(text.encode(), max_depth=3)["b"] == [[1]]
    with pytest.raises(ValueError, match="deep"):
        strict_json.loads(text.encode(), max_depth=2)


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda x: st.lists(x, max_size=3) | st.dictionaries(st.text(), x, max_size=3),
        max_leaves=6,
    )
)
def test_strict_json_reads_what_json_writes(value: object) -> None:
    assert strict_json.loads(json.dumps(value).encode()) == value


@pytest.mark.parametrize(
    ("text", "answered"),
    [
        (f"{HEAD}.{BODY}", "has 2 parts"),
        (f"{GOOD}.{SIGNATURE}.{BODY}", "has 5 parts"),
        ("opaque", "has 1 part,"),
    ],
)
def test_a_token_of_too_few_or_too_many_parts_is_told_how_many_it_has_and_must_have(
    text: str, answered: str
) -> None:
    with pytest.raises(InvalidToken) as refused:
        jws.parse(text)
    assert answered in refused.value.reason
    assert "must have three" in refused.value.reason
