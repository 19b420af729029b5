"""The walk's first half on a deployed stage: through the emulated gateway, with its stage prefix in the path (BR-4)."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

pytest.importorskip("playwright")

from playwright.sync_api import Browser, expect

from cupbearer.deploying.template import ROOT
from tests.deploy import emulated, packages
from tests.pages.eyes import Elsewhere, Person, assert_kept_to_the_policy, knock, settled
from tests.parts import ministack, missing
from tests.support import patience


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Elsewhere]:
    for part, folder in (("ministack", ministack.VENV), ("awscli", ROOT / ".venv-deploy")):
        if not Path(folder).exists():
            missing(part, install="make parts")
    with emulated.running():
        template = packages.shared(tmp_path_factory)
        place = emulated.deployed(template, say=lambda _: None)
        yield Elsewhere(place.url)


@pytest.fixture
def visitor(browser: Browser, stage: Elsewhere) -> Iterator[Person]:
    person = Person.at(browser, stage)
    yield person
    assert_kept_to_the_policy(person)
    person.context.close()


def test_the_walks_first_half_holds_behind_the_gateway(visitor: Person) -> None:
    page = visitor.open(state="out")
    visitor.sign_up("Wanda", page=page)
    page.get_by_label("Say something").fill("From behind the gateway.")
    page.get_by_role("button", name="Post").click()
    expect(page.locator("#messages .text").first).to_have_text("From behind the gateway.")
    assert knock(page, "/cats") == "200"
    assert knock(page, "/profile") == "200"
    assert knock(page, "/pangolins") == "403"
    assert knock(page, "/pangolins", shown="forged") == "401"
    _grant("Wanda", "pangolins")
    assert knock(page, "/pangolins") == "200"
    page.get_by_role("link", name="Account").click()
    settled(page, "in")
    expect(page.locator("#sessions")).to_contain_text("this device")


def _grant(username: str, scope: str) -> None:
    """Grant as an operator does, with the stage's own settings."""
    command = [sys.executable, "-m", "cupbearer.cli", "--stage", emulated.STAGE, "users", "grant"]
    subprocess.run([*command, username, scope], cwd=ROOT, check=True, timeout=patience.SECONDS)
