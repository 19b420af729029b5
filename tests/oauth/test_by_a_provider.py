"""On the way to a client, by way of an outside provider: back to the request that began, and to no other (FD-1, OP-7, BR-6)."""

import re
from collections.abc import Iterator
from html import unescape
from pathlib import Path

import pytest

from chalicelib.store import Store
from chalicelib.world import World
from tests.conftest import Clock
from tests.federation import issuer
from tests.federation.issuer import Issuer
from tests.oauth.factors import levels_of, person_of, show
from tests.oauth.server import ISSUER, Browser, Server, open_server, services


@pytest.fixture
def elsewhere(world: World) -> Iterator[Issuer]:
    with issuer.running(world.now) as running:
        yield running


@pytest.fixture
def server(store: Store, world: World, tmp_path: Path, elsewhere: Issuer) -> Iterator[Server]:
    chosen = services(store, world, tmp_path, PROVIDERS={"elsewhere": issuer.setting(elsewhere)})
    with open_server(chosen) as server:
        yield server


def way_there(page_text: str) -> str:
    link = re.search(r'href="([^"]+/login/elsewhere[^"]*)"', page_text)
    assert link is not None
    return unescape(link[1])


def come_back(browser: Browser, elsewhere: Issuer, url: str) -> str:
    """Log in at the provider; return where its callback leads."""
    asked = browser.ask("GET", url).location
    reply = browser.ask("GET", f"/login/elsewhere/callback?{issuer.query(elsewhere.authorize(asked))}")
    assert reply.status == 302, reply.text
    return reply.location


def test_a_newcomer_by_a_provider_ends_at_the_client_with_a_code(server: Server, elsewhere: Issuer) -> None:
    shop, browser = server.client(), server.browser()
    url = way_there(browser.go(shop.authorize_url()).text)
    page = browser.go(come_back(browser, elsewhere, url))
    assert "May <strong>Shop</strong> do this?" in page.text
    reply = browser.consent(page)
    assert shop.redeem(reply.parameters["code"]).json["scope"] == "email openid profile"


def test_a_plain_log_in_by_a_provider_leads_to_the_account(server: Server, elsewhere: Issuer) -> None:
    browser = server.browser()
    assert come_back(browser, elsewhere, way_there(browser.go("/login").text)) == f"{ISSUER}/account"


def test_a_link_there_is_worth_nothing_in_another_browser(server: Server, elsewhere: Issuer) -> None:
    """OP-7: the other one is logged in by it, as whoever logs in there, and goes on to nothing."""
    shop, browser, other = server.client(), server.browser(), server.browser()
    url = way_there(browser.go(shop.authorize_url()).text)
    reply = other.go(come_back(other, elsewhere, url))
    assert (reply.status, "Location" in reply.headers) == (400, False)


@pytest.mark.parametrize("demand", [{"prompt": "login"}, {"max_age": "60"}])
@pytest.mark.parametrize("tells_time", [True, False])
def test_a_client_that_demands_a_fresh_log_in_gets_one_by_a_provider_too(
    server: Server, elsewhere: Issuer, demand: dict[str, str], tells_time: bool
) -> None:
    """MF-3, OP-9: our page makes the provider ask the person again, whether it tells the time of it or not."""
    if not tells_time:
        elsewhere.claims["auth_time"] = None
    shop, browser = server.client(), server.browser()
    url = way_there(browser.go(shop.authorize_url(**demand)).text)
    assert url.endswith("&fresh=1")
    page = browser.go(come_back(browser, elsewhere, url))
    assert "May <strong>Shop</strong> do this?" in page.text


@pytest.mark.parametrize("answered", [-61, None])
def test_a_silent_answer_of_a_provider_does_not_pass_a_clients_demand(
    server: Server, elsewhere: Issuer, answered: int | None
) -> None:
    """MF-3, OP-9: not even where our own page's ``fresh`` is cut from the link."""
    elsewhere.claims["auth_time"] = answered and int(elsewhere.now()) + answered
    shop, browser = server.client(), server.browser()
    url = way_there(browser.go(shop.authorize_url(max_age="60")).text).removesuffix("&fresh=1")
    reply = browser.go(come_back(browser, elsewhere, url))
    assert reply.parameters["error"] == "login_required"


def test_a_second_factor_in_between_loses_nothing_of_the_request(
    server: Server, elsewhere: Issuer, clock: Clock
) -> None:
    """MF-2, OP-9."""
    shop, browser = server.client(), server.browser()
    browser.consent(
        browser.go(come_back(browser, elsewhere, way_there(browser.go(shop.authorize_url()).text)))
    )
    token = browser.cookies["__Host-cupbearer_session"]
    live = server.services.authentication.browser_sessions.find(token)
    pat = person_of(server, clock, live).with_totp()
    other = server.browser()
    url = way_there(other.go(shop.authorize_url(acr_values="urn:cupbearer:2")).text)
    reply = other.ask(
        "GET",
        f"/login/elsewhere/callback?{issuer.query(elsewhere.authorize(other.ask('GET', url).location))}",
    )
    assert reply.status == 303
    page = other.go(reply.location)
    assert "<strong>Shop</strong>" in page.text
    assert levels_of(shop, show(other, page, totp=pat.code())) == (
        "urn:cupbearer:2",
        ["fed", "otp", "mfa"],
    )
