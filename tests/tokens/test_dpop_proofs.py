"""What a DPoP proof must be (RFC 9449 section 4.3), rule by rule."""

import json
import secrets
from pathlib import Path
from typing import Any

import pytest

from chalicelib.jose import jws
from chalicelib.store import Store
from chalicelib.store.sqlite import SqliteStore
from chalicelib.tokens.dpop_proofs import Proofs, Shown
from chalicelib.tokens.proof_refusals import ProofRefused
from chalicelib.world import World
from tests.conftest import Clock
from tests.oauth.server import services
from tests.support.prover import Prover

URL = "https://auth.example.com/api/pangolins"
TOKEN = "an.access.token"


@pytest.fixture
def proofs(store: Store, world: World, tmp_path: Path) -> Proofs:
    return services(store, world, tmp_path).tokens.proofs


@pytest.fixture
def ann(world: World) -> Prover:
    return Prover(world)


def shown(proof: str, method: str = "GET", url: str = URL, token: str | None = TOKEN) -> Shown:
    return Shown(proof, method, url, token)


def refusal(proofs: Proofs, proof: str, **more: Any) -> ProofRefused:
    with pytest.raises(ProofRefused) as failed:
        proofs.accept(shown(proof), **more)
    return failed.value


@pytest.mark.parametrize("alg", ["RS256", "ES256", "EdDSA"])
def test_a_good_proof_names_its_key_by_thumbprint(proofs: Proofs, world: World, alg: str) -> None:
    """PO-1."""
    ann = Prover(world, alg)
    assert proofs.accept(shown(ann.proof("GET", URL, TOKEN))) == ann.jkt
    assert proofs.accept(shown(ann.proof("GET", URL, TOKEN)), jkt=ann.jkt) == ann.jkt


@pytest.mark.parametrize(
    ("header", "says"),
    [
        ({"typ": "JWT"}, "typ"),
        ({"typ": None}, "typ"),
        ({"typ": "at+jwt"}, "typ"),
        ({"alg": None}, "alg"),
        ({"alg": "none"}, "alg"),
        ({"alg": "HS256"}, "alg"),
        ({"alg": "RS256"}, "alg"),
        ({"alg": ["ES256"]}, "alg"),
        ({"jwk": None}, "jwk"),
        ({"jwk": "a key"}, "jwk"),
        ({"jwk": []}, "jwk"),
        ({"jwk": {}}, "jwk"),
        ({"jwk": {"kty": "oct", "k": "c2VjcmV0"}}, "private or a shared"),
        ({"kid": "x" * 129}, "kid"),
        ({"crit": ["b64"], "b64": False}, "header members"),
        ({"jku": "https://evil.example/keys"}, "header members"),
        ({"x5c": ["MIIB"]}, "header members"),
    ],
)
def test_a_header_that_is_no_proofs_is_refused(
    proofs: Proofs, ann: Prover, header: dict[str, Any], says: str
) -> None:
    """PO-2, PO-3: typ, an asymmetric alg that is the key's, and a public key in the header."""
    assert says in refusal(proofs, ann.proof("GET", URL, TOKEN, header=header)).reason


@pytest.mark.parametrize("member", ["d", "p", "q", "dp", "dq", "qi", "oth", "k"])
def test_a_key_with_a_private_part_is_refused(proofs: Proofs, ann: Prover, member: str) -> None:
    """PO-3: it is no secret any more."""
    header = {"jwk": {**ann.jwk, member: "AQAB"}}
    assert "private" in refusal(proofs, ann.proof("GET", URL, TOKEN, header=header)).reason


@pytest.mark.parametrize(
    "jwk",
    [
        {"kty": "EC", "crv": "P-256", "x": "AA", "y": "AA"},
        {"kty": "EC", "crv": "P-521", "x": "AA", "y": "AA"},
        {"kty": "RSA", "n": "AQAB", "e": "AQAB"},
        {"kty": "RSA", "crv": "P-256", "n": "AQAB", "e": "AQAB"},
        {"kty": ["EC"], "crv": {"a": 1}},
        {"kty": "EC", "crv": "P-256", "x": 7, "y": None},
    ],
)
def test_a_key_that_is_weak_or_none_is_refused(proofs: Proofs, ann: Prover, jwk: dict[str, Any]) -> None:
    assert "jwk" in refusal(proofs, ann.proof("GET", URL, TOKEN, header={"jwk": jwk})).reason


