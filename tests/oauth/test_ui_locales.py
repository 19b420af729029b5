"""LA-1: an application says which language its people read (OpenID Connect Core section 3.1.2.1)."""

import re

import pytest

from tests.oauth.server import App, Browser, Server


def test_an_application_asks_for_a_language_through_the_whole_way(
    server: Server, shop: App, browser: Browser
) -> None:
    page = browser.go(shop.authorize_url(ui_locales="fr de-CH"))
    assert '<html lang="de"' in page.text
    refused = browser.go(shop.authorize_url(ui_locales="de", redirect_uri="https://elsewhere.example/"))
    assert '<html lang="de"' in refused.text


def test_a_person_reads_on_in_it_on_every_page_of_the_way(
    server: Server, shop: App, browser: Browser
) -> None:
    page = browser.go(shop.authorize_url(ui_locales="ar"))
    assert re.search('<html lang="ar"[^>]* dir="rtl"', page.text)
    again = browser.log_in(page, password="not the right words")
    assert re.search('<html lang="ar"[^>]* dir="rtl"', again.text)


@pytest.mark.parametrize("hostile", ["x" * 4000, "de;<script>", "\u202ede", "xx", ""])
def test_a_wish_that_cannot_be_had_is_no_fault(
    server: Server, shop: App, browser: Browser, hostile: str
) -> None:
    page = browser.go(shop.authorize_url(ui_locales=hostile))
    assert page.status == 200
    assert '<html lang="en"' in page.text
