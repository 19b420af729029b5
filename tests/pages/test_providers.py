"""Log-in through an outside issuer, certified and unmodified, and its link to an account (FD-1, FD-3)."""

import json
from collections.abc import Iterator

import pytest

pytest.importorskip("playwright")

from playwright.sync_api import Browser, Page, expect

from tests.pages.eyes import Person, assert_accessible, assert_kept_to_the_policy, settled, take_pictures
from tests.parts import outside_issuer
from tests.parts.ports import free_port
from tests.parts.server import Server, running

SECRET = "a secret of at least thirty-two characters"


@pytest.fixture(scope="module")
def ours(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    port = free_port()
    client = {
        "client_id": "cupbearer",
        "client_secret": SECRET,
        "redirect_uris": [f"http://localhost:{port}/login/elsewhere/callback"],
        "grant_types": ["authorization_code"],
        "response_types": ["code"],
    }
    with outside_issuer.running([client]) as issuer:
        entry = {"issuer": issuer, "client_id": "cupbearer", "client_secret": SECRET}
        with running(
            tmp_path_factory.mktemp("house"), port=port, PROVIDERS=json.dumps({"elsewhere": entry})
        ) as server:
            yield server


@pytest.fixture
def guest(browser: Browser, ours: Server) -> Iterator[Person]:
    person = Person.at(browser, ours)
    yield person
    assert_kept_to_the_policy(person)
    person.context.close()


def _agree_elsewhere(page: Page, login: str) -> None:
    page.locator("[name=login]").fill(login)
    page.locator("[name=password]").fill("any")
    page.locator("button[type=submit]").click()
    page.get_by_role("button", name="Continue").click()


def test_a_log_in_through_an_outside_issuer_comes_back_to_the_board(guest: Person) -> None:
    page = guest.open(state="out")
    assert_accessible(page, where="the board with a provider")
    take_pictures(page, "board-provider")
    page.get_by_role("link", name="Go on with Elsewhere").click()
    _agree_elsewhere(page, "gina")
    page.wait_for_url(f"{guest.server.url}/")
    settled(page, "in")
    page.locator("#who", has_text="gina of elsewhere").wait_for()


def test_a_provider_is_linked_and_unlinked_on_the_account_page(guest: Person) -> None:
    guest.sign_up("Herta")
    page = guest.open("/account", state="in")
    page.get_by_role("link", name="Link Elsewhere").click()
    _agree_elsewhere(page, "herta-elsewhere")
    page.wait_for_url(f"{guest.server.url}/account")
    settled(page, "in")
    row = page.locator("#identities li").first
    expect(row).to_contain_text("herta-elsewhere@example.com")
    page.get_by_text("A provider was linked").wait_for()
    assert_accessible(page, where="the account with a provider")
    take_pictures(page, "account-provider")
    row.get_by_role("button").click()
    page.get_by_text("None is linked yet.").wait_for()


def test_an_old_log_in_is_asked_for_the_password_before_linking(guest: Person) -> None:
    guest.sign_up("Irma")
    page = guest.page()
    page.route(
        "**/users/me/identities/elsewhere",
        lambda route: route.fulfill(
            status=400,
            content_type="application/problem+json",
            body='{"code": "invalid_request", "detail": "asked again", "errors": {"password": "is required"}}',
        ),
        times=1,
    )
    page.goto(f"{guest.server.url}/account")
    settled(page, "in")
    page.get_by_role("link", name="Link Elsewhere").click()
    page.locator("#prove-password").fill("not this one at all")
    page.get_by_role("button", name="Go on", exact=True).click()
    page.get_by_text("This is not your password.").wait_for()
    assert_accessible(page, where="the password asked for again")
