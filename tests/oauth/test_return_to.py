"""From the log-in page back to a page of our own site or of a listed origin, and nowhere else (BR-6)."""

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest

from chalicelib.store import Store
from chalicelib.world import World
from tests.oauth.server import ISSUER, PASSWORD, Server, open_server, services

LISTED = "https://app.example.com"


@pytest.fixture
def house(store: Store, world: World, tmp_path: Path) -> Iterator[Server]:
    with open_server(services(store, world, tmp_path, ALLOWED_ORIGINS=f'["{LISTED}"]')) as server:
        server.person("zoe")
        yield server


@pytest.mark.parametrize(
    ("asked", "leads"),
    [
        ("/account/plain", f"{ISSUER}/account/plain"),
        (f"{ISSUER}/app?a=1", f"{ISSUER}/app?a=1"),
        (f"{LISTED}/shelf?row=2#seven", f"{LISTED}/shelf?row=2#seven"),
        (LISTED, LISTED),
    ],
)
def test_a_log_in_leads_to_a_listed_address(house: Server, asked: str, leads: str) -> None:
    browser = house.browser()
    page = browser.go(f"/login?return_to={quote(asked, safe='')}")
    if not leads.startswith(ISSUER):
        assert f"form-action 'self' {LISTED}" in page.headers["Content-Security-Policy"]
    fields = {**page.form, "username": "zoe", "password": "wrong phrase"}
    again = browser.send("/login", fields)  # typed wrong at first
    assert again.status == 400
    done = browser.ask(
        "POST",
        "/login",
        form={**again.form, "username": "zoe", "password": PASSWORD},
        headers={"Sec-Fetch-Site": "same-origin", "Origin": "null"},
    )
    assert (done.status, done.location) == (303, leads)
    shown = browser.go(f"/login?return_to={quote(asked, safe='')}")
    assert f'href="{leads}"' in shown.text  # who is logged in goes on


@pytest.mark.parametrize(
    "asked",
    [
        "//evil.example",
        "/\\evil.example",
        "https://evil.example/",
        f"{LISTED}.evil.example/",
        f"{LISTED}@evil.example/",
        f"{LISTED}:8443/",
        "http://app.example.com/",
        "javascript:alert(1)",
        f"{LISTED}/\t",
        f"{LISTED}/#\r\nX: y",
        f"{LISTED}/{'a' * 1024}",
        "",
    ],
)
def test_any_other_is_refused_on_a_page(house: Server, asked: str) -> None:
    reply = house.ask("GET", f"/login?return_to={quote(asked, safe='')}")
    assert reply.status == 400
    assert "Location" not in reply.headers


def test_a_sign_up_leads_to_a_listed_address_too(house: Server) -> None:
    browser = house.browser()
    page = browser.go(f"/signup?return_to={quote(f'{LISTED}/shelf', safe='')}")
    done = browser.ask(
        "POST",
        "/signup",
        form={**page.form, "username": "yara", "password": PASSWORD},
        headers={"Sec-Fetch-Site": "same-origin", "Origin": "null"},
    )
    assert (done.status, done.location) == (303, f"{LISTED}/shelf")
