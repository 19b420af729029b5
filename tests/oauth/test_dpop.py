"""DPoP at the endpoints of clients (RFC 9449 sections 5, 6, 8 and 10; PO-1 to PO-19)."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest

from chalicelib.authorizer.route_table import RouteTable
from chalicelib.errors import InvalidToken
from chalicelib.oauth.client import AUTHORIZATION_CODE, DEVICE_CODE, REFRESH_TOKEN
from chalicelib.oauth.client_options import ClientOptions
from chalicelib.store import Store
from chalicelib.store.sqlite import SqliteStore
from chalicelib.web import guard
from chalicelib.world import World
from tests.conftest import Clock
from tests.gateway.cache import method_arn
from tests.oauth.server import (
    CALLBACK,
    ISSUER,
    VERIFIER,
    App,
    Browser,
    Reply,
    Server,
    basic,
    open_server,
    payload_of,
    services,
)
from tests.support.prover import Prover

TOKEN, PUSHED, USERINFO = "/oauth/token", "/oauth/par", "/oauth/userinfo"
TABLE = RouteTable([])
GRANTS = (AUTHORIZATION_CODE, REFRESH_TOKEN, DEVICE_CODE)


@pytest.fixture
def ann(world: World) -> Prover:
    return Prover(world)


@pytest.fixture
def phone(server: Server) -> App:
    """A public client."""
    return server.client(name="Phone", public=True, grants=GRANTS)


def send(app: App, path: str, proof: str | None, fields: dict[str, str]) -> Reply:
    headers = {} if app.secret is None else basic(app.client_id, app.secret)
    named = {"client_id": app.client_id} if app.secret is None else {}
    headers |= {} if proof is None else {"DPoP": proof}
    return app.server.ask("POST", path, form=named | fields, headers=headers)


def ask(app: App, key: Prover, path: str = TOKEN, nonce: str | None = None, **fields: str | None) -> Reply:
    """Ask with a proof and, if a nonce is wanted, again with that, as clients' libraries do."""
    sent = {name: value for name, value in fields.items() if value is not None}
    reply = send(app, path, key.proof("POST", ISSUER + path, nonce=nonce), sent)
    if reply.error != "use_dpop_nonce":
        return reply
    return send(app, path, key.proof("POST", ISSUER + path, nonce=reply.headers["DPoP-Nonce"]), sent)


def redeem(app: App, key: Prover, code: str) -> Reply:
    fields = {"grant_type": "authorization_code", "code": code, "redirect_uri": CALLBACK}
    return ask(app, key, code_verifier=VERIFIER, **fields)


def refresh(app: App, key: Prover, refresh_token: str, **more: str) -> Reply:
    return ask(app, key, grant_type="refresh_token", refresh_token=refresh_token, **more)


def who(server: Server, token: str, proof: str | None = None, scheme: str = "DPoP") -> Reply:
    headers = {"Authorization": f"{scheme} {token}"} | ({} if proof is None else {"DPoP": proof})
    return server.ask("GET", USERINFO, headers=headers)


@pytest.fixture(params=["jwt", "opaque"])
def either(store: Store, world: World, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Server]:
    """A service with signed tokens, and one with opaque ones."""
    with open_server(services(store, world, tmp_path, ACCESS_TOKENS=request.param)) as server:
        server.person("zoe", name="Zoë")
        yield server


def test_tokens_of_every_grant_are_bound_to_the_key_that_a_proof_shows(either: Server, ann: Prover) -> None:
    """PO-11: code, refresh, device and client credentials; ``token_type`` says so, and introspection."""
    app = either.client(grants=(*GRANTS, "client_credentials"), scopes="openid pangolins")
    browser = either.browser()
    first = redeem(app, ann, app.code(browser))
    begun = app.post("/oauth/device_authorization", scope="openid").json
    page = browser.send("/device", browser.go(begun["verification_uri_complete"]).form)
    browser.send("/device", {**page.form, "decision": "allow"})
    replies = [
        first,
        refresh(app, ann, first.json["refresh_token"]),
        ask(app, ann, grant_type=DEVICE_CODE, device_code=begun["device_code"]),
        ask(app, ann, grant_type="client_credentials"),
    ]
    for reply in replies:
        assert (reply.status, reply.json["token_type"]) == (200, "DPoP"), reply.text
        token = reply.json["access_token"]
        said = app.post("/oauth/introspect", token=token).json
        assert (said["token_type"], said["cnf"]) == ("DPoP", {"jkt": ann.jkt})
        if not token.startswith("cba_"):
            assert payload_of(token)["cnf"] == {"jkt": ann.jkt}


