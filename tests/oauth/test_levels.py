"""Levels of log-ins: asked for by applications and by policy, reached at our page, told truthfully (MF-4, OP-9, SE-8)."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from chalicelib.authentication.log_in import LogInResult
from chalicelib.oauth.client import DEVICE_CODE
from chalicelib.oauth.levels import Levels
from chalicelib.sessions.session import LiveSession
from chalicelib.store import Store
from chalicelib.world import World
from tests.conftest import Clock
from tests.oauth import values
from tests.oauth.factors import (
    ASKED,
    PAGE,
    id_token,
    levels_of,
    passkey,
    person_of,
    remembered,
    show,
    with_totp,
)
from tests.oauth.server import (
    ISSUER,
    App,
    Browser,
    Reply,
    Server,
    log_in_narrowly,
    open_server,
    payload_of,
    services,
)
from tests.support.factor_people import Person

ONE, TWO, PHR = "urn:cupbearer:1", "urn:cupbearer:2", "phr"
DAY = 24 * 60 * 60


@pytest.fixture
def pat(server: Server, clock: Clock, zoe: LogInResult) -> Person:
    return with_totp(server, clock, zoe)


def session_of(browser: Browser) -> LiveSession:
    found = browser.server.services.authentication.browser_sessions.find(
        browser.cookies["__Host-cupbearer_session"]
    )
    assert found is not None
    return found


def agreed(browser: Browser, page: Reply) -> Reply:
    """Allow what is asked, if it is asked."""
    return browser.consent(page) if 'value="allow"' in page.text else page


def test_discovery_names_the_levels(server: Server) -> None:
    for name in ("openid-configuration", "oauth-authorization-server"):
        document = server.ask("GET", f"/.well-known/{name}").json
        assert document["acr_values_supported"] == [ONE, TWO, PHR]
    assert "acr" in server.ask("GET", "/.well-known/openid-configuration").json["claims_supported"]


class TestWishes:
    """OpenID Connect Core sections 3.1.2.1 and 5.5.1.1: ``acr_values`` asks, and the answer says what is true."""

    @pytest.mark.parametrize("wished", [None, ONE, TWO, PHR, "unknown", f"unknown {TWO}", f"{TWO} {ONE}"])
    @pytest.mark.parametrize("prompt", [None, "none"])
    def test_of_who_has_no_factor_none_is_asked(
        self, shop: App, browser: Browser, wished: str | None, prompt: str | None
    ) -> None:
        shop.code(browser)
        reply = browser.go(shop.authorize_url(acr_values=wished, prompt=prompt))
        assert levels_of(shop, reply) == (ONE, ["pwd"])

    def test_who_has_one_shows_it_and_nothing_of_the_request_is_lost(
        self, shop: App, browser: Browser, pat: Person
    ) -> None:
        remembered(browser, pat)
        page = browser.go(shop.authorize_url(acr_values=TWO))
        assert ASKED in page.text
        assert "<strong>Shop</strong>" in page.text
        reply = browser.consent(show(browser, page, totp=pat.next_code()))
        assert reply.parameters["state"] == "the state"
        claims = id_token(shop, reply)
        assert (claims["acr"], claims["nonce"]) == (TWO, "the nonce")
        assert claims["amr"] == ["pwd", "otp", "mfa"]

    def test_a_level_that_was_reached_is_not_asked_for_again(
        self, shop: App, browser: Browser, pat: Person
    ) -> None:
        page = show(browser, browser.log_in(browser.go(shop.authorize_url(acr_values=TWO))), totp=pat.code())
        assert levels_of(shop, browser.consent(page))[0] == TWO
        assert levels_of(shop, browser.go(shop.authorize_url(acr_values=TWO)))[0] == TWO

    def test_the_first_level_of_the_list_that_was_reached_is_told(
        self, shop: App, browser: Browser, pat: Person
    ) -> None:
        device = pat.with_passkey()
        show(browser, browser.log_in(), passkey=passkey(browser, device))
        told = {}
        for wished in (None, TWO, ONE, PHR, f"{ONE} {PHR}", f"unknown {PHR} {TWO}"):
            reply = agreed(browser, browser.go(shop.authorize_url(acr_values=wished)))
            told[wished] = levels_of(shop, reply)[0]
        assert list(told.values()) == [TWO, TWO, ONE, PHR, ONE, PHR]

    def test_a_refresh_tells_the_same_level(self, shop: App, browser: Browser, pat: Person) -> None:
        """RFC 9068 section 2.2.1: of one log-in."""
        device = pat.with_passkey()
        page = browser.log_in(browser.go(shop.authorize_url(acr_values=PHR)))
        page = show(browser, page, passkey=passkey(browser, device))
        tokens = shop.redeem(browser.consent(page).parameters["code"]).json
        for _ in range(2):
            tokens = shop.refresh(tokens["refresh_token"]).json
            assert payload_of(tokens["id_token"])["acr"] == PHR

    def test_phishing_resistance_is_asked_of_who_has_a_passkey_alone(
        self, shop: App, browser: Browser, pat: Person
    ) -> None:
        show(browser, browser.log_in(), totp=pat.code())
        reply = agreed(browser, browser.go(shop.authorize_url(acr_values=PHR)))
        assert levels_of(shop, reply)[0] == TWO
        device = pat.with_passkey()
        show(browser, browser.log_in(), totp=pat.next_code())  # a new factor has ended all sessions
        page = browser.go(shop.authorize_url(acr_values=PHR))
        assert ASKED in page.text
        assert (
            levels_of(shop, agreed(browser, show(browser, page, passkey=passkey(browser, device))))[0] == PHR
        )

    def test_who_shows_another_factor_than_the_wished_one_goes_on_all_the_same(
        self, shop: App, browser: Browser, pat: Person
    ) -> None:
        """It is a wish, and the passkey may be elsewhere."""
        pat.with_passkey()
        page = browser.log_in(browser.go(shop.authorize_url(acr_values=PHR)))
        reply = agreed(browser, show(browser, page, totp=pat.next_code()))
        assert levels_of(shop, reply) == (TWO, ["pwd", "otp", "mfa"])

    def test_a_silent_request_is_told_that_the_person_would_have_to_act(
        self, shop: App, browser: Browser, pat: Person
    ) -> None:
        """Core section 3.1.2.6."""
        remembered(browser, pat)
        agreed(browser, browser.go(shop.authorize_url()))
        reply = browser.go(shop.authorize_url(acr_values=TWO, prompt="none"))
        assert (reply.parameters["error"], reply.parameters["state"]) == ("interaction_required", "the state")
        assert "code" in browser.go(shop.authorize_url(acr_values=f"{TWO} {ONE}", prompt="none")).parameters

    def test_who_never_had_a_factor_costs_no_read(self) -> None:
        """The design's section 8."""

        def unread(_live: LiveSession) -> None:
            raise AssertionError("read")

        levels = Levels(values.LIMITS, unread)  # type: ignore[arg-type]
        live = LiveSession(values.user(frozenset({"a"})), values.session(frozenset({"a"})))
        assert levels.wanted(live, frozenset({"a"})) is None


