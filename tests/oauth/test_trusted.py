"""Our own applications: nobody is asked about them; every other rule of an authorization request holds (OP-7)."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from chalicelib.authentication.log_in import LogInResult
from chalicelib.oauth.client import DEVICE_CODE
from chalicelib.oauth.client_options import ClientOptions
from chalicelib.store import Store
from chalicelib.world import World
from cupbearer.testing import QuickServices
from tests.oauth.server import CALLBACK, PASSWORD, SOURCE, App, Browser, Server, open_server, services

TRUSTED = ClientOptions(trusted=True)
LOOPBACK = ("http://localhost:3000/cb", "http://127.0.0.1:3000/cb", "http://[::1]:3000/cb")


@pytest.fixture
def ours(server: Server) -> App:
    return server.client(name="Ours", options=TRUSTED)


def test_a_log_in_is_all_that_it_takes(server: Server, ours: App, browser: Browser, zoe: LogInResult) -> None:
    reply = browser.log_in(browser.go(ours.authorize_url()))
    assert reply.location.startswith(CALLBACK)
    assert ours.redeem(reply.parameters["code"]).json["scope"] == "email openid profile"
    (consent,) = server.services.oauth.consents.of(zoe.user.user_id)
    assert consent.client_name == "Ours"
    events, _ = server.services.audit.of(zoe.user.user_id)
    (given,) = [event for event in events if event.event == "consent_given"]
    assert given.detail["asked"] == "no"


def test_nobody_is_asked_where_nothing_may_be_shown(ours: App, browser: Browser) -> None:
    browser.log_in()
    assert "code" in browser.ask("GET", ours.authorize_url(prompt="none")).parameters


def test_more_scopes_are_not_asked_for_either(ours: App, browser: Browser) -> None:
    ours.code(browser, scope="openid")
    silent = browser.ask("GET", ours.authorize_url(scope="openid email", prompt="none"))
    assert ours.redeem(silent.parameters["code"]).json["scope"] == "email openid"


def test_a_consent_that_was_taken_back_is_given_anew(
    server: Server, ours: App, browser: Browser, zoe: LogInResult
) -> None:
    tokens = ours.redeem(ours.code(browser)).json
    server.services.oauth.consents.withdraw(zoe.user.user_id, ours.client_id, source=SOURCE)
    assert ours.refresh(tokens["refresh_token"]).error == "invalid_grant"
    assert "code" in browser.ask("GET", ours.authorize_url(prompt="none")).parameters


def test_it_may_have_the_person_asked(ours: App, browser: Browser) -> None:
    """Core section 3.1.2.1: prompt=consent."""
    browser.log_in()
    assert 'value="allow"' in browser.go(ours.authorize_url(prompt="consent")).text


def test_no_more_than_it_is_registered_for_is_given(server: Server, browser: Browser) -> None:
    """SC-2."""
    narrow = server.client(options=TRUSTED, scopes="openid profile")
    browser.log_in()
    code = browser.ask("GET", narrow.authorize_url()).parameters["code"]
    assert narrow.redeem(code).json["scope"] == "openid profile"


@pytest.mark.parametrize("uri", LOOPBACK)
def test_a_program_under_development_is_not_asked_about_at_this_machine(
    server: Server, browser: Browser, uri: str
) -> None:
    app = server.client(public=True, redirect_uris=(uri,), options=TRUSTED)
    browser.log_in()
    assert "code" in browser.ask("GET", app.authorize_url(redirect_uri=uri, prompt="none")).parameters


def test_a_scheme_of_ones_own_is_asked_about_even_then(server: Server, browser: Browser) -> None:
    """RFC 8252 section 8.6: any program on a phone may claim it."""
    uri = "com.example.app:/cb"
    app = server.client(public=True, redirect_uris=(uri,), options=TRUSTED)
    browser.log_in()
    silent = browser.ask("GET", app.authorize_url(redirect_uri=uri, prompt="none"))
    assert silent.parameters["error"] == "consent_required"


@pytest.fixture
def deployed(store: Store, world: World, tmp_path: Path) -> Iterator[Server]:
    """A server in production, with a key that production would not take."""
    settings = replace(services(store, world, tmp_path).settings, production=True)
    with open_server(QuickServices(settings, world, store=store)) as server:
        yield server


@pytest.mark.parametrize("uri", LOOPBACK)
def test_in_production_a_program_at_a_loopback_port_is_asked_about_each_time(
    deployed: Server, uri: str
) -> None:
    """RFC 8252 section 8.6: whoever listens there gets no code in silence."""
    deployed.person("zoe")
    browser = deployed.browser()
    app = deployed.client(public=True, redirect_uris=(uri,), options=TRUSTED)
    app.code(browser, redirect_uri=uri)
    silent = browser.ask("GET", app.authorize_url(redirect_uri=uri, prompt="none"))
    assert silent.parameters["error"] == "consent_required"


def test_a_device_is_asked_about(server: Server, browser: Browser) -> None:
    """RFC 8628 section 5.4: the code may be a stranger's."""
    app = server.client(public=True, redirect_uris=(), grants=(DEVICE_CODE,), options=TRUSTED)
    begun = app.post("/oauth/device_authorization", scope="openid").json
    browser.log_in(password=PASSWORD)
    page = browser.go(begun["verification_uri_complete"])
    assert 'value="allow"' in browser.send("/device", page.form).text
