"""Somebody adopts Cupbearer: their name, logo and colour, a route and an app of theirs on another origin, no samples (BR-9).

People come in by the app, in their own language, and nothing on any page says whose server it is but one small line.
"""

import json
import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.request import urlopen

import pytest

pytest.importorskip("playwright")

from playwright.sync_api import Browser, Page, expect

from tests.clients.test_browser_app import files_served
from tests.pages.eyes import (
    PASSWORD,
    SMALL,
    Person,
    assert_kept_to_the_policy,
    assert_theirs,
    settled,
    take_pictures,
)
from tests.parts.ports import free_port
from tests.parts.server import Server, running
from tests.plugin.test_example import readers_project
from tests.support import patience
from tests.support.documents import block

NAME = "Pangolin Post"
LOGO = """<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="8" fill="#0f5c4a"/>
<path d="M6 11h20v12H6zm0 0 10 8 10-8" fill="none" stroke="#fff" stroke-width="2.4" stroke-linejoin="round"/></svg>"""
LANGUAGES = {"en": "en-GB"}
SCOPES = ("openid", "profile", "email", "orders:write")
INDEX = """<!doctype html>
<html lang="LANGUAGE">
<head>
  <meta charset="utf-8">
  <title>Pangolin Post</title>
  <meta name="viewport" content="width=device-width, initial-scale=1">
  <meta name="color-scheme" content="light dark">
  <meta http-equiv="Content-Security-Policy" content="POLICY">
  <link rel="stylesheet" href="app.css">
  <script type="module" src="app.js"></script>
</head>
<body>
  <header><h1>Pangolin Post</h1>
  <cupbearer-user client-id="CLIENT_ID" scope="SCOPES" post-logout-redirect-uri="HERE/"></cupbearer-user></header>
  <main><button type="button" hidden>Tea for two</button> <output></output></main>
</body>
</html>
"""
STYLE = """body { margin: 0 auto; max-width: 60rem; padding: 1rem; font: 1rem/1.5 system-ui, sans-serif; }
main button { font: inherit; padding: 0.6rem 1.2rem; min-height: 44px; border: 0; border-radius: 9px; }
main button { background: #0f5c4a; color: #fff; }
header { display: flex; flex-wrap: wrap; gap: 1rem; justify-content: space-between; align-items: center; }
"""
SCRIPT = """import "ISSUER/cupbearer-elements.js";

const one = (selector) => document.querySelector(selector);
const cupbearer = one("cupbearer-user").client;
cupbearer.onChange(({ state }) => (one("main button").hidden = state !== "in"));
one("main button").addEventListener("click", async () => {
  const json = { method: "POST", headers: { "Content-Type": "application/json" }, body: '{"item": "tea", "amount": 2}' };
  one("output").textContent = JSON.stringify(await (await cupbearer.fetch("ISSUER/orders", json)).json());
});
"""


@dataclass(frozen=True)
class Adopted:
    """Their service, and their app on an origin of its own."""

    server: Server
    origin: str
    folder: Path
    client_id: str

    def speaks(self, language: str) -> None:
        """Put their app into its folder, in a language."""
        meant = {"ISSUER": self.server.url, "CLIENT_ID": self.client_id, "LANGUAGE": language}
        meant |= {
            "POLICY": f"default-src 'none'; script-src 'self' {self.server.url}; connect-src {self.server.url}; style-src 'self'"
        }
        meant |= {"SCOPES": " ".join(SCOPES), "HERE": self.origin}
        for name, text in {"index.html": INDEX, "app.css": STYLE, "app.js": SCRIPT}.items():
            filled = re.sub("|".join(meant), lambda found: meant[found[0]], text)
            (self.folder / name).write_text(filled, encoding="utf-8")


