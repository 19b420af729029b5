"""Known attacks on signed tokens, each by the section or advisory that tells of it: all end in InvalidToken."""

from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.errors import InvalidToken
from chalicelib.jose import jws
from chalicelib.world import World
from tests.attacks.token_corpus import GOOD, corpus
from tests.support import forge

WORLD = World(now=lambda: forge.NOW)
P256_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
ED25519_ORDER = 2**252 + 27742317777372353535851937790883648493
CORPUS = corpus()


def refused(text: str) -> None:
    with pytest.raises(InvalidToken):
        forge.verifier(WORLD).verify(text)


def test_the_corpus_is_large_and_its_good_tokens_are_good() -> None:
    assert len(CORPUS) >= 300
    for text in GOOD.values():
        assert forge.verifier(WORLD).verify(text).sub == "u7k2n4"


@pytest.mark.parametrize(
    "text", [text for _, text in CORPUS], ids=[name.encode("unicode_escape").decode() for name, _ in CORPUS]
)
def test_m1_the_hostile_corpus_is_refused(text: str) -> None:
    """M1, TK-1, TK-4 to TK-6, TK-9: with no other exception than InvalidToken."""
    refused(text)


@pytest.mark.parametrize("alg", forge.ALGORITHMS)
def test_a_token_of_ours_names_its_key_though_only_one_would_fit(alg: str) -> None:
    """TK-3: others may leave the name out, we never do."""
    with pytest.raises(InvalidToken) as failed:
        forge.verifier(WORLD).verify(forge.signed(forge.header(alg, kid=None), alg=alg))
    assert failed.value.reason == "its header names no key"


@given(alg=st.sampled_from(forge.ALGORITHMS), position=st.integers(0, 10_000), letter=st.characters())
def test_one_letter_changed_makes_it_another_text_and_no_token(alg: str, position: int, letter: str) -> None:
    text = GOOD[alg]
    position %= len(text)
    if text[position] != letter:
        refused(text[:position] + letter + text[position + 1 :])


@given(
    alg=st.sampled_from(forge.ALGORITHMS),
    start=st.integers(0, 2000),
    length=st.integers(1, 50),
    insert=st.text(max_size=5),
)
def test_cutting_and_inserting_makes_no_token(alg: str, start: int, length: int, insert: str) -> None:
    text = GOOD[alg]
    start %= len(text)
    other = text[:start] + insert + text[start + length :]
    if other != text:
        refused(other)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


@given(name=st.sampled_from(["alg", "typ", "kid", "crit", "b64"]), value=JSON)
def test_no_value_of_a_header_member_breaks_the_verifier(name: str, value: Any) -> None:
    """TK-9: signed by our own key, so nothing but the member itself can be the reason."""
    head = forge.header()
    if head.get(name) != value and not (name == "typ" and str(value).lower().endswith("at+jwt")):
        refused(forge.signed({**head, name: value}))


@given(
    name=st.sampled_from(["iss", "aud", "exp", "iat", "nbf", "sub", "scope", "jti", "sid", "amr", "x"]),
    value=JSON,
)
def test_no_value_of_a_claim_breaks_the_verifier(name: str, value: Any) -> None:
    """TK-9: accepted or refused, never anything else."""
    with suppress(InvalidToken):
        forge.verifier(WORLD).verify(forge.signed(body={**forge.payload(), name: value}))


def test_rfc8725_3_1_none_is_no_algorithm() -> None:
    for name in ("none", "None", "NONE"):
        refused(f"{forge.part(forge.header() | {'alg': name})}.{forge.part(forge.payload())}.")


def test_cve_2026_48523_a_key_verifies_for_its_own_algorithm_alone() -> None:
    """RFC 8725 section 3.1: the RSA key also could verify PS256 or RS512; it must not."""
    refused(forge.signed(forge.header("RS256") | {"alg": "RS512"}, alg="RS256"))


def test_cve_2022_21449_a_signature_of_zeros_is_no_signature() -> None:
    head, body, _ = GOOD["ES256"].split(".")
    for r, s in ((0, 0), (0, 1), (1, 0), (P256_ORDER, P256_ORDER), (1, P256_ORDER), (2**256 - 1, 2**256 - 1)):
        refused(f"{head}.{body}.{jws.encode(r.to_bytes(32, 'big') + s.to_bytes(32, 'big'))}")


