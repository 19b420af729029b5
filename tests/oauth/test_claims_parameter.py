"""The ``claims`` parameter (OP-12; OpenID Connect Core sections 5.5 and 5.5.1), and parameters that are only wishes."""

import json
from typing import Any

import pytest

from chalicelib.authentication.log_in import LogInResult
from tests.conftest import Clock
from tests.oauth.factors import ASKED, levels_of, passkey, remembered, show, with_totp
from tests.oauth.server import App, Browser, Reply, Server, payload_of
from tests.oauth.test_levels import ONE, PHR, TWO, agreed
from tests.oauth.test_pushed_requests import push, pushed
from tests.support.factor_people import Person

PERSON = ("name", "preferred_username", "email", "email_verified")


@pytest.fixture
def app(server: Server) -> App:
    """A public client: its ID token says of the person what is asked for, and no more."""
    return server.client(public=True)


@pytest.fixture
def pat(server: Server, clock: Clock, zoe: LogInResult) -> Person:
    return with_totp(server, clock, zoe)


def request(app: App, claims: Any, **changes: str | None) -> str:
    return app.authorize_url(claims=claims if isinstance(claims, str) else json.dumps(claims), **changes)


def told(app: App, browser: Browser, claims: Any, **changes: str | None) -> tuple[set[str], set[str], str]:
    """Return which of a person's claims the ID token and userinfo name, and the scope that was given."""
    reply = browser.go(request(app, claims, **changes))
    if 'name="password"' in reply.text:
        reply = browser.log_in(reply)
    tokens = app.redeem(agreed(browser, reply).parameters["code"]).json
    bearer = {"Authorization": f"Bearer {tokens['access_token']}"}
    userinfo = app.server.ask("GET", "/oauth/userinfo", headers=bearer).json
    names = [
        {name for name in PERSON if name in found} for found in (payload_of(tokens["id_token"]), userinfo)
    ]
    return names[0], names[1], tokens["scope"]


class TestOfThePerson:
    def test_a_claim_is_asked_for_as_its_scope_is(self, app: App, browser: Browser) -> None:
        page = browser.log_in(browser.go(request(app, {"userinfo": {"email": None}}, scope="openid")))
        assert "see your e-mail address" in page.text
        assert "see your name" not in page.text

    @pytest.mark.parametrize(
        ("claims", "id_token", "userinfo"),
        [
            ({"id_token": {"name": None}}, {"name"}, {"name", "preferred_username"}),
            ({"id_token": {"email": {"essential": True}}}, {"email"}, {"email", "email_verified"}),
            ({"userinfo": {"email_verified": {"value": True}}}, set(), {"email", "email_verified"}),
            (
                {"id_token": {"preferred_username": {"values": ["a", "b"]}}, "userinfo": {"email": None}},
                {"preferred_username"},
                set(PERSON),
            ),
            ({"id_token": {"shoe_size": {"essential": True}}, "other": 1}, set(), set()),
            ({"id_token": {"name#ja-JP": None}}, set(), set()),
            ({}, set(), set()),
            ({"id_token": None, "userinfo": None}, set(), set()),
        ],
    )
    def test_the_id_token_holds_what_was_named_and_userinfo_what_was_consented_to(
        self, app: App, browser: Browser, claims: Any, id_token: set[str], userinfo: set[str]
    ) -> None:
        assert told(app, browser, claims, scope="openid")[:2] == (id_token, userinfo)

    def test_a_claim_of_a_scope_that_the_client_may_not_have_is_left_out(
        self, server: Server, browser: Browser
    ) -> None:
        """SC-2: an essential one too; Core section 5.5.1 makes no error of it."""
        app = server.client(public=True, scopes="openid email")
        claims = {"id_token": {"name": {"essential": True}, "email": None}}
        assert told(app, browser, claims, scope="openid") == (
            {"email"},
            {"email", "email_verified"},
            "email openid",
        )

    def test_a_silent_request_asks_nobody_for_it(self, app: App, browser: Browser) -> None:
        """OP-7: what was consented to before is not widened in silence."""
        app.code(browser, scope="openid")
        silent = browser.go(request(app, {"id_token": {"name": None}}, scope="openid", prompt="none"))
        assert silent.parameters["error"] == "consent_required"
        told(app, browser, {"id_token": {"name": None}}, scope="openid")
        assert told(app, browser, {"id_token": {"name": None}}, scope="openid", prompt="none")[0] == {"name"}

    def test_it_means_nothing_without_openid(self, app: App, browser: Browser) -> None:
        page = browser.log_in(browser.go(request(app, {"userinfo": {"email": None}}, scope="profile")))
        assert "see your e-mail address" not in page.text

    def test_what_a_person_has_not_is_left_out(self, server: Server, app: App) -> None:
        server.person("amy")
        browser = server.browser()
        page = browser.go(request(app, {"id_token": {"email": {"essential": True}}}, scope="openid"))
        reply = browser.consent(browser.log_in(page, username="amy"))
        claims = payload_of(app.redeem(reply.parameters["code"]).json["id_token"])
        assert not claims.keys() & set(PERSON)

    def test_it_may_be_pushed(self, app: App, browser: Browser) -> None:
        url = pushed(app, claims='{"id_token": {"name": null}}', scope="openid")
        reply = browser.consent(browser.log_in(browser.go(url)))
        assert payload_of(app.redeem(reply.parameters["code"]).json["id_token"])["name"] == "Zoë"

    def test_what_is_always_in_the_id_token_may_be_asked_for(self, app: App, browser: Browser) -> None:
        claims = {"id_token": {"auth_time": {"essential": True}, "acr": None, "sub": None}}
        code = agreed(browser, browser.log_in(browser.go(request(app, claims)))).parameters["code"]
        assert payload_of(app.redeem(code).json["id_token"]).keys() >= {"auth_time", "acr", "sub"}


