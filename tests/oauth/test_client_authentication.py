"""Who a client is: each method, one a request, secrets rotated and throttled, assertions once (OP-5, OP-6, TH-1)."""

import json
from typing import Any

import pytest

from chalicelib.jose import jws
from chalicelib.keys import private_keys
from chalicelib.oauth.assertions import TYPE
from chalicelib.oauth.client_options import ClientOptions
from chalicelib.store import Replace
from tests.conftest import Clock
from tests.oauth.server import ISSUER, App, Server, basic

FORM = {"grant_type": "client_credentials"}


@pytest.fixture
def machine(server: Server) -> App:
    return server.client(redirect_uris=(), post_logout_redirect_uris=(), scopes="pangolins")


def ask(server: Server, headers: dict[str, str] | None = None, **form: str) -> Any:
    """Send a token request with these fields."""
    return server.ask("POST", "/oauth/token", form={**FORM, **form}, headers=headers or {})


def test_a_secret_is_taken_as_basic_and_in_the_form(server: Server, machine: App) -> None:
    secret = str(machine.secret)
    assert ask(server, basic(machine.client_id, secret)).status == 200
    assert ask(server, client_id=machine.client_id, client_secret=secret).status == 200
    encoded = "".join(f"%{ord(character):02X}" for character in secret)
    assert ask(server, basic(machine.client_id, encoded)).status == 200
    assert ask(server, basic(machine.client_id, secret), client_id=machine.client_id).status == 200


def test_one_method_a_request(server: Server, machine: App) -> None:
    """OP-5."""
    secret = str(machine.secret)
    both = ask(server, basic(machine.client_id, secret), client_id=machine.client_id, client_secret=secret)
    assert (both.status, both.error) == (400, "invalid_request")
    other = ask(server, basic(machine.client_id, secret), client_id="a" * 26)
    assert other.error == "invalid_request"


@pytest.mark.parametrize(
    "header",
    [
        "Basic",
        "Basic !",
        "Basic \u00e9\u00e9\u00e9\u00e9",
        "Basic eDp5",
        "Basic " + "A" * 2000,
        "Bearer x",
        "basic //8=",
        "Basic " + "eA==",
    ],
)
def test_what_is_no_good_header_is_refused_with_a_challenge(server: Server, header: str) -> None:
    """OP-5: of other letters than ASCII too."""
    reply = ask(server, {"Authorization": header})
    assert (reply.status, reply.error) == (401, "invalid_client")
    assert reply.headers["WWW-Authenticate"].startswith("Basic ")


def test_wrong_secrets_and_unknown_clients_are_one_answer(server: Server, machine: App) -> None:
    wrong = [
        ask(server, basic(machine.client_id, "cbs_" + "x" * 43)),
        ask(server, basic("a" * 26, "cbs_" + "x" * 43)),
        ask(server, client_id=machine.client_id),
        ask(server, client_id=machine.client_id, client_secret="x"),
    ]
    assert {(reply.status, reply.text) for reply in wrong} == {(wrong[0].status, wrong[0].text)}
    assert (wrong[0].status, wrong[0].error) == (401, "invalid_client")


def test_guessing_is_told_to_wait_and_shuts_nobody_out(server: Server, machine: App) -> None:
    """TH-1, TH-5: a secret of 256 bits needs no lock, so a stranger cannot make one."""
    replies = [ask(server, basic(machine.client_id, f"guess {number}")) for number in range(12)]
    assert [reply.status for reply in replies] == [401] * 10 + [429] * 2
    assert int(replies[-1].headers["Retry-After"]) > 0
    assert machine.token(**FORM).status == 200


def test_two_secrets_live_during_a_rotation_and_no_third(server: Server, machine: App) -> None:
    """OP-6."""
    first = str(machine.secret)
    _, second = server.services.oauth.clients.rotate_secret(machine.client_id)
    assert ask(server, basic(machine.client_id, first)).status == 200
    assert ask(server, basic(machine.client_id, second)).status == 200
    _, third = server.services.oauth.clients.rotate_secret(machine.client_id)
    assert [ask(server, basic(machine.client_id, each)).status for each in (first, second, third)] == [
        401,
        200,
        200,
    ]


def test_no_secret_is_kept_in_clear(server: Server, machine: App) -> None:
    """OP-6, M9."""
    record = server.services.oauth.clients.require(machine.client_id).record
    assert record is not None
    assert str(machine.secret) not in json.dumps(record.data)


