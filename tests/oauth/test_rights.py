"""What a client's token may do, whatever was asked for and however things change (SC-2, SE-4, SC-3)."""

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib import scopes
from chalicelib.authentication.log_in import LogInResult
from chalicelib.oauth.consents import Consent, Consents
from chalicelib.store import Data, Remove, Replace, Store
from chalicelib.world import World
from tests.oauth.server import App, Browser, Server, log_in_narrowly, open_server, payload_of, services

NAMES = [*sorted(scopes.PROTOCOL), "get:profile", "pangolins", "users:read"]
SETS = st.frozensets(st.sampled_from(NAMES))


@settings(max_examples=200)
@given(asked=SETS, allowed=SETS, held=SETS)
def test_granted_lies_within_asked_allowed_and_held(
    asked: scopes.Scopes, allowed: scopes.Scopes, held: scopes.Scopes
) -> None:
    """SC-2: the rule itself, for all sets; a right of ours is never granted to whom it is not."""
    from chalicelib.oauth.token_issuance import granted
    from tests.oauth.values import LIMITS, client, session, user

    scope = granted(user(held), session(asked), client(allowed), limits=LIMITS)
    assert scope == asked & allowed & (held | scopes.PROTOCOL)


def test_a_narrowed_log_in_gives_a_client_no_more_than_it_has(
    server: Server, browser: Browser, zoe: LogInResult
) -> None:
    """SC-2: what the person has beside this log-in is neither shown nor given nor remembered."""
    shop = server.client(scopes="openid get:profile")
    log_in_narrowly(browser)
    page = browser.go(shop.authorize_url(scope="openid get:profile"))
    assert "get:profile" not in page.text
    tokens = shop.redeem(browser.consent(page).parameters["code"]).json
    assert tokens["scope"] == "openid"
    (consent,) = server.services.oauth.consents.of(zoe.user.user_id)
    assert consent.scopes == {"openid"}


def test_a_right_taken_from_the_person_or_the_client_is_gone_at_the_next_refresh(
    server: Server, browser: Browser, zoe: LogInResult
) -> None:
    """SE-4."""
    shop = server.client(scopes="openid get:profile")
    tokens = shop.redeem(shop.code(browser, scope="openid get:profile")).json
    assert tokens["scope"] == "get:profile openid"
    server.services.accounts.users.change(zoe.user.user_id, lambda user: replace(user, scopes=frozenset()))
    tokens = shop.refresh(tokens["refresh_token"]).json
    assert tokens["scope"] == "openid" == payload_of(tokens["access_token"])["scope"]
    client = server.services.oauth.clients.require(shop.client_id)
    assert client.record is not None
    changed: Data = replace(client, scopes=frozenset({"get:profile"})).data()
    server.services.store.commit(Replace(client.record, changed))
    tokens = shop.refresh(tokens["refresh_token"]).json
    assert (tokens["scope"], "id_token" in tokens) == ("", False)


@pytest.mark.parametrize("spent", [False, True], ids=["current", "forgiven replay"])
@pytest.mark.parametrize("left", ["nothing", "less"])
def test_no_refresh_goes_beyond_the_consent_as_it_is_now(
    server: Server, shop: App, browser: Browser, zoe: LogInResult, left: str, *, spent: bool
) -> None:
    """SE-4: a session that a withdrawal did not reach gets nothing, nor by a token within the grace (SE-3)."""
    refresh_token = shop.redeem(shop.code(browser)).json["refresh_token"]
    if spent:
        assert shop.refresh(refresh_token).status == 200
    consent = server.services.oauth.consents.find(zoe.user.user_id, shop.client_id)
    assert consent is not None
    assert consent.record is not None
    less = Replace(consent.record, replace(consent, scopes=frozenset({"openid"})).data())
    server.services.store.commit(Remove(consent.record) if left == "nothing" else less)
    refused = shop.refresh(refresh_token)
    assert (refused.status, refused.error, refused.json["reason"]) == (400, "invalid_grant", "revoked")


def test_a_consent_withdrawn_during_a_refresh_is_seen_by_its_commit(
    server: Server, shop: App, browser: Browser, zoe: LogInResult, monkeypatch: pytest.MonkeyPatch
) -> None:
    """SE-4, ST-2."""
    refresh_token = shop.redeem(shop.code(browser)).json["refresh_token"]
    find, store = Consents.find, server.services.store

    def find_and_lose(self: Consents, user_id: str, client_id: str) -> Consent | None:
        consent = find(self, user_id, client_id)
        if consent is not None and consent.record is not None:
            store.commit(Remove(consent.record))
        return consent

    monkeypatch.setattr(Consents, "find", find_and_lose)
    assert shop.refresh(refresh_token).json["reason"] == "revoked"


