"""A client that registered itself reads, changes and removes its registration (RFC 7592)."""

from pathlib import Path
from typing import Any

import pytest

from chalicelib.store import Store
from chalicelib.world import World
from tests.conftest import Clock
from tests.oauth.registering import AGENT, PATH, app_of, is_known, register, registered, send
from tests.oauth.server import CALLBACK, Browser, Reply, Server, open_server, services
from tests.oauth.test_trouble import broken

OTHER = "https://shop.example/other"
ABSENT = "a" * 26


@pytest.fixture
def told(server: Server) -> dict[str, Any]:
    return registered(server)


def manage(
    server: Server, method: str, told: dict[str, Any], sent: object = None, token: str | None = None
) -> Reply:
    return send(
        server,
        method,
        f"{PATH}/{told['client_id']}",
        sent,
        token=told["registration_access_token"] if token is None else token,
    )


def update(server: Server, told: dict[str, Any], token: str | None = None, **changes: object) -> Reply:
    return manage(server, "PUT", told, {**AGENT, "client_id": told["client_id"], **changes}, token)


def test_it_reads_what_is_kept_of_it(server: Server, told: dict[str, Any]) -> None:
    """DR-9."""
    reply = manage(server, "GET", told)
    assert (reply.status, reply.headers["Cache-Control"], reply.json) == (200, "no-store", told)


def test_it_replaces_itself_as_a_whole(server: Server, told: dict[str, Any], browser: Browser) -> None:
    """DR-9: what it does not say again is its default."""
    changed = update(
        server,
        told,
        client_name="Another agent",
        redirect_uris=[OTHER],
        grant_types=None,
        application_type="web",
        require_pushed_authorization_requests=False,
    )
    assert changed.status == 200
    assert changed.json["client_name"] == "Another agent"
    assert changed.json["grant_types"] == ["authorization_code"]
    assert changed.json["application_type"] == "web"
    assert changed.json["client_id_issued_at"] == told["client_id_issued_at"]
    app = app_of(server, told)
    assert browser.ask("GET", app.authorize_url(redirect_uri=CALLBACK)).status == 400
    code = app.code(browser, redirect_uri=OTHER)
    assert "refresh_token" not in app.redeem(code, redirect_uri=OTHER).json


def test_an_update_gives_a_new_token_and_the_one_that_was_shown_works_until_the_next(
    server: Server, told: dict[str, Any]
) -> None:
    """DR-10: the answer may be lost, twice too; an earlier token opens nothing."""
    first = told["registration_access_token"]
    second = update(server, told, first).json["registration_access_token"]
    assert second != first
    again = update(server, told, first).json["registration_access_token"]
    statuses = {token: manage(server, "GET", told, token=token).status for token in (first, second, again)}
    assert statuses == {first: 200, second: 401, again: 200}
    third = update(server, told, again).json["registration_access_token"]
    statuses = {token: manage(server, "GET", told, token=token).status for token in (first, again, third)}
    assert statuses == {first: 401, again: 200, third: 200}


def test_reading_gives_the_token_that_was_shown(server: Server, told: dict[str, Any]) -> None:
    """DR-10."""
    for _ in range(2):
        token = manage(server, "GET", told).json["registration_access_token"]
        assert token == told["registration_access_token"]


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"client_id": ABSENT}, "invalid_client_metadata"),
        ({"client_id": None}, "invalid_client_metadata"),
        ({"client_secret": "chosen by myself"}, "invalid_client_metadata"),
        ({"redirect_uris": []}, "invalid_redirect_uri"),
        ({"redirect_uris": ["http://shop.example/callback"]}, "invalid_redirect_uri"),
        ({"application_type": "web", "redirect_uris": ["http://127.0.0.1/cb"]}, "invalid_redirect_uri"),
        ({"grant_types": ["client_credentials"]}, "invalid_client_metadata"),
        ({"client_name": "a\x00b"}, "invalid_client_metadata"),
        ({"software_statement": "x.y.z"}, "unapproved_software_statement"),
        ({"token_endpoint_auth_method": "private_key_jwt", "jwks": {"keys": []}}, "invalid_client_metadata"),
    ],
)
def test_an_update_is_judged_as_a_registration_and_a_refused_one_changes_nothing(
    server: Server, told: dict[str, Any], changes: dict[str, Any], error: str
) -> None:
    """DR-9."""
    reply = update(server, told, **changes)
    assert (reply.status, reply.error) == (400, error)
    assert manage(server, "GET", told).json == told


