"""OP-7, LG-5: what an application is, may have and has done is told as people read it: names, addresses, sentences; no codes."""

import re
from html import unescape
from pathlib import Path

import pytest

from chalicelib.audit.events import EVENTS, OF_AN_APPLICATION, OUTCOMES, TOLD_WHY, says
from chalicelib.audit.trail import Event
from chalicelib.authentication.log_in import LogInResult
from chalicelib.oauth.client import DEVICE_CODE
from chalicelib.scopes import PROTOCOL
from chalicelib.web.event_words import more
from chalicelib.web.scope_descriptions import ROUTE_SCOPES, description_of
from cupbearer.testing import AppUnderTest, Client
from tests.oauth.server import ISSUER, PASSWORD, SOURCE, App, Browser, Reply, Server, payload_of

CODE = Path(__file__).parents[2] / "chalicelib"
WRITTEN = r'(?:outcome=|reason=|person, source, |client, )"([a-z_]+)"'


def another(page: Reply) -> str:
    found = re.search(r'Not you\? <a href="([^"]+)">Use another account</a>', page.text)
    assert found, page.text
    return unescape(found[1])


class TestConsent:
    def test_an_application_is_told_with_its_address(
        self, server: Server, shop: App, browser: Browser, zoe: LogInResult
    ) -> None:
        browser.log_in()
        page = browser.go(shop.authorize_url()).text
        assert "May <strong>Shop</strong> do this?" in page
        assert "The application is at <strong>shop.example</strong>." in page

    def test_a_program_of_this_computer_has_no_address_and_is_told_as_one(
        self, server: Server, browser: Browser, zoe: LogInResult
    ) -> None:
        tool = server.client(name="Tool", public=True, redirect_uris=("http://127.0.0.1/callback",))
        browser.log_in()
        page = browser.go(tool.authorize_url(redirect_uri="http://127.0.0.1:5000/callback")).text
        assert "The application is at <strong>a program on this computer</strong>." not in page
        assert "It is <strong>a program on this computer</strong>." in page

    def test_every_scope_of_our_own_routes_is_told_in_words(
        self, server: Server, browser: Browser, zoe: LogInResult
    ) -> None:
        assert [scope for scope in ROUTE_SCOPES - PROTOCOL if description_of(scope) is None] == []
        shop = server.client(name="Shop", scopes="openid get:profile")
        browser.log_in()
        page = browser.go(shop.authorize_url(scope="openid get:profile")).text
        assert "<li>read the name in your profile</li>" in page
        assert "get:profile" not in page

    def test_somebody_else_goes_on_where_it_is_not_you(
        self, server: Server, shop: App, browser: Browser, zoe: LogInResult
    ) -> None:
        yan = server.person("yan")
        browser.log_in()
        page = browser.go(another(browser.go(shop.authorize_url())))
        assert "log in again below" in page.text
        page = browser.log_in(page, username="yan")
        assert "You are logged in as <strong>yan</strong>" in page.text
        code = browser.consent(page).parameters["code"]
        assert payload_of(shop.redeem(code).json["access_token"])["sub"] == yan.user.user_id

    def test_a_device_is_asked_about_on_the_same_page(
        self, server: Server, browser: Browser, zoe: LogInResult
    ) -> None:
        yan = server.person("yan")
        tv = server.client(
            name="TV", public=True, redirect_uris=(), grants=(DEVICE_CODE,), scopes="openid profile"
        )
        begun = tv.post("/oauth/device_authorization", scope="openid profile").json
        browser.log_in()
        first = browser.go(begun["verification_uri_complete"])
        page = browser.send("/device", first.form)
        assert '<ul class="list ticked">' in page.text
        assert "<li>see your name and user name</li>" in page.text
        assert another(first).startswith(f"{ISSUER}/login?request=")
        asked = browser.log_in(browser.go(another(page)), username="yan")
        assert begun["user_code"] in asked.text
        page = browser.send("/device", asked.form)
        browser.send("/device", {**page.form, "decision": "allow"})
        tokens = tv.token(grant_type=DEVICE_CODE, device_code=begun["device_code"]).json
        assert payload_of(tokens["access_token"])["sub"] == yan.user.user_id


