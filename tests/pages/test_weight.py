"""What the board weighs with an empty cache, and that nothing moves while it loads."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from urllib.request import urlopen

import pytest

pytest.importorskip("playwright")

from playwright.sync_api import Browser

from tests.pages.eyes import DESK, PHONE, Elsewhere, Person, settled
from tests.parts.server import Server

BOARD_BYTES = 100_000


@pytest.mark.parametrize("path", ["/", "/account"])
def test_a_page_weighs_at_most_100_kb_with_an_empty_cache(person: Person, path: str) -> None:
    page = person.page()
    wire = person.context.new_cdp_session(page)
    wire.send("Network.enable")
    sizes: list[float] = []
    wire.on("Network.loadingFinished", lambda done: sizes.append(done["encodedDataLength"]))
    page.goto(person.server.url + path)
    settled(page, "out")
    page.wait_for_load_state("networkidle")
    print(f"{path}: {sum(sizes) / 1000:.1f} KB in {len(sizes)} requests")
    assert len(sizes) > 10
    assert sum(sizes) <= BOARD_BYTES


@pytest.mark.parametrize("viewport", [DESK, PHONE], ids=["desk", "phone"])
@pytest.mark.parametrize("path", ["/", "/account"])
def test_nothing_moves_while_a_page_loads(
    browser: Browser, server: Server, viewport: dict[str, int], path: str
) -> None:
    person = Person.at(browser, server, viewport=viewport)
    for state in ("out", "in"):
        if state == "in":
            person.sign_up(f"Still {path.strip('/')}{viewport['width']}")
        page = person.open(path, state=state)
        page.wait_for_load_state("networkidle")
        page.wait_for_timeout(300)
        assert page.evaluate("window.__shift") == 0, state
    person.context.close()


def test_a_second_visit_fetches_no_file_again(person: Person) -> None:
    person.open(state="out")
    page = person.page()
    page.goto(person.server.url)
    settled(page, "out")
    files = page.evaluate(
        "performance.getEntriesByType('resource').filter((e) => e.name.includes('/static/')).map((e) => e.transferSize)"
    )
    assert len(files) >= 10
    assert sum(files) == 0


@pytest.mark.parametrize("cut", [b'height="34">', b"<a href"], ids=["brand", "links"])
@pytest.mark.parametrize("viewport", [DESK, PHONE], ids=["desk", "phone"])
def test_half_a_page_is_not_painted(
    browser: Browser, server: Server, viewport: dict[str, int], cut: bytes
) -> None:
    """Or what comes moves what is there: seen where a busy machine parsed the header in two steps."""
    with halting(server.url, cut) as slow:
        person = Person.at(browser, slow, viewport=viewport)
        page = person.page()
        page.goto(slow.url + "/login")
        page.wait_for_load_state("networkidle")
        page.wait_for_function("performance.getEntriesByName('first-paint').length")
        assert page.evaluate("window.__shift") == 0
        person.context.close()


@contextmanager
def halting(url: str, cut: bytes) -> Iterator[Elsewhere]:
    """Serve what is at ``url``; documents pause once, for as long as a browser would paint in, behind the first ``cut``."""

    class Halting(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            try:
                answer = urlopen(url + self.path)
            except OSError as refusal:
                answer = refusal
            body = answer.read()
            first = body.find(cut) + len(cut) if b"<!doctype html>" in body else len(body)
            self.send_response(answer.status)
            self.send_header("Content-Type", answer.headers["Content-Type"])
            self.end_headers()
            self.wfile.write(body[:first])
            if first < len(body):
                time.sleep(1)
                self.wfile.write(body[first:])

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("localhost", 0), Halting) as proxy:
        Thread(target=proxy.serve_forever, daemon=True).start()
        yield Elsewhere(f"http://localhost:{proxy.server_port}")
        proxy.shutdown()
