"""Pushed authorization requests (RFC 9126; PA-1 to PA-7)."""

import re
from dataclasses import replace
from urllib.parse import urlencode

import pytest

from chalicelib.authentication.log_in import LogInResult
from chalicelib.keys.secret_hash import hash_of
from chalicelib.oauth.assertions import TYPE
from chalicelib.oauth.client_options import ClientOptions
from chalicelib.store import Key, Store
from tests.conftest import Clock
from tests.oauth.server import CALLBACK, ISSUER, App, Browser, Reply, Server, basic
from tests.oauth.test_client_authentication import Signer
from tests.oauth.test_form_post import posted

URN = "urn:ietf:params:oauth:request_uri:"


def push(app: App, **changes: str | None) -> Reply:
    fields = {name: value for name, value in app.request(**changes).items() if name != "client_id"}
    return app.post("/oauth/par", **fields)


def pushed(app: App, **changes: str | None) -> str:
    """Push a request and return the address that the client sends a browser to."""
    reply = push(app, **changes)
    assert reply.status == 201, reply.text
    return url_of(app, reply.json["request_uri"])


def url_of(app: App, request_uri: str, **more: str) -> str:
    return f"/oauth/authorize?{urlencode({'client_id': app.client_id, 'request_uri': request_uri, **more})}"


def is_refused(reply: Reply) -> bool:
    """Return whether it is told on a page, and leads nowhere."""
    return (reply.status, "Location" in reply.headers, "<h1" in reply.text) == (400, False, True)


