"""The elements of the browser library in other people's pages: another origin, a sibling host, our own (LI-9, LI-10).

The pages come from a server of their own, under a strict policy; the service is a real one.
"""

import json
import re
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import quote

import pytest

pytest.importorskip("playwright")

from playwright.sync_api import Browser, Page, Route, expect

from tests.pages.authenticator import plug_in
from tests.pages.eyes import Person, assert_accessible, assert_kept_to_the_policy, take_pictures
from tests.parts.ports import free_port
from tests.parts.server import Server, running
from tests.support import patience
from tests.support.documents import ROOT, block
from tests.support.factor_accounts import PASSWORD, Account

ELSEWHERE, SIBLING = (
    "http://127.0.0.1:3999",
    "http://localhost:3998",
)  # another site; another host of ours (BR-2)
PROVIDERS = {"google": {"issuer": "http://localhost:9", "client_id": "a", "client_secret": "b"}}
PAGE = """<!doctype html>
<html lang="LANGUAGE" DIRECTION>
<head>
  <meta charset="utf-8">
  <title>An app</title>
  <meta name="viewport" content="width=device-width, initial-scale=1">
  <meta name="color-scheme" content="light dark">
  <script type="module" src="ISSUER/cupbearer-elements.js"></script>
</head>
<body><main><h1>An app</h1> BODY</main></body>
</html>"""
WORDS = {"en": ("Log in", "Log out"), "de": ("Anmelden", "Abmelden"), "ar": ("تسجيل الدخول", "تسجيل الخروج")}


@dataclass(frozen=True)
class App:
    """Pages on a server of their own, and what they know of the service that they belong to."""

    server: Server
    client_id: str
    port: int
    pages: dict[str, str]

    @property
    def elsewhere(self) -> str:
        """The origin of another site."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def sibling(self) -> str:
        """An origin of the service's own site (BR-2)."""
        return f"http://localhost:{self.port}"

    def policy(self) -> str:
        return f"default-src 'none'; script-src {self.server.url}; connect-src {self.server.url}; base-uri 'none'"

    def shown(self, person: Person, body: str, *, origin: str, language: str = "en") -> Page:
        """Open a page of one's own with this body."""
        text = PAGE.replace("ISSUER", self.server.url).replace("LANGUAGE", language)
        text = text.replace("DIRECTION", 'dir="rtl"' if language == "ar" else "")
        for said, meant in (
            ("YOUR-CLIENT", self.client_id),
            ("https://app.example.com", self.elsewhere),
            ("https://auth.example.com", self.server.url),
        ):
            body = body.replace(said, meant)
        self.pages["/"] = text.replace("BODY", body)
        page = person.page()
        page.goto(f"{origin}/")
        return page