class TestRaisedSession:
    """SE-8: another level, another session."""

    def test_it_takes_the_place_of_the_one_before_and_is_as_old(
        self, shop: App, browser: Browser, clock: Clock, pat: Person
    ) -> None:
        """OP-9: the password was not shown again, so ``auth_time`` and the greatest age stay."""
        remembered(browser, pat)
        before, cookie = session_of(browser).session, browser.cookies["__Host-cupbearer_session"]
        clock.advance(600)
        page = browser.go(shop.authorize_url(acr_values=TWO))
        claims = id_token(shop, browser.consent(show(browser, page, totp=pat.code())))
        after = session_of(browser).session
        assert after.session_id != before.session_id
        assert (after.auth_time, after.created_at) == (before.auth_time, before.created_at)
        assert claims["auth_time"] == before.auth_time
        found = pat.services.authentication.browser_sessions
        assert (found.find(cookie), found.find(browser.cookies["__Host-cupbearer_session"])) == (
            None,
            session_of(browser),
        )

    def test_it_has_no_more_scope_than_the_one_before(
        self, server: Server, browser: Browser, pat: Person
    ) -> None:
        """SC-2."""
        show(browser, browser.log_in(), totp=pat.code(), remember="yes")
        log_in_narrowly(browser, "")
        show(browser, browser.go(PAGE), totp=pat.next_code())
        assert session_of(browser).session.is_multiple
        assert session_of(browser).session.scope == frozenset()

    def test_max_age_asks_for_both_proofs_however_young_the_factor_is(
        self, shop: App, browser: Browser, clock: Clock, pat: Person
    ) -> None:
        remembered(browser, pat)
        clock.advance(600)
        show(browser, browser.go(PAGE), totp=pat.code())
        assert 'name="password"' in browser.go(shop.authorize_url(max_age="60")).text

    def test_a_code_raises_one_session_once(self, server: Server, browser: Browser, pat: Person) -> None:
        """MF-1."""
        remembered(browser, pat)
        page, cookies, code = browser.go(PAGE), dict(browser.cookies), pat.next_code()
        show(browser, page, totp=code)
        browser.cookies = cookies
        assert show(browser, page, totp=code).status == 400
        assert browser.go("/device").form.get("password") is not None

    def test_a_form_of_one_session_raises_no_other(
        self, server: Server, browser: Browser, pat: Person
    ) -> None:
        """BR-2."""
        remembered(browser, pat)
        page = browser.go(PAGE)
        browser.log_in()
        assert show(browser, page, totp=pat.next_code()).status == 400
        assert not session_of(browser).session.is_multiple