class TestPushing:
    def test_the_answer_names_the_request_for_ninety_seconds(self, shop: App) -> None:
        """PA-2, section 2.2."""
        reply = push(shop)
        assert (reply.status, reply.headers["Cache-Control"]) == (201, "no-store")
        assert reply.json.keys() == {"request_uri", "expires_in"}
        assert reply.json["expires_in"] == 90
        assert re.fullmatch(URN + r"[A-Za-z0-9_-]{43}", reply.json["request_uri"])
        assert push(shop).json["request_uri"] != reply.json["request_uri"]

    def test_a_public_client_pushes_by_its_id(self, server: Server, browser: Browser) -> None:
        app = server.client(public=True)
        assert 'name="password"' in browser.go(pushed(app)).text

    @pytest.mark.parametrize("wrong", [{}, {"client_id": "a" * 26}, {"secret": "cbs_wrong"}])
    def test_who_does_not_prove_itself_pushes_nothing(
        self, server: Server, shop: App, wrong: dict[str, str]
    ) -> None:
        """PA-1: as at the token endpoint."""
        headers = basic(shop.client_id, wrong["secret"]) if "secret" in wrong else {}
        fields = shop.request() | ({"client_id": wrong["client_id"]} if "client_id" in wrong else {})
        reply = server.ask("POST", "/oauth/par", form=fields, headers=headers)
        assert (reply.status, reply.error) == (401, "invalid_client")

    @pytest.mark.parametrize(
        ("path", "is_taken"), [("", True), ("/oauth/par", False), ("/oauth/token", False)]
    )
    def test_an_assertion_is_for_the_issuer_alone(self, server: Server, path: str, *, is_taken: bool) -> None:
        """PA-1, OP-6 and docs/decisions/0092: here as at the token endpoint."""
        client = Signer(server)
        fields = {"client_assertion": client.assertion(aud=ISSUER + path), "client_assertion_type": TYPE}
        reply = server.ask("POST", "/oauth/par", form=client.app.request() | fields)
        assert (reply.error == "invalid_client") != is_taken

    @pytest.mark.parametrize(
        ("changes", "error"),
        [
            ({"redirect_uri": None}, "invalid_request"),
            ({"redirect_uri": "https://evil.example/callback"}, "invalid_request"),
            ({"response_type": None}, "invalid_request"),
            ({"response_type": "token"}, "unsupported_response_type"),
            ({"response_mode": "fragment"}, "invalid_request"),
            ({"code_challenge": None}, "invalid_request"),
            ({"code_challenge_method": "plain"}, "invalid_request"),
            ({"scope": "users:write"}, "invalid_scope"),
            ({"prompt": "dance"}, "invalid_request"),
            ({"nonce": "n" * 513}, "invalid_request"),
            ({"id_token_hint": "x.y.z"}, "invalid_request"),
            ({"request": "x.y.z"}, "request_not_supported"),
            ({"request_uri": URN + "x" * 43}, "invalid_request"),
            ({"client_id": "another"}, "invalid_request"),
        ],
    )
    def test_what_is_wrong_with_a_request_is_told_when_it_is_pushed(
        self, shop: App, changes: dict[str, str | None], error: str
    ) -> None:
        """PA-1, PA-3, sections 2.1 and 2.3: an error object, never a redirect."""
        fields = shop.request(**changes)
        if "client_id" not in changes:
            del fields["client_id"]
        reply = shop.post("/oauth/par", **fields)
        assert (reply.status, reply.error, "Location" in reply.headers) == (400, error, False)
        assert reply.headers["Cache-Control"] == "no-store"

    def test_a_client_without_the_grant_is_told_so(self, server: Server) -> None:
        """OP-4."""
        reply = push(server.client(grants=("client_credentials",)))
        assert (reply.status, reply.error) == (400, "unauthorized_client")

    def test_a_repeated_parameter_is_refused(self, server: Server, shop: App) -> None:
        """OP-5."""
        fields = [*shop.request().items(), ("state", "another")]
        headers = basic(shop.client_id, shop.secret or "")
        assert server.ask("POST", "/oauth/par", form=fields, headers=headers).error == "invalid_request"

    def test_no_parameter_stands_in_the_address(self, server: Server, shop: App) -> None:
        headers = basic(shop.client_id, shop.secret or "")
        reply = server.ask("POST", "/oauth/par?state=x", form=shop.request(), headers=headers)
        assert (reply.status, reply.error) == (400, "invalid_request")

    def test_a_body_beyond_the_bound_is_too_large(self, server: Server, shop: App) -> None:
        """PA-3, section 2.3."""
        reply = push(shop, state="x" * 65_536)
        assert (reply.status, reply.error) == (413, "invalid_request")

    def test_one_network_pushes_so_much_for_public_clients(self, server: Server, shop: App) -> None:
        """PA-7, DS-3: whoever proves itself is not counted."""
        app = server.client(public=True)
        replies = [push(app) for _ in range(201)]
        assert {reply.status for reply in replies[:-1]} == {201}
        assert (replies[-1].status, replies[-1].error) == (429, "slow_down")
        assert int(replies[-1].headers["Retry-After"]) > 0
        assert push(shop).status == 201

    def test_what_is_kept_does_not_name_it(self, store: Store, shop: App) -> None:
        """PA-7, M9: who reads the store can open nothing, and finds neither a secret nor a hint that was a token."""
        name = push(shop, login_hint="zoe").json["request_uri"]
        (record,) = store.get(Key(f"pushed#{hash_of(name)}", "request"))
        assert record is not None
        assert record.expires_at is not None  # the engines sweep it
        assert "zoe" in repr(record)
        for secret in (name, name.removeprefix(URN), str(shop.secret)):
            assert secret not in repr(record)


