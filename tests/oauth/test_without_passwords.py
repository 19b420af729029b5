"""The pages where nobody has a password: sign-up and log-in by mail, on the way to an application too (PW-8, BR-2)."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from chalicelib.store import Store
from chalicelib.world import World
from tests.oauth.server import CALLBACK, ISSUER, SOURCE, Browser, Reply, Server, open_server, services
from tests.support import mailed

ADDRESS = "zoe@example.com"
OFF = {"MAIL": "console:", "EMAIL_LOG_IN": "on", "PASSWORD_LOG_IN": "off"}


@pytest.fixture
def server(store: Store, world: World, tmp_path: Path) -> Iterator[Server]:
    with open_server(services(store, world, tmp_path, **OFF)) as server:
        yield server


@pytest.fixture
def browser(server: Server) -> Browser:
    return server.browser()


def sign_up(browser: Browser, page: Reply | None = None, **typed: str) -> Reply:
    page = page or browser.go("/signup")
    return browser.send("/signup", {**page.form, "username": "zoe", "email": ADDRESS, **typed})


def type_code(server: Server, browser: Browser, page: Reply, kind: str = "sign_up") -> Reply:
    code = mailed.last(server.services, kind, ADDRESS).code
    return browser.send("/email-login", {**page.form, "code": code})


def link_of(server: Server, kind: str) -> str:
    return mailed.last(server.services, kind, ADDRESS).said["link"].removeprefix(ISSUER)


@pytest.mark.parametrize("path", ["/", "/login", "/signup", "/email-login", "/account", "/account/plain"])
def test_no_page_has_a_password_field(server: Server, browser: Browser, path: str) -> None:
    type_code(server, browser, sign_up(browser))
    text = browser.go(path).text
    assert 'type="password"' not in text
    assert "/forgot" not in text


def test_a_sign_up_leads_on_to_the_application_that_asked(server: Server, browser: Browser) -> None:
    shop = server.client()
    page = browser.go(shop.authorize_url())
    assert "Log in by mail" in page.text
    link = next(part for part in page.text.split('"') if "/signup?request=" in part)
    page = sign_up(browser, browser.go(link.removeprefix("/api")))
    assert ADDRESS in page.text
    wrong = browser.send("/email-login", {**page.form, "code": "000000"})
    assert (wrong.status, "Make my account" in wrong.text) == (400, True)
    done = browser.consent(type_code(server, browser, wrong))
    assert done.location.startswith(CALLBACK)
    assert "code" in done.parameters


def test_what_is_wrong_is_said_beside_the_field_and_nothing_typed_is_lost(
    server: Server, browser: Browser
) -> None:
    again = sign_up(browser, username="a@b", email="nowhere")
    assert (again.status, again.form["username"], again.form["email"]) == (400, "a@b", "nowhere")
    assert again.text.count('aria-invalid="true"') == 2
    missing = sign_up(browser, email="")
    assert (missing.status, missing.form["username"]) == (400, "zoe")
    assert mailed.lines(server.services) == []


def test_a_link_names_the_account_and_asks_before_it_makes_it(server: Server, browser: Browser) -> None:
    """FD-3: opened by whoever owns the mailbox, perhaps in another browser."""
    sign_up(server.browser())
    page = browser.go(link_of(server, "sign_up"))
    assert "zoe" in page.text
    assert ADDRESS in page.text
    assert server.services.accounts.users.find("zoe") is None
    done = browser.send("/email-login", page.form)
    assert done.status == 200
    assert server.services.accounts.users.find(ADDRESS) is not None
    assert browser.send("/email-login", page.form).status == 400


def test_the_log_in_page_sends_the_mail_itself(server: Server, browser: Browser) -> None:
    type_code(server, browser, sign_up(browser))
    other = server.browser()
    page = other.go("/login")
    sent = other.send("/email-login", {**page.form, "csrf": _mail_csrf(page), "email": ADDRESS})
    done = type_code(server, other, sent, "log_in")
    assert (done.status, "You are logged in" in other.go("/login").text) == (200, True)


def _mail_csrf(page: Reply) -> str:
    """The token of the page's first form: that of the mail."""
    form = page.text[page.text.index('action="/api/email-login"') :]
    return form.partition('name="csrf" value="')[2].partition('"')[0]


def test_forms_with_passwords_are_refused(server: Server, browser: Browser) -> None:
    page = browser.go("/login")
    form = {**page.form, "username": "zoe", "password": "another long phrase"}
    refused = [
        browser.ask("POST", "/login", form=form),
        browser.go("/forgot"),
        browser.go("/reset-password?ticket=none"),
    ]
    assert [reply.status for reply in refused] == [403, 403, 403]
    assert all("Nobody has a password here" in reply.text for reply in refused)


def test_undoing_a_change_of_address_leads_to_the_log_in(server: Server, browser: Browser) -> None:
    type_code(server, browser, sign_up(browser))
    user = server.services.accounts.users.find(ADDRESS)
    assert user is not None
    verification = server.services.ways_back.email_verification
    verification.set_by_operator(user.user_id, address="evil@example.com", source=SOURCE)
    page = browser.go(link_of(server, "address_changed"))
    assert "password" not in page.text
    done = browser.send("/undo-address", page.form)
    assert (done.status, "The old address is back" in done.text) == (200, True)
    assert server.services.accounts.users.find(ADDRESS) is not None


def test_with_providers_alone_accounts_come_from_there(store: Store, world: World, tmp_path: Path) -> None:
    entry = {
        "issuer": "https://accounts.example.com",
        "client_id": "us",
        "client_secret": "a secret of theirs",
    }
    with open_server(
        services(store, world, tmp_path, PASSWORD_LOG_IN="off", PROVIDERS={"elsewhere": entry})
    ) as server:
        browser = server.browser()
        for path in ("/login", "/signup"):
            text = browser.go(path).text
            assert "Go on with Elsewhere" in text
            assert 'name="email"' not in text
        page = browser.go("/login")
        form = {**page.form, "username": "zoe", "email": ADDRESS}
        assert browser.ask("POST", "/signup", form=form).status in (400, 403)
