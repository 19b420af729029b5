"""``python -m tests.pages.pictures``: take the pictures of README and docs/look.md anew."""

import shutil
import tempfile
from pathlib import Path
from urllib.parse import urlencode

from playwright.sync_api import Browser, sync_playwright

from tests.pages.application import CHALLENGE
from tests.pages.conftest import ARGUMENTS
from tests.pages.eyes import ROOT, Person, knock
from tests.parts.server import Server, running
from tests.support.factor_accounts import PASSWORD as FACTOR_PASSWORD
from tests.support.factor_accounts import Account

FOLDER = ROOT / "docs" / "pictures"
CARD = {"width": 900, "height": 760}
PROVIDERS = '{"google": {"issuer": "http://localhost:9", "client_id": "a", "client_secret": "b"}}'
MCP = "http://localhost:9000/mcp"
NOTES = {"notes:read": "Read your notes", "notes:write": "Write notes for you"}
TALK = (
    ("Milo", "Is the door to the pangolins always shut?"),
    ("Ada", "Only until somebody lets you in. Ask Zoe."),
)


def main() -> None:
    """Take the board refused, the board on a phone at night, the account, and the pages on the way in."""
    with (
        tempfile.TemporaryDirectory() as place,
        running(Path(place), PROVIDERS=PROVIDERS, EMAIL_LOG_IN="on") as server,
        sync_playwright() as playwright,
    ):
        chromium = shutil.which("chromium") or ""
        browser = playwright.chromium.launch(executable_path=chromium, args=ARGUMENTS)
        for name, text in TALK:
            _say(Person.at(browser, server), name, text)
        _board(browser, server)
        _phone(browser, server)
        _account(browser, server)
        _log_in(browser, server)
        _mail(browser, server)
        _consent(browser, server)
        browser.close()


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
    page.screenshot(path=FOLDER / "board.png")


def _phone(browser: Browser, server: Server) -> None:
    person = Person.at(
        browser,
        server,
        viewport={"width": 390, "height": 780},
        color_scheme="dark",
        reduced_motion="reduce",
    )
    page = person.sign_up("Noor")
    server.command("users", "grant", "Noor", "pangolins")
    knock(page, "/pangolins")
    page.evaluate("document.activeElement.blur(); document.querySelector('#doors-title').scrollIntoView()")
    page.screenshot(path=FOLDER / "phone-dark.png")


def _account(browser: Browser, server: Server) -> None:
    agent = (
        "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit Version/18.0 Mobile Safari/604.1"
    )
    Person.at(browser, server, user_agent=agent).log_in("Zoe")
    person = Person.at(browser, server, viewport={"width": 1200, "height": 900}, reduced_motion="reduce")
    page = person.log_in("Zoe")
    page.get_by_role("link", name="Account").click()
    page.get_by_text("on iPhone").first.wait_for()
    page.evaluate("document.querySelector('#sessions-title').closest('section').scrollIntoView()")
    page.screenshot(path=FOLDER / "account.png")


def _log_in(browser: Browser, server: Server) -> None:
    """The page to log in at, and the one that asks for more."""
    mira = Account.made(server, "Mira")
    mira.add_passkey()
    person = Person.at(browser, server, viewport=CARD, reduced_motion="reduce")
    page = person.page()
    page.goto(f"{server.url}/login")
    page.wait_for_load_state("networkidle")
    page.evaluate("document.activeElement.blur()")
    page.screenshot(path=FOLDER / "login.png")
    page.locator("[name=username]").fill("Mira")
    page.locator("[name=password]").fill(FACTOR_PASSWORD)
    page.get_by_role("button", name="Log in", exact=True).click()
    page.get_by_role("heading", name="One thing more").wait_for()
    page.wait_for_load_state("networkidle")
    page.screenshot(path=FOLDER / "second-factor.png")


def _mail(browser: Browser, server: Server) -> None:
    """What an address that is to be proven gets, as it is shown where nothing is sent."""
    person = Person.at(browser, server, viewport=CARD, reduced_motion="reduce")
    page = person.open(state="out")
    page.get_by_role("radio", name="Sign up").check()
    page.locator("#up-email").fill("runa@example.com")
    page = person.sign_up("Runa", page=page)
    page.goto(f"{server.url}/outbox")
    page.get_by_role("link", name="As a mail program shows it").click()
    page.wait_for_load_state("networkidle")
    page.screenshot(path=FOLDER / "mail.png")


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
    page.screenshot(path=FOLDER / "agent.png")


if __name__ == "__main__":
    main()
