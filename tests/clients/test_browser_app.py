"""The browser app of docs/clients.md, in a real browser, from another origin than ours (M10, BR-1, BR-3)."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.clients import examples, table
from tests.clients.conftest import register, sign_up
from tests.clients.person import PASSWORD
from tests.pages.conftest import browser
from tests.parts.ports import free_port
from tests.parts.server import Server, running
from tests.support import patience

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

__all__ = ["browser"]

LIBRARY = examples.NODE_MODULES / "oidc-client-ts" / "dist" / "browser" / "oidc-client-ts.min.js"


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: Any) -> None:
        pass


@contextmanager
def files_served(folder: Path, port: int) -> Iterator[None]:
    handler = partial(_Quiet, directory=str(folder))
    with ThreadingHTTPServer(("127.0.0.1", port), handler) as files:
        thread = threading.Thread(target=files.serve_forever, daemon=True)
        thread.start()
        yield
        files.shutdown()


@pytest.fixture
def origin() -> str:
    return f"http://127.0.0.1:{free_port()}"


@pytest.fixture
def service(origin: str, tmp_path: Path) -> Iterator[Server]:
    with running(tmp_path, ALLOWED_ORIGINS=json.dumps([origin])) as service:
        sign_up(service, "zoe")
        yield service


@pytest.fixture
def app(origin: str, service: Server, tmp_path: Path) -> Iterator[str]:
    examples.demand("oidc-client-ts")
    here = f"{origin}/app.html"
    uris = ("--redirect-uri", here, "--post-logout-redirect-uri", here)
    printed = register(service, "A browser app", "--public", *uris)
    folder = tmp_path / "app"
    folder.mkdir()
    page = (Path(__file__).parent / "app.html").read_text()
    page = page.replace("CLIENT_ID", printed["CLIENT_ID"]).replace("ISSUER", printed["ISSUER"])
    (folder / "app.html").write_text(page)
    examples.write(folder, "app.js")
    # The browser build sets a global; the page imports a module that hands it on.
    module = LIBRARY.read_text() + "\nexport const { UserManager } = oidc;\n"
    (folder / "oidc-client-ts.js").write_text(module)
    with files_served(folder, int(origin.rpartition(":")[2])):
        yield here


def shown(page: "Page") -> Any:
    page.wait_for_selector("html[data-ready=yes]")
    return json.loads(page.locator("output").inner_text())


def test_a_browser_app_logs_in_renews_asks_and_logs_out(
    browser: "Browser", app: str, service: Server, tells: table.Teller
) -> None:
    context = browser.new_context()
    context.set_default_timeout(patience.PAGE_MILLISECONDS)
    page = context.new_page()
    page.goto(app)
    assert shown(page) is None
    page.click("#log-in")
    page.fill("input[name=username]", "zoe")
    page.fill("input[name=password]", PASSWORD)
    page.click("button[type=submit]")
    page.click("button[value=allow]")
    page.wait_for_url(app)
    user = shown(page)
    assert user["scope"] == "email openid profile"
    page.click("#renew")
    page.wait_for_function("document.querySelector('output').textContent.includes('renewed')")
    assert shown(page) == {"renewed": True}
    page.reload()
    shown(page)
    page.click("#who")
    page.wait_for_function("document.querySelector('output').textContent.includes('preferred_username')")
    assert shown(page)["sub"] == user["sub"]
    assert shown(page)["preferred_username"] == "zoe"
    page.click("#log-in")
    page.click(
        "button[value=allow]"
    )  # no password again, but a loopback address is anybody's (RFC 8252 section 8.6)
    page.wait_for_url(app)
    assert shown(page)["sub"] == user["sub"]
    with page.expect_navigation(url=app):  # the address that it is at already
        page.click("#log-out")
    assert shown(page) is None
    page.click("#log-in")
    page.wait_for_selector("input[name=password]")
    names = {cookie["name"] for cookie in context.cookies(service.url)}
    assert names == {"__Host-cupbearer_browser"}
    context.close()
    version = table.npm("oidc-client-ts")
    tells("oidc-client-ts", version, "browser", "log-in, ID token, userinfo, refresh, log-out")
