"""Scopes that a client may not have: left out as the standards say, and named where its developer looks (SC-2)."""

import pytest

from chalicelib.oauth.client import CLIENT_CREDENTIALS, DEVICE_CODE
from tests.oauth.server import App, Browser, Server


def left_out(caplog: pytest.LogCaptureFixture) -> list[tuple[object, object]]:
    lines = [
        getattr(record, "fields", {}) for record in caplog.records if record.message == "scopes_left_out"
    ]
    return [(line["client_id"], line["scopes"]) for line in lines]


@pytest.fixture(autouse=True)
def _heard(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO", "cupbearer")


def test_an_authorize_requests_are_in_the_log(
    shop: App, browser: Browser, caplog: pytest.LogCaptureFixture
) -> None:
    browser.ask("GET", shop.authorize_url(scope="openid pangolins orders:read"))
    assert left_out(caplog) == [(shop.client_id, "orders:read pangolins")]


def test_a_machines_are_in_the_log(server: Server, caplog: pytest.LogCaptureFixture) -> None:
    job = server.client(redirect_uris=(), grants=(CLIENT_CREDENTIALS,), scopes="orders:read")
    reply = job.token(grant_type="client_credentials", scope="orders:read pangolins")
    assert reply.json["scope"] == "orders:read"
    assert left_out(caplog) == [(job.client_id, "pangolins")]


def test_a_devices_are_in_the_log(server: Server, caplog: pytest.LogCaptureFixture) -> None:
    tv = server.client(public=True, redirect_uris=(), grants=(DEVICE_CODE,))
    assert tv.post("/oauth/device_authorization", scope="openid pangolins").status == 200
    assert left_out(caplog) == [(tv.client_id, "pangolins")]


def test_nothing_is_said_where_nothing_is_left_out(
    shop: App, browser: Browser, caplog: pytest.LogCaptureFixture
) -> None:
    browser.ask("GET", shop.authorize_url(scope="openid profile"))
    browser.ask("GET", shop.authorize_url(scope=None))
    assert left_out(caplog) == []