def test_without_a_proof_all_is_as_it_was(either: Server) -> None:
    """PO-11: a bearer token says nothing of keys, and no answer carries a nonce."""
    app = either.client()
    reply = app.redeem(app.code(either.browser()))
    assert (reply.json["token_type"], "DPoP-Nonce" in reply.headers) == ("Bearer", False)
    said = app.post("/oauth/introspect", token=reply.json["access_token"]).json
    assert (said["token_type"], "cnf" in said) == ("Bearer", False)
    assert (
        either.ask("GET", USERINFO, headers={"Authorization": f"Bearer {reply.json['access_token']}"}).status
        == 200
    )


@pytest.mark.parametrize(
    ("changes", "header"),
    [
        ({"htm": "GET"}, {}),
        ({"htu": f"{ISSUER}/oauth/par"}, {}),
        ({"iat": None}, {}),
        ({"jti": None}, {}),
        ({}, {"typ": "JWT"}),
        ({}, {"alg": "none"}),
    ],
)
def test_a_bad_proof_is_invalid_dpop_proof_and_spends_nothing(
    shop: App, browser: Browser, ann: Prover, changes: dict[str, Any], header: dict[str, Any]
) -> None:
    """PO-12: the code is good afterwards."""
    code = shop.code(browser)
    fields = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": CALLBACK,
        "code_verifier": VERIFIER,
    }
    refused = send(shop, TOKEN, ann.proof("POST", ISSUER + TOKEN, header=header, **changes), fields)
    assert (refused.status, refused.error, "WWW-Authenticate" in refused.headers) == (
        400,
        "invalid_dpop_proof",
        False,
    )
    assert refused.headers["Cache-Control"] == "no-store"
    assert redeem(shop, ann, code).status == 200


def test_a_proof_that_was_used_is_refused(shop: App, ann: Prover) -> None:
    """PO-9."""
    proof = ann.proof("POST", ISSUER + TOKEN)
    fields = {"grant_type": "refresh_token", "refresh_token": "none"}
    assert [send(shop, TOKEN, proof, fields).error for _ in range(2)] == [
        "invalid_grant",
        "invalid_dpop_proof",
    ]


def test_two_proofs_are_none(server: Server, shop: App, ann: Prover) -> None:
    """PO-1: API Gateway hands on the last header, and says in the event that there were two."""
    import app

    proofs = [ann.proof("POST", ISSUER + TOKEN) for _ in range(2)]
    headers = {
        **basic(shop.client_id, shop.secret or ""),
        "content-type": "application/x-www-form-urlencoded",
    }
    event = {
        "httpMethod": "POST",
        "headers": {**headers, "DPoP": proofs[-1]},
        "multiValueHeaders": {"DPoP": proofs},
        "pathParameters": None,
        "multiValueQueryStringParameters": None,
        "stageVariables": None,
        "body": urlencode({"grant_type": "refresh_token", "refresh_token": "x"}),
        "isBase64Encoded": False,
        "requestContext": {"resourcePath": TOKEN, "httpMethod": "POST", "identity": {}},
    }
    assert '"invalid_dpop_proof"' in app.app(event, None)["body"]


