"""``python -m tests.pages.pictures``: take the pictures of README and docs/look.md anew."""

import tempfile
from pathlib import Path
from urllib.parse import urlencode

from playwright.sync_api import Browser, Page, sync_playwright

from tests.journeys.adopted import Adopted, adopted
from tests.pages.application import CHALLENGE
from tests.pages.eyes import PASSWORD, ROOT, Person, knock, settled
from tests.pages.small_pictures import shrink
from tests.parts.chromium import ARGUMENTS, executable
from tests.parts.server import Server, running
from tests.support.factor_accounts import PASSWORD as FACTOR_PASSWORD
from tests.support.factor_accounts import Account

FOLDER = ROOT / "docs" / "pictures"
CARD = {"width": 900, "height": 760}
PHONE = {"width": 390, "height": 640}
TAKEN: list[Path] = []
PEOPLE = ("Ada", "Mira", "Noor", "Runa", "Willem", "Zoe")
MCP = "http://localhost:9000/mcp"
NOTES = {"notes:read": "Read your notes", "notes:write": "Write notes for you"}
TALK = (
    ("Milo", "Is the door to the pangolins always shut?"),
    ("Ada", "Only until somebody lets you in. Ask Zoe."),
)


def main() -> None:
    """Take README.md's six of a service under somebody's own name; the board, and what is asked about an agent."""
    with (
        tempfile.TemporaryDirectory() as place,
        tempfile.TemporaryDirectory() as other,
        running(Path(place)) as server,
        adopted(Path(other)) as theirs,
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(executable_path=executable(), args=ARGUMENTS)
        for name, text in TALK:
            _say(Person.at(browser, server), name, text)
        _board(browser, server)
        _consent(browser, server)
        _theirs(browser, theirs)
        _consent_in_german(browser, theirs)
        _console(browser, theirs.server)
        browser.close()
    for picture in TAKEN:
        shrink(picture)


def _say(person: Person, name: str, text: str) -> None:
    page = person.sign_up(name)
    page.get_by_label("Say something").fill(text)
    page.get_by_role("button", name="Post").click()
    page.locator("#messages .text", has_text=text).wait_for()


def _board(browser: Browser, server: Server) -> None:
    person = Person.at(browser, server, viewport={"width": 1200, "height": 900}, reduced_motion="reduce")
    page = person.sign_up("Zoe")
    knock(page, "/pangolins")
    page.evaluate("document.activeElement.blur(); scrollTo(0, 0)")
    _picture(page, "board")


def _theirs(browser: Browser, theirs: Adopted) -> None:
    """The way in by their app, and the account."""
    theirs.speaks("en")
    person = Person.at(browser, theirs.server, viewport=CARD, reduced_motion="reduce")
    page = person.page()
    page.goto(theirs.origin)
    page.locator("cupbearer-user button").click()
    page.get_by_role("heading", name="Log in").wait_for()
    _taken(page, "their-log-in")
    page.get_by_role("link", name="Sign up").click()
    page.locator("[name=username]").fill("Ida")
    page.locator("[name=password]").fill(PASSWORD)
    page.locator("[name=email]").fill("ida@pangolin.example")
    page.get_by_role("button", name="Make my account").click()
    page.get_by_role("button", name="Allow").click()
    page.get_by_role("button", name="Tea for two").click()
    page.locator("output", has_text="tea").wait_for()
    page.set_viewport_size({**CARD, "height": 320})
    page.locator("cupbearer-user").get_by_role("button").click()
    _taken(page, "their-app")
    page.set_viewport_size(CARD)
    page.goto(f"{theirs.server.url}/account")
    settled(page, "in")
    page.get_by_text("This device").first.wait_for()
    page.evaluate("document.querySelector('#sessions-title').closest('section').scrollIntoView()")
    _taken(page, "their-account")
    theirs.speaks("ar")
    page.context.clear_cookies()
    page.set_viewport_size(PHONE)
    page.goto(theirs.own_site)
    page.locator("cupbearer-log-in button[type=submit]").wait_for()
    _taken(page, "their-card-arabic")


def _consent_in_german(browser: Browser, theirs: Adopted) -> None:
    """What Ida is asked at night, on her phone."""
    looks = {"viewport": {**PHONE, "height": 700}, "color_scheme": "dark", "reduced_motion": "reduce"}
    page = Person.at(browser, theirs.server, locale="de-DE", **looks).page()
    theirs.speaks("de")
    page.goto(theirs.origin)
    page.locator("cupbearer-user button").click()
    page.locator("[name=username]").fill("Ida")
    page.locator("[name=password]").fill(PASSWORD)
    page.get_by_role("button", name="Anmelden", exact=True).click()
    page.get_by_role("button", name="Erlauben").wait_for()
    _taken(page, "their-consent")


def _taken(page: Page, name: str) -> None:
    page.wait_for_load_state("networkidle")
    page.evaluate("document.activeElement.blur()")
    _picture(page, name)


def _picture(page: Page, name: str) -> None:
    path = FOLDER / f"{name}.png"
    page.screenshot(path=path)
    TAKEN.append(path)


def _console(browser: Browser, server: Server) -> None:
    """The list of people, as an operator sees it."""
    for name in PEOPLE:
        Account.made(server, name, has_app=name == "Noor")
    server.command("users", "grant", "Ada", "users:read", "users:write")
    person = Person.at(browser, server, viewport=CARD, reduced_motion="reduce")
    page = person.page()
    page.goto(f"{server.url}/login?return_to=/console")
    page.locator("[name=username]").fill("Ada")
    page.locator("[name=password]").fill(FACTOR_PASSWORD)
    page.get_by_role("button", name="Log in", exact=True).click()
    page.wait_for_url("**/console")
    _taken(page, "their-console")


def _consent(browser: Browser, server: Server) -> None:
    """What a person is asked about an agent that registered itself at an API of one's own."""
    said = [f"--scope={scope}={words}" for scope, words in NOTES.items()]
    server.command("resources", "create", MCP, "--name", "Notes", "--for-any-client", *said)
    person = Person.at(browser, server, viewport=CARD, reduced_motion="reduce")
    page = person.sign_up("Ines")
    server.command("users", "grant", "Ines", *NOTES)
    callback = "http://localhost:33418/callback"
    agent = page.request.post(
        f"{server.url}/oauth/register",
        data={
            "client_name": "Notes agent",
            "redirect_uris": [callback],
            "token_endpoint_auth_method": "none",
        },
    ).json()
    asked = {"client_id": agent["client_id"], "redirect_uri": callback, "response_type": "code"}
    asked |= {"scope": "notes:read", "resource": MCP, "prompt": "consent"}
    asked |= {"code_challenge": CHALLENGE, "code_challenge_method": "S256"}
    page.goto(f"{server.url}/oauth/authorize?{urlencode(asked)}")
    page.get_by_role("button", name="Allow").wait_for()
    page.evaluate("document.activeElement.blur()")
    _picture(page, "agent")


if __name__ == "__main__":
    main()
