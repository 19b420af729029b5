"""Clients that describe themselves at the address that is their id (draft-ietf-oauth-client-id-metadata-document-02)."""

import json
from typing import Any

import pytest

from chalicelib.keys import private_keys
from cupbearer.testing_values import Clock
from tests.oauth.documents import Site, asked, described
from tests.oauth.server import App, Browser, Server
from tests.support.hostile_http import page

LOOPBACK = "http://127.0.0.1:3000/cb"
MINUTE, DAY = 60, 24 * 60 * 60
ALL = "openid profile offline_access"


def test_a_client_that_describes_itself_logs_in_refreshes_and_is_told_who_it_is(
    server: Server, site: Site, agent: App, browser: Browser
) -> None:
    tokens = agent.redeem(agent.code(browser, scope=ALL)).json
    assert tokens["scope"] == "offline_access openid profile"
    again = agent.refresh(tokens["refresh_token"]).json
    bearer = {"Authorization": f"Bearer {again['access_token']}"}
    assert server.ask("GET", "/oauth/userinfo", headers=bearer).json["name"] == "Zoë"
    assert agent.post("/oauth/revoke", token=again["refresh_token"]).status == 200
    assert agent.refresh(again["refresh_token"]).json["error"] == "invalid_grant"
    assert (described(server), site.fetched) == ([agent.client_id], 1)


def test_a_person_is_asked_about_its_host(site: Site, agent: App, browser: Browser) -> None:
    """CD-9: draft-02 section 8.5, and where the answer goes."""
    shown = asked(browser, agent).text
    assert f"<h1>May <strong>{site.host}</strong> do this?</h1>" in shown
    assert "<small>“Agent”</small>" in shown
    assert "<strong>shop.example</strong>" in shown


def test_a_person_is_warned_where_the_answer_goes_to_any_program(
    server: Server, site: Site, browser: Browser
) -> None:
    """CD-9; ports of loopback addresses are free for it (RFC 8252 section 7.3)."""
    site.says(redirect_uris=[LOOPBACK])
    shown = asked(browser, site.client(server), redirect_uri="http://127.0.0.1:4711/cb").text
    assert "Any program on this computer can pass for it" in shown
    assert "<strong>a program on this computer</strong>" in shown


@pytest.mark.parametrize(
    "path",
    ["", "/", "/a/../client.json", "/./client.json", "/%2E%2e/c", "/client.json#x", "/client.json?x=1"],
)
def test_an_address_that_may_be_no_id_is_not_fetched(server: Server, site: Site, path: str) -> None:
    """CD-1: draft-02 section 3."""
    reply = server.browser().go(App(server, site.url(path), None).authorize_url())
    assert (reply.status, site.fetched, described(server)) == (400, 0, [])


@pytest.mark.parametrize(
    "client_id",
    [
        "http://localhost:{port}/client.json",
        "https://me:secret@localhost:{port}/client.json",
        "https://LOCALHOST:{port}/client.json",
        "HTTPS://localhost:{port}/client.json",
        "https://localhost:0{port}/client.json",
        "https://localhost:{port}/" + "a" * 255,
        "https://192.0.2.1/client.json",
        "https://2130706433/client.json",
        "https://[2001:db8::1]/client.json",
        "https://intranet/client.json",
        "https://xn--pple-43d.com/client.json",
        "https://\u0430pple.com/client.json",
        "https://example.com:443/client.json",
    ],
)
def test_a_host_that_could_be_mistaken_and_a_second_spelling_are_no_ids(
    server: Server, site: Site, client_id: str
) -> None:
    """CD-1, CD-2: one document has one id, and its host is a name that reads as what it is."""
    app = App(server, client_id.format(port=site.listener.port), None)
    reply = server.browser().go(app.authorize_url())
    assert (reply.status, site.fetched, described(server)) == (400, 0, [])
    assert NOT_FETCHED not in reply.text


NOT_FETCHED = "could not be fetched"


