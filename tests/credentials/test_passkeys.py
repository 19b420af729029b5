"""Passkeys: what a signature proves (W3C Web Authentication, sections 7.1 and 7.2), with real keys of all three kinds."""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.audit.trail import Source
from chalicelib.credentials.factor_answers import FactorAnswer, holder_of
from chalicelib.credentials.factor_refusals import SecondFactorRefused
from chalicelib.credentials.passkey_answers import assertion, creation
from chalicelib.errors import Invalid
from cupbearer.soft_authenticator import (
    ALGORITHMS,
    AT,
    BE,
    BS,
    UP,
    UV,
    SoftAuthenticator,
    decoded,
    encoded,
)
from cupbearer.testing import SOURCE, AppUnderTest
from tests.support.factor_people import Person, person

ELSEWHERE = Source(ip="127.0.0.1", user_agent="another program")


@pytest.fixture
def zoe(cupbearer: AppUnderTest) -> Person:
    return person(cupbearer)


def options(zoe: Person, source: Source = SOURCE, *, verified: bool = True) -> dict[str, Any]:
    checks = zoe.services.second_factors.checks
    found: dict[str, Any] = checks.passkey_options(source, verified=verified)
    return found


def log_in(zoe: Person, answer: dict[str, Any], source: Source = SOURCE) -> Any:
    return zoe.services.second_factors.step.with_passkey(FactorAnswer(passkey=answer), source=source)


def refused(zoe: Person, answer: dict[str, Any], source: Source = SOURCE) -> str:
    with pytest.raises(SecondFactorRefused) as refusal:
        log_in(zoe, answer, source)
    return refusal.value.reason


@pytest.mark.parametrize("alg", ALGORITHMS)
def test_a_passkey_is_all_one_needs(zoe: Person, alg: str) -> None:
    """It proves two factors at once, so nothing more is asked for; ``amr`` says what it was (RFC 8176)."""
    device = zoe.with_passkey(alg=alg)
    signed_in = log_in(zoe, device.get(options(zoe)))
    live = zoe.services.authentication.sessions.require_live(zoe.user_id, signed_in.session_id)
    assert live.session.amr == ("hwk", "user", "mfa")
    assert live.session.factor_time == int(zoe.under_test.clock.now)


def test_one_that_may_be_on_several_devices_is_no_hardware_key(zoe: Person) -> None:
    device = zoe.with_passkey(flags=UP | UV | BE | BS)
    signed_in = log_in(zoe, device.get(options(zoe)))
    live = zoe.services.authentication.sessions.require_live(zoe.user_id, signed_in.session_id)
    assert live.session.amr == ("swk", "user", "mfa")
    assert zoe.factors.passkeys[0].backed_up


def test_it_is_a_second_factor_too_and_need_not_know_its_person_then(zoe: Person) -> None:
    device = zoe.with_passkey(flags=UP)
    assert zoe.asked().kinds == ("passkey",)
    signed_in = zoe.finish(zoe.pending(), passkey=device.get(options(zoe, verified=False)))
    live = zoe.services.authentication.sessions.require_live(zoe.user_id, signed_in.session_id)
    assert live.session.amr == ("pwd", "hwk", "user", "mfa")


LIES: dict[str, Callable[[SoftAuthenticator, dict[str, Any]], dict[str, Any]]] = {
    "another site's page": lambda device, asked: device.get(asked, origin="https://localhost.evil.example"),
    "another port": lambda device, asked: device.get(asked, origin="http://localhost:8001"),
    "a frame of another site": lambda device, asked: device.get(asked, crossOrigin=True),
    "another ceremony": lambda device, asked: device.get(asked, type="webauthn.create"),
    "a challenge of its own": lambda device, asked: device.get(asked, challenge=encoded(b"x" * 32)),
    "no challenge": lambda device, asked: device.get(asked, challenge=""),
    "another site's key": lambda device, asked: replace(device, rp_id="evil.example").get(asked),
    "nobody touched it": lambda device, asked: replace(device, flags=UV).get(asked),
    "it did not ask who": lambda device, asked: replace(device, flags=UP).get(asked),
    "backed up and never to be": lambda device, asked: replace(device, flags=UP | UV | BS).get(asked),
    "became another kind": lambda device, asked: replace(device, flags=UP | UV | BE).get(asked),
    "another key": lambda device, asked: replace(device, key=None).get(asked),
    "another credential": lambda device, asked: replace(device, credential_id=b"other").get(asked),
    "another person": lambda device, asked: replace(device, user_handle=b"a" * 26).get(asked),
    "no person": lambda device, asked: replace(device, user_handle=b"").get(asked),
    "a person of another form": lambda device, asked: replace(device, user_handle=b"a#b\n" * 6).get(asked),
    "an altered signature": lambda device, asked: altered(device.get(asked), "signature"),
    "altered flags": lambda device, asked: altered(device.get(asked), "authenticatorData"),
}


