"""Bodies that no route may take, each with the content type it is sent under (IN-1, IN-2, DS-2)."""

import json
import random
from collections.abc import Iterator

JSON = "application/json"


def nested(depth: int, opening: str = "[", closing: str = "]") -> bytes:
    return (opening * depth + closing * depth).encode()


CORPUS: dict[str, tuple[bytes, str]] = {
    "nothing": (b"", JSON),
    "space": (b"   ", JSON),
    "null": (b"null", JSON),
    "true": (b"true", JSON),
    "a number": (b"7", JSON),
    "a text": (b'"x"', JSON),
    "a list": (b"[]", JSON),
    "a list of what is asked for": (b'[{"username":"a","password":"b"}]', JSON),
    "cut": (b'{"username": "a", "passw', JSON),
    "rubbish after it": (b'{"username": "a"} x', JSON),
    "two of them": (b"{}{}", JSON),
    "single quotes": (b"{'username': 'a'}", JSON),
    "a comment": (b'{/**/"username": "a"}', JSON),
    "a comma too many": (b'{"username": "a",}', JSON),
    "NaN": (b'{"username": NaN}', JSON),
    "infinity": (b'{"username": -Infinity}', JSON),
    "a vast number": (b'{"username": 1e999}', JSON),
    "a vast integer": (b'{"username": ' + b"9" * 5000 + b"}", JSON),
    "a doubled member": (b'{"username": "a", "username": "b", "password": "c"}', JSON),
    "a doubled member in disguise": (b'{"password": "a", "p\\u0061ssword": "b"}', JSON),
    "an unknown member": (b'{"admin": true}', JSON),
    "a prototype": (b'{"__proto__": {"admin": true}}', JSON),
    "operators": (b'{"username": {"$gt": ""}, "password": {"$ne": null}}', JSON),
    "lists for texts": (b'{"username": ["a"], "password": ["b"]}', JSON),
    "numbers for texts": (b'{"username": 1, "password": 2, "refresh_token": 3, "text": 4}', JSON),
    "truth for texts": (b'{"username": true, "password": false, "refresh_token": true}', JSON),
    "null for texts": (b'{"username": null, "password": null, "text": null, "new_password": null}', JSON),
    "deep lists": (nested(100_000)[:65_000], JSON),
    "deep objects": (b'{"a":' * 10_000 + b"1" + b"}" * 10_000, JSON),
    "a little too deep": (b'{"a":' + nested(30) + b"}", JSON),
    "many members": (json.dumps({f"m{n}": n for n in range(101)}).encode(), JSON),
    "too large": (b'{"username": "' + b"a" * 70_000 + b'"}', JSON),
    "half a character": (b'{"username": "\\ud800", "password": "\\udfff", "text": "\\ud800"}', JSON),
    "NUL": (b'{"username": "a\\u0000b", "password": "a\\u0000b", "text": "\\u0000"}', JSON),
    "a raw NUL": (b'{"username": "a\x00b"}', JSON),
    "no UTF-8": (b'{"username": "\xff\xfe"}', JSON),
    "an overlong slash": (b'{"username": "\xc0\xaf"}', JSON),
    "UTF-16": ('{"username": "a"}'.encode("utf-16"), JSON),
    "a byte order mark": (b"\xef\xbb\xbf{}", JSON),
    "a form": (b"username=a&password=b", "application/x-www-form-urlencoded"),
    "a form that says JSON": (b"username=a&password=b", JSON),
    "JSON that says form": (b'{"username": "a", "password": "bbbbbbbb"}', "application/x-www-form-urlencoded"),
    "JSON that says text": (b'{"username": "a", "password": "bbbbbbbb"}', "text/plain"),
    "JSON that says nothing": (b'{"username": "a", "password": "bbbbbbbb"}', ""),
    "JSON in latin-1": (b'{"username": "a"}', "application/json; charset=latin-1"),
    "another JSON": (b'{"username": "a"}', "application/json-patch+json"),
    "two types": (b'{"username": "a"}', "application/json, text/plain"),
    "a multipart form": (b"--b\r\n\r\n--b--", "multipart/form-data; boundary=b"),
    "XML": (b'<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><x>&e;</x>', "application/xml"),
    "compressed": (b"\x1f\x8b\x08\x00\x00\x00\x00\x00", JSON),
    "a doubled parameter": (b"grant_type=a&grant_type=b", "application/x-www-form-urlencoded"),
    "a thousand parameters": (b"&".join(b"p%d=1" % n for n in range(1000)), "application/x-www-form-urlencoded"),
    "broken escapes": (b"grant_type=%&x=%zz&=%ff", "application/x-www-form-urlencoded"),
}  # fmt: skip

WORDS = (
    *(
        "username",
        "password",
        "email",
        "name",
        "log_in",
        "scope",
        "cookie",
        "refresh_token",
        "text",
        "scopes",
    ),
    *(
        "disabled",
        "new_password",
        "current_password",
        "return_to",
        "grant_type",
        "token",
        "code",
        "client_id",
    ),
)
PIECES = (
    *(
        "{",
        "}",
        "[",
        "]",
        ":",
        ",",
        '"',
        "\\",
        "\\u0000",
        "\\ud800",
        "null",
        "true",
        "false",
        "NaN",
        "1",
        "-0",
    ),
    *("1e9", "0x1", "\ufeff", "\x00", "\u202e", "é", "ﷺ", "\r\n"),
)


def made_up(chance: random.Random) -> bytes:
    """Return a body by chance: near JSON, near an object that is asked for, or far from both."""
    kind = chance.random()
    if kind < 0.3:
        return "".join(
            chance.choices([*PIECES, *(f'"{word}"' for word in WORDS)], k=chance.randint(1, 25))
        ).encode()
    if kind < 0.4:
        return chance.randbytes(chance.randint(1, 60))
    members = {word: _value(chance, 3) for word in chance.sample(WORDS, chance.randint(0, 5))}
    text = json.dumps(members, ensure_ascii=chance.random() < 0.5).encode("utf-8", "surrogatepass")
    if kind < 0.7:
        place = chance.randrange(len(text))
        return text[:place] + chance.choice(PIECES).encode() + text[place + chance.randint(0, 2) :]
    return text


def _value(chance: random.Random, depth: int) -> object:
    if depth and chance.random() < 0.2:
        return [_value(chance, depth - 1) for _ in range(chance.randint(0, 4))]
    if depth and chance.random() < 0.2:
        return {chance.choice(WORDS): _value(chance, depth - 1) for _ in range(chance.randint(0, 3))}
    texts = [
        "",
        "a",
        "x" * 300,
        "a@b",
        "\x00",
        "\u202e",
        "\ud800",
        "é",
        "a#b",
        "' OR 1=1 --",
        "../..",
        "{{7*7}}",
    ]
    numbers = [0, -1, 2**63, -(2**64), 1.5, 1e308]
    return chance.choice([None, True, False, *texts, *numbers])


def many(seed: int, number: int) -> Iterator[bytes]:
    """Yield so many bodies; the same for the same seed."""
    chance = random.Random(seed)
    return (made_up(chance) for _ in range(number))
