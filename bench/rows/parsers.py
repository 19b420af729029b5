"""Parsers of outside text: what the worst text costs, and how that grows when the text is twice as long."""

import json
from pathlib import Path
from typing import Any, cast

from bench import worst_texts
from bench.effort import Effort
from bench.findings import Figure, Finding
from bench.worst_texts import Parser
from chalicelib import scopes
from chalicelib.audit.trail import Source
from chalicelib.jose import jwk, jws, strict_json
from chalicelib.keys import private_keys
from chalicelib.oauth import client_authentication, device_codes, redirect_uris
from chalicelib.outbound import http
from chalicelib.users import names
from chalicelib.web import forms, guard, parsing
from chalicelib.web.call import Call
from chalicelib.web.pages.return_to import own_path
from cupbearer.cli import importing
from cupbearer.local_gateway import allows

MOST = 2.2  # times, for twice the text
KB = 1024

JSON_PIECES = ('"', "\\", "[", "]", "{", "}", ",", ":", "1", "9", ".", "e", " ", "a", "\\u0041", "\\ud800", "é",
               '{"a":', '["",', '"\\"', "[],", '"x":1,')  # fmt: skip
DEEP = ("[]" * 25, "")  # more brackets than the depth allows, so that they are counted
URI = (
    "a",
    "A",
    "/",
    ":",
    ".",
    "?",
    "#",
    "@",
    "%",
    "%41",
    "[",
    "]",
    "\\",
    "&",
    "=",
    "é",
    " ",
    "\n",
    "127.0.0.1",
    "1",
)
FORM_TYPE = {"content-type": "application/x-www-form-urlencoded"}


class Body(parsing.Body):
    """A body as a route declares it."""

    name: str = ""
    scopes: list[str] | None = None


def _call(headers: dict[str, str], body: bytes = b"") -> Call:
    return Call(cast("Any", None), "POST", "/", {}, {}, headers=headers, source=Source(), raw_body=body)


def _payload(text: str) -> jws.Jws:
    head = jws.encode(b'{"alg":"ES256","kid":"k"}')
    return jws.parse(f"{head}.{jws.encode(text.encode())}.AA")


def _policy(text: str) -> bool:
    statement = {"Effect": "Allow", "Resource": ["GET/users/?*", "GET/users/?*/sessions/?*/"]}
    return allows({"Statement": [statement]}, text)


