"""Authorization requests that are refused, and where that is told (OP-1, OP-3, OP-5, OP-9; RFC 6749 section 4.1.2.1)."""

import re
from urllib.parse import urlencode

import pytest
from markupsafe import escape

from chalicelib.authentication.log_in import LogInResult
from tests.conftest import Clock
from tests.oauth.server import CALLBACK, ISSUER, App, Browser, Server

LOOKALIKES = (
    "https://shop.example/callback/",
    "https://shop.example/callback?x=1",
    "https://shop.example/callback#x",
    "https://shop.example/CALLBACK",
    "https://SHOP.example/callback",
    "https://shop.example:443/callback",
    "https://shop.example:444/callback",
    "https://shop.example/callback/../other",
    "https://shop.example/%63allback",
    "https://shop.example.evil.example/callback",
    "https://evil.example/https://shop.example/callback",
    "https://shop.example@evil.example/callback",
    "https://shop.example\\@evil.example/callback",
    "https://evil.example\\.shop.example/callback",
    "//shop.example/callback",
    "/callback",
    "http://shop.example/callback",
    " https://shop.example/callback",
    "https://shop.example/callback ",
    "https://shop.example/call\tback",
    "javascript:alert(1)//https://shop.example/callback",
    "data:text/html,x",
    "com.example.app:/callback",
)


@pytest.mark.parametrize("uri", LOOKALIKES)
@pytest.mark.parametrize("more", [{}, {"response_type": "nonsense"}, {"prompt": "none"}])
def test_a_look_alike_of_a_redirect_uri_is_never_redirected_to(
    shop: App, browser: Browser, uri: str, more: dict[str, str]
) -> None:
    """OP-1, on every error path."""
    reply = browser.ask("GET", shop.authorize_url(redirect_uri=uri, **more))
    assert reply.status == 400
    assert "Location" not in reply.headers
    assert "text/html" in reply.headers["Content-Type"]


@pytest.mark.parametrize("name", ["client_id", "redirect_uri"])
@pytest.mark.parametrize("change", ["left out", "empty", "twice", "unknown"])
def test_a_fault_of_client_or_redirect_uri_is_told_here(
    shop: App, browser: Browser, name: str, change: str
) -> None:
    fields = [(key, value) for key, value in shop.request().items() if key != name or change == "twice"]
    if change != "left out":
        fields.append((name, {"empty": "", "twice": shop.request()[name], "unknown": "a" * 26}[change]))
    reply = browser.ask("GET", f"/oauth/authorize?{urlencode(fields)}")
    assert reply.status == 400
    assert "Location" not in reply.headers