def altered(answer: dict[str, Any], part: str) -> dict[str, Any]:
    octets = bytearray(decoded(answer["response"][part]))
    octets[-1] ^= 1
    return {**answer, "response": {**answer["response"], part: encoded(bytes(octets))}}


@pytest.mark.parametrize("lie", LIES)
def test_each_lie_is_refused_and_the_truth_is_not(zoe: Person, lie: str) -> None:
    device = zoe.with_passkey()
    assert refused(zoe, LIES[lie](replace(device), options(zoe))) == "wrong"
    device.counter += 1
    assert log_in(zoe, device.get(options(zoe)))


def test_of_a_disabled_account_and_of_none_is_one_answer(zoe: Person) -> None:
    """EN-1: and it opens neither."""
    device = zoe.with_passkey()
    zoe.services.accounts.administration.administer(zoe.user_id, disabled=True, source=SOURCE)
    said = []
    for each in (device, replace(device, user_handle=b"a" * 26)):
        with pytest.raises(SecondFactorRefused) as refusal:
            log_in(zoe, each.get(options(zoe)))
        said.append((refusal.value.detail, refusal.value.public_code))
    assert said[0] == said[1]


class TestChallenges:
    def test_each_counts_once(self, zoe: Person) -> None:
        """ST-2: the same answer again, and another answer to the same challenge."""
        device = zoe.with_passkey(step=0)
        asked = options(zoe)
        answer = device.get(asked)
        assert log_in(zoe, answer)
        assert refused(zoe, answer) == "used"
        assert refused(zoe, device.get(asked)) == "used"

    def test_each_counts_for_five_minutes(self, zoe: Person) -> None:
        device = zoe.with_passkey()
        asked = options(zoe)
        zoe.under_test.clock.advance(5 * 60)
        assert refused(zoe, device.get(asked)) == "wrong"

    def test_each_is_for_who_asked_for_it(self, zoe: Person) -> None:
        """SE-8."""
        device = zoe.with_passkey()
        assert refused(zoe, device.get(options(zoe)), ELSEWHERE) == "wrong"
        assert refused(zoe, device.get(options(zoe)), Source(ip="127.0.0.1", browser="b")) == "wrong"

    def test_one_for_a_new_passkey_is_none_to_log_in_by(self, zoe: Person) -> None:
        device = zoe.with_passkey()
        passkeys = zoe.services.second_factors.passkeys
        asked = passkeys.creation_options(zoe.live.user, (), holder=holder_of(SOURCE))
        assert refused(zoe, device.get(asked)) == "wrong"

    def test_to_ask_for_one_stores_nothing(self, zoe: Person) -> None:
        """DS-3: anybody may."""
        before = zoe.services.store.list(f"user#{zoe.user_id}").records
        assert len({options(zoe)["challenge"] for _ in range(5)}) == 5
        assert zoe.services.store.list(f"user#{zoe.user_id}").records == before


class TestSignCounts:
    def test_one_that_goes_back_or_stays_is_a_copy(self, zoe: Person) -> None:
        """Section 6.1.1; written down, since the key may have been cloned."""
        device = zoe.with_passkey()
        device.counter = 7
        assert log_in(zoe, device.get(options(zoe)))
        copy = replace(device, counter=device.counter - 1)
        assert refused(zoe, copy.get(options(zoe))) == "cloned"
        events, _ = zoe.services.audit.of(zoe.user_id)
        assert "passkey_cloned" in {event.event for event in events}
        assert log_in(zoe, device.get(options(zoe)))

    def test_who_does_not_count_is_no_copy(self, zoe: Person) -> None:
        device = zoe.with_passkey(step=0)
        for _ in range(3):
            assert log_in(zoe, device.get(options(zoe)))


