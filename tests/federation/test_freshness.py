"""How old a log-in through a provider is: as the provider tells, and never younger (MF-3, OP-9)."""

from typing import Any

import pytest
from chalice.test import Client

from chalicelib.federation.profile import LONG_AGO
from chalicelib.wiring import Services
from tests.conftest import Clock
from tests.federation.in_process import PASSWORD, Browser, Reply, parameters_of
from tests.federation.issuer import Issuer
from tests.federation.visits import log_in

NEW_PASSWORD = {"new_password": PASSWORD}


def auth_time(services: Services, reply: Reply) -> int | None:
    return services.tokens.jwt.verify(reply.json["access_token"]).auth_time


def set_password(browser: Browser, reply: Reply) -> tuple[int, str]:
    """Try what only a fresh log-in may: a first password."""
    answer = browser.ask("PUT", "/users/me/password", NEW_PASSWORD, token=reply.json["access_token"])
    return answer.status, answer.json["code"] if answer.text else ""


REFUSED = (403, "reauthentication_required")


def test_every_beginning_asks_when_the_person_was_authenticated(browser: Browser) -> None:
    """MF-3, OpenID Connect Core section 3.1.2.1: with max_age, auth_time is a must."""
    asked = parameters_of(browser.begin())
    assert asked["max_age"] == "300"
    assert "prompt" not in asked


@pytest.mark.parametrize(("query", "prompt"), [("1", "login"), ("0", None), ("", None), ("true", None)])
def test_a_fresh_beginning_makes_the_provider_ask_the_person_again(
    browser: Browser, query: str, prompt: str | None
) -> None:
    """MF-3."""
    path = f"/login/elsewhere?fresh={query}"
    url = browser.ask("GET", path, Accept="application/json").json["url"]
    assert parameters_of(url).get("prompt") == prompt
    assert parameters_of(url)["max_age"] == "300"


@pytest.mark.parametrize("age", [0, 7, 299, 3600])
def test_a_session_is_as_old_as_the_provider_tells(
    browser: Browser, elsewhere: Issuer, services: Services, clock: Clock, age: int
) -> None:
    """MF-3, OP-9: what our clients read is when the person was authenticated, not when they came by."""
    elsewhere.claims["auth_time"] = int(clock.now) - age
    assert auth_time(services, log_in(browser, elsewhere)) == int(clock.now) - age


def test_a_silent_answer_of_the_providers_own_session_proves_nobody_again(
    browser: Browser, elsewhere: Issuer, clock: Clock
) -> None:
    """MF-3: neither a first password nor a name of one's own nor the end of the account, also where the request was fresh."""
    elsewhere.claims["auth_time"] = int(clock.now) - 301
    for query in ({}, {"fresh": "1"}):
        reply = log_in(browser, elsewhere, **query)
        assert set_password(browser, reply) == REFUSED
        gone = browser.ask("DELETE", "/users/me", token=reply.json["access_token"])
        assert (gone.status, gone.json["code"]) == REFUSED
        named = browser.ask("PATCH", "/users/me", {"username": "chosen"}, token=reply.json["access_token"])
        assert (named.status, named.json["code"]) == REFUSED


def test_where_no_time_is_told_an_ordinary_log_in_is_not_fresh(
    browser: Browser, elsewhere: Issuer, services: Services
) -> None:
    """MF-3, OP-9: any max_age of our clients asks again."""
    elsewhere.claims["auth_time"] = None
    reply = log_in(browser, elsewhere)
    assert auth_time(services, reply) == LONG_AGO
    assert set_password(browser, reply) == REFUSED


def test_where_no_time_is_told_a_log_in_that_had_to_ask_is_fresh(
    browser: Browser, elsewhere: Issuer, services: Services, clock: Clock
) -> None:
    """MF-3: else a newcomer without a password could never set one."""
    elsewhere.claims["auth_time"] = None
    reply = log_in(browser, elsewhere, fresh="1")
    assert auth_time(services, reply) == int(clock.now)
    assert set_password(browser, reply) == (204, "")


def test_a_clock_a_little_ahead_is_forgiven_and_never_told_on(
    browser: Browser, elsewhere: Issuer, services: Services, clock: Clock
) -> None:
    """AV-4."""
    elsewhere.claims["auth_time"] = int(clock.now) + 60
    assert auth_time(services, log_in(browser, elsewhere)) == int(clock.now)


@pytest.mark.parametrize("answered", ["soon", True, 0, -1, 0.5, [], 10**15, 4_102_444_800])
def test_nonsense_for_a_time_never_passes_for_fresh(
    browser: Browser, elsewhere: Issuer, services: Services, answered: Any
) -> None:
    """MF-3: logged in all the same, as long ago as can be, also where the request was fresh."""
    elsewhere.claims["auth_time"] = answered
    assert auth_time(services, log_in(browser, elsewhere, fresh="1")) == LONG_AGO


def test_the_way_a_person_chose_to_begin_cannot_be_changed_on_the_way_back(
    browser: Browser, elsewhere: Issuer
) -> None:
    """MF-3: whether the provider had to ask is in our own record, not in the address."""
    elsewhere.claims["auth_time"] = None
    back = elsewhere.authorize(browser.begin().replace("max_age=300", "max_age=300&prompt=login"))
    assert set_password(browser, browser.come_back(back)) == REFUSED


def test_the_log_in_page_asks_a_provider_for_a_fresh_log_in_of_who_is_logged_in(
    browser: Browser, elsewhere: Issuer
) -> None:
    """MF-3: they come to be asked again."""
    link = "/login/elsewhere?return_to=%2Faccount"
    page = browser.ask("GET", "/login").text
    assert link in page
    assert "fresh=1" not in page
    log_in(browser, elsewhere, return_to="/account")
    assert f"{link}&amp;fresh=1" in browser.ask("GET", "/login").text


def test_a_log_in_ends_the_session_that_the_browser_had_before(
    browser: Browser, client: Client, elsewhere: Issuer
) -> None:
    """BR-2, SE-8: a log-in that another site led to leaves nobody else's session behind."""
    log_in(browser, elsewhere, return_to="/account")
    before = Browser(client, cookies=dict(browser.cookies))
    origin = "https://auth.example.com"
    elsewhere.person = {"sub": "somebody else"}
    log_in(browser, elsewhere, return_to="/account")
    refused = before.ask("POST", "/sessions/refresh", {}, Origin=origin)
    assert (refused.status, refused.json["code"]) == (401, "revoked")
    assert browser.ask("POST", "/sessions/refresh", {}, Origin=origin).status == 200
