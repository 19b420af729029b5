"""An issuer that lies, one defect at a time: refused each time, nothing made, and never for long (FD-2, FD-4, FD-5)."""

import json
import time
from collections.abc import Callable
from typing import Any

import pytest

from chalicelib import jws, signing
from chalicelib.wiring import Services
from tests import forge
from tests.federation.house import PASSWORD, Browser, Reply
from tests.federation.issuer import CLIENT_ID, CLIENT_SECRET, Issuer, drips, half_hash, honestly, says
from tests.keys_world import Line

LONGEST = 8.0  # seconds, of any request (AV-1)
SLOW = ("slow", "dripping")
Lies = Callable[[Issuer], None]


def claims(**changes: Any) -> Lies:
    return lambda issuer: issuer.claims.update(changes)


def times(**offsets: int) -> Lies:
    return lambda issuer: issuer.claims.update(
        {name: int(issuer.now()) + offset for name, offset in offsets.items()}
    )


def header(**changes: Any) -> Lies:
    return lambda issuer: issuer.header.update(changes)


def discovery(**changes: Any) -> Lies:
    return lambda issuer: issuer.discovery.update(changes)


def answers(path: str, *args: Any, **kwargs: Any) -> Lies:
    return lambda issuer: issuer.lies.update({path: says(*args, **kwargs)})


def token_answer(**changes: Any) -> Lies:
    return lambda issuer: issuer.token_answer.update(changes)


def unsigned(issuer: Issuer) -> None:
    issuer.sign = lambda issuer, payload: (
        f"{forge.part({'alg': 'none', 'kid': issuer.key.kid})}.{forge.part(payload)}."
    )


def signed_with_a_shared_secret(secret: Callable[[Issuer], bytes]) -> Lies:
    def sign(issuer: Issuer, payload: dict[str, Any]) -> str:
        import hashlib
        import hmac

        text = f"{forge.part({'alg': 'HS256', 'kid': issuer.key.kid})}.{forge.part(payload)}"
        return f"{text}.{jws.encode(hmac.new(secret(issuer), text.encode(), hashlib.sha256).digest())}"

    def lie(issuer: Issuer) -> None:
        issuer.sign = sign
        issuer.discovery["id_token_signing_alg_values_supported"] = ["HS256", "RS256"]

    return lie


def with_another_key(issuer: Issuer) -> None:
    issuer.published = [issuer.key.public_jwk]
    issuer.key = forge.key_of("RS256", "nobody's")


def with_the_name_of_the_right_key(issuer: Issuer) -> None:
    issuer.published = [issuer.key.public_jwk]
    issuer.header["kid"] = issuer.key.kid
    issuer.key = forge.key_of("RS256", "nobody's")


def with_an_algorithm_it_never_announced(issuer: Issuer) -> None:
    issuer.key = forge.key_of("ES256", "an issuer elsewhere")
    issuer.published = [issuer.key.public_jwk]


def swapped(issuer: Issuer) -> None:
    issuer.header["alg"] = "ES256"
    issuer.discovery["id_token_signing_alg_values_supported"] = ["RS256", "ES256"]


def tampered(issuer: Issuer) -> None:
    def sign(issuer: Issuer, payload: dict[str, Any]) -> str:
        head, _, signature = honestly(issuer, payload).split(".")
        return f"{head}.{forge.part({**payload, 'sub': 'somebody else'})}.{signature}"

    issuer.sign = sign


def an_access_token_for_an_id_token(issuer: Issuer) -> None:
    issuer.header["typ"] = "at+jwt"


def another_sub_at_userinfo(issuer: Issuer) -> None:
    issuer.claims |= dict.fromkeys(("email", "email_verified", "name", "preferred_username"))
    issuer.userinfo["sub"] = "outside-2"


def no_sub_at_userinfo(issuer: Issuer) -> None:
    another_sub_at_userinfo(issuer)
    issuer.userinfo["sub"] = None


HUGE = json.dumps({"keys": ["x" * 300_000]})
HTML = "<!doctype html><title>Sign in</title>"