class TestNonces:
    def test_a_public_client_shows_a_nonce_of_ours(self, phone: App, browser: Browser, ann: Prover) -> None:
        """PO-10: nothing else proves that its proofs were not made long before, by who had its key for a moment."""
        code = phone.code(browser)
        fields = {"grant_type": "authorization_code", "code": code, "redirect_uri": CALLBACK}
        refused = send(phone, TOKEN, ann.proof("POST", ISSUER + TOKEN), fields | {"code_verifier": VERIFIER})
        assert (refused.status, refused.error) == (400, "use_dpop_nonce")
        assert refused.headers["DPoP-Nonce"]
        assert redeem(phone, ann, code).status == 200

    def test_each_good_answer_brings_the_next(
        self, phone: App, shop: App, browser: Browser, ann: Prover
    ) -> None:
        """PO-10, section 8.2: so nobody asks twice who keeps it."""
        for app in (phone, shop):
            first = redeem(app, ann, app.code(browser))
            proof = ann.proof("POST", ISSUER + TOKEN, nonce=first.headers["DPoP-Nonce"])
            fields = {"grant_type": "refresh_token", "refresh_token": first.json["refresh_token"]}
            assert send(app, TOKEN, proof, fields).status == 200

    def test_a_client_whose_clock_is_wrong_gets_its_tokens(
        self, shop: App, browser: Browser, clock: Clock
    ) -> None:
        """PO-6, PO-10: and it calls with them, by the nonce that came along."""
        late = Prover(World(now=lambda: clock() - 4000))
        tokens = redeem(shop, late, shop.code(browser))
        assert tokens.status == 200, tokens.text
        token, nonce = tokens.json["access_token"], tokens.headers["DPoP-Nonce"]
        assert who(shop.server, token, late.proof("GET", ISSUER + USERINFO, token, nonce=nonce)).status == 200
        refused = who(shop.server, token, late.proof("GET", ISSUER + USERINFO, token))
        assert (refused.status, refused.json["code"]) == (401, "use_dpop_nonce")
        assert refused.headers["DPoP-Nonce"]

    def test_a_wish_for_a_nonce_is_no_event(self, shop: App, browser: Browser, clock: Clock) -> None:
        """DS-3: it stands in no trail."""
        redeem(shop, Prover(World(now=lambda: clock() - 4000)), shop.code(browser))
        assert "request_refused" not in shop.server.events(f"client:{shop.client_id}")


class TestRefreshTokens:
    def test_a_public_clients_refresh_token_counts_with_its_key_alone(
        self, phone: App, browser: Browser, ann: Prover, world: World
    ) -> None:
        """PO-13, section 5: and what was refused spent nothing."""
        token = redeem(phone, ann, phone.code(browser)).json["refresh_token"]
        assert refresh(phone, Prover(world), token).error == "invalid_grant"
        assert phone.refresh(token).error == "invalid_grant"
        said = refresh(phone, ann, token)
        assert (said.status, said.json["token_type"]) == (200, "DPoP")
        assert refresh(phone, Prover(world), said.json["refresh_token"]).error == "invalid_grant"
        assert refresh(phone, ann, said.json["refresh_token"]).status == 200

    def test_a_forgiven_replay_wants_the_key_too(
        self, phone: App, browser: Browser, ann: Prover, world: World
    ) -> None:
        """PO-13, D2."""
        token = redeem(phone, ann, phone.code(browser)).json["refresh_token"]
        successor = refresh(phone, ann, token).json["refresh_token"]
        assert refresh(phone, Prover(world), token).error == "invalid_grant"
        assert refresh(phone, ann, token).json["refresh_token"] == successor

    def test_a_confidential_client_may_change_its_key(
        self, shop: App, browser: Browser, ann: Prover, world: World
    ) -> None:
        """PO-13: its refresh tokens are bound to the client, which proves itself."""
        token = redeem(shop, ann, shop.code(browser)).json["refresh_token"]
        ben = Prover(world)
        said = refresh(shop, ben, token)
        assert payload_of(said.json["access_token"])["cnf"] == {"jkt": ben.jkt}
        assert shop.refresh(said.json["refresh_token"]).json["token_type"] == "Bearer"

    def test_introspection_names_the_key_of_a_bound_refresh_token(
        self, server: Server, phone: App, browser: Browser, ann: Prover
    ) -> None:
        """PO-11: its own client is told, which here is public and may not ask: so the session is looked at."""
        token = redeem(phone, ann, phone.code(browser)).json["refresh_token"]
        session = server.services.oauth.inspection.shown.session(token)
        client = server.services.oauth.clients.find(phone.client_id)
        assert session is not None
        assert client is not None
        assert server.services.oauth.inspection.introspect(token, client)["cnf"] == {"jkt": session.dpop_jkt}


