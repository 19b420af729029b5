"""A person at a browser who uses an application with the library."""

import json
from dataclasses import dataclass, field
from typing import Any
from urllib.request import Request, urlopen

from playwright.sync_api import Browser, BrowserContext, Page
from playwright.sync_api import Request as Sent

from tests.library import sites
from tests.parts.server import Server
from tests.support import patience

WATCH = """
  globalThis.violations = [];
  document.addEventListener("securitypolicyviolation", (e) => violations.push(`${e.violatedDirective} ${e.blockedURI}`));
"""
KEPT = """async () => JSON.stringify([Object.entries(localStorage), Object.entries(sessionStorage), document.cookie,
  history.state, location.href, await indexedDB.databases(), await caches.keys()])"""

_names = iter(range(10_000))


@dataclass
class Visitor:
    """One person, the browser, what it sent to the service."""

    context: BrowserContext
    service: Server
    name: str
    is_known: bool  # at the service's own pages
    sent: list[Sent] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    @classmethod
    def at(cls, browser: Browser, service: Server, *, is_known: bool) -> "Visitor":
        context = browser.new_context()
        context.set_default_timeout(patience.PAGE_MILLISECONDS)
        context.add_init_script(WATCH + sites.CLOCKS)
        visitor = cls(context, service, f"visitor{next(_names)}", is_known)
        context.on(
            "request", lambda sent: visitor.sent.append(sent) if sent.url.startswith(service.url) else None
        )
        context.on("weberror", lambda error: visitor.complaints.append(str(error.error)))
        account = {"username": visitor.name, "password": sites.PASSWORD}
        signed_up = context.request.post(
            f"{service.url}/users", data={**account, "log_in": is_known, "cookie": is_known}
        )
        assert signed_up.status == 201
        return visitor

    def ask(self, method: str, path: str, body: Any = None, **headers: str) -> Any:
        """Send one request from elsewhere than the browser and return its JSON."""
        data = None if body is None else json.dumps(body).encode()
        headers |= {"Content-Type": "application/json"}
        with urlopen(Request(self.service.url + path, data, headers, method=method)) as answer:
            text = answer.read()
        return json.loads(text) if text else None

    def end_all_sessions(self) -> None:
        """End all that the person has, as from another device."""
        entered = self.ask("POST", "/sessions", {"username": self.name, "password": sites.PASSWORD})
        self.ask("DELETE", "/sessions", Authorization=f"Bearer {entered['access_token']}")

    def send_again(self, sent: Sent) -> None:
        """Let the service do what the browser asks, and let nobody hear of it."""
        cookies = "; ".join(f"{each['name']}={each['value']}" for each in self.context.cookies(sent.url))
        headers = {**sent.headers, "Cookie": cookies}
        urlopen(Request(sent.url, sent.post_data_buffer or b"", headers, method=sent.method)).close()

    def address(self, path: str) -> str:
        """Return where a page of the application is: in cookie mode at a sibling of the service, else at another site."""
        there, sibling = sites.origins(int(self.service.environ["SITE_PORT"]))
        return (sibling if path.startswith("/cookie/") else there) + path

    def open(self, path: str = "/", *, state: str | None = None) -> Page:
        page = self.context.new_page()
        page.goto(self.address(path))
        return settled(page, state)

    def log_in(self, path: str = "/", *, page: Page | None = None) -> Page:
        """Log in by the application's button; the page is back where it was."""
        page = page or self.open(path)
        page.evaluate("cupbearer.session.state === 'in' || void cupbearer.logIn()")
        if not self.is_known:
            self.fill(page)
        return settled(page, "in")

    def fill(self, page: Page) -> None:
        """Log in at the service's own page."""
        page.locator("#f-username").fill(self.name)
        page.locator("#f-password").fill(sites.PASSWORD)
        page.get_by_role("button", name="Log in", exact=True).click()

    def log_out(self, page: Page) -> None:
        """Log out of the application and the service; the page is back where log-outs lead."""
        with page.expect_navigation(url=self.address("/")):
            page.evaluate("void cupbearer.logOut()")
        settled(page, "out")

    def refreshes(self) -> int:
        """Return how many refreshes were sent to the service."""
        return sum(_is_refresh(sent) for sent in self.sent)

    def assert_kept_to_the_policy(self) -> None:
        assert not self.complaints
        for page in self.context.pages:
            if not page.url.startswith(self.service.url):
                assert page.evaluate("violations") == []


def _is_refresh(sent: Sent) -> bool:
    if sent.url.endswith("/sessions/refresh"):
        return True
    return sent.url.endswith("/oauth/token") and "grant_type=refresh_token" in (sent.post_data or "")


def settled(page: Page, state: str | None = None) -> Page:
    """Wait until the application knows who is there."""
    page.wait_for_selector(f'html[data-ready][data-state="{state}"]' if state else "html[data-ready]")
    return page


def run(page: Page, script: str) -> Any:
    """Run an expression in the page; what it throws is told by its code."""
    caught = "catch (error) { return `${error.name} ${error.code ?? ''}`; }"
    return page.evaluate(f"(async () => {{ try {{ return await ({script}); }} {caught} }})()")


def kept(page: Page) -> str:
    """Return all that the page's origin keeps, and its address."""
    return str(page.evaluate(KEPT))