REFUSED: dict[str, tuple[dict[str, str | None], str]] = {
    "response_type missing": ({"response_type": None}, "invalid_request"),
    "response_type token": ({"response_type": "token"}, "unsupported_response_type"),
    "response_type code id_token": ({"response_type": "code id_token"}, "unsupported_response_type"),
    "response_mode fragment": ({"response_mode": "fragment"}, "invalid_request"),
    "no PKCE": ({"code_challenge": None}, "invalid_request"),
    "no PKCE method, which is plain": ({"code_challenge_method": None}, "invalid_request"),
    "PKCE plain": ({"code_challenge_method": "plain"}, "invalid_request"),
    "PKCE challenge too short": ({"code_challenge": "x" * 42}, "invalid_request"),
    "PKCE challenge too long": ({"code_challenge": "x" * 44}, "invalid_request"),
    "PKCE challenge of other letters": ({"code_challenge": "x" * 42 + "="}, "invalid_request"),
    "scope with a quote": ({"scope": 'openid "'}, "invalid_scope"),
    "scope too long": ({"scope": "openid " + "x" * 600}, "invalid_scope"),
    "no scope that the client may have": ({"scope": "users:write"}, "invalid_scope"),
    "prompt unknown": ({"prompt": "dance"}, "invalid_request"),
    "prompt none and login": ({"prompt": "none login"}, "invalid_request"),
    "max_age no number": ({"max_age": "-1"}, "invalid_request"),
    "id_token_hint forged": ({"id_token_hint": "x.y.z"}, "invalid_request"),
    "request object": ({"request": "x.y.z"}, "request_not_supported"),
    "request_uri": ({"request_uri": "https://evil.example/r"}, "request_uri_not_supported"),
    "registration": ({"registration": "{}"}, "registration_not_supported"),
    "nonce too long": ({"nonce": "n" * 513}, "invalid_request"),
    "not logged in and nobody to ask": ({"prompt": "none"}, "login_required"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_any_other_fault_is_told_to_the_client(shop: App, browser: Browser, case: str) -> None:
    """With the state and, by RFC 9207, the issuer."""
    changes, error = REFUSED[case]
    reply = browser.ask("GET", shop.authorize_url(**changes))
    assert reply.status == 303
    assert reply.location.startswith(f"{CALLBACK}?error=")
    assert (reply.parameters["error"], reply.parameters["state"], reply.parameters["iss"]) == (
        error,
        "the state",
        ISSUER,
    )
    assert "code" not in reply.parameters


@pytest.mark.parametrize(
    "name", ["state", "scope", "response_type", "nonce", "code_challenge", "prompt", "extra"]
)
def test_a_repeated_parameter_is_refused(shop: App, browser: Browser, name: str) -> None:
    """OP-5."""
    fields = [*shop.request().items(), (name, "one")]
    fields += [(name, "two")] if name not in shop.request() else []
    reply = browser.ask("GET", f"/oauth/authorize?{urlencode(fields)}")
    assert reply.parameters["error"] == "invalid_request"
    assert ("state" in reply.parameters) == (name != "state")


def test_a_client_without_the_grant_is_told_so(server: Server, browser: Browser) -> None:
    """OP-4."""
    client = server.client(grants=("client_credentials",))
    assert browser.ask("GET", client.authorize_url()).parameters["error"] == "unauthorized_client"


def test_a_disabled_client_is_told_nothing_anywhere(server: Server, shop: App, browser: Browser) -> None:
    server.services.oauth.clients.set_disabled(shop.client_id, disabled=True)
    assert browser.ask("GET", shop.authorize_url()).status == 400


@pytest.mark.parametrize("port", ["", ":1", ":49152", ":65535"])
@pytest.mark.parametrize("host", ["127.0.0.1", "[::1]", "localhost"])
def test_only_the_port_of_a_loopback_address_may_vary(
    server: Server, browser: Browser, host: str, port: str
) -> None:
    """OP-1, RFC 8252 section 7.3."""
    app = server.client(public=True, redirect_uris=(f"http://{host}:3000/cb",))
    assert browser.ask("GET", app.authorize_url(redirect_uri=f"http://{host}{port}/cb")).status == 303
    for other in (
        f"http://{host}{port}/cb/",
        f"http://{host}{port}x/cb",
        f"http://{host}@evil.example{port}/cb",
        f"http://{host}.evil.example{port}/cb",
        f"https://{host}{port}/cb",
        *(f"http://{each}{port}/cb" for each in ("127.0.0.1", "[::1]", "localhost") if each != host),
    ):
        assert browser.ask("GET", app.authorize_url(redirect_uri=other)).status == 400


@pytest.mark.parametrize("host", ["127.0.0.1", "[::1]", "localhost"])
def test_no_port_of_a_confidential_client_may_vary(server: Server, browser: Browser, host: str) -> None:
    """OP-1: a server knows its port."""
    app = server.client(redirect_uris=(f"http://{host}:3000/cb",))
    assert browser.ask("GET", app.authorize_url(redirect_uri=f"http://{host}:3001/cb")).status == 400


def test_prompt_none_gives_a_code_without_a_question_or_says_why_not(shop: App, browser: Browser) -> None:
    browser.log_in()
    assert browser.ask("GET", shop.authorize_url(prompt="none")).parameters["error"] == "consent_required"
    shop.code(browser)
    assert "code" in browser.ask("GET", shop.authorize_url(prompt="none")).parameters


@pytest.mark.parametrize(
    ("uri", "public", "asks"),
    [
        ("http://127.0.0.1:3000/cb", True, True),
        ("http://localhost:3000/cb", True, True),
        ("com.example.app:/cb", True, True),
        ("http://127.0.0.1:3000/cb", False, False),
        (CALLBACK, True, False),
    ],
)
def test_a_consent_is_remembered_only_where_no_other_program_passes_for_the_client(
    server: Server, browser: Browser, uri: str, *, public: bool, asks: bool
) -> None:
    """OP-7, RFC 8252 section 8.6: whoever listens at a loopback port gets no code in silence."""
    app = server.client(public=public, redirect_uris=(uri,))
    app.code(browser, redirect_uri=uri)
    silent = browser.ask("GET", app.authorize_url(redirect_uri=uri, prompt="none"))
    assert silent.parameters.get("error") == ("consent_required" if asks else None)
    again = browser.go(app.authorize_url(redirect_uri=uri))
    assert ('value="allow"' in again.text) == asks


def test_prompt_login_asks_for_the_password_again(shop: App, browser: Browser, clock: Clock) -> None:
    shop.code(browser)
    clock.advance(5)
    page = browser.go(shop.authorize_url(prompt="login"))
    assert 'name="password"' in page.text
    assert "code" in browser.log_in(page).parameters


def test_prompt_consent_asks_again(shop: App, browser: Browser) -> None:
    shop.code(browser)
    page = browser.go(shop.authorize_url(prompt="consent"))
    assert 'value="allow"' in page.text
    assert "code" in browser.consent(page).parameters


@pytest.mark.parametrize(("max_age", "asks"), [("100", False), ("99", True), ("0", True)])
def test_max_age_asks_again_when_the_log_in_is_older(
    shop: App, browser: Browser, clock: Clock, max_age: str, *, asks: bool
) -> None:
    shop.code(browser)
    clock.advance(100)
    page = browser.go(shop.authorize_url(max_age=max_age))
    assert ('name="password"' in page.text) == asks
    silent = browser.ask("GET", shop.authorize_url(max_age=max_age, prompt="none"))
    assert ("login_required" in silent.location) == asks


def test_an_id_token_hint_of_another_person_asks_for_that_person(
    server: Server, shop: App, browser: Browser
) -> None:
    server.person("amy")
    hint = shop.redeem(shop.code(browser)).json["id_token"]
    other = server.browser()
    other.log_in(username="amy")
    assert (
        other.ask("GET", shop.authorize_url(id_token_hint=hint, prompt="none")).parameters["error"]
        == "login_required"
    )
    page = other.go(shop.authorize_url(id_token_hint=hint))
    assert 'name="password"' in page.text
    assert other.log_in(page, username="amy").parameters["error"] == "login_required"
    assert "code" in browser.ask("GET", shop.authorize_url(id_token_hint=hint, prompt="none")).parameters


def test_a_login_hint_fills_in_the_form_and_tells_nothing(shop: App, browser: Browser) -> None:
    """EN-3, BR-5."""
    page = browser.go(shop.authorize_url(login_hint='zoe"><script>alert(1)</script>'))
    assert page.form["username"] == 'zoe"><script>alert(1)</script>'
    assert "<script>alert" not in page.text
    known, unknown = (browser.go(shop.authorize_url(login_hint=hint)).text for hint in ("zoe", "nobody"))
    # As words: in what is drawn by lot, three letters come together by chance.
    assert len(re.findall(r"\bzoe\b", known)) == len(re.findall(r"\bnobody\b", unknown)) == 1


def test_a_request_by_form_goes_on_as_a_get(shop: App, browser: Browser, server: Server) -> None:
    reply = server.ask("POST", "/oauth/authorize", form=shop.request())
    assert reply.status == 303
    assert reply.location == f"{ISSUER}/oauth/authorize?{urlencode(shop.request())}"
    assert 'name="password"' in browser.go(reply.location).text


@pytest.mark.parametrize(
    "changes",
    [
        {"state": "x" * 60_000},
        {"state": "é" * 2000},
        {"client_id": None},
        {"client_id": "nobody"},
        {"redirect_uri": "https://evil.example/callback"},
        {"redirect_uri": None},
    ],
    ids=["long", "long once encoded", "no client", "unknown client", "unknown address", "no address"],
)
def test_a_request_by_form_is_judged_before_it_goes_on(
    shop: App, server: Server, changes: dict[str, str | None]
) -> None:
    """DS-2, OP-1: no address of ours is made of what is too long for one, or of nobody's request."""
    reply = server.ask("POST", "/oauth/authorize", form=shop.request(**changes))
    assert (reply.status, "Location" in reply.headers) == (400, False)
    assert "<h1" in reply.text


def test_a_post_of_another_type_is_refused(shop: App, server: Server) -> None:
    reply = server.ask("POST", "/oauth/authorize", body=b"{}", headers={"Content-Type": "application/json"})
    assert (reply.status, "Location" in reply.headers) == (400, False)


@pytest.mark.parametrize(
    "text", ["<script>alert(1)</script>", "'\"><img src=x onerror=alert(1)>", "{{ 7 * 7 }}"]
)
def test_a_clients_name_is_shown_as_text(server: Server, browser: Browser, text: str) -> None:
    """BR-5."""
    shop = server.client(name=text)
    page = browser.go(shop.authorize_url())
    consent = browser.log_in(page)
    for shown in (page.text, consent.text):
        assert str(escape(text)) in shown
        assert text == str(escape(text)) or text not in shown


def test_a_state_comes_back_as_it_was(shop: App, browser: Browser, zoe: LogInResult) -> None:
    state = "a b&c=d%26/?#[]'\"<>~"
    browser.log_in()
    shop.code(browser)
    assert browser.ask("GET", shop.authorize_url(state=state)).parameters["state"] == state


def test_no_page_of_ours_is_framed_and_consent_leads_only_to_the_client(shop: App, browser: Browser) -> None:
    """BR-4: the form of a consent may lead to its client's origin and nowhere else."""
    page = browser.log_in(browser.go(shop.authorize_url()))
    policy = page.headers["Content-Security-Policy"]
    assert "form-action 'self' https://shop.example;" in policy
    assert "frame-ancestors 'none'" in policy
    assert "script-src 'self'" in policy


@pytest.mark.parametrize("asked", [{"prompt": "login"}, {"max_age": "100"}])
def test_a_step_back_of_the_clock_makes_no_log_in_recent(
    shop: App, browser: Browser, clock: Clock, asked: dict[str, str]
) -> None:
    """AV-4: a log-in in the future was not a moment ago."""
    browser.log_in()
    clock.advance(-300)
    page = browser.ask("GET", shop.authorize_url(**asked))
    assert page.location.startswith(f"{ISSUER}/login?")
