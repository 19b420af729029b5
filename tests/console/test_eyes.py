"""The console in a real browser without script: for everybody, by keyboard, on small phones, light and dark (docs/look.md)."""

from collections.abc import Iterator
from dataclasses import dataclass

import pytest

pytest.importorskip("playwright")

from playwright.sync_api import Browser, Page

from chalicelib.oauth.client_rules import Registration
from chalicelib.oauth.resources import ResourceChanges
from chalicelib.settings import settings
from chalicelib.users.user import User, new_user
from chalicelib.wiring import Services
from cupbearer.testing import SOURCE
from tests.pages.eyes import (
    DESK,
    PASSWORD,
    SMALL,
    Person,
    assert_accessible,
    assert_in_its_place,
    assert_in_its_place_in_every_language,
    assert_kept_to_the_policy,
    assert_reached_by_keys,
    take_pictures,
    weight,
)
from tests.parts.server import Server, running
from tests.support.factor_people import code_of

PAGE_BYTES = 100_000
PEOPLE = 60
PAGES = {  # a new page of the console is a line; ``{vera}`` is the person with everything
    "people": "/console",
    "people-seen": "/console?list=seen",
    "people-found": "/console?search=v",
    "people-nobody": "/console?search=qqq",
    "person": "/console/people/{vera}",
    "person-refused": "/console/people/{vera}?",
    "person-oneself": "/console/people/{ada}",
    "clients": "/console/clients",
    "client-new": "/console/clients/new",
    "client": "/console/client?id={shop}",
    "resources": "/console/resources",
    "resource": "/console/resource?id=https://orders.example.com",
    "keys": "/console/keys",
    "settings": "/console/settings",
    "viewing": "/console/people/{vera}/view",
}


@dataclass(frozen=True)
class House:
    """A service with people in it, and an operator at a browser that runs no script but the tests' own."""

    server: Server
    services: Services
    operator: Person
    names: dict[str, str]  # user ids

    def open(self, name: str) -> Page:
        page = self.operator.page()
        page.goto(self.server.url + PAGES[name].format(**self.names))
        return page


