"""The page on a static host: another origin of the same site, with nothing but files."""

import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from chalicelib.settings import settings
from cupbearer import static_page
from cupbearer.static_page import WrongOriginError
from tests.parts.ports import free_port
from tests.parts.server import running

pytest.importorskip("playwright")

from playwright.sync_api import Browser, expect

from tests.pages.eyes import Elsewhere, Person, assert_kept_to_the_policy, knock, settled


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        return


@pytest.fixture
def sibling(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Elsewhere]:
    """A service, and its page on another port: the url is that of the page."""
    origin = f"http://localhost:{(port := free_port())}"
    with running(tmp_path, ALLOWED_ORIGINS=f'["{origin}"]') as service:
        for name, value in service.environ.items():
            if name.startswith("CUPBEARER_"):
                monkeypatch.setenv(name, value)
        assert static_page.main([origin, str(tmp_path / "page")]) == 0
        handler = partial(_Quiet, directory=tmp_path / "page")
        with ThreadingHTTPServer(("127.0.0.1", port), handler) as host:
            threading.Thread(target=host.serve_forever, args=(0.05,), daemon=True).start()
            yield Elsewhere(origin)
            host.shutdown()


def test_a_page_on_a_sibling_host_logs_in_posts_and_refreshes(browser: Browser, sibling: Elsewhere) -> None:
    person = Person.at(browser, sibling)
    page = person.sign_up("Xenia")
    page.get_by_label("Say something").fill("From next door.")
    page.get_by_role("button", name="Post").click()
    expect(page.locator("#messages .text").first).to_have_text("From next door.")
    page.reload()
    settled(page, "in")
    assert knock(page, "/profile") == "200"
    assert knock(page, "/pangolins") == "403"
    page.get_by_role("link", name="Account").click()
    settled(page, "in")
    assert page.get_by_label("Language").count() == 0  # its files are in one
    assert_kept_to_the_policy(person)
    person.context.close()


def _settings(**environ: str) -> settings.Settings:
    return settings.parse({"CUPBEARER_ISSUER": "https://example.com/api", **environ})


def test_under_one_origin_the_calls_go_to_a_path() -> None:
    assert static_page.api_of(_settings(), "https://example.com") == "/api"
    assert "connect-src 'self';" in static_page.policy("/api")


def test_an_origin_that_the_api_does_not_allow_is_refused_with_the_setting_to_make() -> None:
    with pytest.raises(WrongOriginError, match="CUPBEARER_ALLOWED_ORIGINS"):
        static_page.api_of(_settings(), "https://app.example.com")


@pytest.mark.parametrize(
    "origin", ["", "app.example.com", "https://example.com/", "https://example.com/app", "ftp://x"]
)
def test_what_is_no_origin_is_refused(origin: str) -> None:
    with pytest.raises(WrongOriginError):
        static_page.api_of(_settings(), origin)


def test_no_origin_is_told_with_the_command_to_give() -> None:
    assert static_page.main([]) == 1
