"""What is read out of a discovery document (FD-2, FD-5)."""

from typing import Any

import pytest

from chalicelib.errors import Unavailable
from chalicelib.federation.discovery import Metadata, read_metadata

ISSUER = "https://accounts.example.com"
DOCUMENT = {
    "issuer": ISSUER,
    "authorization_endpoint": "https://accounts.example.com/authorize?tenant=a",
    "token_endpoint": "https://tokens.example.net/token",
    "jwks_uri": "https://keys.example.net/jwks",
}


def read(issuer: str = ISSUER, **changes: Any) -> Metadata:
    return read_metadata({**DOCUMENT, **changes}, issuer=issuer)


def test_a_short_document_has_the_defaults_of_the_specification() -> None:
    metadata = read()
    assert metadata.algorithms == {"RS256"}
    assert metadata.userinfo_endpoint is None
    assert not metadata.sends_issuer
    assert not metadata.secret_in_body


@pytest.mark.parametrize(
    ("answered", "known"),
    [
        (["RS256", "ES256", "EdDSA"], ["ES256", "EdDSA", "RS256"]),
        (["PS256", "HS256", "none", "ES256"], ["ES256"]),
        (["none", "HS256"], []),
        ([], []),
        ([7, None, "RS256"], ["RS256"]),
        ("RS256", ["RS256"]),
    ],
    ids=str,
)
def test_algorithms_are_those_announced_that_we_know(answered: object, known: list[str]) -> None:
    assert sorted(read(id_token_signing_alg_values_supported=answered).algorithms) == known


@pytest.mark.parametrize(
    "member", ["authorization_endpoint", "token_endpoint", "jwks_uri", "userinfo_endpoint"]
)
@pytest.mark.parametrize(
    "url",
    [
        "http://accounts.example.com/x",  # an https issuer has no http endpoint
        "javascript://accounts.example.com/%0aalert(1)",
        "https://user@accounts.example.com/",
        "https:///x",
        "https://[::1/x",
        "https://accounts.example.com/x#fragment",
        "https://accounts.example.com/x y",
        "https://accounts.example.com/\r\nX: 1",
        "https://accounts.example.com/" + "x" * 2048,
        "",
        None,
        7,
    ],
    ids=lambda url: repr(url)[:40],
)
def test_an_endpoint_that_cannot_be_one_makes_the_document_useless(member: str, url: object) -> None:
    with pytest.raises(Unavailable):
        read_metadata({**DOCUMENT, member: url}, issuer=ISSUER)


@pytest.mark.parametrize("issuer", [ISSUER + "/", ISSUER.upper(), "https://accounts.example.co", ""])
def test_a_document_of_another_issuer_is_useless(issuer: str) -> None:
    with pytest.raises(Unavailable):
        read(issuer=issuer)


@pytest.mark.parametrize("document", [None, [], "x", 7, {}])
def test_what_is_no_document_is_useless(document: object) -> None:
    with pytest.raises(Unavailable):
        read_metadata(document, issuer=ISSUER)


@pytest.mark.parametrize(
    ("methods", "in_body"),
    [
        (["client_secret_basic", "client_secret_post"], False),
        (["client_secret_post"], True),
        (["private_key_jwt"], False),
        ("client_secret_post", False),
    ],
)
def test_the_secret_goes_into_the_body_only_where_there_is_no_other_way(
    methods: object, in_body: bool
) -> None:
    assert read(token_endpoint_auth_methods_supported=methods).secret_in_body is in_body
