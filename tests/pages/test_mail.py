"""Mails as they are seen, and the page that shows those of a laptop."""

from collections.abc import Iterator
from email.headerregistry import Address

import pytest
from playwright.sync_api import Browser, Page, expect

from chalicelib.mail.composing import Composer
from chalicelib.mail.message import KINDS, Mail
from chalicelib.settings import settings
from chalicelib.wiring import Services
from tests.mail.samples import ISSUER, SAMPLES, sample
from tests.pages.eyes import PHONE, Person, assert_accessible, take_pictures
from tests.parts.server import Server

COMPOSER = Composer(ISSUER, Address(addr_spec="no-reply@auth.example.com"))
NARROW = {"width": 320, "height": 640}


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(java_script_enabled=True, offline=True)  # a mail fetches nothing
    yield context.new_page()
    context.close()


@pytest.mark.parametrize("kind", KINDS)
def test_a_mail_can_be_read_by_everybody_light_and_dark_and_on_a_phone(page: Page, kind: str) -> None:
    mail = COMPOSER.compose(sample(kind), SAMPLES[kind].secrets)
    page.set_content(mail.html)
    assert_accessible(page, where=kind)
    for size in (PHONE, NARROW):
        page.set_viewport_size(size)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), size
    take_pictures(page, f"mail-{kind}")
    assert len(mail.octets) < 16_000  # Gmail cuts off what is over 102 KB; a phone on the way has less


def test_the_outbox_shows_mail_and_each_link_leads_on(person: Person, server: Server) -> None:
    page = person.page()
    page.goto(f"{server.url}/outbox")
    assert page.get_by_text("There is no mail yet.").is_visible()
    assert_accessible(page, where="an empty outbox")
    values = {**sample("notice").mail.values, "link": f"{server.url}/login?from=mail"}
    at = Services(settings.parse({n: v for n, v in server.environ.items() if n.startswith("CUPBEARER_")}))
    at.store.commit(
        *at.mail.outbox.sending(Mail("notice", "ada@example.com", values))
    )  # as the command line would
    page.get_by_role("link", name="Look again").click()
    expect(page.get_by_role("heading", name="A log-in from a new device")).to_be_visible()
    assert_accessible(page, where="the outbox")
    take_pictures(page, "outbox")
    page.get_by_role("link", name="As a mail program shows it").click()
    expect(page.get_by_role("link", name="End every session")).to_be_visible()
    page.go_back()
    page.get_by_role("link", name=f"{server.url}/login?from=mail").click()
    page.wait_for_url(f"{server.url}/login?from=mail")