@pytest.fixture(scope="module")
def house(chromium: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with running(tmp_path_factory.mktemp("console"), MAIL="console:", DELETION_GRACE_DAYS="7") as server:
        services = Services(settings.parse(server.environ))
        vera = _vera(services)
        ada = _made(services, "ada", scopes="users:read users:write get:profile")
        shop = _programs(services)
        _crowd(services)
        operator = Person.at(chromium, server)
        page = operator.page()
        page.goto(f"{server.url}/console")
        page.locator("#f-username").fill("ada")
        page.locator("#f-password").fill(PASSWORD)
        page.get_by_role("button", name="Log in", exact=True).click()
        page.wait_for_url("**/console")
        page.close()
        yield House(server, services, operator, {"vera": vera.user_id, "ada": ada.user_id, "shop": shop})
        assert_kept_to_the_policy(operator)
        operator.context.close()


def _made(services: Services, username: str, *, scopes: str, **more: str) -> User:
    wanted = new_user(username=username, **more)
    user, _ = services.accounts.sign_up.make_account(
        wanted, password=PASSWORD, granted=frozenset(scopes.split()), source=SOURCE, log_in=True
    )
    return user


def _vera(services: Services) -> User:
    """Make somebody with long names, a second factor, sessions, and a history in which an operator stands."""
    user = _made(
        services, ("vera-of-a-very-long-user-name-" * 3)[:64],
        scopes="get:profile orders:read an:uncommonly-long-scope-for-this-page",
        name="Vera " + "W" * 60, email="vera.with.a.long.address@subdomain.of.a.long.domain.example",
    )  # fmt: skip
    sessions, own = services.authentication.sessions, services.second_factors.own
    (session,) = sessions.live(user.user_id)
    live = sessions.require_live(user.user_id, session.session_id)
    secret = own.begin_totp(live).secret
    own.confirm_totp(live, code_of(secret, services.world.now()), source=SOURCE)
    services.accounts.administration.unlock(user.user_id, source=SOURCE)
    services.ways_back.email_verification.set_by_operator(
        user.user_id, address=user.email or "", source=SOURCE
    )
    return user


def _programs(services: Services) -> str:
    """Register applications and an API with long names; return the id of one."""
    orders = ResourceChanges(
        name="Orders " + "W" * 60, scopes={"orders:read": "Read your orders " + "x" * 80}
    )
    services.oauth.resources.create("https://orders.example.com", orders, source=SOURCE)
    for number in range(PEOPLE):
        uri = f"https://shop-{number}.a-long-name-of-a-host.example.com/" + "callback/" * 8
        wanted = Registration(f"Shop {number} " + "W" * 60, redirect_uris=(uri,))
        client, _ = services.oauth.clients.create(wanted, source=SOURCE)
    services.accounts.key_rotation.rotate("signing", source=SOURCE)
    return client.client_id


def _crowd(services: Services) -> None:
    users = services.accounts.users
    for number in range(PEOPLE):
        wanted = new_user(
            username=f"person-{number}", name=f"Person {number}", email=f"p{number}@example.com"
        )
        user, writes = users.compose(wanted, password=None, granted=frozenset(), in_person=True)
        users.create(user, writes)


def _spoil(page: Page) -> None:
    """Send a form that is refused, so that the page says so."""
    page.get_by_text("It is closed at once").click()
    page.locator("#delete-confirm").fill("no")
    page.get_by_role("button", name="Delete the account").click()
    page.locator("#delete-confirm[aria-invalid=true]").wait_for()


@pytest.mark.parametrize("name", PAGES)
def test_each_page_is_for_everybody_light_and_in_its_place(house: House, name: str) -> None:
    page = house.open(name)
    assert weight(page) < PAGE_BYTES
    if name.endswith("-refused"):
        _spoil(page)
    if name == "viewing":
        page.get_by_role("button", name="See as").click()
        page.get_by_role("button", name="Stop looking").wait_for()
    page.evaluate("document.querySelectorAll('details').forEach((each) => { each.open = true; })")
    assert_reached_by_keys(page, where=name)
    assert_accessible(page, where=name)
    assert_in_its_place(page, where=name)
    take_pictures(page, f"console-{name}")
    if not name.endswith("-refused") and name != "viewing":
        assert_in_its_place_in_every_language(page, where=name)
    page.close()


def test_by_keyboard_alone_one_is_found_disabled_and_enabled(house: House) -> None:
    page = house.open("people")
    page.set_viewport_size(SMALL)
    _tab_to(page, "#search")
    page.keyboard.type("person-7")
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="Found by").wait_for()
    _tab_to(page, ".person a")
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="Person 7").wait_for()
    for words, said in (("Disable the account", "is disabled"), ("Enable the account", "may log in again")):
        _tab_to(page, f"button:text-is('{words}')")
        page.keyboard.press("Enter")
        page.get_by_role("status").filter(has_text=said).wait_for()
    page.set_viewport_size(DESK)
    page.close()


def test_who_shows_a_passkey_or_a_code_comes_back_to_the_page_that_asked(
    house: House, chromium: Browser
) -> None:
    """CO-1: the page that asks is that of the log-in."""
    user = _made(house.services, "olga", scopes="users:read")
    sessions, own = house.services.authentication.sessions, house.services.second_factors.own
    (session,) = sessions.live(user.user_id)
    live = sessions.require_live(user.user_id, session.session_id)
    secret = own.begin_totp(live).secret
    own.confirm_totp(live, code_of(secret, house.services.world.now()), source=SOURCE)
    person = Person.at(chromium, house.server)
    page = person.page()
    page.goto(f"{house.server.url}/console?list=disabled")
    page.locator("#f-username").fill("olga")
    page.locator("#f-password").fill(PASSWORD)
    page.get_by_role("button", name="Log in", exact=True).click()
    page.locator("#f-totp").fill(code_of(secret, house.services.world.now() + 30))
    page.get_by_role("button", name="Log in", exact=True).click()
    page.wait_for_url("**/console?list=disabled")
    assert page.locator("h1").inner_text() == "People"
    person.context.close()


def _tab_to(page: Page, selector: str) -> None:
    """Press Tab until an element has the focus, as somebody without a mouse does."""
    wanted = page.locator(selector).first
    for _ in range(90):
        page.keyboard.press("Tab")
        if wanted.evaluate("element => element === document.activeElement"):
            return
    pytest.fail(f"Tab does not reach {selector}")
