"""Markup that people type stays text, cookies stay hidden, and nothing of a token is kept or shown (BR-1, BR-5)."""

import json

import pytest

pytest.importorskip("playwright")

from tests.pages.application import blank_site
from tests.pages.eyes import PASSWORD, Person, knock, settled, take_pictures

PAYLOADS = (
    "<script>alert('script')</script>",
    "<img src=x onerror=alert('image')>",
    "\"><svg onload=alert('svg')>",
    "javascript:alert('link')",
    "{{ 7 * 7 }}${alert('template')}",
    "</textarea></title><iframe srcdoc='<script>parent.alert(1)</script>'>",
)


@pytest.mark.parametrize("payload", PAYLOADS)
def test_markup_anywhere_a_person_can_type_it_is_shown_as_text_br_5(person: Person, payload: str) -> None:
    name = payload.replace("@", "")[:64]
    username = f"Olga {PAYLOADS.index(payload)}"
    page = person.sign_up(username)
    account = person.open("/account", state="in")
    account.locator("#me-name").fill(name)
    account.get_by_role("button", name="Save").click()
    account.get_by_text("Saved.").wait_for()
    page.get_by_label("Say something").fill(payload)
    page.get_by_role("button", name="Post").click()
    newest = page.locator("#messages li").first
    newest.locator(".text", has_text=payload.strip()).wait_for()
    assert newest.locator("strong").inner_text() == username
    page.reload()
    settled(page, "in")
    page.locator("#who", has_text=name).wait_for()
    assert page.locator("#messages script, #messages img, #messages iframe, #messages a").count() == 0
    if payload is PAYLOADS[1]:
        take_pictures(page, "board-markup")


def test_a_user_name_of_markup_is_text_where_it_is_told_again(person: Person) -> None:
    page = person.sign_up("<img src=x onerror=alert('name')>")
    assert knock(page, "/pangolins") == "403"
    given = page.locator("[data-command] code").inner_text()
    assert given == ".venv/bin/cupbearer users grant '<img src=x onerror=alert('\\''name'\\'')>' pangolins"


def test_no_token_is_in_web_storage_in_an_address_or_in_a_readable_cookie_br_1(person: Person) -> None:
    addresses: list[str] = []
    person.context.on("request", lambda request: addresses.append(request.url))
    page = person.sign_up("Petra")
    knock(page, "/profile")
    kept = page.evaluate(
        "Promise.all([indexedDB.databases(), caches.keys()]).then((more) =>"
        " JSON.stringify([{...localStorage}, {...sessionStorage}, document.cookie, history.state, ...more]))"
    )
    assert json.loads(kept) == [{}, {}, "", None, [], []]
    assert not [url for url in addresses if "eyJ" in url or "cbr_" in url]
    for cookie in person.context.cookies():
        assert cookie["name"].startswith("__Host-")
        assert cookie["httpOnly"]
        assert cookie["secure"]
        assert cookie["sameSite"] in {"Strict", "Lax"}


def test_another_origin_of_the_same_site_cannot_spend_the_cookie_br_2(person: Person) -> None:
    board = person.sign_up("Quinta")
    with blank_site() as foreign:
        page = person.page()
        page.goto(foreign)
        for path, method in (("/sessions/refresh", "POST"), ("/sessions", "POST"), ("/users", "POST")):
            with page.expect_response(lambda answer: answer.request.method == "POST") as answered:
                page.evaluate(
                    "([url, method]) => fetch(url, {method, mode: 'no-cors', credentials: 'include'}).catch(() => 0)",
                    [person.server.url + path, method],
                )
            assert answered.value.status in {403, 415}
        page.close()
    assert knock(board, "/profile") == "200"


def test_the_password_can_be_shown_pasted_and_filled_by_a_manager(person: Person) -> None:
    page = person.open(state="out")
    field = page.locator("#in-password")
    field.fill(PASSWORD)
    assert field.get_attribute("autocomplete") == "current-password"
    assert page.locator("#up-password").get_attribute("autocomplete") == "new-password"
    page.locator("#log-in").get_by_role("button", name="Show").click()
    assert field.get_attribute("type") == "text"


def test_everything_can_be_reached_and_pressed_by_the_keyboard(person: Person) -> None:
    page = person.open(state="out")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to the page"
    seen: set[str] = set()
    for _ in range(40):
        page.keyboard.press("Tab")
        seen.add(
            page.evaluate(
                "document.activeElement.id || document.activeElement.dataset.path || document.activeElement.name || ''"
            )
        )
    assert {"in-username", "in-password", "/cats", "/profile", "/pangolins", "text", "shown"} <= seen
    page.locator('[data-path="/cats"]').focus()
    page.keyboard.press("Enter")
    page.locator(".verdict").wait_for()
    assert page.locator(".verdict .status").inner_text() == "200"
