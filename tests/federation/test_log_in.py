"""Log-in through an honest provider: both forms of the answer, who gets which account (FD-1, FD-3, BR-1)."""

import re

import pytest
from chalice.test import Client

from chalicelib.wiring import Services
from tests.conftest import Clock
from tests.federation.house import ISSUER, PASSWORD, Browser, Reply, parameters_of
from tests.federation.issuer import Issuer


def log_in(browser: Browser, elsewhere: Issuer, **query: str) -> Reply:
    return browser.come_back(elsewhere.authorize(browser.begin(**query)))


def user_of(browser: Browser, reply: Reply) -> dict[str, object]:
    assert reply.status == 200, reply.text
    return browser.me(reply.json["access_token"])


def test_the_start_redirects_to_the_provider_with_everything_it_needs(
    browser: Browser, elsewhere: Issuer
) -> None:
    reply = browser.ask("GET", "/login/elsewhere", Accept="text/html,application/xhtml+xml")
    assert reply.status == 302
    asked = parameters_of(reply.location)
    assert reply.location.startswith(f"{elsewhere.url}/authorize?")
    assert asked["redirect_uri"] == f"{ISSUER}/login/elsewhere/callback"
    assert asked["scope"] == "openid profile email"
    for secret in (asked["state"], asked["nonce"], asked["code_challenge"]):
        assert re.fullmatch(r"[A-Za-z0-9_-]{43}", secret)  # 256 bits
    (cookie,) = reply.set_cookies
    assert cookie.startswith("__Host-cupbearer_login=")
    assert {"Path=/", "Secure", "HttpOnly", "SameSite=Lax", "Max-Age=600"} <= set(cookie.split("; "))


def test_the_start_as_json_says_where_to_go_and_sets_the_cookie_as_well(browser: Browser) -> None:
    reply = browser.ask("GET", "/login/elsewhere", Accept="application/json")
    assert reply.status == 200
    assert set(reply.json) == {"message", "url"}
    assert len(reply.set_cookies) == 1


def test_no_two_beginnings_share_a_secret(browser: Browser) -> None:
    """FD-1: state, nonce, verifier and the browser's own secret are new each time (SE-8: a planted one is worth nothing)."""
    first, first_cookie = parameters_of(browser.begin()), dict(browser.cookies)
    second, second_cookie = parameters_of(browser.begin()), dict(browser.cookies)
    assert all(first[name] != second[name] for name in ("state", "nonce", "code_challenge"))
    assert first_cookie != second_cookie


def test_the_first_log_in_makes_an_account_and_the_second_finds_it(
    browser: Browser, elsewhere: Issuer, services: Services
) -> None:
    first = log_in(browser, elsewhere)
    assert set(first.json) == {
        "access_token",
        "token_type",
        "expires_in",
        "refresh_token",
        "scope",
        "session_id",
    }
    assert first.json["scope"] == "get:profile"
    user = user_of(browser, first)
    assert (user["username"], user["name"]) == ("pat", "Pat Pending")
    assert (user["email"], user["email_verified"]) == ("pat@example.com", True)
    assert user_of(browser, log_in(browser, elsewhere))["user_id"] == user["user_id"]
    assert len(services.users.page()[0]) == 1


def test_the_session_says_that_a_provider_vouched(
    browser: Browser, elsewhere: Issuer, services: Services
) -> None:
    token = log_in(browser, elsewhere).json["access_token"]
    assert services.access_tokens.verify(token).amr == ("fed",)


def test_a_refresh_goes_on_as_after_any_other_log_in(browser: Browser, elsewhere: Issuer) -> None:
    tokens = log_in(browser, elsewhere).json
    reply = browser.ask("POST", "/sessions/refresh", {"refresh_token": tokens["refresh_token"]})
    assert reply.status == 200


def test_with_return_to_the_browser_gets_cookies_and_goes_back(browser: Browser, elsewhere: Issuer) -> None:
    reply = log_in(browser, elsewhere, return_to="/account?tab=1")
    assert reply.status == 302
    assert reply.location == f"{ISSUER}/account?tab=1"
    assert reply.text == ""
    assert set(browser.cookies) >= {"__Host-cupbearer_refresh"}
    assert "__Host-cupbearer_login" not in browser.cookies
    assert browser.ask("POST", "/sessions/refresh", {}, Origin=ISSUER).status == 200