def test_a_disabled_person_gets_nothing_more(
    server: Server, shop: App, browser: Browser, zoe: LogInResult
) -> None:
    tokens, code = shop.redeem(shop.code(browser)).json, shop.code(browser)
    user = server.services.accounts.users.require(zoe.user.user_id)
    server.services.accounts.users.change(
        user.user_id, lambda user: replace(user.with_sessions_ended("disabled"), disabled_by_operator=True)
    )
    assert shop.refresh(tokens["refresh_token"]).json["reason"] == "disabled"
    assert shop.redeem(code).error == "invalid_grant"
    bearer = {"Authorization": f"Bearer {tokens['access_token']}"}
    assert server.ask("GET", "/oauth/userinfo", headers=bearer).status == 401


def test_nobody_sees_or_withdraws_anothers_consents(server: Server, shop: App, browser: Browser) -> None:
    """SC-3."""
    shop.code(browser)
    amy = {"Authorization": f"Bearer {server.person('amy').access_token}"}
    assert server.ask("GET", "/users/me/consents", headers=amy).json == {"consents": []}
    assert server.ask("DELETE", f"/users/me/consents/{shop.client_id}", headers=amy).status == 404


def test_a_deleted_person_leaves_no_consents(
    server: Server, shop: App, browser: Browser, zoe: LogInResult
) -> None:
    tokens = shop.redeem(shop.code(browser)).json
    own = {"Authorization": f"Bearer {zoe.access_token}"}
    assert server.ask("DELETE", "/users/me", headers=own).status == 204
    assert server.services.oauth.consents.of(zoe.user.user_id) == ()
    assert shop.refresh(tokens["refresh_token"]).error == "invalid_grant"


def test_a_route_cannot_be_guarded_by_what_everybody_may_have() -> None:
    """SC-1."""
    from chalicelib.authorizer.route_table import RouteTableError
    from chalicelib.web.routes import Api

    for scope in scopes.PROTOCOL:
        with pytest.raises(RouteTableError, match="anybody may have"):
            Api("mine").route("/mine", methods=["GET"], scope=scope)


@pytest.mark.parametrize("path", ["/oauth/token", "/oauth/userinfo", "/oauth/logout"])
@pytest.mark.parametrize(
    "origin", ["https://app.example.evil.example", "https://app.example:444", "http://app.example", "null"]
)
def test_cors_is_for_listed_origins_alone(
    store: Store, world: World, tmp_path: Path, path: str, origin: str
) -> None:
    """BR-3: on answers and on preflights, errors too."""
    listed = "https://app.example"
    with open_server(services(store, world, tmp_path, ALLOWED_ORIGINS=[listed])) as server:
        method = "POST" if path == "/oauth/token" else "GET"
        bearer = (
            {"Authorization": f"Bearer {server.person('zoe').access_token}"} if "userinfo" in path else {}
        )
        for asked, way in ((method, bearer), ("OPTIONS", {})):
            good = server.ask(asked, path, headers={"Origin": listed, **way})
            assert good.headers["Access-Control-Allow-Origin"] == listed
            other = server.ask(asked, path, headers={"Origin": origin, **way})
            assert "Access-Control-Allow-Origin" not in other.headers
            assert "Origin" in other.headers["Vary"].split(", ")


def test_no_secret_is_kept_in_clear(server: Server, shop: App, browser: Browser, tmp_path: Path) -> None:
    """TK-10, M9: neither codes nor tokens nor browser sessions, in no file of the store."""
    code = shop.code(browser)
    tokens = shop.redeem(code).json
    kept = b"".join(path.read_bytes() for path in tmp_path.iterdir() if path.is_file())
    assert shop.client_id.encode() in kept
    session = browser.cookies["__Host-cupbearer_session"]
    for secret in (code, tokens["refresh_token"], session, session.split(".")[3], str(shop.secret)):
        assert secret.encode() not in kept


def test_what_a_newer_release_added_to_a_client_is_passed_over(
    server: Server, shop: App, browser: Browser
) -> None:
    """DP-4: two releases run on one table in every deploy and rollback."""
    client = server.services.oauth.clients.require(shop.client_id)
    assert client.record is not None
    server.services.store.commit(Replace(client.record, {**client.data(), "from_the_future": 1}))
    assert shop.redeem(shop.code(browser)).status == 200


def test_a_consent_is_to_what_was_shown(server: Server, browser: Browser, zoe: LogInResult) -> None:
    """OP-7: a right that the person got after the page was shown is asked for anew."""
    shop = server.client(scopes="openid pangolins")
    page = browser.log_in(browser.go(shop.authorize_url(scope="openid pangolins")))
    assert "pangolins" not in page.text
    server.services.accounts.users.change(
        zoe.user.user_id, lambda user: replace(user, scopes=frozenset({"pangolins"}))
    )
    assert browser.consent(page).status == 400
    page = browser.go(shop.authorize_url(scope="openid pangolins"))
    assert "pangolins" in page.text
    assert "code" in browser.consent(page).parameters