def test_a_public_client_that_sends_a_secret_is_refused(server: Server) -> None:
    app = server.client(public=True)
    reply = server.ask(
        "POST",
        "/oauth/token",
        form={
            "grant_type": "refresh_token",
            "client_id": app.client_id,
            "client_secret": "x",
            "refresh_token": "x",
        },
    )
    assert reply.error == "invalid_client"


def test_a_disabled_client_gets_nothing(server: Server, machine: App) -> None:
    server.services.oauth.clients.set_disabled(machine.client_id, disabled=True)
    assert machine.token(**FORM).error == "invalid_client"
    server.services.oauth.clients.set_disabled(machine.client_id, disabled=False)
    assert machine.token(**FORM).status == 200


class Signer:
    """A client with a key of its own."""

    def __init__(self, server: Server, alg: str = "ES256", **options: Any) -> None:
        self.server = server
        new = private_keys.generate(alg)
        self.key = private_keys.load(new.kid, alg, new.private_der)
        wanted = {"redirect_uris": (), "post_logout_redirect_uris": (), "scopes": "pangolins"}
        self.app = server.client(jwks={"keys": [new.public_jwk]}, options=ClientOptions(**options), **wanted)
        self.now = server.services.world.timestamp()

    def assertion(self, header: dict[str, Any] | None = None, **changes: Any) -> str:
        payload = {
            "iss": self.app.client_id,
            "sub": self.app.client_id,
            "aud": ISSUER,
            "jti": "one",
            "iat": self.now,
            "exp": self.now + 60,
        } | changes
        named = {"alg": self.key.alg, "kid": self.key.kid, "typ": "JWT"} | (header or {})
        parts = ({name: value for name, value in named.items() if value is not None}, payload)
        text = ".".join(jws.encode(json.dumps(part).encode()) for part in parts)
        return f"{text}.{jws.encode(self.key.sign(text.encode()))}"

    def ask(self, assertion: str, **form: str) -> Any:
        fields = {"client_assertion": assertion, "client_assertion_type": TYPE, **form}
        return ask(self.server, None, **fields)


@pytest.mark.parametrize("alg", ["RS256", "ES256", "EdDSA"])
def test_a_client_proves_itself_by_its_key(server: Server, alg: str) -> None:
    client = Signer(server, alg)
    assert client.app.secret is None
    assert client.ask(client.assertion()).status == 200
    assert client.ask(client.assertion(jti="two", aud=[ISSUER]), client_id=client.app.client_id).status == 200


def test_a_client_need_not_name_its_only_key(server: Server) -> None:
    """RFC 7515 section 4.1.4."""
    client, other = Signer(server), Signer(server)
    assert client.ask(client.assertion(header={"kid": None})).status == 200
    other.key = client.key
    assert other.ask(other.assertion(header={"kid": None})).error == "invalid_client"


def test_an_assertion_counts_once(server: Server) -> None:
    """OP-6."""
    client = Signer(server)
    assertion = client.assertion()
    assert [client.ask(assertion).status for _ in range(3)] == [200, 401, 401]


@pytest.mark.parametrize("late", [1, 30, 59, 59.9])
def test_an_assertion_counts_once_for_as_long_as_it_is_honoured(
    server: Server, clock: Clock, late: float
) -> None:
    """OP-6: also in the leeway past its expiry."""
    client = Signer(server)
    used, unused = client.assertion(), client.assertion(jti="two")
    assert client.ask(used).status == 200
    clock.advance(60 + late)
    assert (client.ask(used).status, client.ask(unused).status) == (401, 200)
    clock.advance(60 - late)
    assert client.ask(client.assertion(jti="three", exp=client.now + 60)).status == 401


@pytest.mark.parametrize(
    "changes",
    [
        {"aud": f"{ISSUER}/oauth/token"},
        {"aud": [ISSUER, "https://evil.example"]},
        {"aud": ISSUER + "/"},
        {"aud": None},
        {"iss": "a" * 26},
        {"exp": 1_800_000_000 - 61},
        {"exp": 1_800_000_000 + 3661},
        {"exp": "1800000060"},
        {"exp": None},
        {"iat": 1_800_000_000 + 61},
        {"nbf": 1_800_000_000 + 61},
        {"jti": None},
        {"jti": ""},
        {"header": {"alg": "none"}},
        {"header": {"alg": "HS256"}},
        {"header": {"typ": "at+jwt"}},
        {"header": {"kid": "another"}},
        {"header": {"crit": ["exp"]}},
    ],
)
def test_each_fault_of_an_assertion_is_refused(server: Server, changes: dict[str, Any]) -> None:
    """TK-7: nor does a token of another kind pass for one."""
    client = Signer(server)
    assert client.ask(client.assertion(**changes)).error == "invalid_client"
    assert client.ask(client.assertion()).status == 200


