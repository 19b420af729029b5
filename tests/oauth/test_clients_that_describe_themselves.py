"""What a client that describes itself may do, and what operators and people do with it."""

import json
from dataclasses import replace

import pytest

from chalicelib.authentication.log_in import LogInResult
from chalicelib.errors import Invalid, NotFound
from chalicelib.jose import jws
from chalicelib.keys import private_keys
from chalicelib.oauth.assertions import TYPE
from chalicelib.oauth.client import DEVICE_CODE
from chalicelib.oauth.client_options import ClientOptions
from chalicelib.oauth.resources import ResourceChanges
from cupbearer.testing_values import Clock
from tests.oauth import apis
from tests.oauth.documents import Site, described
from tests.oauth.server import ISSUER, SOURCE, App, Browser, Server
from tests.support.documents import block
from tests.support.hostile_http import page

MINUTE, DAY = 60, 24 * 60 * 60
ALL = "openid profile offline_access"


class Keyed:
    """A client that proves itself by a key that it publishes."""

    def __init__(self, server: Server, site: Site) -> None:
        self.server, self.site = server, site
        self.change_key()

    def change_key(self) -> None:
        new = private_keys.generate("ES256")
        self.key = private_keys.load(new.kid, "ES256", new.private_der)
        self.public = {name: value for name, value in new.public_jwk.items() if name != "use"}
        self.site.answers("/keys.json", page(json.dumps({"keys": [new.public_jwk]})))

    def fields(self) -> dict[str, str]:
        now, own = self.server.services.world.timestamp(), self.site.url()
        claims = {
            "iss": own,
            "sub": own,
            "aud": ISSUER,
            "exp": now + 60,
            "jti": self.server.services.world.secret(),
        }
        header = {"alg": self.key.alg, "kid": self.key.kid, "typ": "JWT"}
        text = ".".join(jws.encode(json.dumps(part).encode()) for part in (header, claims))
        assertion = f"{text}.{jws.encode(self.key.sign(text.encode()))}"
        return {"client_assertion_type": TYPE, "client_assertion": assertion}


def test_a_client_with_a_key_proves_itself_everywhere_also_by_one_that_it_just_changed(
    server: Server, site: Site, browser: Browser, clock: Clock
) -> None:
    """CD-12."""
    site.says(token_endpoint_auth_method="private_key_jwt", jwks_uri=site.url("/keys.json"))
    keyed, agent = Keyed(server, site), site.client(server)
    code = agent.code(browser, scope=ALL)
    assert agent.redeem(code).json["error"] == "invalid_client"
    tokens = agent.redeem(code, **keyed.fields()).json
    assert agent.refresh(tokens["refresh_token"]).json["error"] == "invalid_client"
    keyed.change_key()
    clock.advance(2 * MINUTE)
    again = agent.refresh(tokens["refresh_token"], **keyed.fields()).json
    told = agent.post("/oauth/introspect", token=again["access_token"], **keyed.fields()).json
    assert (told["active"], told["client_id"]) == (True, agent.client_id)
    pushed = agent.post("/oauth/par", **agent.request(client_id=None), **keyed.fields())
    assert pushed.status == 201


def test_of_a_key_only_what_is_read_is_kept(server: Server, site: Site, browser: Browser) -> None:
    """CD-12: what else a stranger writes there, numbers of any size among it, troubles no store."""
    site.says(token_endpoint_auth_method="private_key_jwt", jwks_uri=site.url("/keys.json"))
    keyed, agent = Keyed(server, site), site.client(server)
    odd = {**keyed.public, "x5c": ["A" * 2000], "n": 1.5, "more": 10**40}
    site.answers("/keys.json", page(json.dumps({"keys": [odd, 1, "key"]})))
    assert agent.redeem(agent.code(browser), **keyed.fields()).status == 200
    kept = server.services.oauth.clients.require(agent.client_id).jwks
    assert kept == {"keys": [keyed.public]}


def test_keys_are_looked_for_once_in_a_minute(
    server: Server, site: Site, browser: Browser, clock: Clock
) -> None:
    """CD-12, CD-13: a stranger's assertions do not call there again and again."""
    site.says(token_endpoint_auth_method="private_key_jwt", jwks_uri=site.url("/keys.json"))
    keyed, agent = Keyed(server, site), site.client(server)
    browser.go(agent.authorize_url())
    stranger = Keyed(server, site).fields()
    keyed.change_key()
    clock.advance(2 * MINUTE)
    before = site.fetched
    for _ in range(5):
        assert agent.refresh("x", **stranger).error == "invalid_client"
    assert site.fetched - before == 2


