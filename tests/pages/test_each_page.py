"""Each page by which one comes in or back, and the account by forms: for everybody, light, still, and theirs (docs/look.md)."""

from base64 import b64decode
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest

pytest.importorskip("playwright")

from playwright.sync_api import Browser, Page, StorageState

from chalicelib.mail.ticket_purposes import (
    END_SESSIONS,
    LOG_IN,
    PASSWORD_RESET,
    UNDO_CHANGE,
    VERIFY_EMAIL,
    Purpose,
)
from chalicelib.mail.tickets import Holder
from chalicelib.sessions.session import LiveSession
from chalicelib.settings import settings
from chalicelib.users.user import User
from chalicelib.web.console.frame import PLACES
from chalicelib.wiring import Services
from cupbearer.soft_authenticator import SoftAuthenticator
from cupbearer.testing import SOURCE
from tests.pages.eyes import (
    PASSWORD,
    PHONE,
    Person,
    assert_accessible,
    assert_in_its_place,
    assert_in_its_place_in_every_language,
    assert_kept_to_the_policy,
    assert_reached_by_keys,
    assert_theirs,
    weight,
)
from tests.parts.server import Server, running
from tests.support.factor_people import code_of

ADDRESS = "vera@example.com"
PAGE_BYTES = 100_000
NAME = "Pangolin & Sons"
PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="


@dataclass(frozen=True)
class House:
    """A service, its own store beside it, the browser of Vera, who has all that an account may have, and an operator's."""

    server: Server
    services: Services
    vera: StorageState
    olga: StorageState

    def user(self, username: str = "Vera") -> User:
        user = self.services.accounts.users.find(username)
        assert user
        return user

    def link(self, purpose: Purpose) -> str:
        """The link of a mail to Vera."""
        user, tickets = self.user(), self.services.mail.tickets
        subject = ADDRESS if purpose is LOG_IN else user.user_id
        (before,) = self.services.store.get(tickets.key(purpose, subject))
        holder = Holder(subject, user.user_id, ADDRESS, epoch=user.epoch)
        ticket, issuing = tickets.issuing(purpose, holder, before=before)
        self.services.store.commit(issuing)
        said = tickets.values(ticket.name)
        assert said
        return said["link"]