class TestRegistration:
    def add(self, zoe: Person, answer: dict[str, Any], name: str = "Key") -> Any:
        return zoe.services.second_factors.own.add_passkey(zoe.live, answer, name=name, source=SOURCE)

    def asked(self, zoe: Person) -> dict[str, Any]:
        found: dict[str, Any] = zoe.services.second_factors.own.passkey_options(zoe.live, source=SOURCE)
        return found

    def test_the_options_name_the_site_the_person_and_what_is_there_already(self, zoe: Person) -> None:
        device = zoe.with_passkey()
        asked = self.asked(zoe)
        assert asked["rp"]["id"] == "localhost"
        assert decoded(asked["user"]["id"]).decode() == zoe.user_id
        assert [each["id"] for each in asked["excludeCredentials"]] == [encoded(device.credential_id)]
        assert {each["alg"] for each in asked["pubKeyCredParams"]} == set(ALGORITHMS.values())
        assert json.loads(json.dumps(asked)) == asked

    @pytest.mark.parametrize(
        ("kind", "said"),
        [
            ({}, {"origin": "https://evil.example"}),
            ({}, {"type": "webauthn.get"}),
            ({}, {"challenge": encoded(b"of another")}),
            ({}, {"crossOrigin": True}),
            ({"rp_id": "evil.example"}, {}),
            ({"flags": UV}, {}),
            ({"flags": UP | BS}, {}),
            ({"alg": "RS256", "key": rsa.generate_private_key(65537, 1024)}, {}),  # noqa: S505 - that is the lie
            ({"credential_id": b""}, {}),
        ],
    )
    def test_what_proves_nothing_is_refused(
        self, zoe: Person, kind: dict[str, Any], said: dict[str, Any]
    ) -> None:
        """KM-5 for the weak key."""
        device = SoftAuthenticator(zoe.under_test.settings.issuer, **kind)
        with pytest.raises(Invalid) as refusal:
            self.add(zoe, device.create(self.asked(zoe), **said))
        assert set(refusal.value.errors) == {"passkey"}
        assert zoe.factors.passkeys == ()

    def test_an_algorithm_that_was_not_asked_for_is_refused(self, zoe: Person) -> None:
        device = SoftAuthenticator(zoe.under_test.settings.issuer)
        answer = device.create(self.asked(zoe))
        octets = decoded(answer["response"]["attestationObject"])
        assert b"\x03\x26" in octets  # 3 (alg): -7
        answer["response"]["attestationObject"] = encoded(octets.replace(b"\x03\x26", b"\x03\x28"))  # ESP256
        with pytest.raises(Invalid):
            self.add(zoe, answer)

    def test_a_challenge_and_a_credential_make_one_passkey(self, zoe: Person) -> None:
        device = SoftAuthenticator(zoe.under_test.settings.issuer)
        answer = device.create(self.asked(zoe))
        self.add(zoe, answer)
        with pytest.raises(Invalid):
            self.add(zoe, answer)
        with pytest.raises(Invalid):
            self.add(zoe, device.create(self.asked(zoe)))
        assert len(zoe.factors.passkeys) == 1

    def test_a_person_has_at_most_twenty(self, zoe: Person) -> None:
        """DS-3."""
        for number in range(20):
            zoe.with_passkey(f"Key {number}", alg="EdDSA")
        with pytest.raises(Invalid):
            zoe.with_passkey("One more")
        assert {passkey.name for passkey in zoe.factors.passkeys} == {f"Key {n}" for n in range(20)}
        assert zoe.asked().kinds == ("passkey",)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=30) | st.binary(max_size=60).map(encoded),
    lambda children: (
        st.lists(children, max_size=3) | st.dictionaries(st.text(max_size=20), children, max_size=3)
    ),
    max_leaves=8,
)
PARTS = ("clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle", "transports")


@given(
    raw_id=JSON,
    response=st.dictionaries(st.sampled_from(PARTS), JSON, max_size=6) | JSON,
    client_data=st.none() | JSON,
)
def test_no_answer_is_more_than_a_refusal(raw_id: Any, response: Any, client_data: Any) -> None:
    """TK-9, IN-2: whatever a browser sends."""
    if isinstance(response, dict) and client_data is not None:
        response["clientDataJSON"] = encoded(json.dumps(client_data).encode())
    for read in (creation, assertion):
        try:
            read({"rawId": raw_id, "response": response})
        except SecondFactorRefused:
            continue


@given(octets=st.binary(max_size=300), flags=st.integers(0, 255))
def test_no_octets_of_an_authenticator_are_more_than_a_refusal(octets: bytes, flags: int) -> None:
    data = bytes(32) + bytes([flags | AT]) + bytes(4) + octets
    client_data = encoded(b'{"type":"webauthn.get","challenge":"","origin":""}')
    response = {"clientDataJSON": client_data, "authenticatorData": encoded(data), "signature": ""}
    try:
        assertion({"rawId": "", "response": response})
    except SecondFactorRefused:
        return


def test_what_is_too_long_is_not_read_however_well_formed() -> None:
    """DS-2."""
    device = SoftAuthenticator("http://localhost:8000")
    answer = device.get({"challenge": ""}, padding="x" * 2000)
    assert assertion(answer).client_data.origin == "http://localhost:8000"
    long_signature = {**answer["response"], "signature": encoded(bytes(2000))}
    nested = {**answer["response"], "attestationObject": encoded(b"\x81" * 60_000)}
    for read, sent in (
        (assertion, device.get({"challenge": ""}, padding="x" * 5000)),
        (assertion, {**answer, "response": long_signature}),
        (assertion, {**answer, "rawId": encoded(bytes(2000))}),
        (creation, {**answer, "response": nested}),
    ):
        with pytest.raises(SecondFactorRefused):
            read(sent)