class TestActivity:
    def test_what_an_application_did_names_it(
        self, server: Server, shop: App, browser: Browser, zoe: LogInResult
    ) -> None:
        page = browser.log_in(browser.go(shop.authorize_url()))
        browser.consent(page, "deny")
        shop.redeem(shop.code(browser))
        server.services.oauth.consents.withdraw(zoe.user.user_id, shop.client_id, source=SOURCE)
        events, _ = server.services.audit.of(zoe.user.user_id)
        told = [says(event.event, event.detail) for event in events]
        for sentence in (
            "“Shop” was refused access",
            "“Shop” was given access",
            "Logged in to “Shop”",
            "The access of “Shop” was withdrawn",
        ):
            assert sentence in told
        assert not [text for event in events for text in more(event) if shop.client_id in text]

    def test_one_from_before_names_nobody_and_no_id(self) -> None:
        assert says("consent_refused", {"client_id": "a" * 26}) == "An application was refused access"

    def test_a_name_is_text_whatever_it_holds(self) -> None:
        assert says("consent_given", {"client": "{operator} {0}"}) == "“{operator} {0}” was given access"

    def test_each_reason_that_the_code_writes_down_has_words(self) -> None:
        written = {reason for path in CODE.rglob("*.py") for reason in re.findall(WRITTEN, path.read_text())}
        assert len(written) >= 10
        assert written - OUTCOMES.keys() == {"access_denied", "success"}, "which need none"
        assert OF_AN_APPLICATION.keys() <= EVENTS.keys()
        assert EVENTS.keys() >= TOLD_WHY

    @pytest.mark.parametrize("outcome", ["invalid_scope", "a_code_of_tomorrow"])
    def test_a_code_that_has_no_words_is_not_shown(self, outcome: str) -> None:
        event = Event(0, "request_refused", outcome, "a", "a")
        assert more(event) == ["the application asked in a way that is not allowed"]

    def test_changes_are_told_in_words(self) -> None:
        granted = Event(
            0,
            "scopes_changed",
            "success",
            "-",
            "a",
            detail={"granted": "pangolins", "revoked": "get:profile"},
        )
        assert more(granted) == ["may now see the pangolins", "may no longer read the name in your profile"]
        changed = Event(0, "profile_changed", "success", "a", "a", detail={"changed": "username email"})
        assert more(changed) == ["changed: the user name", "changed: the address"]


class TestOwnAccount:
    def test_consents_say_what_an_application_may(
        self, server: Server, shop: App, browser: Browser, zoe: LogInResult
    ) -> None:
        shop.redeem(shop.code(browser))
        page = browser.go("/account/plain").text
        assert "may know that it is you, see your name and user name, see your e-mail address" in page

    def test_a_session_of_an_application_says_its_name(self, client: Client) -> None:
        zoe = client.as_user()
        zoe.through_app(name="Shop")
        assert {each["client"] for each in zoe.get("/sessions").json["sessions"]} == {"", "Shop"}

    def test_the_person_is_told_what_the_scopes_are_and_whether_there_is_a_password(
        self, client: Client
    ) -> None:
        own = client.as_user(["pangolins"]).get("/users/me").json
        assert (own["may"], own["has_password"]) == (["see the pangolins"], True)
        operator = client.as_user(["users:read"])
        assert {"may", "has_password"} & operator.get(f"/users/{own['user']['user_id']}").json.keys() == set()

    def test_the_password_that_there_is_is_asked_for_and_no_other(
        self, cupbearer: AppUnderTest, server: Server, browser: Browser, zoe: LogInResult
    ) -> None:
        browser.log_in()
        assert 'name="current_password"' in browser.go("/account/plain").text
        assert "You have none yet." not in browser.go("/account/plain").text
        assert PASSWORD not in browser.go("/account/plain").text
