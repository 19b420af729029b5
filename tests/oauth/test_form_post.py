"""``response_mode=form_post``: the answer in a form that the browser posts, from every place that answers (OP-11, OP-5, BR-4)."""

import pytest

from chalicelib.authentication.log_in import LogInResult
from tests.conftest import Clock
from tests.oauth.factors import show, with_totp
from tests.oauth.server import CALLBACK, ISSUER, App, Browser, Reply, Server

POLICY = "form-action https://shop.example;"


def posted(reply: Reply) -> dict[str, str]:
    """Return what the page posts to the client; it must lead there and nowhere else."""
    assert reply.status == 200, reply.text
    assert f'<form method="post" action="{CALLBACK}"' in reply.text
    assert POLICY in reply.headers["Content-Security-Policy"]
    assert reply.headers["Cache-Control"] == "no-store"
    assert 'type="submit"' in reply.text
    return reply.form


def asked(shop: App, browser: Browser, **changes: str | None) -> Reply:
    return browser.go(shop.authorize_url(response_mode="form_post", **changes))


def test_log_in_and_consent_end_in_a_form_with_the_code(shop: App, browser: Browser) -> None:
    consent = browser.log_in(asked(shop, browser))
    fields = posted(browser.consent(consent))
    assert fields.keys() == {"code", "state", "iss"}
    assert (fields["state"], fields["iss"]) == ("the state", ISSUER)
    assert shop.redeem(fields["code"]).status == 200


def test_a_consent_of_before_and_a_silent_request_end_in_one_too(shop: App, browser: Browser) -> None:
    shop.code(browser)
    for prompt in (None, "none"):
        assert "code" in posted(asked(shop, browser, prompt=prompt))


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"prompt": "none"}, "login_required"),
        ({"scope": "users:write"}, "invalid_scope"),
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"code_challenge": None}, "invalid_request"),
        ({"request": "x.y.z"}, "request_not_supported"),
    ],
)
def test_errors_are_told_by_form(
    shop: App, browser: Browser, changes: dict[str, str | None], error: str
) -> None:
    fields = posted(asked(shop, browser, **changes))
    assert (fields["error"], fields["state"], fields["iss"]) == (error, "the state", ISSUER)
    assert "code" not in fields


def test_a_refused_consent_is_told_by_form(shop: App, browser: Browser) -> None:
    fields = posted(browser.consent(browser.log_in(asked(shop, browser)), "deny"))
    assert (fields["error"], fields["state"]) == ("access_denied", "the state")


def test_a_log_in_as_another_than_was_asked_for_is_told_by_form(
    server: Server, shop: App, browser: Browser
) -> None:
    hint = shop.redeem(shop.code(browser)).json["id_token"]
    server.person("amy")
    other = server.browser()
    page = other.log_in(asked(shop, other, id_token_hint=hint), username="amy")
    assert posted(page)["error"] == "login_required"


@pytest.mark.parametrize("script", [True, False])
def test_a_form_with_a_password_is_answered_by_a_redirect_first(
    server: Server, shop: App, browser: Browser, *, script: bool
) -> None:
    """OP-5: nobody sends the password again by going back."""
    shop.code(browser)
    browser = server.browser()
    fields = {**asked(shop, browser).form, "username": "zoe", "password": "correct horse battery staple"}
    headers = {"Origin": "null", "Sec-Fetch-Site": "same-origin"}
    if script:
        headers["Accept"] = "application/json"
    reply = browser.ask("POST", "/login", form=fields, headers=headers)
    location = reply.json["location"] if script else reply.location
    assert (reply.status, location.startswith(f"{ISSUER}/continue?")) == (200 if script else 303, True)
    assert "code" in posted(browser.go(location))


def test_a_second_factor_that_was_shown_on_the_way_is_not_asked_for_again(
    server: Server, shop: App, clock: Clock, zoe: LogInResult
) -> None:
    """A wish for a passkey is one: who showed a code goes on, by the redirect in between as well."""
    person = with_totp(server, clock, zoe)
    person.with_passkey()
    browser = server.browser()
    page = browser.log_in(asked(shop, browser, acr_values="phr"))
    consent = show(browser, page, totp=person.next_code())
    assert 'value="allow"' in consent.text
    assert "code" in posted(browser.consent(consent))


def test_no_address_holds_the_code(shop: App, browser: Browser) -> None:
    """M9: neither in a redirect nor in what a browser keeps of the way."""
    reply = browser.consent(browser.log_in(asked(shop, browser)))
    assert "Location" not in reply.headers
    assert posted(reply)["code"] not in "".join(browser.set_cookies)


@pytest.mark.parametrize("mode", ["fragment", "web_message", "query.jwt", "form_post.jwt", "query form_post"])
def test_another_mode_is_refused_in_the_query(shop: App, browser: Browser, mode: str) -> None:
    reply = browser.ask("GET", shop.authorize_url(response_mode=mode))
    assert reply.location.startswith(f"{CALLBACK}?error=invalid_request")
    assert "response_mode is query or" in reply.parameters["error_description"]
    assert reply.parameters["state"] == "the state"


def test_the_query_is_what_a_client_gets_that_says_nothing(shop: App, browser: Browser) -> None:
    browser.log_in()
    shop.code(browser)
    for mode in (None, "", "query"):
        reply = browser.ask("GET", shop.authorize_url(response_mode=mode))
        assert (reply.status, "code" in reply.parameters) == (303, True)


def test_no_form_is_posted_to_a_programs_own_scheme(server: Server, browser: Browser) -> None:
    uri = "com.example.app:/cb"
    app = server.client(public=True, redirect_uris=(uri,))
    reply = browser.ask("GET", app.authorize_url(redirect_uri=uri, response_mode="form_post"))
    assert reply.location.startswith(f"{uri}?error=invalid_request")


def test_what_the_client_sent_stands_in_the_form_as_text(shop: App, browser: Browser) -> None:
    """BR-5."""
    state = "\"><script>alert(1)</script><input name='code' value='x"
    reply = asked(shop, browser, prompt="none", state=state)
    assert posted(reply)["state"] == state
    assert "<script>alert" not in reply.text
    assert "code" not in reply.form


def test_a_redirect_uri_keeps_its_query(server: Server, browser: Browser) -> None:
    uri = f"{CALLBACK}?tenant=a&more=b"
    app = server.client(redirect_uris=(uri,))
    reply = browser.go(app.authorize_url(redirect_uri=uri, response_mode="form_post", prompt="none"))
    assert f'action="{uri.replace("&", "&amp;")}"' in reply.text
    assert "tenant" not in reply.form


def test_a_look_alike_of_a_redirect_uri_gets_no_form(shop: App, browser: Browser) -> None:
    """OP-1."""
    reply = asked(shop, browser, redirect_uri="https://evil.example/callback")
    assert (reply.status, 'evil.example/callback"' in reply.text) == (400, False)


def test_a_request_by_form_may_ask_for_one(shop: App, server: Server) -> None:
    reply = server.ask(
        "POST", "/oauth/authorize", form=shop.request(response_mode="form_post", prompt="none")
    )
    assert posted(server.ask("GET", reply.location))["error"] == "login_required"


def test_discovery_names_both_modes(server: Server) -> None:
    for name in ("openid-configuration", "oauth-authorization-server"):
        document = server.ask("GET", f"/.well-known/{name}").json
        assert document["response_modes_supported"] == ["query", "form_post"]