def hostile(site: Site) -> dict[str, bytes]:
    good = json.dumps(site.says())

    def but(**changes: Any) -> bytes:
        return page(json.dumps({**json.loads(good), **changes}))

    own = private_keys.generate("ES256").public_jwk
    shared = {"kty": "oct", "k": "AAAA"}
    return {
        "huge": but(padding="a" * 5 * 1024),
        "redirecting": page("", status="302 Found", more=f"Location: {site.url('/elsewhere.json')}\r\n"),
        "an error": page(good, status="500 Oops"),
        "created": page(good, status="201 Created"),
        "a page": page(good, media_type="text/html"),
        "script": page(good, media_type="text/javascript"),
        "compressed": page(good, more="Content-Encoding: gzip\r\n"),
        "no JSON": page("{'client_id': 1}"),
        "a list": page(f"[{good}]"),
        "deep": page('{"a":' * 30 + "1" + "}" * 30),
        "two meanings": page(good[:-1] + ', "client_id": "x"}'),
        "another id": but(client_id=site.url("/other.json")),
        "no id": but(client_id=None),
        "a secret": but(client_secret="s"),
        "a secret's end": but(client_secret_expires_at=0),
        "secret method": but(token_endpoint_auth_method="client_secret_basic"),
        "secret signature": but(token_endpoint_auth_method="client_secret_jwt"),
        "no keys": but(token_endpoint_auth_method="private_key_jwt"),
        "two keys": but(
            token_endpoint_auth_method="private_key_jwt", jwks={"keys": [own]}, jwks_uri=site.url("/k")
        ),
        "keys by http": but(token_endpoint_auth_method="private_key_jwt", jwks_uri="http://localhost/k"),
        "keys within": but(token_endpoint_auth_method="private_key_jwt", jwks_uri="https://10.0.0.1/k"),
        "a shared key": but(token_endpoint_auth_method="private_key_jwt", jwks={"keys": [shared]}),
        "a private key": but(
            token_endpoint_auth_method="private_key_jwt", jwks={"keys": [{**own, "d": "AAAA"}]}
        ),
        "no redirect URI": but(redirect_uris=[]),
        "script to return to": but(redirect_uris=["javascript:alert(1)", "http://evil.example/"]),
        "redirect URIs of no text": but(redirect_uris=[1]),
        "another grant": but(grant_types=["client_credentials"]),
        "another response": but(response_types=["token"]),
        "a name of two directions": but(client_name="Bank\u202egnp.exe"),
        "a long name": but(client_name="a" * 101),
        "a name of no text": but(client_name={"en": "x"}),
    }


REASONS = {
    "huge": NOT_FETCHED,
    "redirecting": NOT_FETCHED,
    "an error": NOT_FETCHED,
    "created": NOT_FETCHED,
    "a page": NOT_FETCHED,
    "script": NOT_FETCHED,
    "compressed": NOT_FETCHED,
    "no JSON": NOT_FETCHED,
    "deep": NOT_FETCHED,
    "two meanings": NOT_FETCHED,
    "a list": "it is no JSON object",
    "another id": "its client_id is not its address",
    "no id": "its client_id is not its address",
    "a secret": "it has a client_secret",
    "a secret's end": "it has a client_secret",
    "secret method": "its token_endpoint_auth_method is neither",
    "secret signature": "its token_endpoint_auth_method is neither",
    "no keys": "it must have one of jwks and jwks_uri",
    "two keys": "it must have one of jwks and jwks_uri",
    "keys by http": "its jwks_uri is not one that may be fetched",
    "keys within": "its jwks_uri is not one that may be fetched",
    "a shared key": "its key set cannot be used",
    "a private key": "its key set has a private key",
    "no redirect URI": "it has no redirect URI",
    "script to return to": "it has no redirect URI",
    "redirect URIs of no text": "its redirect_uris is no list of texts",
    "another grant": "it does not use the authorization code grant",
    "another response": "it does not use the authorization code grant",
    "a name of two directions": "its client_name cannot be used",
    "a long name": "its client_name cannot be used",
    "a name of no text": "its client_name is no text",
}


def test_a_hostile_document_is_refused_on_a_page_and_nothing_of_it_is_kept(
    server: Server, site: Site, clock: Clock
) -> None:
    """CD-3, CD-4, CD-5, CD-6, CD-7, CD-8: and once it is good, its client comes in."""
    documents = hostile(site)
    assert documents.keys() == REASONS.keys()
    for kind, octets in documents.items():
        clock.advance(MINUTE)
        site.answers("/client.json", octets)
        reply = server.browser().go(site.client(server).authorize_url())
        assert (reply.status, described(server)) == (400, []), kind
        assert REASONS[kind] in reply.text, kind
        assert "Location" not in reply.headers, kind
    assert [line for line in site.listener.requests if b"elsewhere" in line] == []
    site.says()
    assert server.browser().go(site.client(server).authorize_url()).status == 200