@pytest.fixture(scope="module")
def house(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    folder = tmp_path_factory.mktemp("pages")
    logo = folder / "logo.png"
    logo.write_bytes(b64decode(PIXEL))
    with running(
        folder,
        EMAIL_LOG_IN="on",
        DELETION_GRACE_DAYS="7",
        NAME=NAME,
        LOGO=str(logo),
        ACCENT="#1d4ed8",
        SUPPORT_URL="mailto:help@pangolin.example",
        TERMS_URL="https://pangolin.example/terms",
        PRIVACY_URL="https://pangolin.example/privacy",
        FOOTER="Scales since 1921",
    ) as server:
        services = Services(settings.parse(server.environ))
        person = Person.at(browser, server)
        _sign_up(person.page(), server, "Vera")
        verification = services.ways_back.email_verification
        operator = Person.at(browser, server)
        _sign_up(operator.page(), server, "Olga")
        server.command("users", "grant", "Olga", "users:read", "users:write")
        house = House(server, services, person.context.storage_state(), operator.context.storage_state())
        operator.context.close()
        verification.set_by_operator(house.user().user_id, address=ADDRESS, source=SOURCE)
        live = _live(services, house.user())
        _add_an_app(services, live)
        _add_a_passkey(services, live)
        yield house
        person.context.close()


def _sign_up(page: Page, server: Server, username: str) -> None:
    page.goto(f"{server.url}/signup")
    page.locator("#f-username").fill(username)
    page.locator("#f-password").fill(PASSWORD)
    page.get_by_role("button", name="Make my account").click()
    page.wait_for_url("**/account")


def _live(services: Services, user: User) -> LiveSession:
    sessions = services.authentication.sessions
    (session,) = sessions.live(user.user_id)
    return sessions.require_live(user.user_id, session.session_id)


def _add_an_app(services: Services, live: LiveSession) -> None:
    own = services.second_factors.own
    secret = own.begin_totp(live).secret
    own.confirm_totp(live, code_of(secret, services.world.now()), source=SOURCE)


def _add_a_passkey(services: Services, live: LiveSession) -> None:
    own, device = services.second_factors.own, SoftAuthenticator(services.settings.issuer)
    own.add_passkey(live, device.create(own.passkey_options(live, source=SOURCE)), name="Key", source=SOURCE)


Way = Callable[[House, Page], object]


def _at(path: str) -> Way:
    return lambda house, page: page.goto(house.server.url + path)


def _by(purpose: Purpose) -> Way:
    return lambda house, page: page.goto(house.link(purpose))


def _to_type_a_mailed_code(house: House, page: Page) -> None:
    page.goto(f"{house.server.url}/email-login")
    page.locator("[name=email]").fill(ADDRESS)
    page.get_by_role("button", name="Send the mail").click()
    page.locator("[name=code]").wait_for()


def _log_in(house: House, page: Page, username: str) -> None:
    page.goto(f"{house.server.url}/login")
    page.locator("[name=username]").fill(username)
    page.locator("[name=password]").fill(PASSWORD)
    page.get_by_role("button", name="Log in", exact=True).click()


def _to_the_second_factor(house: House, page: Page) -> None:
    _log_in(house, page, "Vera")
    page.wait_for_url("**/login/second-factor*")


def _to_a_closed_account(house: House, page: Page) -> None:
    _sign_up(page, house.server, "Willem")
    live = _live(house.services, house.user("Willem"))
    house.services.accounts.self_service.delete_own(live, password=PASSWORD, source=SOURCE)
    page.context.clear_cookies()
    _log_in(house, page, "Willem")
    page.wait_for_url("**/restore-account")


def _pressing(button: str, heading: str) -> Way:
    def go(house: House, page: Page) -> None:
        page.goto(f"{house.server.url}/account/plain")
        page.get_by_role("button", name=button).click()
        page.get_by_role("heading", name=heading).wait_for()

    return go


def _to_be_asked_again(house: House, page: Page) -> None:
    page.goto(f"{house.server.url}/account/plain")
    page.evaluate(  # what the page of the proof itself sends
        "document.querySelector('[name=act][value=app]').insertAdjacentHTML('afterend', '<input name=code value=no-code>')"
    )
    page.get_by_role("button", name="Replace the authenticator app").click()
    page.get_by_role("heading", name="Is it you?").wait_for()


ANYBODYS: dict[str, Way] = {
    "log-in": _at("/login"),
    "sign-up": _at("/signup"),
    "forgotten password": _at("/forgot"),
    "a link that opens nothing": _at("/reset-password?ticket=none"),
    "new password": _by(PASSWORD_RESET),
    "proof of an address": _by(VERIFY_EMAIL),
    "undoing a change": _by(UNDO_CHANGE),
    "end of every session": _by(END_SESSIONS),
    "log-in by mail": _at("/email-login"),
    "log-in by a mailed code": _to_type_a_mailed_code,
    "log-in by a mailed link": _by(LOG_IN),
    "second factor": _to_the_second_factor,
    "closed account": _to_a_closed_account,
    "outbox": _at("/outbox"),
    "an unknown path": _at("/no/such/page"),
}
VERAS: dict[str, Way] = {
    "account without script": _at("/account/plain"),
    "fresh proof without script": _to_be_asked_again,
    "app without script": _pressing("Replace the authenticator app", "Set up an authenticator app"),
    "recovery codes without script": _pressing("Make new recovery codes", "Your recovery codes"),
}
# Whatever else the console has is looked at in tests/console/test_eyes.py.
LOOKED_AT = ("/console", "/console/activity", "/console/statistics")
CONSOLES: dict[str, Way] = {place.path: _at(place.path) for place in PLACES if place.path in LOOKED_AT} | {
    "filters that say nothing": _at("/console/activity?event=none&person=%20x&network=y&since=z"),
    "statistics by the hour": _at("/console/statistics?by=hours"),
}
WAYS = ANYBODYS | VERAS | CONSOLES


@pytest.mark.parametrize("name", WAYS)
def test_it_is_accessible_in_its_place_weighs_at_most_100_kb_and_nothing_moves_while_it_loads(
    browser: Browser, house: House, name: str
) -> None:
    state = house.vera if name in VERAS else house.olga if name in CONSOLES else None
    person = Person.at(browser, house.server, viewport=PHONE, storage_state=state)
    page = person.page()
    WAYS[name](house, page)
    page.wait_for_load_state("networkidle")
    assert page.evaluate("window.__shift") == 0
    assert 3_000 < weight(page) <= PAGE_BYTES
    assert_reached_by_keys(page, where=name)
    assert_accessible(page, where=name)
    assert_in_its_place(page, where=name)
    assert_theirs(page, name=NAME)
    assert_in_its_place_in_every_language(page, where=name)
    assert_kept_to_the_policy(person)
    person.context.close()