class TestCodes:
    def test_a_code_is_redeemed_by_the_key_that_was_named(
        self, phone: App, browser: Browser, ann: Prover, world: World
    ) -> None:
        """PO-14, section 10: by no other and by none, which spends nothing and stands in the trail."""
        code = phone.code(browser, dpop_jkt=ann.jkt)
        assert redeem(phone, Prover(world), code).error == "invalid_grant"
        assert phone.redeem(code).error == "invalid_grant"
        assert redeem(phone, ann, code).status == 200

    def test_a_pushed_request_is_bound_by_its_proof(
        self, phone: App, browser: Browser, ann: Prover, world: World
    ) -> None:
        """PO-14, section 10.1."""
        pushed = ask(phone, ann, PUSHED, **phone.request())
        assert (pushed.status, "DPoP-Nonce" in pushed.headers) == (201, True), pushed.text
        query = urlencode({"client_id": phone.client_id, "request_uri": pushed.json["request_uri"]})
        page = browser.go(f"/oauth/authorize?{query}")
        code = browser.consent(browser.log_in(page)).parameters["code"]
        assert redeem(phone, Prover(world), code).error == "invalid_grant"
        assert redeem(phone, ann, code).status == 200

    def test_a_pushed_proof_is_of_the_key_that_is_named(self, shop: App, ann: Prover, world: World) -> None:
        """PO-14, section 10.1."""
        assert ask(shop, ann, PUSHED, **shop.request(dpop_jkt=ann.jkt)).status == 201
        refused = ask(shop, ann, PUSHED, **shop.request(dpop_jkt=Prover(world).jkt))
        assert (refused.status, refused.error) == (400, "invalid_dpop_proof")
        token_proof = ann.proof("POST", ISSUER + TOKEN)
        assert send(shop, PUSHED, token_proof, shop.request()).error == "invalid_dpop_proof"

    @pytest.mark.parametrize("jkt", ["x", "x" * 42, "x" * 44, "x" * 42 + "="])
    def test_what_is_no_thumbprint_is_told_to_the_client(self, shop: App, browser: Browser, jkt: str) -> None:
        reply = browser.go(shop.authorize_url(dpop_jkt=jkt))
        assert reply.parameters["error"] == "invalid_request"

    def test_the_trail_names_who_tried_another_key(
        self, phone: App, browser: Browser, ann: Prover, world: World
    ) -> None:
        code = phone.code(browser, dpop_jkt=ann.jkt)
        redeem(phone, Prover(world), code)
        user = browser.server.services.accounts.users.find("zoe")
        assert user is not None
        events, _ = browser.server.services.audit.of(user.user_id)
        assert "another_key" in [event.outcome for event in events]


class TestClientsThatMust:
    def test_its_token_requests_show_a_proof(self, server: Server, browser: Browser, ann: Prover) -> None:
        """PO-15, section 5.2: ``dpop_bound_access_tokens``."""
        app = server.client(options=ClientOptions(dpop_bound_access_tokens=True))
        code = app.code(browser)
        refused = app.redeem(code)
        assert (refused.status, refused.error) == (400, "invalid_dpop_proof")
        tokens = redeem(app, ann, code)
        assert tokens.json["token_type"] == "DPoP"
        assert app.refresh(tokens.json["refresh_token"]).error == "invalid_dpop_proof"

    def test_it_counts_at_once_for_those_who_are_logged_in(self, server: Server, browser: Browser) -> None:
        """PO-15, OP-4."""
        app = server.client()
        token = app.redeem(app.code(browser)).json["refresh_token"]
        must = ClientOptions(dpop_bound_access_tokens=True)
        server.services.oauth.clients.update(app.client_id, lambda asked: replace(asked, options=must))
        assert app.refresh(token).error == "invalid_dpop_proof"