def parsers() -> tuple[Parser, ...]:
    """Return every reader of text from outside, with the most that it is ever given."""
    rsa, point = private_keys.generate("RS256").public_jwk, private_keys.generate("ES256").public_jwk
    keys = tuple(json.dumps(key) + "," for key in (rsa, point))
    json_type = {"content-type": "application/json"}
    space = (" ", "\t", ";", "charset", "=", '"', "utf-8", "a")
    return (
        Parser("JSON of another server", lambda t: strict_json.loads(t.encode()), 256 * KB, JSON_PIECES, (("", ""), DEEP)),
        Parser("JSON body", lambda t: parsing.json_body(t.encode(), json_type, Body), 60 * KB, JSON_PIECES,
               (('{"name":"', '"}'), ('{"scopes":[', '""]}'), DEEP)),
        Parser("import line", lambda t: importing.read_line(t.encode()), importing.MAX_LINE, JSON_PIECES,
               (('{"username":"', '"}'), DEEP)),
        Parser("JWS", jws.parse, 8 * KB, ("a", ".", "e30", "-", "_", "=", "+", "é")),
        Parser("JWS, its payload", _payload, 5 * KB, JSON_PIECES, (("", ""), DEEP)),
        Parser("JWK set", lambda t: jwk.read_set(strict_json.loads(t.encode())), 256 * KB, keys, (('{"keys":[', "1]}"),)),
        Parser("JWK modulus", lambda t: jwk.read({**rsa, "n": t}), 256 * KB, ("A", "_", "AQAB", "=", "é")),
        Parser("Authorization: Bearer", guard.shown_token, 8 * KB, ("Bearer ", "DPoP ", " ", "a", ".", "=", "~", ","), (("Bearer ", ""), ("", ""))),
        Parser("Authorization: Basic", lambda t: client_authentication.read({}, t), 8 * KB,
               ("Basic ", " ", "a", "YTpi", "=", "JTI1", "Og"), (("Basic ", ""), ("", ""))),
        Parser("cookies", lambda t: _call({"cookie": t}).cookie("session"), 10 * KB, ("session", "=", ";", " ", "a", '"')),
        Parser("media type", lambda t: parsing.json_body(b"{}", {"content-type": t}, Body), 10 * KB, space, (("application/json", ""),)),
        Parser("form", lambda t: forms.many(_call(FORM_TYPE, t.encode())), 60 * KB, ("a", "=", "&", "%", "%41", "%ff", "+", ";", "é", "\0")),
        Parser("media type of a form", lambda t: forms.many(_call({"content-type": t})), 10 * KB, space,
               (("application/x-www-form-urlencoded", ""),)),
        Parser("redirect URI", redirect_uris.check, redirect_uris.MAX_LENGTH, URI, (("https://", ""), ("", ""))),
        Parser("redirect URI, compared", lambda t: redirect_uris.is_registered(t, ["http://127.0.0.1/cb"], any_port=True), 60 * KB, URI,
               (("http://127.0.0.1:", ""), ("", ""))),
        Parser("path to return to", own_path, 4 * KB, (*URI, "//"), (("/", ""),)),
        Parser("URL of another server", lambda t: http.fetch_json(f"{t}#"), 2 * KB, URI, (("https://", ""),)),
        Parser("scopes", scopes.parse, scopes.MAX_SCOPE_LENGTH, ("a", " ", "users:read", '"', "é", "\\")),
        Parser("user code", device_codes.cleaned, 60 * KB, ("B", "-", " ", "\t", "é", "\u2003")),
        Parser("user name", names.canonical_username, 60 * KB, ("a", "\u0301", "\ufb03", "Я", " ", "1", "@", "\u200b", "I", "\u0130")),
        Parser("user name, as long as it may be", names.canonical_username, names.MAX_USERNAME,
               ("a", "\u0301", "\ufb03", "Я", " ", "1", "I", "\u0130", "가", "\u0316")),
        Parser("e-mail address", names.canonical_email, 60 * KB, ("a", ".", "@", "-", "é", "xn--", "ß", "。"), (("a@", ""), ("", ".com"))),
        Parser("e-mail address, as long as it may be", names.canonical_email, names.MAX_DOMAIN, ("a", ".", "-", "é", "xn--", "。"),
               (("a@", ".com"),)),
        Parser("name for show", names.clean_name, 60 * KB, ("a", " ", "\u0301", "\0", "é")),
        Parser("policy, local gateway", _policy, 10 * KB, ("/", "a", "users", "/sessions/", "\n"), (("GET/users/", ""), ("GET/users/", "/"))),
    )  # fmt: skip


def measure(effort: Effort, folder: Path) -> Finding:  # noqa: ARG001 - the store has no part in this
    """Search the worst text of each parser and measure it at three sizes."""
    figures: list[Figure] = []
    data: dict[str, Any] = {}
    for parser in parsers():
        cost = worst_texts.worst(parser, tries=effort.texts, repeats=effort.rounds)
        what = f"{parser.name}, {_size(parser.characters)}"
        figures.append(Figure(f"{what}: its worst text", cost.seconds[2] * 1e3, "ms"))
        figures.append(Figure(f"{what}: twice the text", cost.growth, "×", MOST))
        data[parser.name] = {"shape": str(cost.shape), "ms": [round(one * 1e3, 4) for one in cost.seconds]}
    return Finding(
        name="parsers",
        title="Parsers of outside text",
        figures=tuple(figures),
        data=data,
        notes=(
            (
                "The most that each is ever given, as its worst text: a search over beginnings, pieces repeated and ends, "
                f"{effort.texts} of each parser; its shape is in bench/results/parsers.json. *Twice the text* is the worse of the "
                "doublings from a quarter to a half and from a half to the whole. Seconds are the thread's own."
            ),
            "No parser of outside PEM is here because there is none; `tests/test_patterns.py` reads every pattern's form besides.",
        ),
    )


def _size(characters: int) -> str:
    return f"{characters // KB} KB" if characters >= KB else f"{characters} characters"