LIES: dict[str, Lies] = {
    "another iss": claims(iss="https://accounts.example.com"),
    "iss with a slash more": lambda issuer: issuer.claims.update(iss=issuer.url + "/"),
    "iss as a list": lambda issuer: issuer.claims.update(iss=[issuer.url]),
    "no iss": claims(iss=None),
    "another aud": claims(aud="another client"),
    "aud in another case": claims(aud=CLIENT_ID.upper()),
    "no aud": claims(aud=None),
    "several aud without azp": claims(aud=[CLIENT_ID, "another client"]),
    "azp of another": claims(azp="another client"),
    "several aud and azp of another": claims(aud=[CLIENT_ID, "another client"], azp="another client"),
    "another nonce": claims(nonce="x" * 43),
    "no nonce": claims(nonce=None),
    "empty nonce": claims(nonce=""),
    "nonce that is no text": claims(nonce=7),
    "expired": times(iat=-400, exp=-100),
    "expired beyond the leeway": times(iat=-400, exp=-61),
    "exp as text": claims(exp="1900000000"),
    "no exp": claims(exp=None),
    "no iat": claims(iat=None),
    "from the future": times(iat=120, exp=600),
    "not yet valid": times(nbf=120),
    "lives for a year": times(exp=31_536_000),
    "made long before this log-in": times(iat=-7200, exp=3600),
    "no sub": claims(sub=None),
    "empty sub": claims(sub=""),
    "sub that is no text": claims(sub=7),
    "sub with a line break": claims(sub="a\nb"),
    "alg none": unsigned,
    "HS256 by the client secret": signed_with_a_shared_secret(lambda _: CLIENT_SECRET.encode()),
    "HS256 by the public key": signed_with_a_shared_secret(lambda i: json.dumps(i.key.public_jwk).encode()),
    "alg swapped in the header": swapped,
    "alg in another case": header(alg="rs256"),
    "an algorithm never announced": with_an_algorithm_it_never_announced,
    "only HS256 announced": discovery(id_token_signing_alg_values_supported=["HS256"]),
    "an unknown key": with_another_key,
    "the right name on the wrong key": with_the_name_of_the_right_key,
    "no kid": header(kid=None),
    "key in the header": lambda issuer: issuer.header.update(jwk=issuer.key.public_jwk),
    "crit": header(crit=["exp"]),
    "tampered payload": tampered,
    "an access token instead": an_access_token_for_an_id_token,
    "wrong at_hash": claims(at_hash=half_hash("another token")),
    "at_hash that is no text": claims(at_hash=["x"]),
    "at_hash of nothing": token_answer(access_token=None),
    "wrong c_hash": claims(c_hash=half_hash("another code")),
    "no ID token": token_answer(id_token=None),
    "ID token that is no text": token_answer(id_token={"sub": "outside-1"}),
    "access token with a line break": token_answer(access_token="a\r\nX-Evil: 1"),
    "another sub at userinfo": another_sub_at_userinfo,
    "no sub at userinfo": no_sub_at_userinfo,
    "code refused": answers("/token", '{"error": "invalid_grant"}', status=400),
    "token endpoint in trouble": answers("/token", "{}", status=500),
    "token answer is a list": answers("/token", "[]"),
    "token answer is HTML": answers("/token", HTML, "text/html"),
    "token answer is HTML by another name": answers("/token", HTML),
    "token answer is huge": answers("/token", HUGE),
    "token answer is a redirect": answers("/token", "{}", status=307, Location="/token"),
    "token answer names a member twice": answers("/token", '{"id_token": "a", "id_token": "b"}'),
    "keys are HTML": answers("/jwks", HTML, "text/html"),
    "keys are huge": answers("/jwks", HUGE),
    "no keys": answers("/jwks", '{"keys": []}'),
    "keys elsewhere by a redirect": answers("/jwks", "{}", status=302, Location="/keys"),
}

BEGINNINGS: dict[str, Lies] = {
    "another issuer's document": discovery(issuer="https://accounts.example.com"),
    "a slash more in the issuer": lambda issuer: issuer.discovery.update(issuer=issuer.url + "/"),
    "no issuer": discovery(issuer=None),
    "HTML": answers("/.well-known/openid-configuration", HTML, "text/html"),
    "huge": answers("/.well-known/openid-configuration", HUGE),
    "a list": answers("/.well-known/openid-configuration", "[]"),
    "a redirect": answers("/.well-known/openid-configuration", "{}", status=301, Location="/"),
    "trouble": answers("/.well-known/openid-configuration", "{}", status=500),
    "no token endpoint": discovery(token_endpoint=None),
    "authorization endpoint is a script": discovery(authorization_endpoint="javascript:alert(1)"),
    "authorization endpoint breaks the line": discovery(authorization_endpoint="http://127.0.0.1/\r\nX: 1"),
    "authorization endpoint with a user": discovery(authorization_endpoint="http://a@127.0.0.1/"),
    "keys in a file": discovery(jwks_uri="file:///etc/passwd"),
    "an endpoint that is no text": discovery(token_endpoint=["http://127.0.0.1/"]),
}


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
    assert services.users.page()[0] == ()


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


def test_everything_slow_but_just_in_time_still_ends_in_time(
    browser: Browser, elsewhere: Issuer, services: Services
) -> None:
    """AV-1: four calls in a row, each nearly as slow as it may be."""
    elsewhere.claims["email"] = None

    def late(path: str, seconds: float) -> None:
        def lie(request: Any) -> None:
            time.sleep(seconds)
            body = elsewhere.jwks() if path == "/jwks" else elsewhere.person
            says(json.dumps(body))(request)

        elsewhere.lies[path] = lie

    late("/jwks", 1.2)
    late("/userinfo", 1.2)
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
    assert "555" not in reply.text
    assert services.users.page()[0] == ()


def test_an_error_spends_the_state_too(browser: Browser, elsewhere: Issuer) -> None:
    back = elsewhere.authorize(browser.begin())
    browser.come_back({"state": back["state"], "error": "access_denied"})
    assert browser.come_back(back).json["code"] == "invalid_state"


def test_a_refused_log_in_of_nobody_is_counted(
    browser: Browser, elsewhere: Issuer, services: Services
) -> None:
    """LG-1, DS-3: counted, since there is nobody to write it down for."""
    from chalicelib.audit import NOBODY

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
    elsewhere.key = signing.generate(alg)
    elsewhere.discovery["id_token_signing_alg_values_supported"] = [alg]
    elsewhere.claims["at_hash"] = None
    assert attempt(browser, elsewhere).status == 200


def test_what_is_malformed_costs_no_store_request(browser: Browser, services: Services) -> None:
    """DS-1: a forged state of the right form costs one."""
    line = Line(services.store)
    services.federation._flows._store = line
    browser.cookies["__Host-cupbearer_login"] = "x" * 43
    for state in ("", "x", "x" * 44, "é" * 43, "x" * 42 + "="):
        assert browser.come_back({"state": state, "code": "c"}).json["code"] == "invalid_state"
    assert line.requests == 0
    assert browser.come_back({"state": "x" * 43, "code": "c"}).json["code"] == "invalid_state"
    assert line.requests == 1