def test_it_has_no_other_grants_and_no_scopes_but_those_that_are_open(
    server: Server, site: Site, browser: Browser
) -> None:
    """CD-14: at a device nothing shows who asks, since anybody can send its id."""
    site.says(grant_types=["authorization_code", "client_credentials", DEVICE_CODE])
    agent = site.client(server)
    assert agent.post("/oauth/device_authorization", scope="openid").error == "unauthorized_client"
    assert agent.token(grant_type="client_credentials").error == "unauthorized_client"
    tokens = agent.redeem(agent.code(browser, scope=f"{ALL} get:profile")).json
    assert tokens["scope"] == "offline_access openid profile"
    assert "refresh_token" not in tokens


def test_it_asks_for_an_api_that_an_operator_opened(server: Server, agent: App) -> None:
    """RI-14."""
    server.person(granted=apis.SCOPES)
    browser = server.browser()
    apis.register(server)
    server.services.oauth.resources.update(apis.ORDERS, ResourceChanges(open_to_clients=True))
    tokens = apis.tokens_for(agent, browser, apis.ORDERS)
    assert (apis.aud(tokens), tokens["scope"]) == (apis.ORDERS, "orders:read")
    reply = browser.go(agent.authorize_url(scope="openid stock:read") + f"&resource={apis.STOCK}")
    assert reply.parameters["error"] == "invalid_target"


def test_a_disabled_one_stays_disabled_whatever_its_document_says(
    server: Server, site: Site, agent: App, browser: Browser, clock: Clock
) -> None:
    """CD-15."""
    refresh_token = agent.redeem(agent.code(browser, scope=ALL)).json["refresh_token"]
    clients = server.services.oauth.clients
    clients.set_disabled(agent.client_id, disabled=True, source=SOURCE)
    for seconds in (0, 6 * MINUTE, 60 * DAY):
        clock.advance(seconds)
        assert browser.go(agent.authorize_url()).status == 400
        assert agent.refresh(refresh_token).json["error"] == "invalid_client"
    assert described(server) == [agent.client_id]
    clients.set_disabled(agent.client_id, disabled=False, source=SOURCE)
    assert server.browser().go(agent.authorize_url()).status == 200


def test_one_that_nobody_uses_is_forgotten(
    server: Server, agent: App, browser: Browser, clock: Clock
) -> None:
    """CD-15: a month after it was last fetched, both of its records."""
    browser.go(agent.authorize_url())
    clock.advance(29 * DAY)
    server.browser().go(agent.authorize_url())
    clock.advance(29 * DAY)
    assert described(server) == [agent.client_id]
    clock.advance(2 * DAY)
    assert described(server) == []
    with pytest.raises(NotFound):
        server.services.oauth.clients.require(agent.client_id)


def test_what_it_says_nobody_changes_here(server: Server, agent: App, browser: Browser) -> None:
    """CD-15, CD-9: nor is it ever trusted; deleted, it comes back as its document says."""
    browser.go(agent.authorize_url())
    clients = server.services.oauth.clients
    trusting = ClientOptions(trusted=True)
    with pytest.raises(Invalid, match="its document says"):
        clients.update(agent.client_id, lambda wanted: replace(wanted, options=trusting), source=SOURCE)
    with pytest.raises(Invalid):
        clients.rotate_secret(agent.client_id, source=SOURCE)
    clients.delete(agent.client_id, source=SOURCE)
    assert described(server) == []
    assert server.browser().go(agent.authorize_url()).status == 200


def test_its_person_finds_it_by_its_host_and_takes_its_access_back(
    server: Server, site: Site, agent: App, browser: Browser, zoe: LogInResult
) -> None:
    """OP-7: an address does not fit into a path, so the consent has a name of its own."""
    refresh_token = agent.redeem(agent.code(browser, scope=ALL)).json["refresh_token"]
    bearer = {"Authorization": f"Bearer {zoe.access_token}"}
    (shown,) = server.ask("GET", "/users/me/consents", headers=bearer).json["consents"]
    assert (shown["client_id"], shown["client"]) == (agent.client_id, f"{site.host} (Agent)")
    assert server.ask("DELETE", f"/users/me/consents/{shown['consent_id']}", headers=bearer).status == 204
    assert agent.refresh(refresh_token).json["error"] == "invalid_grant"


def test_the_document_in_the_manual_is_taken(server: Server, site: Site) -> None:
    text = block("docs/clients.md#clients-that-describe-themselves-1")
    site.answers("/client.json", page(text.replace("https://app.example.com/oauth/client.json", site.url())))
    uri = "https://app.example.com/callback"
    assert server.browser().go(site.client(server).authorize_url(redirect_uri=uri)).status == 200