class TestOpening:
    def test_log_in_and_consent_end_at_the_client(self, shop: App, browser: Browser) -> None:
        page = browser.go(pushed(shop))
        reply = browser.consent(browser.log_in(page))
        assert reply.location.startswith(f"{CALLBACK}?code=")
        assert (reply.parameters["state"], reply.parameters["iss"]) == ("the state", ISSUER)
        tokens = shop.redeem(reply.parameters["code"])
        assert tokens.status == 200

    def test_all_other_parameters_are_ignored(self, shop: App, browser: Browser) -> None:
        """PA-4, section 4: what was pushed is what is asked."""
        name = push(shop, scope="openid", state="pushed").json["request_uri"]
        shop.code(browser)
        more = {
            "scope": "openid profile",
            "redirect_uri": "https://evil.example/",
            "state": "x",
            "prompt": "login",
        }
        reply = browser.ask("GET", url_of(shop, name, **more))
        assert reply.location.startswith(f"{CALLBACK}?code=")
        assert reply.parameters["state"] == "pushed"
        assert shop.redeem(reply.parameters["code"]).json["scope"] == "openid"

    def test_it_may_come_by_form(self, server: Server, shop: App, browser: Browser) -> None:
        name = push(shop).json["request_uri"]
        fields = {"client_id": shop.client_id, "request_uri": name}
        reply = server.ask("POST", "/oauth/authorize", form=fields)
        assert reply.status == 303
        assert 'name="password"' in browser.go(reply.location).text
        assert is_refused(server.ask("POST", "/oauth/authorize", form=fields | {"request_uri": name[:-1]}))

    @pytest.mark.parametrize("name", ["x" * 43, "", "x" * 42, "x" * 44, "../" + "x" * 40, "ü" * 43])
    def test_an_unknown_name_is_told_on_a_page(self, shop: App, browser: Browser, name: str) -> None:
        """PA-4: no redirect URI is proven."""
        reply = browser.ask("GET", url_of(shop, URN + name, redirect_uri=CALLBACK))
        assert is_refused(reply)

    def test_another_clients_is_unknown(self, server: Server, shop: App, browser: Browser) -> None:
        """PA-4, section 2.2: bound to who pushed it."""
        name, other = push(shop).json["request_uri"], server.client()
        assert is_refused(browser.ask("GET", url_of(other, name)))
        assert is_refused(browser.ask("GET", f"/oauth/authorize?{urlencode({'request_uri': name})}"))
        assert is_refused(browser.ask("GET", f"{url_of(shop, name)}&client_id={other.client_id}"))
        assert browser.ask("GET", url_of(shop, name)).status == 303

    def test_it_is_over_after_ninety_seconds(self, shop: App, browser: Browser, clock: Clock) -> None:
        """PA-2, PA-7; a clock that goes back prolongs nothing (AV-4)."""
        url = pushed(shop)
        clock.advance(89)
        assert browser.ask("GET", url).status == 303
        clock.advance(1)
        assert is_refused(browser.ask("GET", url))
        later = pushed(shop)
        clock.advance(-600)
        assert is_refused(browser.ask("GET", later))

    def test_it_waits_for_its_person_as_any_request_does(
        self, shop: App, browser: Browser, clock: Clock
    ) -> None:
        page = browser.go(pushed(shop))
        clock.advance(20 * 60)
        assert "code" in browser.consent(browser.log_in(page)).parameters

    @pytest.mark.parametrize(("max_age", "asks"), [("100", True), ("160", False)])
    def test_an_age_counts_from_when_the_browser_comes(
        self, shop: App, browser: Browser, clock: Clock, max_age: str, *, asks: bool
    ) -> None:
        """OP-9: not from when the request was pushed."""
        shop.code(browser)
        clock.advance(80)
        url = pushed(shop, max_age=max_age)
        clock.advance(60)
        assert ('name="password"' in browser.go(url).text) == asks

    def test_a_log_in_after_it_was_pushed_is_none_on_demand(
        self, shop: App, browser: Browser, clock: Clock
    ) -> None:
        url = pushed(shop, prompt="login")
        clock.advance(10)
        browser.log_in()
        clock.advance(10)
        page = browser.go(url)
        assert 'name="password"' in page.text

    def test_what_the_server_holds_counts_when_it_is_opened(
        self, server: Server, shop: App, browser: Browser
    ) -> None:
        """PA-7, section 7.4."""
        url = pushed(shop)
        server.services.oauth.clients.set_disabled(shop.client_id, disabled=True)
        assert is_refused(browser.ask("GET", url))

    def test_its_errors_go_the_way_it_asked_for(self, shop: App, browser: Browser) -> None:
        reply = browser.ask("GET", pushed(shop, response_mode="form_post", prompt="none"))
        assert posted(reply)["error"] == "login_required"