class TestSubject:
    """Core sections 3.1.2.2 and 5.5.1: an answer for that person, or none."""

    @pytest.mark.parametrize("place", ["id_token", "userinfo"])
    def test_another_person_is_asked_to_log_in_and_a_silent_request_is_told(
        self, server: Server, app: App, browser: Browser, zoe: LogInResult, place: str
    ) -> None:
        claims = {place: {"sub": {"value": zoe.user.user_id}}}
        server.person("amy")
        app.code(browser)
        assert "code" in agreed(browser, browser.go(request(app, claims))).parameters
        other = server.browser()
        other.log_in(username="amy")
        silent = other.go(request(app, claims, prompt="none"))
        assert silent.parameters["error"] == "login_required"
        page = other.go(request(app, claims))
        assert 'name="password"' in page.text
        assert other.log_in(page, username="amy").parameters["error"] == "login_required"

    def test_nobody_logs_in_as_who_does_not_exist(self, app: App, browser: Browser) -> None:
        page = browser.go(request(app, {"id_token": {"sub": {"value": "nobody"}}}))
        assert browser.log_in(page).parameters["error"] == "login_required"

    def test_it_says_the_same_as_the_hint(
        self, server: Server, shop: App, browser: Browser, zoe: LogInResult
    ) -> None:
        hint = shop.redeem(shop.code(browser)).json["id_token"]
        same = {"id_token": {"sub": {"value": zoe.user.user_id}}}
        assert "code" in browser.go(request(shop, same, id_token_hint=hint)).parameters
        other = {"id_token": {"sub": {"value": "another"}}}
        reply = browser.go(request(shop, other, id_token_hint=hint))
        assert reply.parameters["error"] == "invalid_request"


def acr(*values: str, essential: bool) -> dict[str, Any]:
    said = {"value": values[0]} if len(values) == 1 else {"values": list(values)}
    return {"id_token": {"acr": {"essential": essential, **said}}}