def test_the_trail_says_by_which_provider(browser: Browser, elsewhere: Issuer) -> None:
    """LG-1: sign-up, link and log-in, each with the provider."""
    token = log_in(browser, elsewhere).json["access_token"]
    events = browser.ask("GET", "/users/me/activity", token=token).json["events"]
    told = {event["event"]: event["detail"].get("provider") for event in events}
    assert told == {"sign_up": "elsewhere", "identity_linked": "elsewhere", "log_in": "elsewhere"}


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


@pytest.mark.parametrize("told", [False, "false", 1, "True", None, [True], "1"])
def test_anything_else_does_not_count_as_verified(browser: Browser, elsewhere: Issuer, told: object) -> None:
    elsewhere.person["email_verified"] = told
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
    from dataclasses import replace

    services.users.change(user_id, lambda user: replace(user, email_verified=True))


def test_an_unverified_earlier_sign_up_gains_nothing(browser: Browser, elsewhere: Issuer) -> None:
    """FD-3, CVE-2026-15571: whoever signs up first with somebody's address waits in vain."""
    squatter = browser.sign_up("squatter", email="pat@example.com")["user"]
    user = user_of(browser, log_in(browser, elsewhere))
    assert user["user_id"] != squatter["user_id"]
    assert user["email_verified"] is True, "an unverified local address reserves nothing"


@pytest.mark.parametrize("told", [False, "false", None])
def test_an_address_the_provider_did_not_verify_takes_over_nothing(
    browser: Browser, elsewhere: Issuer, services: Services, told: object
) -> None:
    made = browser.sign_up("patricia", email="pat@example.com")["user"]
    verify_address(services, made["user_id"])
    elsewhere.person["email_verified"] = told
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
    ("told", "username"),
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
    browser: Browser, elsewhere: Issuer, told: dict[str, object], username: str
) -> None:
    elsewhere.person = {
        name: value for name, value in {**elsewhere.person, **told}.items() if value is not None
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
    object.__setattr__(services.sign_in, "sign_up_open", False)
    assert log_in(browser, elsewhere).status == 200
    elsewhere.person["sub"] = "somebody else"
    reply = log_in(browser, elsewhere)
    assert (reply.status, reply.json["code"]) == (403, "sign_up_closed")
    assert len(services.users.page()[0]) == 1


def test_a_disabled_account_stays_shut(browser: Browser, elsewhere: Issuer, services: Services) -> None:
    user = user_of(browser, log_in(browser, elsewhere))
    from chalicelib.audit import Source

    services.administration.administer(str(user["user_id"]), disabled=True, source=Source())
    reply = log_in(browser, elsewhere)
    assert (reply.status, reply.json["code"]) == (403, "disabled")
    assert "access_token" not in reply.text


def test_a_disabled_account_is_not_linked_by_its_address_either(
    browser: Browser, elsewhere: Issuer, services: Services
) -> None:
    from chalicelib.audit import Source

    made = browser.sign_up("patricia", email="pat@example.com")["user"]
    verify_address(services, made["user_id"])
    services.administration.administer(made["user_id"], disabled=True, source=Source())
    assert log_in(browser, elsewhere).status == 403
    assert services.users.require(made["user_id"]).identities == ()


def test_a_deleted_account_forgets_its_identities(
    browser: Browser, elsewhere: Issuer, services: Services
) -> None:
    reply = log_in(browser, elsewhere)
    first = user_of(browser, reply)
    assert browser.ask("DELETE", "/users/me", token=reply.json["access_token"]).status == 204
    second = user_of(browser, log_in(browser, elsewhere))
    assert second["user_id"] != first["user_id"]
    assert len(services.users.page()[0]) == 1


def test_a_password_log_in_is_untouched_by_all_this(browser: Browser, client: Client) -> None:
    browser.sign_up("pat")
    assert Browser(client).ask("POST", "/sessions", {"username": "pat", "password": PASSWORD}).status == 201


def test_a_federated_account_without_a_password_answers_a_password_as_any_wrong_one(
    browser: Browser, elsewhere: Issuer, client: Client
) -> None:
    """EN-1."""
    log_in(browser, elsewhere)
    replies = [
        Browser(client).ask("POST", "/sessions", {"username": name, "password": PASSWORD})
        for name in ("pat", "nobody")
    ]
    assert {(reply.status, reply.json["code"]) for reply in replies} == {(401, "invalid_credentials")}


def test_a_flow_lives_ten_minutes(browser: Browser, elsewhere: Issuer, clock: Clock) -> None:
    back = elsewhere.authorize(browser.begin())
    clock.advance(599)
    assert browser.come_back(back).status == 200
    back = elsewhere.authorize(browser.begin())
    clock.advance(600)
    assert browser.come_back(back).json["code"] == "invalid_state"