def test_it_removes_itself_and_with_it_all_that_it_was_given(
    server: Server, told: dict[str, Any], browser: Browser
) -> None:
    """DR-9."""
    app = app_of(server, told)
    tokens = app.redeem(app.code(browser)).json
    reply = manage(server, "DELETE", told)
    assert (reply.status, reply.text) == (204, "")
    assert app.refresh(tokens["refresh_token"]).error == "invalid_client"
    assert browser.ask("GET", app.authorize_url()).status == 400
    assert manage(server, "GET", told).status == 401


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
def test_only_its_own_token_opens_it_and_where_there_is_no_client_the_answer_is_the_same(
    server: Server, told: dict[str, Any], method: str
) -> None:
    """DR-8; RFC 7592 section 2: nobody learns which clients there are."""
    other, app = registered(server), server.client()
    absent = told | {"client_id": ABSENT}
    replies = [
        manage(server, method, told, AGENT, token)
        for token in ("", "cbg_", "cbg_" + "A" * 43, other["registration_access_token"])
    ]
    replies += [
        manage(server, method, absent, AGENT),
        manage(server, method, told | {"client_id": app.client_id}, AGENT),
        send(server, method, f"{PATH}/{told['client_id']}", AGENT),
    ]
    assert {(reply.status, reply.error, reply.text) for reply in replies} == {
        (401, "invalid_token", replies[0].text)
    }
    assert all(str(reply.headers["WWW-Authenticate"]).startswith("Bearer ") for reply in replies)
    assert is_known(server, told)


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
def test_one_that_an_operator_disabled_does_nothing_any_more(
    server: Server, told: dict[str, Any], method: str
) -> None:
    """DR-8."""
    server.services.oauth.clients.set_disabled(told["client_id"], disabled=True)
    assert manage(server, method, told, AGENT).status == 403
    assert is_known(server, told)


def test_how_it_proves_itself_stays_and_its_secret_too(store: Store, world: World, tmp_path: Path) -> None:
    """DR-9."""
    with open_server(services(store, world, tmp_path, REGISTRATION="token")) as server:
        _, token = server.services.registration.initial_access_tokens.create(uses=1, days=1)
        told = registered(server, token=token, token_endpoint_auth_method="client_secret_post")
        method = {"token_endpoint_auth_method": "client_secret_post"}
        assert update(server, told, token_endpoint_auth_method="none").error == "invalid_client_metadata"
        reply = update(server, told, **method, client_secret=told["client_secret"], client_name="Renamed")
        assert (reply.status, "client_secret" in reply.json) == (200, False)
        server.person()
        app = app_of(server, told)
        assert app.redeem(app.code(server.browser())).status == 200


def test_an_operator_removes_one_and_its_place_is_free(server: Server, told: dict[str, Any]) -> None:
    """DR-7."""
    server.services.oauth.clients.delete(told["client_id"])
    assert server.services.store.list("registered").records == ()
    assert manage(server, "GET", told).status == 401


def test_a_change_does_not_prolong_its_day(server: Server, told: dict[str, Any], clock: Clock) -> None:
    """DR-7."""
    clock.now += 24 * 3600 - 1
    assert update(server, told).status == 200
    clock.now += 1
    assert not is_known(server, told)


def test_changes_are_counted_by_network_and_written_down(server: Server, told: dict[str, Any]) -> None:
    """DR-7; LG-1."""
    statuses = [update(server, told, told["registration_access_token"]).status for _ in range(51)]
    assert statuses == [200] * 50 + [429]
    (event, *_), _ = server.services.audit.of(f"client:{told['client_id']}")
    assert (event.event, event.actor) == ("client_updated", f"client:{told['client_id']}")


@pytest.mark.parametrize(("method", "verb"), [("GET", "get"), ("PUT", "commit"), ("DELETE", "commit")])
def test_a_store_in_trouble_changes_nothing_and_says_so(
    server: Server, told: dict[str, Any], monkeypatch: pytest.MonkeyPatch, method: str, verb: str
) -> None:
    """DR-11; AV-2."""
    with broken(server, monkeypatch, verb):
        reply = manage(server, method, told, {**AGENT, "client_id": told["client_id"]})
        assert (reply.status, reply.error) == (503, "temporarily_unavailable")
        assert int(reply.headers["Retry-After"]) > 0
    assert manage(server, "GET", told).json == told


def test_a_client_that_an_operator_registered_has_no_such_token(server: Server) -> None:
    """DR-8."""
    app = server.client(public=True)
    assert manage(server, "GET", {"client_id": app.client_id}, token="cbg_" + "A" * 43).status == 401
    assert register(server).status == 201
