"""How long a document counts, what a change of it means, and how often one is fetched (draft-02 sections 5.2 and 8.4)."""

from typing import Any

import pytest

from cupbearer.testing_values import Clock
from tests.oauth.documents import Site, asked
from tests.oauth.server import CALLBACK, App, Browser, Server
from tests.support.hostile_http import page

MINUTE, DAY = 60, 24 * 60 * 60
ALL = "openid profile offline_access"
LOOPBACK = "http://127.0.0.1:3000/cb"


@pytest.mark.parametrize(
    ("cache", "fresh"),
    [
        ("", 5 * MINUTE),
        ("no-store", 5 * MINUTE),
        ("max-age=10", 5 * MINUTE),
        ("public, max-age=3600", 60 * MINUTE),
        ("max-age=31536000", DAY),
        ("max-age=1e9", 5 * MINUTE),
    ],
)
def test_a_document_is_kept_as_long_as_it_says_within_bounds(
    server: Server, site: Site, clock: Clock, cache: str, fresh: int
) -> None:
    """CD-10."""
    site.says(cache=cache)
    url = site.client(server).authorize_url()
    for seconds, fetched in ((0, 1), (fresh - 1, 1), (2, 2)):
        clock.advance(seconds)
        assert server.browser().go(url).status == 200
        assert site.fetched == fetched


def test_nobody_is_asked_by_a_stale_document_but_tokens_are_refreshed_for_a_week(
    server: Server, site: Site, agent: App, browser: Browser, clock: Clock
) -> None:
    """CD-10: a client's web server at fault logs nobody out."""
    refresh_token = agent.redeem(agent.code(browser, scope=ALL)).json["refresh_token"]
    site.answers("/client.json", page("{}", status="503 Busy"))
    clock.advance(6 * MINUTE)
    assert browser.go(agent.authorize_url()).status == 400
    for days in (1, 5):
        clock.advance(days * DAY)
        reply = agent.refresh(refresh_token)
        assert reply.status == 200
        refresh_token = reply.json["refresh_token"]
    clock.advance(DAY)
    assert agent.refresh(refresh_token).json["error"] == "invalid_client"
    site.says()
    assert agent.refresh(refresh_token).status == 200


@pytest.mark.parametrize("status", ["404 Not Found", "410 Gone"])
def test_a_document_that_is_gone_ends_its_client_at_once(
    site: Site, agent: App, browser: Browser, clock: Clock, status: str
) -> None:
    """CD-10."""
    refresh_token = agent.redeem(agent.code(browser, scope=ALL)).json["refresh_token"]
    site.answers("/client.json", page("{}", status=status))
    clock.advance(6 * MINUTE)
    assert agent.refresh(refresh_token).json["error"] == "invalid_client"


def test_a_document_that_changed_after_the_page_was_shown_is_asked_about_anew(
    site: Site, agent: App, browser: Browser, clock: Clock
) -> None:
    """CD-11: the person said yes to what was shown."""
    shown = asked(browser, agent)
    site.says(client_name="Another agent")
    clock.advance(6 * MINUTE)
    refused = browser.consent(shown)
    assert (refused.status, "Location" in refused.headers) == (400, False)
    assert "“Another agent”" in browser.go(agent.authorize_url()).text


@pytest.mark.parametrize(
    "changes", [{"redirect_uris": [CALLBACK, "https://evil.example/"]}, {"client_name": "Another"}]
)
def test_a_document_that_changed_after_the_decision_makes_its_code_void(
    server: Server, site: Site, agent: App, browser: Browser, clock: Clock, changes: dict[str, Any]
) -> None:
    """CD-11."""
    site.says(cache="max-age=300")
    code = agent.code(browser)
    other = server.browser()
    clock.advance(0)
    site.says(**changes)
    clock.advance(5 * MINUTE + 1 - 30)
    late = agent.code(browser, prompt="consent")
    clock.advance(31)
    other.go(agent.authorize_url())
    assert agent.redeem(late).json["error"] == "invalid_grant"
    assert agent.redeem(code).json["error"] == "invalid_grant"


def test_a_consent_is_remembered_for_the_client_and_where_it_is_answered(
    site: Site, agent: App, browser: Browser, clock: Clock
) -> None:
    """CD-9: a document that names one more address is asked about anew there."""
    agent.code(browser)
    assert "code" in browser.go(agent.authorize_url()).parameters
    site.says(redirect_uris=[CALLBACK, "https://other.example/cb"])
    clock.advance(6 * MINUTE)
    assert "code" in browser.go(agent.authorize_url()).parameters
    there = {"redirect_uri": "https://other.example/cb"}
    silent = browser.go(agent.authorize_url(prompt="none", **there))
    assert silent.parameters["error"] == "consent_required"
    assert 'value="allow"' in browser.go(agent.authorize_url(**there)).text


def test_at_a_port_of_this_computer_the_person_is_asked_each_time(
    server: Server, site: Site, browser: Browser
) -> None:
    """CD-9."""
    site.says(redirect_uris=[LOOPBACK])
    agent = site.client(server)
    agent.code(browser, redirect_uri=LOOPBACK)
    assert 'value="allow"' in browser.go(agent.authorize_url(redirect_uri=LOOPBACK)).text


def test_fetches_are_counted_by_host_and_those_of_known_documents_apart(
    server: Server, site: Site, agent: App, clock: Clock
) -> None:
    """CD-13: strangers' names at its host keep no client out."""
    assert server.browser().go(agent.authorize_url()).status == 200
    clock.advance(11 * MINUTE)
    statuses = [
        server.browser().go(App(server, site.url(f"/{number}"), None).authorize_url()).status
        for number in range(21)
    ]
    assert statuses == [400] * 20 + [429]
    before = site.fetched
    assert server.browser().go(App(server, site.url("/more"), None).authorize_url()).status == 429
    assert site.fetched == before
    assert server.browser().go(agent.authorize_url()).status == 200


def test_fetches_are_counted_by_network(server: Server, site: Site) -> None:
    """CD-13: whatever hosts are named; those of nobody's are asked for nothing here."""
    statuses = {
        server.browser().go(App(server, f"https://localhost:1/{number}", None).authorize_url()).status
        for number in range(20)
    }
    others = [
        server.browser().go(App(server, f"https://localhost:{port}/c", None).authorize_url()).status
        for port in range(2, 43)
    ]
    assert (statuses, others) == ({400}, [400] * 40 + [429])
    site.says()
    assert server.browser().go(site.client(server).authorize_url()).status == 429
    assert site.fetched == 0
