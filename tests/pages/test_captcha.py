"""BR-12 in a real browser: the vendor's widget on the page to sign up at, under its policy, by script and again after a refusal.

The widget's script is ours here, at the vendor's address: it leaves an answer in the form as the vendor's does.
"""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

pytest.importorskip("playwright")

from playwright.sync_api import Browser, expect

from cupbearer.local_gateway import LocalGateway
from cupbearer.local_server import Server
from cupbearer.testing import AppUnderTest
from tests.pages.eyes import (
    Elsewhere,
    Person,
    assert_accessible,
    assert_in_its_place,
    assert_kept_to_the_policy,
)
from tests.support import siteverify
from tests.support.command_line import ROOT
from tests.support.siteverify import BAD, PASSES, SITE_KEYS, Vendor

SCRIPTS = {
    "turnstile": "https://challenges.cloudflare.com/turnstile/v0/api.js",
    "hcaptcha": "https://js.hcaptcha.com/1/api.js",
}
# As the vendors' scripts do: fill each element of their class, and offer reset(). The first answer is a robot's.
WIDGET = """
for (const [name, place] of [["turnstile", "cf-turnstile"], ["hcaptcha", "h-captcha"]]) {
  const element = document.querySelector(`.${place}`);
  if (!element) continue;
  const input = Object.assign(document.createElement("input"), { type: "hidden", name: `${place}-response`, value: "%s" });
  const frame = Object.assign(document.createElement("iframe"), { src: "%s", title: "A person?", width: 164, height: 140 });
  element.append(input, frame);
  window[name] = { reset() { input.value = `a person ${Math.random()}`; } };
}
"""


@pytest.fixture(params=["turnstile", "hcaptcha"])
def vendor(request: pytest.FixtureRequest) -> Iterator[tuple[str, Vendor]]:
    with siteverify.serving() as vendor:
        yield str(request.param), vendor


@pytest.fixture
def site(vendor: tuple[str, Vendor], tmp_path: Path) -> Iterator[Elsewhere]:
    """The app of this process on a socket, so that its vendor can be one on loopback."""
    name, asked = vendor
    listener = Server("127.0.0.1", 0)
    url = f"http://localhost:{listener.server_port}"
    variables = {
        "CUPBEARER_ISSUER": url,
        "CUPBEARER_CAPTCHA": name,
        "CUPBEARER_CAPTCHA_SITE_KEY": SITE_KEYS[name],
        "CUPBEARER_CAPTCHA_SECRET": PASSES[name],
    }
    with listener, AppUnderTest(ROOT, tmp_path, variables) as at:
        at.services.accounts.captcha = asked.captcha(name)
        listener.gateway, listener.issuer = LocalGateway(at.app), url
        threading.Thread(target=listener.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        yield Elsewhere(url)
        listener.shutdown()


def test_a_person_signs_up_and_what_was_refused_gets_another_answer(
    browser: Browser, site: Elsewhere, vendor: tuple[str, Vendor]
) -> None:
    name, asked = vendor
    person = Person.at(browser, site)
    script, frame = SCRIPTS[name], SCRIPTS[name].rpartition("/")[0] + "/frame"
    person.context.route(
        script, lambda route: route.fulfill(body=WIDGET % (BAD, frame), content_type="text/javascript")
    )
    person.context.route(
        frame,
        lambda route: route.fulfill(body="<!doctype html><title>a frame</title>", content_type="text/html"),
    )
    page = person.page()
    page.goto(f"{site.url}/signup")
    expect(page.locator("iframe")).to_have_count(1)
    assert_accessible(page, where=f"/signup with {name}")
    assert_in_its_place(page, where=f"/signup with {name}")
    page.locator("[name=username]").fill("ada")
    page.locator("[name=password]").fill("six warm words by the sea")
    page.get_by_role("button", name="Make my account").click()
    expect(page.locator("[data-said]")).to_contain_text("did not pass")
    expect(page.locator("[name=password]")).to_have_value("six warm words by the sea")
    page.get_by_role("button", name="Make my account").click()
    page.wait_for_url("**/account")
    assert [form["response"][:7] for form in asked.asked] == [BAD, "a perso"]
    assert_kept_to_the_policy(person)
    person.context.close()