def test_another_keys_signature_is_refused(proofs: Proofs, ann: Prover, world: World) -> None:
    """PO-2."""
    proof = ann.proof("GET", URL, TOKEN, header={"jwk": Prover(world).jwk})
    assert refusal(proofs, proof).reason == "the signature is wrong"


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"jti": None}, "jti"),
        ({"jti": ""}, "jti"),
        ({"jti": "x" * 256}, "jti"),
        ({"jti": 7}, "jti"),
        ({"htm": None}, "htm"),
        ({"htm": "POST"}, "htm"),
        ({"htm": "get"}, "htm"),
        ({"htu": None}, "htu"),
        ({"htu": 7}, "htu"),
        ({"htu": "https://auth.example.com/api"}, "htu"),
        ({"htu": "https://auth.example.com/pangolins"}, "htu"),
        ({"htu": "https://evil.example/api/pangolins"}, "htu"),
        ({"htu": "http://auth.example.com/api/pangolins"}, "htu"),
        ({"htu": "https://auth.example.com:8443/api/pangolins"}, "htu"),
        ({"htu": "https://auth.example.com/api/Pangolins"}, "htu"),
        ({"htu": "/api/pangolins"}, "htu"),
        ({"iat": None}, "iat"),
        ({"iat": "soon"}, "iat"),
        ({"iat": True}, "iat"),
        ({"ath": None}, "ath"),
        ({"ath": "x"}, "ath"),
        ({"nonce": 7}, "nonce"),
    ],
)
def test_a_claim_that_is_missing_or_anothers_is_refused(
    proofs: Proofs, ann: Prover, changes: dict[str, Any], says: str
) -> None:
    """PO-4 to PO-7."""
    assert says in refusal(proofs, ann.proof("GET", URL, TOKEN, **changes)).reason


@pytest.mark.parametrize(
    "htu",
    [
        URL,
        URL + "?page=2",
        URL + "#top",
        URL + "?page=2#top",
        URL + "/",
        "HTTPS://Auth.Example.COM/api/pangolins",
        "https://auth.example.com:443/api/pangolins",
        "https://auth.example.com/api/p%61ngolins",
    ],
)
def test_an_address_is_compared_as_addresses_are(proofs: Proofs, ann: Prover, htu: str) -> None:
    """PO-5: without query and fragment, after RFC 3986 sections 6.2.2 and 6.2.3."""
    assert proofs.accept(shown(ann.proof("GET", htu, TOKEN))) == ann.jkt


def test_reserved_characters_stay_what_they_are(proofs: Proofs, ann: Prover) -> None:
    """PO-5: an escaped slash is no slash, whatever the case of its digits."""
    url = f"{URL}/a%2Fb"
    assert proofs.accept(shown(ann.proof("GET", f"{URL}/a%2fb", TOKEN), url=url)) == ann.jkt
    with pytest.raises(ProofRefused, match="htu"):
        proofs.accept(shown(ann.proof("GET", f"{URL}/a/b", TOKEN), url=url))


def test_another_tokens_proof_is_refused(proofs: Proofs, ann: Prover) -> None:
    """PO-7."""
    assert "ath" in refusal(proofs, ann.proof("GET", URL, "another.access.token")).reason


def test_another_key_than_the_tokens_is_refused(proofs: Proofs, ann: Prover, world: World) -> None:
    """PO-8."""
    assert "bound to" in refusal(proofs, ann.proof("GET", URL, TOKEN), jkt=Prover(world).jkt).reason


def test_a_proof_counts_once(proofs: Proofs, ann: Prover, clock: Clock) -> None:
    """PO-9: not again as long as its time would allow it; another of the same key does, and another key's of the same name."""
    proof = ann.proof("GET", URL, TOKEN, jti="one", iat=int(clock() + 59))
    assert proofs.accept(shown(proof))
    for _ in range(4):
        assert "used before" in refusal(proofs, proof).reason
        clock.advance(29)
    assert proofs.accept(shown(ann.proof("GET", URL, TOKEN, jti="two")))
    assert proofs.accept(shown(Prover(ann.world).proof("GET", URL, TOKEN, jti="two")))


def test_a_refused_proof_is_not_remembered(proofs: Proofs, ann: Prover) -> None:
    """PO-9: what is wrong with it costs no write."""
    proof = ann.proof("POST", URL, TOKEN)
    assert "htm" in refusal(proofs, proof).reason
    assert proofs.accept(shown(proof, "POST"))


@pytest.mark.parametrize(
    ("seconds", "is_taken"), [(-61, False), (-60, True), (0, True), (60, True), (61, False)]
)
def test_a_proof_is_of_this_minute_by_clocks_that_differ_by_one(
    proofs: Proofs, ann: Prover, clock: Clock, seconds: int, *, is_taken: bool
) -> None:
    """PO-6, AV-4."""
    proof = ann.proof("GET", URL, TOKEN, iat=int(clock()) + seconds)
    if is_taken:
        assert proofs.accept(shown(proof))
    else:
        assert refusal(proofs, proof).public_code == "use_dpop_nonce"


