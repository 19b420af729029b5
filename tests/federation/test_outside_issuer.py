"""Log-in through a certified provider, unmodified: panva's oidc-provider, with its own pages, keys and claims."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from chalice.test import Client

from chalicelib.store.sqlite import SqliteStore
from chalicelib.wiring import Services
from chalicelib.world import SYSTEM
from tests.federation import in_process
from tests.federation.in_process import ISSUER, Browser, Reply, parameters_of
from tests.parts import outside_issuer
from tests.parts.outside_issuer import Visitor

CALLBACK = f"{ISSUER}/login/elsewhere/callback"
SECRET = "a secret of at least thirty-two characters"


def registered(client_id: str, callback: str, **more: str) -> dict[str, Any]:
    return {
        "client_id": client_id,
        "client_secret": SECRET,
        "redirect_uris": [callback],
        "grant_types": ["authorization_code"],
        "response_types": ["code"],
        **more,
    }


@pytest.fixture(scope="module")
def issuer() -> Iterator[str]:
    by_rs256 = registered("cupbearer", CALLBACK)
    callback = f"{ISSUER}/login/es256/callback"
    by_es256 = registered("cupbearer-es256", callback, id_token_signed_response_alg="ES256")
    with outside_issuer.running([by_rs256, by_es256]) as url:
        yield url


@pytest.fixture
def services(tmp_path: Path, issuer: str) -> Iterator[Services]:
    store = SqliteStore(tmp_path / "cupbearer.db", now=SYSTEM.now, nonce=SYSTEM.identifier)
    providers = {
        name: {"issuer": issuer, "client_id": client_id, "client_secret": SECRET}
        for name, client_id in (("elsewhere", "cupbearer"), ("es256", "cupbearer-es256"))
    }
    yield in_process.services(store, SYSTEM, tmp_path, PROVIDERS=providers)
    store.close()


@pytest.fixture
def client(services: Services) -> Iterator[Client]:
    with in_process.open_app(services) as client:
        yield client


@pytest.fixture
def browser(client: Client) -> Browser:
    return Browser(client)


def log_in(browser: Browser, visitor: Visitor, **query: str) -> Reply:
    url = visitor.go(browser.begin(**query), until=CALLBACK)
    return browser.come_back(parameters_of(url))


def user_id(browser: Browser, reply: Reply) -> str:
    assert reply.status == 200, reply.text
    return str(browser.me(reply.json["access_token"])["user_id"])


def test_a_log_in_makes_an_account_and_the_next_one_finds_it(browser: Browser, client: Client) -> None:
    visitor = Visitor("anna")
    first = log_in(browser, visitor)
    assert first.status == 200, first.text
    me = browser.me(first.json["access_token"])
    assert (me["username"], me["name"]) == ("anna", "anna of elsewhere")
    assert (me["email"], me["email_verified"]) == ("anna@example.com", True)
    assert me["scopes"] == ["get:profile"]
    again = Browser(client)
    assert user_id(again, log_in(again, visitor)) == me["user_id"]


def test_it_may_sign_by_es256_and_one_person_there_is_one_account_here(
    browser: Browser, client: Client
) -> None:
    """FD-3: (iss, sub) is the person, by whichever of our registrations."""
    visitor = Visitor("hanna")
    rightful = user_id(browser, log_in(browser, visitor))
    url = visitor.go(browser.begin("es256"), until=f"{ISSUER}/login/es256/callback")
    assert user_id(browser, browser.come_back(parameters_of(url), "es256")) == rightful


def test_its_answer_names_the_issuer_and_without_the_name_it_is_refused(browser: Browser) -> None:
    """RFC 9207: it says in its discovery document that it does."""
    url = Visitor("bert").go(browser.begin(), until=CALLBACK)
    answered = parameters_of(url)
    del answered["iss"]
    reply = browser.come_back(answered)
    assert (reply.status, reply.json["code"]) == (403, "provider_refused")


def test_two_people_are_two_accounts(browser: Browser, client: Client) -> None:
    other = Browser(client)
    assert user_id(browser, log_in(browser, Visitor("anna"))) != user_id(
        other, log_in(other, Visitor("carla"))
    )


def test_an_unverified_address_takes_over_no_account(browser: Browser, client: Client) -> None:
    rightful = user_id(browser, log_in(browser, Visitor("anna")))
    other = Browser(client)
    reply = log_in(other, Visitor("unverified-anna"))
    assert user_id(other, reply) != rightful
    assert other.me(reply.json["access_token"])["email_verified"] is False


def test_who_does_not_agree_is_told_so(browser: Browser, services: Services) -> None:
    reply = log_in(browser, Visitor("dora", agrees=False))
    assert (reply.status, reply.json["code"]) == (403, "access_denied")
    assert services.accounts.users.page()[0] == ()


def test_the_browser_is_sent_back_with_cookies(browser: Browser) -> None:
    reply = log_in(browser, Visitor("emil"), return_to="/account")
    assert (reply.status, reply.location) == (302, f"{ISSUER}/account")
    assert browser.ask("POST", "/sessions/refresh", {}, Origin=ISSUER).status == 200


def test_a_logged_in_user_links_it_and_logs_in_by_it(browser: Browser, client: Client) -> None:
    token = browser.sign_up("somebody")["access_token"]
    visitor = Visitor("frida")
    begun = browser.ask("POST", "/users/me/identities/elsewhere", token=token)
    reply = browser.come_back(parameters_of(visitor.go(begun.json["url"], until=CALLBACK)))
    assert reply.json["identity"]["provider"] == "elsewhere"
    other = Browser(client)
    assert user_id(other, log_in(other, visitor)) == browser.me(token)["user_id"]


def test_its_code_is_good_for_one_log_in(browser: Browser) -> None:
    url = Visitor("gustav").go(browser.begin(), until=CALLBACK)
    cookies = dict(browser.cookies)
    assert browser.come_back(parameters_of(url)).status == 200
    browser.cookies = cookies
    assert browser.come_back(parameters_of(url)).json["code"] == "invalid_state"
