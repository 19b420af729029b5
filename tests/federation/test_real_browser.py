"""Log-in through a certified provider in a real browser, over real sockets: cookies, redirects, the page at the end."""

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from tests.pages.conftest import browser
from tests.parts import outside_issuer
from tests.parts.outside_issuer import Visitor
from tests.parts.server import Server, running
from tests.support import patience

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

__all__ = ["browser"]

# A native client of theirs: on loopback it may come back to any port (RFC 8252 section 7.3).
CLIENT = {
    "client_id": "cupbearer",
    "client_secret": "a secret of at least thirty-two characters",
    "application_type": "native",
    "redirect_uris": ["http://localhost/login/elsewhere/callback"],
    "grant_types": ["authorization_code"],
    "response_types": ["code"],
}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with outside_issuer.running([CLIENT]) as issuer:
        entry = {
            "issuer": issuer,
            "client_id": CLIENT["client_id"],
            "client_secret": CLIENT["client_secret"],
        }
        folder = tmp_path_factory.mktemp("server")
        with running(folder, PROVIDERS=json.dumps({"elsewhere": entry})) as server:
            yield server


@pytest.fixture
def page(browser: "Browser") -> Iterator["Page"]:
    context = browser.new_context()
    context.set_default_timeout(patience.PAGE_MILLISECONDS)
    yield context.new_page()
    context.close()


def log_in_there(page: "Page", login: str) -> None:
    """Fill in the issuer's own forms: log-in, then consent."""
    page.fill('input[name="login"]', login)
    page.fill('input[name="password"]', "any")
    page.click('button[type="submit"]')
    page.wait_for_selector('input[name="prompt"][value="consent"]', state="attached")
    page.click('button[type="submit"]')


def test_a_person_comes_in_by_a_link_and_is_logged_in_at_our_page(page: "Page", server: Server) -> None:
    page.goto(f"{server.url}/login/elsewhere?return_to=/account")
    log_in_there(page, "ida")
    page.wait_for_url(f"{server.url}/account")
    page.wait_for_selector("text=ida")
    cookies = {cookie.get("name"): cookie for cookie in page.context.cookies(server.url)}
    assert "__Host-cupbearer_login" not in cookies
    for name in ("__Host-cupbearer_refresh", "__Host-cupbearer_session"):
        assert cookies[name].get("httpOnly")
        assert cookies[name].get("secure")
    stored = page.evaluate("JSON.stringify([{...localStorage}, {...sessionStorage}])")
    assert "ey" not in stored, "BR-1: no token in web storage"
    assert "cbr_" not in stored


def test_a_link_from_another_browser_is_told_so_by_a_page(page: "Page", server: Server) -> None:
    """FD-1: an attacker stops right before the callback and sends its address to the victim."""
    callback = f"{server.url}/login/elsewhere/callback"
    trap = Visitor("mallory").go(f"{server.url}/login/elsewhere?return_to=/account", until=callback)
    answer = page.goto(trap)
    assert answer is not None
    assert answer.status == 400
    assert "not begun in this browser" in page.content()
    assert page.context.cookies(server.url) == []