@contextmanager
def serving(pages: dict[str, str], policy: Callable[[], str], port: int) -> Iterator[None]:
    """Serve pages by their path, under a policy."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = pages.get(self.path.partition("?")[0], "").encode()
            self.send_response(200 if body else 404)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.send_header("Content-Security-Policy", policy())
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            return

    with ThreadingHTTPServer(("127.0.0.1", port), Handler) as site:
        threading.Thread(target=site.serve_forever, args=(0.05,), daemon=True).start()
        yield
        site.shutdown()


@pytest.fixture(scope="module")
def app(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[App]:
    pages: dict[str, str] = {}
    port = free_port()
    origins = json.dumps([f"http://{host}:{port}" for host in ("127.0.0.1", "localhost")])
    with running(
        tmp_path_factory.mktemp("elements"), ALLOWED_ORIGINS=origins, PROVIDERS=json.dumps(PROVIDERS), EMAIL_LOG_IN="on"
    ) as server:  # fmt: skip
        Account.made(server, "Vera", has_app=False)
        here = f"http://127.0.0.1:{port}/"
        back = ("--redirect-uri", here, "--post-logout-redirect-uri", here)
        made = server.command("clients", "create", "An app", "--public", "--trusted", *back, "--json")
        app = App(server, json.loads(made)["client_id"], port, pages)
        with serving(pages, app.policy, port):
            yield app


@pytest.fixture
def guest(browser: Browser, app: App) -> Iterator[Person]:
    person = Person.at(browser, app.server)
    yield person
    assert_kept_to_the_policy(person)
    person.context.close()


USER = block("docs/library.md#elements.html")
CARD = "<cupbearer-log-in></cupbearer-log-in>"

# A page of one's own at the service's own origin: one of its pages, with something else in it.
HOUSED = """body => {
  document.querySelector("main").innerHTML = body;
  document.head.append(Object.assign(document.createElement("script"), {type: "module", src: "/cupbearer-elements.js"}));
}"""


def log_in_at_the_hosted_page(page: Page, username: str = "Vera") -> None:
    page.locator("[name=username]").fill(username)
    page.locator("[name=password]").fill(PASSWORD)
    page.locator("form:has([name=password]) button[type=submit]").click()


def fill_the_card(page: Page, username: str, password: str = PASSWORD) -> None:
    page.get_by_label("User name or verified e-mail").fill(username)
    page.get_by_label("Password", exact=True).fill(password)
    page.get_by_role("button", name="Log in", exact=True).click()


def test_on_another_origin_the_user_element_logs_in_shows_who_it_is_and_logs_out(
    guest: Person, app: App
) -> None:
    page = app.shown(guest, USER, origin=app.elsewhere)
    page.get_by_role("button", name="Log in").click()
    log_in_at_the_hosted_page(page)
    who = page.get_by_role("button", name="Logged in: Vera")
    expect(who).to_have_attribute("aria-expanded", "false")
    who.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("link", name="Your account")).to_have_attribute(
        "href", f"{app.server.url}/account"
    )
    page.keyboard.press("Escape")
    expect(who).to_be_focused()
    expect(page.get_by_role("button", name="Log out")).to_be_hidden()
    page.keyboard.press("ArrowDown")
    expect(page.get_by_role("link", name="Your account")).to_be_focused()
    page.keyboard.press("ArrowUp")
    expect(page.get_by_role("button", name="Log out")).to_be_focused()
    with page.expect_navigation(url=f"{app.elsewhere}/"):
        page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Log in")).to_be_visible()


def test_whoever_wants_another_account_is_asked_to_log_in_again(guest: Person, app: App) -> None:
    Account.made(app.server, "Wim", has_app=False)
    page = app.shown(guest, USER, origin=app.elsewhere)
    page.get_by_role("button", name="Log in").click()
    log_in_at_the_hosted_page(page)
    page.get_by_role("button", name="Logged in: Vera").click()
    logged_in = int(time.time())
    patience.until(lambda: int(time.time()) > logged_in)  # a log-in of this very second would be fresh enough
    page.get_by_role("button", name="Use another account").click()
    log_in_at_the_hosted_page(page, "Wim")
    expect(page.get_by_role("button", name="Logged in: Wim")).to_be_visible()


def test_elsewhere_the_log_in_element_is_a_button_to_the_hosted_page(guest: Person, app: App) -> None:
    """No password is typed there (LI-11)."""
    page = app.shown(
        guest,
        '<cupbearer-log-in client-id="YOUR-CLIENT"></cupbearer-log-in>',
        origin=app.elsewhere,
    )
    page.get_by_role("button", name="Log in").click()
    expect(page.get_by_role("heading", name="Log in")).to_be_visible()
    assert page.url.startswith(app.server.url)


def test_the_card_says_what_is_wrong_beside_the_field_and_lets_in(guest: Person, app: App) -> None:
    page = app.shown(guest, CARD + "<cupbearer-user></cupbearer-user>", origin=app.sibling)
    page.evaluate("addEventListener('cupbearer-change', ({detail}) => (window.__last = detail.state))")
    page.locator("cupbearer-log-in").get_by_role("button", name="Log in", exact=True).click()
    expect(page.get_by_label("User name or verified e-mail")).to_be_focused()
    expect(page.get_by_text("Please fill this in.")).to_have_count(2)
    card = page.locator("cupbearer-log-in")
    card.get_by_label("User name or verified e-mail").fill("Vera")
    card.get_by_label("Password", exact=True).fill("not this one")
    page.keyboard.press("Enter")
    expect(card.get_by_text("User name or password is wrong.")).to_be_visible()
    password = card.get_by_label("Password", exact=True)
    expect(password).to_be_focused()
    expect(password).to_have_attribute("aria-invalid", "true")
    password.fill(PASSWORD)
    page.keyboard.press("Enter")
    expect(card.get_by_text("You are logged in as Vera.")).to_be_focused()
    expect(page.get_by_role("button", name="Logged in: Vera")).to_be_visible()
    assert page.evaluate("window.__last") == "in"


def test_who_logs_in_while_the_page_still_asks_who_is_there_stays_logged_in(guest: Person, app: App) -> None:
    held: list[Route] = []
    guest.context.route("**/sessions/refresh", lambda route: held.append(route), times=1)  # noqa: PLW0108 - it counts arguments
    page = app.shown(guest, CARD, origin=app.sibling)
    with page.expect_response("**/sessions") as answered:
        fill_the_card(page, "Vera")
    assert answered.value.ok
    card = page.locator("cupbearer-log-in")
    expect(card.locator("form")).not_to_have_attribute("aria-busy", "true")
    held[0].fulfill(status=401, json={"code": "invalid_token", "detail": "Nobody is logged in."})
    expect(card.get_by_text("You are logged in as Vera.")).to_be_visible()


def test_whoever_has_no_account_signs_up_at_the_service_and_comes_back(guest: Person, app: App) -> None:
    page = app.shown(guest, CARD, origin=app.sibling)
    page.get_by_role("link", name="Sign up").click()
    page.locator("[name=username]").fill("Nell")
    page.locator("[name=password]").fill(PASSWORD)
    page.get_by_role("button", name="Make my account").click()
    expect(page.get_by_text("You are logged in as Nell.")).to_be_visible()
    assert page.url == f"{app.sibling}/"


@pytest.mark.parametrize("to", ["javascript:alert(1)", "/?there"])
def test_after_a_log_in_the_card_leads_to_its_own_site_and_asks_the_service_about_others(
    guest: Person, app: App, to: str
) -> None:
    """BR-6: a page may take return-to out of its own address, so anybody may have written it."""
    page = app.shown(guest, f'<cupbearer-log-in return-to="{to}"></cupbearer-log-in>', origin=app.sibling)
    fill_the_card(page, "Vera")
    judged = f"{app.server.url}/login?return_to={quote(to, safe='()')}"
    page.wait_for_url(f"{app.sibling}{to}" if to.startswith("/") else judged)
    assert ("return_to is a path of this site" in page.content()) == (not to.startswith("/"))


def test_the_card_asks_for_a_second_factor_by_code(guest: Person, app: App) -> None:
    olga = Account.made(app.server, "Olga")
    page = app.shown(guest, CARD, origin=app.sibling)
    fill_the_card(page, "Olga")
    code = page.get_by_label("Code", exact=True)
    expect(code).to_be_focused()
    code.fill("000000")
    page.keyboard.press("Enter")
    expect(page.get_by_text("This code is not right.")).to_be_visible()
    assert_accessible(page, where="the second step")
    code.fill(olga.code())
    page.keyboard.press("Enter")
    expect(page.get_by_text("You are logged in as Olga.")).to_be_visible()


def test_at_the_services_own_origin_the_card_leads_to_providers_and_back(guest: Person, app: App) -> None:
    page = guest.page()
    page.goto(f"{app.server.url}/forgot")
    page.evaluate(HOUSED, CARD)
    google = page.get_by_role("link", name="Go on with Google")
    expect(google).to_have_attribute("href", f"{app.server.url}/login/google?return_to=%2Fforgot")


@pytest.mark.parametrize("by", ["the button", "the field"])
def test_at_the_services_own_origin_the_card_takes_a_passkey(guest: Person, app: App, by: str) -> None:
    """A device that is plugged in answers for the field as soon as the card is there: no look at the card between."""
    pia = Account.made(app.server, f"Pia of {by}", has_app=False)
    device = pia.add_passkey()
    page = guest.page()
    page.goto(f"{app.server.url}/forgot")
    if by == "the button":
        page.evaluate("PublicKeyCredential.isConditionalMediationAvailable = async () => false")
    plug_in(page, device)
    page.evaluate(HOUSED, CARD)
    if by == "the button":
        page.get_by_role("button", name="Use a passkey").click()
    expect(page.get_by_text(f"You are logged in as {pia.username}.")).to_be_visible()


@pytest.mark.parametrize("language", WORDS)
def test_each_state_is_for_everybody_in_every_language(guest: Person, app: App, language: str) -> None:
    """axe through the shadow roots, light and dark; each target 44 px; all stands where it is to stand."""
    log_in, log_out = WORDS[language]
    both = f"<cupbearer-user></cupbearer-user>{CARD}"
    page = app.shown(guest, both, origin=app.sibling, language=language)
    expect(page.locator("cupbearer-log-in button[type=submit]")).to_have_text(log_in)
    assert_accessible(page, where=f"the card, {language}")
    take_pictures(page, f"elements-card-{language}")
    assert small(page) == []
    card = page.locator("cupbearer-log-in")
    card.locator("#username").fill("Vera")
    card.locator("#password").fill(PASSWORD)
    page.keyboard.press("Enter")
    page.locator("cupbearer-user [aria-expanded]").click()
    expect(page.get_by_role("button", name=log_out)).to_be_visible()
    assert_accessible(page, where=f"the menu, {language}")
    take_pictures(page, f"elements-menu-{language}")
    page.set_viewport_size({"width": 320, "height": 640})
    assert small(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") == 320


def small(page: Page) -> list[str]:
    """What can be pressed in the elements and is lower than 44 px."""
    return list(
        page.evaluate(
            """[...document.querySelectorAll("cupbearer-user, cupbearer-log-in")].flatMap((element) =>
              [...element.shadowRoot.querySelectorAll("a, button, input")].filter((each) => {
                const { width, height } = each.getBoundingClientRect();
                return width && height < 44;
              }).map((each) => each.outerHTML.slice(0, 100)))"""
        )
    )


def test_the_page_sets_colours_and_words_from_outside(guest: Person, app: App) -> None:
    page = app.shown(
        guest,
        '<cupbearer-log-in text-log-in="Come in"><span slot="heading">Hello</span></cupbearer-log-in>',
        origin=app.sibling,
    )
    button = page.get_by_role("button", name="Come in")
    expect(button).to_be_visible()
    expect(page.get_by_role("heading", name="Hello")).to_be_visible()
    page.evaluate("document.documentElement.style.setProperty('--cupbearer-accent', 'rgb(0, 80, 40)')")
    expect(button).to_have_css("background-color", "rgb(0, 80, 40)")
    page.evaluate("document.documentElement.lang = 'de'")
    expect(page.get_by_role("button", name="Passkey verwenden")).to_be_visible()


def test_every_language_has_every_text() -> None:
    text = (ROOT / "chalicelib" / "web" / "pages" / "element_parts" / "texts.js").read_text(encoding="utf-8")
    tables = re.findall(r"^  (\w\w): \{\n(.*?)^  \},", text, re.DOTALL | re.MULTILINE)
    assert [language for language, _ in tables] == list(WORDS)
    keys = [re.findall(r"^    (\w+): \"(.+)\",$", table, re.MULTILINE) for _, table in tables]
    assert [[key for key, _ in each] for each in keys] == [[key for key, _ in keys[0]]] * len(WORDS)
    holes = [[re.findall(r"\{\w+\}", words) for _, words in each] for each in keys]
    assert holes == [holes[0]] * len(WORDS)
