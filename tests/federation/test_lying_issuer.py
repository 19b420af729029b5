"""An issuer that lies, one defect at a time: refused each time, nothing made, and never for long (FD-2, FD-4, FD-5)."""

import time
from typing import Any

import pytest

from chalicelib.errors import Invalid
from chalicelib.federation.identity_provider import KEYS_SECONDS, USERINFO_SECONDS
from chalicelib.federation.login_state import Flows
from chalicelib.keys import private_keys
from chalicelib.store import Store
from chalicelib.wiring import Services
from chalicelib.world import World
from tests.federation.in_process import PASSWORD, Browser, Reply
from tests.federation.issuer import CLIENT_ID, CLIENT_SECRET, Issuer, drips, says
from tests.federation.lies import BEGINNINGS, HTML, LIES, Lies, with_another_key
from tests.support import forge
from tests.support.keys_world import Line

LONGEST = 8.0  # seconds, of any request (AV-1)


def attempt(browser: Browser, elsewhere: Issuer, **changes: str | None) -> Reply:
    """Go all the way; return the last answer, which never takes long."""
    back = elsewhere.authorize(browser.begin(), **changes)
    started = time.monotonic()
    reply = browser.come_back(back)
    assert time.monotonic() - started < LONGEST
    return reply


def nothing_was_made(services: Services, reply: Reply) -> None:
    assert reply.status in {400, 403, 503}, reply.text
    assert reply.headers["Content-Type"] == "application/problem+json"
    assert reply.json["code"] in {"provider_refused", "unavailable"}
    assert reply.set_cookies == []
    assert services.accounts.users.page()[0] == ()


@pytest.mark.parametrize("lie", LIES.values(), ids=LIES.keys())
def test_a_lie_is_refused_and_nothing_is_made(
    browser: Browser, elsewhere: Issuer, services: Services, lie: Lies
) -> None:
    lie(elsewhere)
    nothing_was_made(services, attempt(browser, elsewhere))


@pytest.mark.parametrize("lie", BEGINNINGS.values(), ids=BEGINNINGS.keys())
def test_a_document_that_cannot_be_relied_on_sends_nobody_anywhere(
    browser: Browser, elsewhere: Issuer, services: Services, lie: Lies
) -> None:
    lie(elsewhere)
    reply = browser.ask("GET", "/login/elsewhere")
    nothing_was_made(services, reply)
    assert reply.status == 503
    assert int(reply.headers["Retry-After"]) >= 1


@pytest.mark.parametrize("path", ["/token", "/jwks", "/userinfo"])
def test_a_slow_answer_is_not_waited_for(
    browser: Browser, elsewhere: Issuer, services: Services, path: str
) -> None:
    """FD-5: not even where every single octet comes in time."""
    if path == "/userinfo":
        elsewhere.claims["email"] = None
    elsewhere.lies[path] = drips()
    nothing_was_made(services, attempt(browser, elsewhere))


def test_a_slow_beginning_is_not_waited_for_and_a_password_still_does(
    browser: Browser, elsewhere: Issuer, services: Services
) -> None:
    """AV-3: trouble at a provider is nobody else's."""
    browser.sign_up("pat")
    elsewhere.lies["/.well-known/openid-configuration"] = drips()
    started = time.monotonic()
    assert browser.ask("GET", "/login/elsewhere").status == 503
    assert time.monotonic() - started < LONGEST
    assert browser.ask("POST", "/sessions", {"username": "pat", "password": PASSWORD}).status == 201


def test_everything_slow_but_in_time_has_its_time_call_by_call(browser: Browser, elsewhere: Issuer) -> None:
    """AV-1: three calls in a row, which together take longer than the two last may take alone."""
    elsewhere.claims["email"] = None
    elsewhere.lateness = dict.fromkeys(("/token", "/jwks", "/userinfo"), 0.55)
    assert USERINFO_SECONDS == KEYS_SECONDS < sum(elsewhere.lateness.values())
    assert attempt(browser, elsewhere).status == 200


def test_a_provider_that_is_gone_is_told_clearly(browser: Browser, elsewhere: Issuer) -> None:
    elsewhere.lies["/.well-known/openid-configuration"] = says("{}", status=503)
    reply = browser.ask("GET", "/login/elsewhere")
    assert "elsewhere cannot be reached" in reply.json["detail"]
    assert elsewhere.url not in reply.text, "what is wrong inside is for the log"


def test_the_last_good_document_and_keys_outlive_trouble(
    browser: Browser, elsewhere: Issuer, clock: Any
) -> None:
    """FD-6."""
    assert attempt(browser, elsewhere).status == 200
    for path in ("/.well-known/openid-configuration", "/jwks"):
        elsewhere.lies[path] = says(HTML, "text/html")
    clock.advance(3500)
    assert attempt(browser, elsewhere).status == 200
    clock.advance(200)
    assert browser.ask("GET", "/login/elsewhere").status == 302


def test_rotated_keys_are_found_at_once(browser: Browser, elsewhere: Issuer, clock: Any) -> None:
    assert attempt(browser, elsewhere).status == 200
    clock.advance(31)
    elsewhere.key = forge.key_of("RS256", "the next one")
    assert attempt(browser, elsewhere).status == 200


def unnamed(key: private_keys.NewKey, **changes: Any) -> dict[str, Any]:
    return {name: value for name, value in {**key.public_jwk, **changes}.items() if name != "kid"}