class TestLevel:
    """Core section 5.5.1.1: a wish, unless it is essential."""

    @pytest.mark.parametrize("prompt", [None, "none"])
    def test_an_essential_level_that_cannot_be_reached_is_a_failed_log_in(
        self, shop: App, browser: Browser, prompt: str | None
    ) -> None:
        shop.code(browser)
        for levels in ((TWO,), (TWO, PHR), ("unknown",)):
            reply = browser.go(request(shop, acr(*levels, essential=True), prompt=prompt))
            assert reply.parameters["error"] == "unmet_authentication_requirements"

    def test_a_voluntary_one_is_a_wish(self, shop: App, browser: Browser) -> None:
        page = browser.log_in(browser.go(request(shop, acr(TWO, PHR, essential=False))))
        assert levels_of(shop, agreed(browser, page)) == (ONE, ["pwd"])

    def test_who_has_a_factor_shows_it(self, shop: App, browser: Browser, pat: Person) -> None:
        remembered(browser, pat)
        claims = acr("unknown", TWO, essential=True)
        shop.code(browser)
        silent = browser.go(request(shop, claims, prompt="none"))
        assert silent.parameters["error"] == "interaction_required"
        page = browser.go(request(shop, claims))
        assert ASKED in page.text
        assert levels_of(shop, agreed(browser, show(browser, page, totp=pat.next_code())))[0] == TWO

    def test_a_level_that_was_reached_is_the_one_that_is_told(
        self, shop: App, browser: Browser, pat: Person
    ) -> None:
        device = pat.with_passkey()
        show(browser, browser.log_in(), passkey=passkey(browser, device))
        for levels, says in (((PHR, TWO), PHR), ((TWO, PHR), TWO), ((ONE,), ONE)):
            reply = agreed(browser, browser.go(request(shop, acr(*levels, essential=True), acr_values=ONE)))
            assert levels_of(shop, reply)[0] == says

    def test_another_factor_than_the_demanded_one_ends_in_a_refusal(
        self, shop: App, browser: Browser, pat: Person
    ) -> None:
        """Where a wish would go on."""
        pat.with_passkey()
        page = browser.log_in(browser.go(request(shop, acr(PHR, essential=True))))
        reply = show(browser, page, totp=pat.next_code())
        assert reply.parameters["error"] == "unmet_authentication_requirements"

    def test_no_page_leads_round_it(self, shop: App, browser: Browser, pat: Person) -> None:
        """OP-4: what was sealed for the page of the second factor opens at that of the consent."""
        remembered(browser, pat)
        link = browser.ask("GET", request(shop, acr(TWO, essential=True))).location
        assert "/login/second-factor?" in link
        reply = browser.ask("GET", link.replace("/login/second-factor?", "/consent?"))
        assert reply.parameters["error"] == "unmet_authentication_requirements"


HOSTILE = [
    "{",
    "[]",
    "null",
    '"x"',
    "{}{}",
    '{"id_token": []}',
    '{"userinfo": "name"}',
    '{"id_token": {"name": true}}',
    '{"id_token": {"name": []}}',
    '{"id_token": {"acr": {"essential": "yes"}}}',
    '{"id_token": {"acr": {"values": "urn:cupbearer:2"}}}',
    '{"id_token": {"sub": {"value": 1}}}',
    '{"id_token": {"sub": {"value": null}}}',
    '{"id_token": {"sub": {"values": ["a", "b"]}}}',
    '{"id_token": {"sub": {"values": []}}}',
    '{"id_token": {"sub": {"value": "a"}}, "userinfo": {"sub": {"value": "b"}}}',
    '{"id_token": {"sub": {"value": "' + "x" * 256 + '"}}}',
    '{"id_token": {}, "id_token": {"name": null}}',
    '{"id_token": {"a": {"value": NaN}}}',
    '{"id_token": {"a": {"value": 1e999}}}',
    '{"id_token": {"a": {"value": "\\ud800"}}}',
    '{"id_token": {"a": {"value": ' + "[" * 4 + "]" * 4 + "}}}",
    '{"id_token": {"a": {"value": ' + "[" * 500 + "]" * 500 + "}}}",
    '{"id_token": {"' + "x" * 4096 + '": null}}',
]


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_what_is_no_claims_request_is_told_to_the_client(shop: App, browser: Browser, text: str) -> None:
    """IN-1: read strictly, bounded in length and depth; the push of one is refused as well."""
    reply = browser.ask("GET", request(shop, text))
    assert (reply.status, reply.parameters["error"], reply.parameters["state"]) == (
        303,
        "invalid_request",
        "the state",
    )
    assert (push(shop, claims=text).status, push(shop, claims=text).error) == (400, "invalid_request")


@pytest.mark.parametrize(
    "wish",
    [
        {"ui_locales": "de-AT fr"},
        {"claims_locales": "ja"},
        {"display": "popup"},
        {"display": "hologram"},
        {"ui_locales": "x" * 5000},
    ],
)
def test_a_wish_that_cannot_be_met_changes_nothing(shop: App, browser: Browser, wish: dict[str, str]) -> None:
    """Core section 3.1.2.1: no error for a language that is not there, nor for another display."""
    page: Reply = browser.go(shop.authorize_url(**wish))
    assert 'name="password"' in page.text
    assert "code" in browser.consent(browser.log_in(page)).parameters


def test_discovery_says_what_is_understood(server: Server) -> None:
    document = server.ask("GET", "/.well-known/openid-configuration").json
    assert document["claims_parameter_supported"] is True
    assert set(document["claims_supported"]) >= {*PERSON, "sub", "acr", "auth_time"}
    assert document["ui_locales_supported"] == ["en", "de", "ar"]
    assert document["display_values_supported"] == ["page"]