class TestNonces:
    def test_whose_clock_is_wrong_gets_a_nonce_and_is_taken_with_it(
        self, proofs: Proofs, ann: Prover, clock: Clock
    ) -> None:
        """PO-10: our nonce says when the proof was made."""
        hour_ago = int(clock()) - 3600
        refused = refusal(proofs, ann.proof("GET", URL, TOKEN, iat=hour_ago))
        assert (refused.public_code, refused.nonce is None) == ("use_dpop_nonce", False)
        again = ann.proof("GET", URL, TOKEN, iat=hour_ago, nonce=refused.nonce)
        assert proofs.accept(shown(again)) == ann.jkt
        assert "used before" in refusal(proofs, again).reason

    def test_where_a_nonce_is_wanted_none_is_refused_with_one(self, proofs: Proofs, ann: Prover) -> None:
        """PO-10, section 8."""
        refused = refusal(proofs, ann.proof("GET", URL, TOKEN), needs_nonce=True)
        assert refused.public_code == "use_dpop_nonce"
        proof = ann.proof("GET", URL, TOKEN, nonce=refused.nonce)
        assert proofs.accept(shown(proof), needs_nonce=True)

    def test_a_nonce_serves_a_quarter_of_an_hour(self, proofs: Proofs, ann: Prover, clock: Clock) -> None:
        """PO-10: as long as the longest token that comes with it, and a proof is remembered for longer."""
        nonce, iat = proofs.nonce(), int(clock())
        proof = ann.proof("GET", URL, TOKEN, nonce=nonce, iat=iat)
        assert proofs.accept(shown(proof))
        clock.advance(899)
        assert "used before" in refusal(proofs, proof).reason
        assert proofs.accept(shown(ann.proof("GET", URL, TOKEN, nonce=nonce, iat=iat)))
        clock.advance(1)
        assert refusal(proofs, ann.proof("GET", URL, TOKEN, nonce=nonce)).public_code == "use_dpop_nonce"

    @pytest.mark.parametrize("nonce", ["", "x", "x" * 2000, "a.9.e30." + "0" * 64, "é"])
    def test_a_nonce_that_is_none_of_ours_gets_one(self, proofs: Proofs, ann: Prover, nonce: str) -> None:
        assert refusal(proofs, ann.proof("GET", URL, TOKEN, nonce=nonce)).public_code == "use_dpop_nonce"

    def test_another_servers_nonce_is_none_of_ours(
        self, proofs: Proofs, ann: Prover, world: World, tmp_path: Path
    ) -> None:
        """PO-10: made by the same program under other keys."""
        other = SqliteStore(tmp_path / "other.db", now=world.now, nonce=world.identifier)
        nonce = services(other, world, tmp_path).tokens.proofs.nonce()
        other.close()
        refused = refusal(proofs, ann.proof("GET", URL, TOKEN, nonce=nonce))
        assert (refused.public_code, refused.nonce != nonce) == ("use_dpop_nonce", True)


@pytest.mark.parametrize(
    "text", ["", ".", "..", "a.b", "a.b.c", "e30.e30.", "x" * 5000, "a.b.c.d.e", "é.é.é", "\0", "a b"]
)
def test_what_is_no_proof_is_refused_and_nothing_else_happens(proofs: Proofs, text: str) -> None:
    """PO-2: never another exception, whatever it is."""
    assert refusal(proofs, text).public_code == "invalid_dpop_proof"


def test_a_huge_proof_is_refused_before_it_is_read(proofs: Proofs, ann: Prover) -> None:
    """PO-2."""
    assert "4096 characters" in refusal(proofs, ann.proof("GET", URL, TOKEN, filler="x" * 4096)).reason


def test_an_access_token_and_an_assertion_are_no_proofs(proofs: Proofs, ann: Prover) -> None:
    """TK-7: kinds never mix, though the same key signed them."""
    claims = json.loads(jws.decode(ann.proof("GET", URL, TOKEN).split(".")[1].encode()))
    for typ in ("at+jwt", "JWT", "client-authentication+jwt", "logout+jwt"):
        text = ann.signed(
            {"typ": typ, "alg": "ES256", "jwk": ann.jwk}, claims | {"jti": secrets.token_hex(8)}
        )
        assert "typ" in refusal(proofs, text).reason