def test_rfc7518_3_4_an_ecdsa_signature_in_der_is_refused() -> None:
    from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

    head, body, signature = GOOD["ES256"].split(".")
    raw = jws.decode(signature.encode())
    der = encode_dss_signature(int.from_bytes(raw[:32], "big"), int.from_bytes(raw[32:], "big"))
    refused(f"{head}.{body}.{jws.encode(der)}")
    refused(f"{head}.{body}.{jws.encode(bytes(1) + raw[:32] + bytes(1) + raw[32:])}")


def test_rfc8032_5_1_7_an_ed25519_signature_has_no_second_form() -> None:
    head, body, signature = GOOD["EdDSA"].split(".")
    raw = jws.decode(signature.encode())
    twin = (int.from_bytes(raw[32:], "little") + ED25519_ORDER).to_bytes(32, "little")
    refused(f"{head}.{body}.{jws.encode(raw[:32] + twin)}")


@pytest.mark.parametrize("member", ["jku", "x5u", "jwk", "x5c"])
def test_cve_2026_27962_a_key_that_the_token_brings_is_not_used(member: str) -> None:
    """TK-2, RFC 8725 section 3.10: signed by the attacker's key, which the token offers."""
    theirs = forge.key_of("ES256", "theirs")
    offered = {
        "jwk": theirs.public_jwk,
        "jku": "http://127.0.0.1:9/jwks",
        "x5u": "http://127.0.0.1:9/",
        "x5c": ["MA=="],
    }
    refused(forge.signed(forge.header() | {member: offered[member]}, key=theirs))
    refused(forge.signed(forge.header() | {member: offered[member]}))


@pytest.mark.parametrize(
    "kid",
    [
        "../../dev/null",
        "' OR 1=1 --",
        "a" * 129,
        "\x00",
        "",
        "http://127.0.0.1:9/",
        "__class__",
        "ES256",
        "0",
        "é",
    ],
)
def test_tk_2_a_hostile_kid_names_no_key(kid: str) -> None:
    refused(forge.signed(forge.header(kid=kid)))


def test_tk_2_a_kid_names_one_key_and_not_whichever_fits() -> None:
    refused(forge.signed(forge.header("RS256"), alg="ES256"))
    refused(forge.signed(forge.header("RS256") | {"alg": "ES256"}, alg="ES256"))
    refused(forge.signed(forge.header(kid=None)))


@pytest.mark.parametrize("crit", [["exp"], ["b64"], [], "exp", ["http://example.com/UNDEFINED"]])
def test_cve_2025_59420_cve_2026_32597_a_critical_member_is_refused(crit: object) -> None:
    """RFC 7515 section 4.1.11."""
    refused(forge.signed(forge.header() | {"crit": crit, "exp": 1}))


def test_rfc7797_an_unencoded_payload_is_refused() -> None:
    refused(forge.signed(forge.header() | {"b64": False, "crit": ["b64"]}))
    refused(forge.signed(forge.header() | {"b64": True}))


def test_rfc8725bis_3_13_compressed_encrypted_and_nested_tokens_are_refused() -> None:
    refused(forge.signed(forge.header() | {"zip": "DEF"}))
    refused(forge.signed(forge.header() | {"enc": "A256GCM"}))
    refused(forge.signed(forge.header() | {"cty": "JWT"}, GOOD["ES256"]))
    refused(forge.signed(forge.header(), GOOD["ES256"]))
    refused("eyJhbGciOiJkaXIiLCJlbmMiOiJBMjU2R0NNIn0..AAAAAAAAAAAAAAAA.AAAA.AAAAAAAAAAAAAAAAAAAAAA")


def test_cve_2025_61920_a_huge_token_is_refused_before_it_is_read() -> None:
    """RFC 7515 section 10.12."""
    refused(forge.signed(forge.header() | {"x": "a" * 10_000}))
    refused("A" * 10_000_000)
    refused("." * 10_000_000)


def test_cve_2024_53861_a_part_of_the_issuer_is_not_the_issuer() -> None:
    for issuer in (
        "https://auth",
        "https://auth.example.com.evil.example",
        "auth.example.com",
        ["https://auth.example.com"],
    ):
        refused(forge.signed(body=forge.payload(iss=issuer)))


def test_tk_1_another_key_with_our_kid_signs_nothing() -> None:
    for alg in forge.ALGORITHMS:
        refused(forge.signed(forge.header(alg), key=forge.key_of(alg, "theirs")))
