"""The pages of mailed links: opening one spends nothing, its form does it, and none needs script (PW-7, BR-2, EN-3)."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from chalicelib.authentication.log_in import LogInResult
from chalicelib.store import Store
from chalicelib.world import World
from cupbearer.soft_authenticator import SoftAuthenticator
from tests.conftest import Clock
from tests.oauth.factors import passkey, person_of
from tests.oauth.server import ISSUER, PASSWORD, SOURCE, Browser, Reply, Server, open_server, services
from tests.support import mailed

ADDRESS, NEW = "zoe@example.com", "new@example.com"
PHRASE = "another long phrase"
PAGES = ("/verify-email", "/undo-address", "/end-sessions", "/reset-password")


@dataclass(frozen=True)
class House:
    """A server that sends mail, and Zoë, whose address is proven."""

    server: Server
    zoe: LogInResult

    def received(self, kind: str, to: str | None = None) -> mailed.Received:
        return mailed.last(self.server.services, kind, to)

    def path(self, received: mailed.Received) -> str:
        return received.said["link"].removeprefix(ISSUER)

    def user(self) -> tuple[str | None, bool]:
        user = self.server.services.accounts.users.require(self.zoe.user.user_id)
        return user.email, user.email_verified


@pytest.fixture
def house(store: Store, world: World, tmp_path: Path) -> Iterator[House]:
    with open_server(services(store, world, tmp_path, MAIL="console:")) as server:
        zoe = server.person("zoe")
        verification = server.services.ways_back.email_verification
        verification.set_by_operator(zoe.user.user_id, address=ADDRESS, source=SOURCE)
        yield House(server, zoe)


@pytest.fixture
def browser(house: House) -> Browser:
    return house.server.browser()


def forgot(browser: Browser, login: str) -> Reply:
    return browser.send("/forgot", {**browser.go("/forgot").form, "login": login})


def links(house: House) -> dict[str, tuple[str, dict[str, str]]]:
    """Every kind of mailed link with what its form is sent with beside the ticket."""
    ways, services = house.server.services.ways_back, house.server.services
    live = services.authentication.sessions.find_live(house.zoe.user.user_id, house.zoe.session_id)
    assert live
    user = services.accounts.users.require(house.zoe.user.user_id)
    ways.password_reset.ask("zoe", source=SOURCE)
    ways.email_verification.ask(replace(live, user=user), address=NEW, source=SOURCE)
    told = ways.change_of_address.telling_old(user, replace(user, email=NEW), source=SOURCE)
    noticed = ways.notices.telling(user, "password_changed", to=ADDRESS, source=SOURCE)
    services.store.commit(*told, *noticed)
    return {
        "/verify-email": (house.path(house.received("verify_address")), {}),
        "/undo-address": (house.path(house.received("address_changed")), {}),
        "/end-sessions": (house.path(house.received("notice")), {}),
        "/reset-password": (house.path(house.received("reset_password")), {"new_password": PHRASE}),
    }


@pytest.mark.parametrize("page", PAGES)
def test_looking_at_a_link_by_get_or_head_spends_nothing_and_its_form_does_it_once(
    house: House, browser: Browser, page: str
) -> None:
    """PW-7, MA-4: mail scanners open every link, several times, with HEAD and GET."""
    path, more = links(house)[page]
    before = house.user()
    for _ in range(3):
        house.server.ask("HEAD", path)
        assert browser.go(path).status == 200
    assert house.user() == before
    shown = browser.go(path)
    done = browser.ask("POST", page, form={**shown.form, **more})
    assert done.status in (200, 303)
    again = browser.ask("POST", page, form={**shown.form, **more})
    assert (again.status, "This link opens nothing" in again.text) == (400, True)
    gone = browser.go(path)
    assert (gone.status, "ask for a new one" in gone.text) == (400, True)


def test_a_form_of_another_browser_or_site_does_nothing(house: House, browser: Browser) -> None:
    """BR-2."""
    other = house.server.browser()
    for page, (path, more) in links(house).items():
        form = {**browser.go(path).form, **more}
        other.go("/login")
        assert other.ask("POST", page, form=form).status == 400
        foreign = {"Origin": "https://evil.example"}
        assert browser.ask("POST", page, form=form, headers=foreign).status == 400
        assert browser.ask("POST", page, form={**form, "csrf": ""}).status == 400
    assert house.user() == (ADDRESS, True)


def test_no_other_site_has_anybody_written_to(house: House, browser: Browser) -> None:
    """BR-2, TH-6."""
    form = {**browser.go("/forgot").form, "login": "zoe"}
    before = mailed.lines(house.server.services)
    assert browser.ask("POST", "/forgot", form={**form, "csrf": ""}).status == 400
    foreign = {"Origin": "https://evil.example"}
    assert browser.ask("POST", "/forgot", form=form, headers=foreign).status == 400
    assert house.server.browser().ask("POST", "/forgot", form=form).status == 400
    assert mailed.lines(house.server.services) == before


def test_no_link_is_kept_by_a_browser_or_told_to_another_site(house: House) -> None:
    """BR-4, LG-2: it stands in the address of the page."""
    for path, _ in links(house).values():
        headers = {name.lower(): value for name, value in house.server.ask("GET", path).headers.items()}
        assert headers["cache-control"] == "no-store"
        assert headers["referrer-policy"] == "no-referrer"


@pytest.mark.parametrize("login", ["zoe", ADDRESS, "nobody", "nobody@example.com"])
def test_a_forgotten_password_is_answered_alike(house: House, browser: Browser, login: str) -> None:
    """EN-3."""
    answer = forgot(browser, login)
    assert (answer.status, "If there is an account" in answer.text) == (200, True)
    assert not re.search(rf"\b{re.escape(login)}\b", answer.text)  # a word: chance has its letters too


def test_what_can_be_no_name_is_said_beside_the_field_and_kept(browser: Browser) -> None:
    answer = forgot(browser, "no@where")
    assert (answer.status, answer.form["login"]) == (400, "no@where")


def test_the_way_back_from_the_log_in_page_to_a_log_in(house: House, browser: Browser) -> None:
    assert f"{'/api'}/forgot" in browser.go("/login").text
    forgot(browser, "zoe")
    page = browser.go(house.path(house.received("reset_password")))
    weak = browser.send("/reset-password", {**page.form, "new_password": "password1"})
    assert (weak.status, weak.form["ticket"]) == (400, page.form["ticket"])
    assert "password1" not in weak.text
    done = browser.send("/reset-password", {**weak.form, "new_password": PHRASE})
    assert (done.status, "Your password is changed" in done.text) == (200, True)
    for password, status in ((PASSWORD, 400), (PHRASE, 303)):
        form = {**browser.go("/login").form, "username": ADDRESS, "password": password}
        assert browser.ask("POST", "/login", form=form).status == status


class TestWithAPasskey:
    """PW-7: a reset asks for the second factor, and a passkey is one."""

    @pytest.fixture
    def device(self, house: House, clock: Clock) -> SoftAuthenticator:
        services = house.server.services
        live = services.authentication.sessions.find_live(house.zoe.user.user_id, house.zoe.session_id)
        return person_of(house.server, clock, live).with_passkey()

    def send(self, house: House, browser: Browser, **shown: str) -> Reply:
        forgot(browser, "zoe")
        page = browser.go(house.path(house.received("reset_password")))
        return browser.send("/reset-password", {**page.form, "new_password": PHRASE, **shown})

    def test_it_is_shown_at_the_page(self, house: House, browser: Browser, device: SoftAuthenticator) -> None:
        browser.go("/login")
        done = self.send(house, browser, passkey=passkey(browser, device))
        assert (done.status, "Your password is changed" in done.text) == (200, True)

    def test_none_is_no_proof_and_the_link_stays_good(
        self, house: House, browser: Browser, device: SoftAuthenticator
    ) -> None:
        page = self.send(house, browser)
        assert (page.status, "second factor" in page.text) == (400, True)
        again = {**page.form, "new_password": PHRASE, "passkey": passkey(browser, device)}
        assert browser.send("/reset-password", again).status == 200

    def test_one_that_another_browser_was_asked_for_is_refused(
        self, house: House, browser: Browser, device: SoftAuthenticator
    ) -> None:
        thief = house.server.browser()
        thief.go("/login")
        assert self.send(house, browser, passkey=passkey(thief, device)).status == 400

    @pytest.mark.parametrize("text", ["{}", "[]", "x"])
    def test_what_is_none_is_refused(
        self, house: House, browser: Browser, device: SoftAuthenticator, text: str
    ) -> None:
        assert self.send(house, browser, passkey=text).status == 400


def test_undoing_a_change_leads_straight_to_a_new_password(house: House, browser: Browser) -> None:
    path, _ = links(house)["/undo-address"]
    reply = browser.ask("POST", "/undo-address", form=browser.go(path).form)
    page = browser.go(reply.location)
    assert (page.status, "Choose a new password" in page.text) == (200, True)
    assert browser.send("/reset-password", {**page.form, "new_password": PHRASE}).status == 200


def test_a_page_of_a_proof_names_the_account_and_asks(house: House, browser: Browser) -> None:
    """FD-3: whoever did not make the account sees that it is another's."""
    path, _ = links(house)["/verify-email"]
    text = browser.go(path).text
    assert "zoe" in text
    assert NEW in text


def test_without_mail_there_is_no_way_back_and_nothing_that_promises_one(
    store: Store, world: World, tmp_path: Path
) -> None:
    with open_server(services(store, world, tmp_path, MAIL="none")) as server:
        browser = server.browser()
        assert browser.go("/forgot").status == 403
        assert "/forgot" not in browser.go("/login").text
        assert "Nobody checks it here" in browser.go("/signup").text