@pytest.mark.parametrize(
    ("aud", "is_taken"),
    [
        (f"{ISSUER}/oauth/token", True),
        ([f"{ISSUER}/oauth/token"], True),
        (ISSUER, True),
        ([ISSUER, f"{ISSUER}/oauth/token"], False),
        (f"{ISSUER}/oauth/introspect", False),
        ("https://evil.example/oauth/token", False),
    ],
)
def test_the_token_endpoint_may_be_the_audience_of_a_client_that_is_registered_so(
    server: Server, aud: Any, *, is_taken: bool
) -> None:
    """OP-6: of one audience still."""
    client = Signer(server, assertion_audience="token-endpoint")
    assert (client.ask(client.assertion(aud=aud)).status == 200) == is_taken


def test_the_reason_of_a_refused_assertion_is_in_the_log_and_not_in_the_answer(
    server: Server, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", "cupbearer")
    client = Signer(server)
    reply = client.ask(client.assertion(aud=f"{ISSUER}/oauth/token"))
    lines = [
        getattr(each, "fields", {}) for each in caplog.records if each.message == "client_assertion_refused"
    ]
    assert [line["client_id"] for line in lines] == [client.app.client_id]
    assert "--assertion-audience token-endpoint" in lines[0]["reason"]
    assert "aud" not in reply.json["error_description"]


def test_another_clients_assertion_or_key_is_refused(server: Server, machine: App) -> None:
    client, other = Signer(server), Signer(server)
    forged = other.assertion(iss=client.app.client_id, sub=client.app.client_id)
    assert client.ask(forged).error == "invalid_client"
    assert (
        client.ask(client.assertion(sub=machine.client_id, iss=machine.client_id)).error == "invalid_client"
    )
    assert client.ask(client.assertion(), client_assertion_type="x").error == "invalid_client"
    assert ask(server, client_id=client.app.client_id, client_secret="x").error == "invalid_client"


def test_an_assertion_outside_its_time_is_refused(server: Server, clock: Clock) -> None:
    client = Signer(server)
    assertion = client.assertion()
    clock.advance(60 + 60)
    assert client.ask(assertion).error == "invalid_client"


@pytest.mark.parametrize("keys", ["101 of them", "none that is usable"])
def test_a_key_set_that_an_earlier_release_took_and_this_one_would_not_refuses_its_client(
    server: Server, keys: str
) -> None:
    client = Signer(server)
    record = server.services.oauth.clients.require(client.app.client_id).record
    assert record is not None
    (key,) = record.data["jwks"]["keys"]
    listed = [key] * 101 if keys == "101 of them" else [{"kty": "oct", "k": "x"}]
    server.services.store.commit(Replace(record, {**record.data, "jwks": {"keys": listed}}))
    reply = client.ask(client.assertion())
    assert (reply.status, reply.error) == (401, "invalid_client")


def test_basic_with_an_empty_password_is_no_guess(server: Server) -> None:
    """RFC 6749 section 2.3.1: an empty secret may be left out, so a public client may also say it."""
    app = server.client(public=True)
    unknown_token = {"grant_type": "refresh_token", "refresh_token": "x"}
    for _ in range(12):
        for headers, form in (
            (basic(app.client_id, ""), unknown_token),
            ({}, {**unknown_token, "client_id": app.client_id, "client_secret": ""}),
        ):
            reply = server.ask("POST", "/oauth/token", form=form, headers=headers)
            assert (reply.status, reply.error) == (400, "invalid_grant")


def test_an_empty_password_proves_nothing_of_a_confidential_client(server: Server, machine: App) -> None:
    """Said twelve times it has to wait, like any other wrong one."""
    replies = [ask(server, basic(machine.client_id, "")) for _ in range(12)]
    assert [reply.status for reply in replies] == [401] * 10 + [429] * 2
