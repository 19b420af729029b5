"""Each act of each form of the console: nobody's who may only read, and no other page's or browser's (CO-2)."""

import json
from importlib import import_module

import pytest

from chalicelib.authentication.log_in import LogInResult
from chalicelib.keys.signed_payloads import SignedPayloads
from chalicelib.web.console import client, clients, keys, person_acts, resources, viewing
from tests.oauth.server import PASSWORD, Browser, Server

PERSON = "/console/people/{}"
ACTS = [
    (path, act)
    for path, acts in (
        (PERSON, person_acts.ACTS),
        (f"{PERSON}/view", viewing.ACTS),
        (clients.NEW, clients.ACTS),
        (client.PATH, client.ACTS),
        (resources.PATH, resources.NEW),
        (resources.ONE, resources.ACTS),
        (keys.PATH, keys.ACTS),
    )
    for act in acts
]
FIELDS = {
    "scope": "get:profile",
    "ring": "signing",
    "confirm": "signing",
    "factors_confirm": "zoe",
    "name": "x",
}
OWN = {"Origin": "null", "Sec-Fetch-Site": "same-origin"}
ELSEWHERE = (
    {"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"},
    {"Origin": "null", "Sec-Fetch-Site": "cross-site"},
    {"Origin": "null", "Sec-Fetch-Site": "same-site"},
    {"Origin": "https://evil.example"},
)


def test_these_are_all_that_there_are() -> None:
    table = import_module("app").TABLE
    taking = {each.path for each in table if each.path.startswith("/console") and each.method != "GET"}
    assert {path.format("{user_id}") for path, _ in ACTS} == taking


@pytest.mark.parametrize("only", ["their scopes", "their log-in"])
def test_who_may_only_read_does_nothing_with_a_form_that_is_good(
    server: Server, browser: Browser, ada: LogInResult, zoe: LogInResult, only: str
) -> None:
    if only == "their scopes":
        server.person("rob", granted="users:read")
        browser.log_in(username="rob")
    else:
        narrowed = {"username": "ada", "password": PASSWORD, "cookie": True, "scope": "users:read"}
        sent = {"body": json.dumps(narrowed).encode(), "headers": {"Content-Type": "application/json"}}
        assert browser.ask("POST", "/sessions", **sent).status == 201
    assert browser.go("/console").status == 200
    before = server.services.accounts.users.require(zoe.user.user_id)
    proof = sealed(server, browser)
    for path, act in ACTS:
        reply = browser.ask(
            "POST", path.format(zoe.user.user_id), form={**FIELDS, "csrf": proof, "act": act}, headers=OWN
        )
        assert reply.status == 403, (path, act)
    assert server.services.accounts.users.require(zoe.user.user_id) == before


def test_a_form_of_another_page_browser_or_site_does_nothing(
    server: Server, console: Browser, zoe: LogInResult
) -> None:
    other = server.browser()
    other.log_in(username="ada")
    page = PERSON.format(zoe.user.user_id)
    own, theirs = (each.go(page).form["csrf"] for each in (console, other))
    elsewhere = console.go("/account/plain").form["csrf"]
    forged = [(theirs, OWN), (elsewhere, OWN), ("", OWN), *((own, headers) for headers in ELSEWHERE)]
    for path, act in ACTS:
        for proof, headers in forged:
            form = {**FIELDS, "csrf": proof, "act": act}
            reply = console.ask("POST", path.format(zoe.user.user_id), form=form, headers=headers)
            assert reply.status == 400, (path, act, headers)


def sealed(server: Server, browser: Browser) -> str:
    """Return the proof that a page with forms would have given to who sees none."""
    live = server.services.authentication.browser_sessions.find(browser.cookies["__Host-cupbearer_session"])
    assert live is not None
    holder = f"{browser.cookies['__Host-cupbearer_browser']} {live.session.session_id}"
    payloads = SignedPayloads(server.services.keys.mac, server.services.world)
    return payloads.seal({}, purpose="csrf console", holder=holder, seconds=3600)