@pytest.fixture
def guarding(store: Store, world: World, tmp_path: Path) -> Iterator[Server]:
    with open_server(services(store, world, tmp_path, SECOND_FACTOR_SCOPES="pangolins")) as server:
        yield server


class TestGuardedScopes:
    """``CUPBEARER_SECOND_FACTOR_SCOPES`` in every grant: only after a second factor in that very log-in."""

    SCOPE = "openid pangolins"

    @pytest.fixture
    def server(self, guarding: Server) -> Server:
        return guarding

    @pytest.fixture
    def zoe(self, server: Server) -> LogInResult:
        return server.person("zoe", granted="pangolins")

    @pytest.fixture
    def shop(self, server: Server) -> App:
        return server.client(scopes=self.SCOPE)

    def test_who_has_no_factor_does_not_get_them(self, shop: App, browser: Browser) -> None:
        tokens = shop.redeem(shop.code(browser, scope=self.SCOPE)).json
        assert tokens["scope"] == "openid"
        assert shop.refresh(tokens["refresh_token"]).json["scope"] == "openid"

    def test_who_has_one_is_asked_for_it(self, shop: App, browser: Browser, pat: Person) -> None:
        remembered(browser, pat)
        assert ASKED not in browser.go(shop.authorize_url(scope="openid")).text
        page = show(browser, browser.go(shop.authorize_url(scope=self.SCOPE)), totp=pat.next_code())
        tokens = shop.redeem(browser.consent(page).parameters["code"]).json
        assert tokens["scope"] == self.SCOPE
        assert shop.refresh(tokens["refresh_token"]).json["scope"] == self.SCOPE

    def test_a_silent_request_for_them_says_so(self, shop: App, browser: Browser, pat: Person) -> None:
        remembered(browser, pat)
        reply = browser.go(shop.authorize_url(scope=self.SCOPE, prompt="none"))
        assert reply.parameters["error"] == "interaction_required"

    def test_a_device_gets_them_after_a_factor(self, server: Server, browser: Browser, pat: Person) -> None:
        tv, begun = begin(server, self.SCOPE)
        remembered(browser, pat)
        page = browser.go(begun["verification_uri_complete"])
        page = browser.send("/device", page.form)
        assert ASKED in page.text
        page = browser.send("/device", show(browser, page, totp=pat.next_code()).form)
        browser.send("/device", {**page.form, "decision": "allow"})
        answer = tv.token(grant_type=DEVICE_CODE, device_code=begun["device_code"])
        assert answer.json["scope"] == self.SCOPE


