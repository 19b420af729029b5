"""Whose account a log-in from a provider is: by (iss, sub) alone, by an address only if both sides verified it (FD-3)."""

import re
from dataclasses import replace

import pytest

from chalicelib.audit.trail import Source
from chalicelib.wiring import Services
from tests.federation.in_process import Browser
from tests.federation.issuer import Issuer
from tests.federation.visits import log_in, user_of


def test_userinfo_fills_in_what_the_id_token_leaves_out(browser: Browser, elsewhere: Issuer) -> None:
    elsewhere.claims = dict.fromkeys(("email", "email_verified", "preferred_username", "name"))
    user = user_of(browser, log_in(browser, elsewhere))
    assert (user["username"], user["email"], user["email_verified"]) == ("pat", "pat@example.com", True)
    asked = elsewhere.visits.count("/userinfo")
    log_in(browser, elsewhere)
    assert elsewhere.visits.count("/userinfo") == asked, "a known person is not asked about again"


def test_a_verified_address_as_google_and_cognito_spell_it_counts(
    browser: Browser, elsewhere: Issuer
) -> None:
    elsewhere.person["email_verified"] = "true"
    assert user_of(browser, log_in(browser, elsewhere))["email_verified"] is True


@pytest.mark.parametrize("answered", [False, "false", 1, "True", None, [True], "1"])
def test_anything_else_does_not_count_as_verified(
    browser: Browser, elsewhere: Issuer, answered: object
) -> None:
    elsewhere.person["email_verified"] = answered
    assert user_of(browser, log_in(browser, elsewhere))["email_verified"] is False


def test_verified_on_both_sides_one_address_is_one_account(
    browser: Browser, elsewhere: Issuer, services: Services
) -> None:
    """FD-3: the only e-mail that links."""
    made = browser.sign_up("patricia", email="Pat@Example.com")["user"]
    verify_address(services, made["user_id"])
    user = user_of(browser, log_in(browser, elsewhere))
    assert (user["user_id"], user["username"]) == (made["user_id"], "patricia")


def verify_address(services: Services, user_id: str) -> None:
    services.accounts.users.change(user_id, lambda user: replace(user, email_verified=True))


def test_an_unverified_earlier_sign_up_gains_nothing(browser: Browser, elsewhere: Issuer) -> None:
    """FD-3, CVE-2026-15571: whoever signs up first with somebody's address waits in vain."""
    squatter = browser.sign_up("squatter", email="pat@example.com")["user"]
    user = user_of(browser, log_in(browser, elsewhere))
    assert user["user_id"] != squatter["user_id"]
    assert user["email_verified"] is True, "an unverified local address reserves nothing"


@pytest.mark.parametrize("answered", [False, "false", None])
def test_an_address_the_provider_did_not_verify_takes_over_nothing(
    browser: Browser, elsewhere: Issuer, services: Services, answered: object
) -> None:
    made = browser.sign_up("patricia", email="pat@example.com")["user"]
    verify_address(services, made["user_id"])
    elsewhere.person["email_verified"] = answered
    user = user_of(browser, log_in(browser, elsewhere))
    assert user["user_id"] != made["user_id"]
    assert user["email_verified"] is False


def test_an_address_that_changed_hands_at_the_provider_takes_over_nothing(
    browser: Browser, elsewhere: Issuer
) -> None:
    """FD-3: another sub of the same issuer is another person, whatever address it shows."""
    first = user_of(browser, log_in(browser, elsewhere))
    elsewhere.person["sub"] = "outside-2"
    second = user_of(browser, log_in(browser, elsewhere))
    assert second["user_id"] != first["user_id"]
    assert second["email_verified"] is False
    assert str(second["username"]).startswith("pat-")


def test_a_changed_address_still_leads_to_the_same_account(browser: Browser, elsewhere: Issuer) -> None:
    first = user_of(browser, log_in(browser, elsewhere))
    elsewhere.person |= {"email": "new@example.com", "preferred_username": "changed"}
    assert user_of(browser, log_in(browser, elsewhere)) == first


@pytest.mark.parametrize(
    ("answered", "username"),
    [
        ({"preferred_username": "pat@tenant.example"}, "pat"),
        ({"preferred_username": None}, "pat"),
        ({"preferred_username": "Zoë"}, "Zoë"),
        ({"preferred_username": "a/b#c d\u202e"}, "abcd"),
        ({"preferred_username": 7}, "pat"),
        ({"preferred_username": "\u202e\u0000"}, "user"),
        ({"preferred_username": "x" * 400}, "x" * 64),
        ({"preferred_username": None, "email": None, "email_verified": None, "name": None}, "user"),
        ({"preferred_username": None, "email": None, "email_verified": None}, "Pat Pending"),
    ],
)
def test_a_user_name_is_made_of_what_the_provider_calls_the_person(
    browser: Browser, elsewhere: Issuer, answered: dict[str, object], username: str
) -> None:
    elsewhere.person = {
        name: value for name, value in {**elsewhere.person, **answered}.items() if value is not None
    }
    assert user_of(browser, log_in(browser, elsewhere))["username"] == username


def test_a_taken_user_name_is_made_unique_and_may_be_changed_once(
    browser: Browser, elsewhere: Issuer
) -> None:
    browser.sign_up("pat")
    reply = log_in(browser, elsewhere)
    token = reply.json["access_token"]
    assert re.fullmatch(r"pat-[a-z2-7]{4}", str(user_of(browser, reply)["username"]))
    assert browser.ask("PATCH", "/users/me", {"username": "patrick"}, token=token).status == 200
    assert browser.ask("PATCH", "/users/me", {"username": "again"}, token=token).status == 400


def test_where_sign_up_is_closed_a_newcomer_is_refused_and_a_known_person_is_not(
    browser: Browser, elsewhere: Issuer, services: Services
) -> None:
    log_in(browser, elsewhere)
    object.__setattr__(services.accounts.sign_up.policy, "is_open", False)
    assert log_in(browser, elsewhere).status == 200
    elsewhere.person["sub"] = "somebody else"
    reply = log_in(browser, elsewhere)
    assert (reply.status, reply.json["code"]) == (403, "sign_up_closed")
    assert len(services.accounts.users.page()[0]) == 1


def test_a_disabled_account_stays_shut(browser: Browser, elsewhere: Issuer, services: Services) -> None:
    user = user_of(browser, log_in(browser, elsewhere))
    services.accounts.administration.administer(str(user["user_id"]), disabled=True, source=Source())
    reply = log_in(browser, elsewhere)
    assert (reply.status, reply.json["code"]) == (403, "disabled")
    assert "access_token" not in reply.text


def test_a_disabled_account_is_not_linked_by_its_address_either(
    browser: Browser, elsewhere: Issuer, services: Services
) -> None:
    made = browser.sign_up("patricia", email="pat@example.com")["user"]
    verify_address(services, made["user_id"])
    services.accounts.administration.administer(made["user_id"], disabled=True, source=Source())
    assert log_in(browser, elsewhere).status == 403
    assert services.accounts.users.require(made["user_id"]).identities == ()


def test_a_deleted_account_forgets_its_identities(
    browser: Browser, elsewhere: Issuer, services: Services
) -> None:
    reply = log_in(browser, elsewhere)
    first = user_of(browser, reply)
    assert browser.ask("DELETE", "/users/me", token=reply.json["access_token"]).status == 204
    second = user_of(browser, log_in(browser, elsewhere))
    assert second["user_id"] != first["user_id"]
    assert len(services.accounts.users.page()[0]) == 1
