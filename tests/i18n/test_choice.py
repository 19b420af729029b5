"""LA-1: pages, refusals and mails come in the language of who reads them, and say in which."""

import re
from collections.abc import Mapping

import pytest

from chalicelib.i18n.catalogue import translated
from chalicelib.i18n.chosen import language
from cupbearer.testing import AppUnderTest, Client, Reply
from tests.support import mailed

GERMAN = {"Accept-Language": "de-AT,de;q=0.9,en;q=0.8"}
HTML = {"Accept": "text/html"}
MAIL = {"CUPBEARER_MAIL": "console:", "CUPBEARER_EMAIL_LOG_IN": "on"}


@pytest.fixture
def cupbearer_settings(request: pytest.FixtureRequest) -> Mapping[str, str]:
    return MAIL | getattr(request, "param", {})


def written(reply: Reply) -> tuple[str, str]:
    """The language and direction that a page says it has."""
    found = re.search(rb'<html lang="(\w+)"[^>]* dir="(\w+)"', reply.body)
    assert found
    assert reply.headers["Content-Language"] == found[1].decode()
    return found[1].decode(), found[2].decode()


def test_a_page_is_in_the_language_that_the_browser_asks_for_and_says_so(client: Client) -> None:
    assert written(client.get("/login", headers=HTML)) == ("en", "ltr")
    german = client.get("/login", headers=HTML | GERMAN)
    assert written(german) == ("de", "ltr")
    assert translated("Log in", "de") in german.body.decode()
    assert written(client.get("/login", headers=HTML | {"Accept-Language": "ar-EG"})) == ("ar", "rtl")


def test_caches_are_told_what_a_page_depends_on(client: Client) -> None:
    assert "Accept-Language" in client.get("/account", headers=HTML).headers["Vary"]
    assert "Cookie" in client.get("/account", headers=HTML).headers["Vary"]


def test_nothing_of_a_request_stays_for_the_next(client: Client) -> None:
    client.get("/login", headers=HTML | GERMAN)
    assert language() == "en"  # nor for what this thread says by itself
    assert written(client.get("/login", headers=HTML)) == ("en", "ltr")


@pytest.mark.parametrize("cupbearer_settings", [{"CUPBEARER_LANGUAGE": "de"}], indirect=True)
def test_the_setting_is_for_who_wishes_for_nothing_that_is_offered(client: Client) -> None:
    assert written(client.get("/login", headers=HTML))[0] == "de"
    assert written(client.get("/login", headers=HTML | {"Accept-Language": "fr"}))[0] == "de"
    assert written(client.get("/login", headers=HTML | {"Accept-Language": "en"}))[0] == "en"


@pytest.mark.parametrize("cupbearer_settings", [{"CUPBEARER_LANGUAGES": "de en"}], indirect=True)
def test_what_is_not_offered_is_not_given(client: Client) -> None:
    assert written(client.get("/login", headers=HTML | {"Accept-Language": "ar"}))[0] == "de"
    assert client.get("/.well-known/openid-configuration").json["ui_locales_supported"] == ["de", "en"]


def test_a_refusal_is_said_in_the_readers_language_under_the_same_code(client: Client) -> None:
    wrong = {"username": "nobody", "password": "not the right words"}
    english = client.post("/sessions", json=wrong)
    german = client.post("/sessions", json=wrong, headers=GERMAN)
    assert english.json["code"] == german.json["code"] == "invalid_credentials"
    assert german.json["detail"] == translated(english.json["detail"], "de") != english.json["detail"]
    assert german.headers["Content-Language"] == "de"
    typed = client.post("/users", json={"username": "ann", "password": "short"}, headers=GERMAN)
    assert "A password has" not in typed.json["errors"]["password"]


def test_who_signs_up_in_a_language_is_written_to_in_it(cupbearer: AppUnderTest, client: Client) -> None:
    wanted = {"username": "bea", "password": "six warm words by the sea", "email": "bea@example.com"}
    assert client.post("/users", json=wanted, headers=GERMAN).status == 201
    received = mailed.last(cupbearer.services, "verify_address", "bea@example.com")
    assert received.mail.language == "de"
    user = cupbearer.services.accounts.users.find("bea")
    assert user is not None
    assert user.language == "de"


def test_what_the_person_chose_goes_before_the_browser_and_to_the_next_browser(client: Client) -> None:
    person = client.as_user(username="cleo")
    changed = person.request("PATCH", "/users/me", json={"language": "ar"})
    assert changed.json["user"]["language"] == "ar"
    assert "__Host-cupbearer_language=ar" in str(changed.headers["Set-Cookie"])
    cookie = {"Cookie": "__Host-cupbearer_language=ar"}
    assert written(client.get("/login", headers=HTML | GERMAN | cookie)) == ("ar", "rtl")


@pytest.mark.parametrize("wrong", ["xx", "../de", "de" * 200, "<b>"])
def test_a_language_that_there_is_none_of_is_refused(client: Client, wrong: str) -> None:
    refused = client.as_user().request("PATCH", "/users/me", json={"language": wrong})
    assert refused.status == 400
    assert set(refused.json["errors"]) == {"language"}
    hostile = {"Cookie": f"__Host-cupbearer_language={wrong}"}
    assert written(client.get("/login", headers=HTML | hostile)) == ("en", "ltr")