def begin(server: Server, scope: str) -> tuple[App, dict[str, str]]:
    tv = server.client(
        name="TV",
        public=True,
        redirect_uris=(),
        post_logout_redirect_uris=(),
        grants=(DEVICE_CODE,),
        scopes=scope,
    )
    return tv, dict(tv.post("/oauth/device_authorization", scope=scope).json)


class TestRequired:
    """``CUPBEARER_SECOND_FACTOR=required``: no application gets anything of who has shown none."""

    @pytest.fixture
    def server(self, store: Store, world: World, tmp_path: Path) -> Iterator[Server]:
        with open_server(services(store, world, tmp_path, SECOND_FACTOR="required")) as server:
            yield server

    def test_who_has_none_is_told_where_to_get_one(self, shop: App, browser: Browser) -> None:
        page = browser.log_in(browser.go(shop.authorize_url()))
        assert "asks everybody for a second factor" in page.text
        assert f'href="{ISSUER.removeprefix("https://auth.example.com")}/account"' in page.text

    def test_and_goes_on_from_there_with_one(
        self, server: Server, shop: App, browser: Browser, clock: Clock
    ) -> None:
        page = browser.log_in(browser.go(shop.authorize_url()))
        person_of(server, clock, session_of(browser)).with_totp()
        link = page.text.partition(f'href="{ISSUER}/continue')[2].partition('"')[0]
        assert "code" in browser.consent(browser.go(f"/continue{link}")).parameters

    def test_a_silent_request_is_told_that_it_cannot_be_met(self, shop: App, browser: Browser) -> None:
        """OpenID Connect Core Error Code unmet_authentication_requirements 1.0."""
        browser.log_in()
        reply = browser.go(shop.authorize_url(prompt="none"))
        assert reply.parameters["error"] == "unmet_authentication_requirements"

    def test_the_consent_page_is_no_way_around_it(self, shop: App, browser: Browser) -> None:
        """OP-4: judged again at each step."""
        page = browser.log_in(browser.go(shop.authorize_url()))
        request = page.text.partition("/continue?request=")[2].partition('"')[0]
        page = browser.go(f"/consent?request={request}")
        assert "asks everybody for a second factor" in page.text
        reply = browser.send("/consent", {"request": request, "decision": "allow"})
        assert "asks everybody for a second factor" in reply.text

    def test_nor_is_a_device(self, server: Server, browser: Browser) -> None:
        _, begun = begin(server, "openid")
        page = browser.log_in(browser.go(begun["verification_uri_complete"]))
        assert "asks everybody for a second factor" in page.text

    def test_with_a_factor_all_is_as_ever(self, shop: App, browser: Browser, pat: Person) -> None:
        page = show(browser, browser.log_in(browser.go(shop.authorize_url())), totp=pat.code())
        assert levels_of(shop, browser.consent(page))[0] == TWO

    def test_a_remembered_browser_has_shown_one(self, shop: App, browser: Browser, pat: Person) -> None:
        remembered(browser, pat)
        assert levels_of(shop, browser.consent(browser.go(shop.authorize_url())))[0] == ONE


def test_what_was_given_before_the_policy_opens_nothing_after_it(
    store: Store, world: World, tmp_path: Path
) -> None:
    """SC-2: at the next refresh."""
    with open_server(services(store, world, tmp_path)) as server:
        server.person("zoe", granted="pangolins")
        shop, browser = server.client(scopes="openid pangolins"), server.browser()
        tokens = shop.redeem(shop.code(browser, scope="openid pangolins")).json
    for policy, left in (
        ({"SECOND_FACTOR_SCOPES": "pangolins"}, "openid"),
        ({"SECOND_FACTOR": "required"}, ""),
    ):
        with open_server(services(store, world, tmp_path, **policy)) as server:
            tokens = App(server, shop.client_id, shop.secret).refresh(tokens["refresh_token"]).json
            assert tokens["scope"] == left
            assert payload_of(tokens["access_token"])["scope"] == left