@pytest.fixture(scope="module")
def theirs(chromium: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Adopted]:
    project = readers_project(
        tmp_path_factory.mktemp("theirs"),
        block("README.md#a-route-of-your-own-1"),
        block("README.md#a-route-of-your-own-2"),
    )
    shutil.rmtree(project / "chalicelib" / "sample")  # what CUPBEARER_SAMPLES=off leaves out of a package
    (project / "chalicelib" / "api" / "logo.svg").write_text(LOGO)
    folder = tmp_path_factory.mktemp("app")
    port = free_port()
    origin = f"http://127.0.0.1:{port}"
    with running(
        folder, project=project, SAMPLES="off", EMAIL_LOG_IN="on", DEFAULT_SCOPES="orders:write",
        NAME=NAME, LOGO=str(project / "chalicelib" / "api" / "logo.svg"), ACCENT="#0f5c4a",
        SUPPORT_URL="mailto:help@pangolin.example", TERMS_URL="https://pangolin.example/terms",
        PRIVACY_URL="https://pangolin.example/privacy", ALLOWED_ORIGINS=json.dumps([origin]),
    ) as server:  # fmt: skip
        back = ("--redirect-uri", f"{origin}/", "--post-logout-redirect-uri", f"{origin}/")
        scopes = [word for scope in SCOPES for word in ("--scope", scope)]
        made = server.command("clients", "create", "Pangolin Letters", "--public", *back, *scopes, "--json")
        site = folder / "site"
        site.mkdir()
        with files_served(site, port):
            yield Adopted(server, origin, site, json.loads(made)["client_id"])


@dataclass
class Journey:
    """One person on the way through, and every page seen."""

    person: Person
    theirs: Adopted
    language: str

    def seen(self, page: Page, name: str) -> None:
        """Look at a page: it is theirs, in the person's language, and on a small phone nothing sticks out."""
        page.wait_for_load_state()
        assert_theirs(page, name=NAME)
        assert page.evaluate("document.documentElement.lang") == self.language
        take_pictures(page, f"theirs-{self.language}-{name}")
        page.set_viewport_size(SMALL)
        assert page.evaluate("document.documentElement.scrollWidth") <= SMALL["width"], name
        page.set_viewport_size({"width": 1280, "height": 900})

    def at(self, path: str, name: str) -> Page:
        page = self.person.page()
        page.goto(self.theirs.server.url + path)
        self.seen(page, name)
        return page

    def submit(self, page: Page, **fields: str) -> None:
        for name, text in fields.items():
            page.locator(f"[name={name}]").fill(text)
        page.locator(f"form:has([name={next(iter(fields))}]) button[type=submit]").click()


@pytest.mark.parametrize("language", LANGUAGES)
def test_people_come_in_by_their_app_in_their_language_and_every_page_is_theirs(
    chromium: Browser, theirs: Adopted, language: str
) -> None:
    theirs.speaks(language)
    person = Person.at(chromium, theirs.server, locale=LANGUAGES[language])
    journey = Journey(person, theirs, language)
    page = person.page()
    page.goto(theirs.origin)
    page.locator("cupbearer-user button").click()
    page.wait_for_url(f"{theirs.server.url}/login**")
    journey.seen(page, "log-in")
    page.locator("a[href*='/signup']").click()
    page.wait_for_url("**/signup**")
    journey.seen(page, "sign-up")
    journey.submit(
        page, username=f"Ida {language}", password=PASSWORD, email=f"ida-{language}@pangolin.example"
    )
    page.wait_for_url("**/consent**")
    journey.seen(page, "consent")
    page.locator("button[value=allow]").click()
    page.wait_for_url(f"{theirs.origin}/")
    expect(page.locator("cupbearer-user [aria-expanded]")).to_contain_text(f"Ida {language}")
    page.locator("main button").click()
    expect(page.locator("output")).to_contain_text('"item":"tea"')
    page.locator("cupbearer-user [aria-expanded]").click()
    take_pictures(page, f"theirs-{language}-app")

    account = person.page()
    account.goto(f"{theirs.server.url}/account")
    settled(account, "in")
    journey.seen(account, "account")
    journey.at("/account/plain", "account-without-script")
    journey.at("/device", "device")
    journey.at("/nowhere", "no-such-page")
    journey.at("/oauth/logout", "log-out")

    page.locator("cupbearer-user").get_by_role("button").last.click()
    page.wait_for_url(f"{theirs.origin}/")
    expect(page.locator("main button")).to_be_hidden()
    journey.at("/login", "log-in-alone")
    journey.at("/forgot", "forgotten-password")
    journey.submit(journey.at("/email-login", "log-in-by-mail"), email=f"ida-{language}@pangolin.example")
    assert_kept_to_the_policy(person)
    person.context.close()


def test_the_samples_are_gone_and_the_route_is_there(theirs: Adopted) -> None:
    with urlopen(f"{theirs.server.url}/openapi.json", timeout=patience.SECONDS) as answer:
        paths = json.load(answer)["paths"].keys()
    assert "/orders" in paths
    assert not {"/cats", "/pangolins", "/profile", "/messages"} & paths