@pytest.mark.parametrize("named", [True, False])
def test_an_id_token_need_not_name_the_one_key_that_fits(
    browser: Browser, elsewhere: Issuer, named: bool
) -> None:
    """RFC 7515 section 4.1.4, OpenID Connect Core section 10.1: keys for another use or alg are none that fit."""
    other = forge.key_of("RS256", "the next one")
    elsewhere.published = [
        unnamed(other, use="enc"),
        unnamed(other, alg="RSA-OAEP"),
        unnamed(forge.key_of("ES256")),
        elsewhere.key.public_jwk if named else unnamed(elsewhere.key),
    ]
    elsewhere.header["kid"] = None
    assert attempt(browser, elsewhere).status == 200


def test_the_one_key_is_looked_for_again_where_it_was_rotated(
    browser: Browser, elsewhere: Issuer, clock: Any
) -> None:
    elsewhere.header["kid"] = None
    assert attempt(browser, elsewhere).status == 200
    clock.advance(31)
    elsewhere.key = forge.key_of("RS256", "the next one")
    assert attempt(browser, elsewhere).status == 200
    assert elsewhere.visits.count("/jwks") == 2


def test_bad_signatures_without_a_name_cause_no_flood_of_fetches(
    browser: Browser, elsewhere: Issuer, clock: Any
) -> None:
    """FD-6."""
    with_another_key(elsewhere)
    elsewhere.header["kid"] = None
    for _ in range(5):
        assert attempt(browser, elsewhere).status == 403
    assert elsewhere.visits.count("/jwks") == 1


def test_unknown_keys_cause_no_flood_of_fetches(browser: Browser, elsewhere: Issuer) -> None:
    """FD-6: at most one in a cool-down."""
    with_another_key(elsewhere)
    for _ in range(5):
        assert attempt(browser, elsewhere).status == 403
    assert elsewhere.visits.count("/jwks") == 1


def test_an_answer_that_names_another_issuer_is_refused(
    browser: Browser, elsewhere: Issuer, services: Services
) -> None:
    """FD-4, RFC 9207 section 2.4."""
    nothing_was_made(services, attempt(browser, elsewhere, iss="https://accounts.example.com"))
    assert "/token" not in elsewhere.visits, "the code was shown to nobody"


def test_an_answer_that_names_its_issuer_is_welcome(browser: Browser, elsewhere: Issuer) -> None:
    assert attempt(browser, elsewhere, iss=elsewhere.url).status == 200


def test_an_issuer_that_says_it_names_itself_must(
    browser: Browser, elsewhere: Issuer, services: Services
) -> None:
    elsewhere.discovery["authorization_response_iss_parameter_supported"] = True
    nothing_was_made(services, attempt(browser, elsewhere))
    assert attempt(browser, elsewhere, iss=elsewhere.url).status == 200


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        ("access_denied", 403, "access_denied"),
        ("login_required", 403, "access_denied"),
        ("temporarily_unavailable", 503, "unavailable"),
        ("invalid_scope", 403, "provider_refused"),
        ("<script>alert(1)</script>", 403, "provider_refused"),
    ],
)
def test_an_error_of_the_provider_is_told_in_our_words(
    browser: Browser, elsewhere: Issuer, services: Services, error: str, status: int, code: str
) -> None:
    """BR-5: never in its."""
    reply = attempt(browser, elsewhere, code=None, error=error, error_description="<b>Call 555-1234</b>")
    assert (reply.status, reply.json["code"]) == (status, code)
    assert "script" not in reply.text
    assert "555-1234" not in reply.text
    assert services.accounts.users.page()[0] == ()


def test_an_error_spends_the_state_too(browser: Browser, elsewhere: Issuer) -> None:
    back = elsewhere.authorize(browser.begin())
    browser.come_back({"state": back["state"], "error": "access_denied"})
    assert browser.come_back(back).json["code"] == "invalid_state"


def test_a_refused_log_in_of_nobody_is_counted(
    browser: Browser, elsewhere: Issuer, services: Services
) -> None:
    """LG-1, DS-3: counted, since there is nobody to write it down for."""
    from chalicelib.audit.trail import NOBODY

    elsewhere.claims["nonce"] = "another"
    attempt(browser, elsewhere)
    (counts,) = services.store.get(NOBODY)
    assert counts is not None
    assert counts.data["federated_log_in_refused"] == 1


def test_a_secret_in_the_body_is_sent_where_the_provider_knows_no_other_way(
    browser: Browser, elsewhere: Issuer
) -> None:
    """OpenID Connect Core section 9: the document says which ways there are."""
    seen: list[dict[str, str]] = []

    def token(form: Any, authorization: str) -> tuple[int, dict[str, Any]]:
        seen.append({**form, "authorization": authorization})
        return 400, {"error": "invalid_client"}

    elsewhere.token = token  # type: ignore[method-assign]
    elsewhere.discovery["token_endpoint_auth_methods_supported"] = ["client_secret_post"]
    attempt(browser, elsewhere)
    (form,) = seen
    assert (form["client_id"], form["client_secret"], form["authorization"]) == (CLIENT_ID, CLIENT_SECRET, "")


@pytest.mark.parametrize("alg", ["ES256", "EdDSA"])
def test_other_algorithms_that_are_announced_are_fine(browser: Browser, elsewhere: Issuer, alg: str) -> None:
    elsewhere.key = private_keys.generate(alg)
    elsewhere.discovery["id_token_signing_alg_values_supported"] = [alg]
    elsewhere.claims["at_hash"] = None
    assert attempt(browser, elsewhere).status == 200


def test_what_is_malformed_costs_no_store_request(store: Store, world: World) -> None:
    """DS-1: a forged state of the right form costs one."""
    line = Line(store)
    flows = Flows(line, world)
    for state in ("", "x", "x" * 44, "é" * 43, "x" * 42 + "=", "x" * 43):
        assert line.requests == 0
        with pytest.raises(Invalid) as refused:
            flows.spend(state=state, browser="x" * 43, provider="elsewhere")
        assert refused.value.rule == "invalid_state"
    assert line.requests == 1