class TestAtTheResource:
    def test_a_bound_token_opens_a_route_with_a_proof_of_its_key(
        self, either: Server, ann: Prover, world: World
    ) -> None:
        """PO-16, PO-17: with none, another key's, another token's or a used one it does not; nor as a bearer token."""
        app = either.client(grants=("client_credentials",), redirect_uris=(), scopes="pangolins")
        token = ask(app, ann, grant_type="client_credentials").json["access_token"]

        def call(proof: str | None, scheme: str = "DPoP") -> Reply:
            headers = {"Authorization": f"{scheme} {token}"} | ({} if proof is None else {"DPoP": proof})
            return either.ask("GET", "/pangolins", headers=headers)

        url = f"{ISSUER}/pangolins"
        good = ann.proof("GET", url, token)
        assert call(good).status == 200
        for bad in (
            None,
            good,
            Prover(world).proof("GET", url, token),
            ann.proof("GET", url, "x"),
            ann.proof("GET", url),
        ):
            refused = call(bad)
            assert (refused.status, refused.json["code"]) == (401, "invalid_dpop_proof"), refused.text
            assert refused.headers["WWW-Authenticate"] == (
                'DPoP realm="cupbearer", error="invalid_dpop_proof", algs="ES256 EdDSA RS256"'
            )
        assert call(ann.proof("GET", url, token), "Bearer").status == 401
        assert call(ann.proof("GET", url, token), "dpop").status == 200

    def test_userinfo_knows_bound_tokens(self, shop: App, browser: Browser, ann: Prover) -> None:
        """PO-16."""
        token = redeem(shop, ann, shop.code(browser)).json["access_token"]
        assert who(shop.server, token, ann.proof("GET", ISSUER + USERINFO, token)).json["name"] == "Zoë"
        assert who(shop.server, token).json["code"] == "invalid_dpop_proof"
        assert who(shop.server, token, scheme="Bearer").status == 401

    def test_a_bearer_token_is_not_shown_as_a_bound_one(
        self, shop: App, browser: Browser, ann: Prover
    ) -> None:
        """PO-17: with whatever proof."""
        token = shop.redeem(shop.code(browser)).json["access_token"]
        assert who(shop.server, token, ann.proof("GET", ISSUER + USERINFO, token)).status == 401

    def test_a_path_with_parameters_is_the_one_that_was_asked_for(self, server: Server, ann: Prover) -> None:
        """PO-5: a proof for one user is none for another."""
        app = server.client(grants=("client_credentials",), redirect_uris=(), scopes="users:read")
        token = ask(app, ann, grant_type="client_credentials").json["access_token"]
        zoe = server.person("zoe").user.user_id

        def call(proof: str) -> Reply:
            return server.ask(
                "GET", f"/users/{zoe}", headers={"Authorization": f"DPoP {token}", "DPoP": proof}
            )

        assert call(ann.proof("GET", f"{ISSUER}/users/{zoe}", token)).status == 200
        assert call(ann.proof("GET", f"{ISSUER}/users/{'a' * 26}", token)).status == 401

    def test_another_api_gets_no_bound_token_of_ours(
        self, store: Store, world: World, tmp_path: Path, ann: Prover
    ) -> None:
        """PO-18: nobody is known to look at proofs there."""
        arn = method_arn("GET", "/orders")
        listed = services(store, world, tmp_path, OUTSIDE_APIS=[arn.split(":")[5].split("/")[0]])
        with open_server(listed) as server:
            app = server.client(grants=("client_credentials",), redirect_uris=(), scopes="pangolins")
            tokens = {
                "Bearer": app.token(grant_type="client_credentials").json["access_token"],
                "DPoP": ask(app, ann, grant_type="client_credentials").json["access_token"],
            }
        events = {
            scheme: {"authorizationToken": f"{scheme} {token}", "methodArn": arn}
            for scheme, token in tokens.items()
        }
        assert guard.authorize(events["Bearer"], listed, TABLE)["context"]["scope"] == "pangolins"
        with pytest.raises(InvalidToken) as failed:
            guard.authorize(events["DPoP"], listed, TABLE)
        assert "proofs" in failed.value.reason


def test_a_proof_costs_one_write_and_who_shows_none_pays_nothing(
    world: World, tmp_path: Path, ann: Prover
) -> None:
    """PO-9."""
    asked: list[str] = []
    store = SqliteStore(
        tmp_path / "counted.db",
        now=world.now,
        nonce=world.identifier,
        on_request=lambda verb, _: asked.append(verb),
    )
    with open_server(services(store, world, tmp_path)) as server:
        app = server.client()
        counts = []
        for proof in (None, ann.proof("POST", ISSUER + TOKEN), None, ann.proof("POST", ISSUER + TOKEN)):
            asked.clear()
            send(app, TOKEN, proof, {"grant_type": "refresh_token", "refresh_token": "x"})
            counts.append(len(asked))
    store.close()
    assert counts[3] - counts[2] == 1


def test_discovery_names_the_algorithms_and_a_browser_may_use_them(
    store: Store, world: World, tmp_path: Path
) -> None:
    """PO-19, BR-3."""
    origin = {"Origin": "https://app.example"}
    with open_server(services(store, world, tmp_path, ALLOWED_ORIGINS=[origin["Origin"]])) as server:
        for name in ("openid-configuration", "oauth-authorization-server", "oauth-protected-resource"):
            document = server.ask("GET", f"/.well-known/{name}").json
            assert document["dpop_signing_alg_values_supported"] == ["ES256", "EdDSA", "RS256"]
        for path in (TOKEN, PUSHED, USERINFO, "/pangolins"):
            headers = server.ask("OPTIONS", path, headers=origin).headers
            assert "DPoP" in headers["Access-Control-Allow-Headers"].split(", ")
            assert "DPoP-Nonce" in headers["Access-Control-Expose-Headers"].split(", ")
