"""The apps of examples/, plain HTML, React and Vue, as they stand there, in a real browser on another origin (M10, BR-3)."""

import json
import re
import shlex
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

pytest.importorskip("playwright")

from playwright.sync_api import Browser, expect

from tests.clients import examples
from tests.clients.conftest import register, sign_up
from tests.clients.person import PASSWORD
from tests.clients.test_browser_app import files_served
from tests.pages.conftest import browser
from tests.pages.eyes import Person, assert_kept_to_the_policy
from tests.parts.ports import free_port
from tests.parts.server import Server, running
from tests.support import patience
from tests.support.documents import ROOT, block

__all__ = ["browser"]

NEEDED = {"html": [], "react": ["react", "react-dom", "esbuild"], "vue": ["vue"]}
SOURCES = {"html": "app.js", "react": "main.jsx", "vue": "main.js"}
COMMANDS = {
    "html": ("client-html.sh", "page-html.sh"),
    "react": ("client-react.sh", "page-react.sh"),
    "vue": ("client-vue.sh", "page-vue.sh"),
}
SERVICE, HERE = "http://localhost:8000", "http://localhost:3000"  # as the examples have them


@pytest.fixture(scope="module")
def origin() -> str:
    return f"http://127.0.0.1:{free_port()}"


@pytest.fixture(scope="module")
def service(origin: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with running(tmp_path_factory.mktemp("service"), ALLOWED_ORIGINS=json.dumps([origin])) as service:
        sign_up(service, "zoe")
        yield service


def copied(kind: str, folder: Path, service: Server, origin: str) -> None:
    """Put an example into a folder, with the addresses and the client of this test, and build it as its page says."""
    client, page = (f"examples/{kind}/README.md#{name}" for name in COMMANDS[kind])
    _, _, _, *words = shlex.split(block(client).replace("\\\n", ""))
    client_id = register(service, *(word.replace(HERE, origin) for word in words))["CLIENT_ID"]
    for path in (ROOT / "examples" / kind).iterdir():
        if path.is_file():
            text = path.read_text().replace(SERVICE, service.url).replace(HERE, origin)
            (folder / path.name).write_text(text.replace("CLIENT_ID", client_id))
    (folder / "node_modules").symlink_to(examples.NODE_MODULES)
    for built in re.findall(r"^npx (esbuild .+)$", block(page), re.MULTILINE):
        tool, *arguments = shlex.split(built)
        command = [str(examples.NODE_MODULES / ".bin" / tool), *arguments]
        done = subprocess.run(
            command, cwd=folder, capture_output=True, text=True, timeout=patience.SECONDS, check=False
        )
        assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("kind", NEEDED)
def test_the_app_logs_in_calls_the_api_with_the_token_and_logs_out(
    kind: str, browser: Browser, service: Server, origin: str, tmp_path: Path
) -> None:
    examples.demand(*NEEDED[kind])
    copied(kind, tmp_path, service, origin)
    with files_served(tmp_path, int(origin.rpartition(":")[2])):
        person = Person.at(browser, service)
        page = person.page()
        page.goto(f"{origin}/")
        expect(page.get_by_role("button", name="Ask the API")).to_be_hidden()
        page.get_by_role("button", name="Log in").click()
        page.locator("[name=username]").fill("zoe")
        page.locator("[name=password]").fill(PASSWORD)
        page.get_by_role("button", name="Log in", exact=True).click()
        page.get_by_role("button", name="Ask the API").click()
        expect(page.locator("output")).to_have_text("zoe")
        page.get_by_role("button", name="Logged in: zoe").click()
        with page.expect_navigation(url=f"{origin}/"):
            page.get_by_role("button", name="Log out").click()
        expect(page.get_by_role("button", name="Log in")).to_be_visible()
        expect(page.get_by_role("button", name="Ask the API")).to_be_hidden()
        assert_kept_to_the_policy(person)
        person.context.close()
    shutil.rmtree(tmp_path / "built", ignore_errors=True)


@pytest.mark.parametrize("kind", SOURCES)
def test_an_example_is_thirty_lines_and_asks_for_the_versions_that_are_tried(kind: str) -> None:
    folder = ROOT / "examples" / kind
    assert len((folder / SOURCES[kind]).read_text().splitlines()) <= 30
    tried = json.loads((ROOT / "tests" / "parts" / "package.json").read_text())["dependencies"]
    if kind != "html":
        asked = json.loads((folder / "package.json").read_text())
        assert asked["dependencies"] | asked.get("devDependencies", {}) == {
            name: tried[name] for name in NEEDED[kind]
        }