class TestAnsweringOnce:
    """PA-5, sections 4 and 7.3: to one log-in, however often that loads the page."""

    def test_another_browser_gets_nothing(self, server: Server, shop: App, browser: Browser) -> None:
        shop.code(browser)
        other = server.browser()
        other.log_in()
        url = pushed(shop)
        assert "code" in browser.ask("GET", url).parameters
        assert is_refused(other.ask("GET", url))

    def test_nor_does_one_that_opened_it_before(self, server: Server, shop: App, browser: Browser) -> None:
        url = pushed(shop)
        other = server.browser()
        waiting = other.go(url)
        shop.code(browser)
        assert "code" in browser.ask("GET", url).parameters
        reply = other.log_in(waiting)
        assert is_refused(reply if 'value="allow"' not in reply.text else other.consent(reply))

    def test_the_same_page_may_be_loaded_again(self, shop: App, browser: Browser) -> None:
        shop.code(browser)
        url = pushed(shop)
        codes = [browser.ask("GET", url).parameters["code"] for _ in range(2)]
        assert len(set(codes)) == 2

    def test_a_second_tab_and_a_log_in_in_between_do_not_break_it(self, shop: App, browser: Browser) -> None:
        url = pushed(shop)
        browser.go(url)
        page = browser.go(url)
        browser.log_in()
        again = browser.go(url)
        assert 'value="allow"' in again.text
        assert 'name="password"' in page.text
        assert "code" in browser.consent(again).parameters

    def test_a_consent_that_is_clicked_twice_ends_at_the_client_both_times(
        self, shop: App, browser: Browser
    ) -> None:
        consent = browser.log_in(browser.go(pushed(shop)))
        for _ in range(2):
            assert "code" in browser.consent(consent).parameters

    def test_a_refusal_is_told_and_the_request_may_be_opened_again(self, shop: App, browser: Browser) -> None:
        url = pushed(shop)
        reply = browser.consent(browser.log_in(browser.go(url)), "deny")
        assert reply.parameters["error"] == "access_denied"
        assert 'value="allow"' in browser.go(url).text


class TestRequiring:
    """PA-6, sections 5 and 6."""

    def test_discovery_names_the_endpoint(self, server: Server) -> None:
        for name in ("openid-configuration", "oauth-authorization-server"):
            document = server.ask("GET", f"/.well-known/{name}").json
            assert document["pushed_authorization_request_endpoint"] == f"{ISSUER}/oauth/par"
            assert document["require_pushed_authorization_requests"] is False

    def test_a_client_that_must_push_may_not_ask_otherwise(self, server: Server, browser: Browser) -> None:
        app = server.client(options=ClientOptions(require_pushed_authorization_requests=True))
        reply = browser.ask("GET", app.authorize_url())
        assert (reply.parameters["error"], reply.parameters["state"]) == ("invalid_request", "the state")
        reply = browser.ask("GET", app.authorize_url(request_uri="https://shop.example/request"))
        assert "code" not in reply.parameters
        assert "code" in browser.consent(browser.log_in(browser.go(pushed(app)))).parameters

    def test_a_client_that_must_push_from_now_on_is_held_to_it_at_once(
        self, server: Server, shop: App, browser: Browser, zoe: LogInResult
    ) -> None:
        """OP-4: what was begun otherwise comes to nothing."""
        consent = browser.log_in(browser.go(shop.authorize_url()))
        clients = server.services.oauth.clients
        options = ClientOptions(require_pushed_authorization_requests=True)
        clients.update(shop.client_id, lambda old: replace(old, options=options))
        assert browser.consent(consent).parameters["error"] == "invalid_request"
