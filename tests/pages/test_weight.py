"""What the board weighs with an empty cache, and that nothing moves while it loads."""

import pytest

pytest.importorskip("playwright")

from playwright.sync_api import Browser

from tests.pages.eyes import DESK, PHONE, Person, settled
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
