"""Whole visits: a log-in from its beginning to its answer."""

from tests.federation.in_process import Browser, Reply
from tests.federation.issuer import Issuer


def log_in(browser: Browser, elsewhere: Issuer, **query: str) -> Reply:
    return browser.come_back(elsewhere.authorize(browser.begin(**query)))


def user_of(browser: Browser, reply: Reply) -> dict[str, object]:
    assert reply.status == 200, reply.text
    return browser.me(reply.json["access_token"])
