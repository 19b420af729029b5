"""``acr_values``, ``acr`` and second factors at the provider's pages (OpenID Connect Core sections 2 and 3.1.2.1)."""

import json
from typing import Any

import pytest

from chalicelib.authentication.log_in import LogInResult
from cupbearer.testing import SOURCE
from tests.conftest import Clock
from tests.oauth.server import ISSUER, App, Browser, Reply, Server, payload_of
from tests.support.factor_people import STEP, code_of
from tests.support.soft_authenticator import SoftAuthenticator

TWO = "urn:cupbearer:2"
ORIGIN = "https://auth.example.com"


class Zoe:
    """A person with an authenticator app, at the pages."""

    def __init__(self, server: Server, zoe: LogInResult, clock: Clock) -> None:
        self.server, self.clock, self.signed_in = server, clock, zoe
        own = server.services.second_factors.own
        self.secret = own.begin_totp(self.live).secret
        own.confirm_totp(self.live, self.code, source=SOURCE)
        clock.advance(STEP)

    @property
    def live(self) -> Any:
        sessions = self.server.services.authentication.sessions
        return sessions.require_live(self.signed_in.user.user_id, self.signed_in.session_id)

    @property
    def code(self) -> str:
        return code_of(self.secret, self.clock.now)

    def show(self, browser: Browser, page: Reply, **more: str) -> Reply:
        return browser.send("/second-factor", {**page.form, "recovery_code": "", "totp": self.code, **more})


@pytest.fixture
def person(server: Server, zoe: LogInResult, clock: Clock) -> Zoe:
    return Zoe(server, zoe, clock)


def id_token(shop: App, code: str) -> Any:
    return payload_of(shop.redeem(code).json["id_token"])


def test_a_log_in_at_the_page_asks_for_it_and_goes_on_to_the_client(
    shop: App, browser: Browser, person: Zoe
) -> None:
    """MF-2: and the pending token is in no URL (BR-1)."""
    page = browser.log_in(browser.go(shop.authorize_url()))
    assert page.status == 200
    assert "cbm_" in page.text
    consent = person.show(browser, page)
    code = browser.consent(consent).parameters["code"]
    claims = id_token(shop, code)
    assert (claims["acr"], claims["amr"]) == (TWO, ["pwd", "otp", "mfa"])


def test_a_wrong_code_is_said_and_asked_for_again_and_the_way_is_kept(
    shop: App, browser: Browser, person: Zoe
) -> None:
    page = browser.log_in(browser.go(shop.authorize_url()))
    again = person.show(browser, page, totp="000000")
    assert again.status == 400
    assert "wrong" in again.text
    assert 'value="allow"' in person.show(browser, again).text


def test_no_other_browser_finishes_it(server: Server, browser: Browser, person: Zoe) -> None:
    """SE-8, BR-2."""
    page = browser.log_in()
    stranger = server.browser()
    stranger.go("/login")
    assert person.show(stranger, page).status == 400


def test_a_pending_log_in_that_is_over_says_so(browser: Browser, person: Zoe, clock: Clock) -> None:
    page = browser.log_in()
    clock.advance(301)
    reply = person.show(browser, page)
    assert reply.status in (400, 401)
    assert "log in again" in reply.text


def test_a_lost_form_leads_back_to_the_log_in(browser: Browser, person: Zoe) -> None:
    assert 'name="password"' in browser.go("/second-factor").text


def test_a_remembered_browser_is_not_asked_unless_a_client_wishes_for_more(
    shop: App, browser: Browser, person: Zoe
) -> None:
    browser.consent(person.show(browser, browser.log_in(browser.go(shop.authorize_url())), remember="yes"))
    assert "__Host-cupbearer_device" in browser.cookies
    browser.cookies.pop("__Host-cupbearer_session")
    reply = browser.log_in(browser.go(shop.authorize_url(prompt="login")))
    assert reply.status == 303
    claims = id_token(shop, reply.parameters["code"])
    assert (claims["acr"], claims["amr"]) == ("urn:cupbearer:1", ["pwd"])
    page = browser.log_in(browser.go(shop.authorize_url(acr_values=TWO)))
    assert "cbm_" in page.text
    person.clock.advance(STEP)
    done = person.show(browser, page)
    assert id_token(shop, done.parameters["code"])["acr"] == TWO


def test_a_log_in_that_is_too_weak_is_asked_for_again_and_one_that_is_not_goes_on(
    shop: App, browser: Browser, server: Server, zoe: LogInResult, clock: Clock
) -> None:
    shop.code(browser)
    person = Zoe(server, zoe, clock)  # its sessions ended with that
    browser.log_in()
    page = browser.log_in(browser.go(shop.authorize_url(acr_values=TWO)))
    done = person.show(browser, page)
    assert done.parameters["code"]
    assert browser.go(shop.authorize_url(acr_values=TWO)).parameters["code"]
    assert browser.go(shop.authorize_url(acr_values=TWO, prompt="none")).parameters["code"]
    assert (
        browser.go(shop.authorize_url(acr_values="phr", prompt="none")).parameters["error"]
        == "login_required"
    )


def test_who_has_no_second_factor_goes_on_with_what_there_is_and_the_client_is_told_so(
    shop: App, browser: Browser
) -> None:
    """Core section 5.5.1.1: a wish, not a demand; ``acr`` tells the truth (MF-4)."""
    shop.code(browser)
    page = browser.go(shop.authorize_url(acr_values=f"{TWO} urn:unknown"))
    reply = browser.log_in(page)
    assert id_token(shop, reply.parameters["code"])["acr"] == "urn:cupbearer:1"


@pytest.mark.parametrize(
    ("flags", "wished", "told"),
    [(5, "phr", "phr"), (5, "phrh phr", "phrh"), (29, "phrh phr", "phr"), (29, "phrh", TWO), (5, None, TWO)],
)
def test_a_passkey_at_the_page_resists_phishing(
    server: Server, shop: App, browser: Browser, zoe: LogInResult, flags: int, wished: str, told: str
) -> None:
    """``phrh`` only where the key cannot leave its device."""
    groups = server.services.second_factors
    live = server.services.authentication.sessions.require_live(zoe.user.user_id, zoe.session_id)
    device = SoftAuthenticator(ORIGIN, rp_id="auth.example.com", flags=flags)
    options = groups.own.passkey_options(live, source=SOURCE)
    groups.own.add_passkey(live, device.create(options), name="Key", source=SOURCE)
    page = browser.go(shop.authorize_url(acr_values=wished))
    body = json.dumps({"cookie": True}).encode()
    sent = {"Content-Type": "application/json", "Origin": ORIGIN}
    asked = browser.ask("POST", "/sessions/passkey/options", body=body, headers=sent).json["options"]
    answer = json.dumps(device.get(asked))
    reply = browser.send("/passkey", {**page.form, "passkey": answer})
    claims = id_token(shop, browser.consent(reply).parameters["code"])
    assert claims["acr"] == told


@pytest.mark.parametrize("passkey", ["", "{", "[]", '"x"', "1" * 70_000, '{"a":' * 3000])
def test_what_is_no_passkey_is_no_log_in(browser: Browser, passkey: str) -> None:
    page = browser.go("/login")
    assert browser.send("/passkey", {**page.form, "passkey": passkey}).status in (400, 401)


def test_discovery_names_the_levels_and_the_issuer_is_no_other(server: Server) -> None:
    document = server.ask("GET", "/.well-known/openid-configuration").json
    assert document["issuer"] == ISSUER
    assert document["acr_values_supported"] == ["urn:cupbearer:1", TWO, "phr", "phrh"]
    assert "acr" in document["claims_supported"]
