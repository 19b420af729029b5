"""The device flow (RFC 8628): a program waits, a person decides."""

from dataclasses import replace

import pytest

from chalicelib.authentication.log_in import LogInResult
from chalicelib.oauth.client import DEVICE_CODE
from chalicelib.oauth.device_codes import ALPHABET, cleaned
from tests.conftest import Clock
from tests.oauth.server import ISSUER, App, Browser, Reply, Server, log_in_narrowly, payload_of


@pytest.fixture
def tv(server: Server) -> App:
    grants = (DEVICE_CODE, "refresh_token")
    return server.client(
        name="TV", public=True, redirect_uris=(), post_logout_redirect_uris=(), grants=grants
    )


def begin(tv: App, scope: str | None = "openid profile") -> dict[str, str]:
    answer = tv.post("/oauth/device_authorization", scope=scope)
    assert answer.status == 200, answer.text
    return dict(answer.json)


def poll(tv: App, begun: dict[str, str]) -> Reply:
    return tv.token(grant_type=DEVICE_CODE, device_code=begun["device_code"])


def decide(browser: Browser, begun: dict[str, str], decision: str = "allow") -> Reply:
    page = browser.go(begun["verification_uri_complete"])
    if 'name="password"' in page.text:
        page = browser.log_in(page)
    page = browser.send("/device", page.form)
    assert "<strong>TV</strong>" in page.text
    return browser.send("/device", {**page.form, "decision": decision})


def test_a_program_gets_its_tokens_once_its_person_allows(
    tv: App, browser: Browser, zoe: LogInResult, server: Server
) -> None:
    begun = begin(tv)
    assert begun["verification_uri"] == f"{ISSUER}/device"
    assert poll(tv, begun).error == "authorization_pending"
    assert "connected" in decide(browser, begun).text
    tokens = poll(tv, begun).json
    assert payload_of(tokens["access_token"])["sub"] == zoe.user.user_id
    assert payload_of(tokens["id_token"])["aud"] == tv.client_id
    assert tv.refresh(tokens["refresh_token"]).status == 200
    assert {"device_approved", "consent_given"} <= set(server.events(zoe.user.user_id))


def test_a_device_code_is_spent_once(tv: App, browser: Browser) -> None:
    begun = begin(tv)
    decide(browser, begun)
    assert [poll(tv, begun).status for _ in range(3)] == [200, 400, 400]
    assert poll(tv, begun).error == "invalid_grant"


def test_a_refusal_is_told(tv: App, browser: Browser) -> None:
    begun = begin(tv)
    decide(browser, begun, "deny")
    assert poll(tv, begun).error == "access_denied"


def test_asking_too_often_is_told_to_slow_down(tv: App, clock: Clock) -> None:
    begun = begin(tv)
    assert [poll(tv, begun).error for _ in range(2)] == ["authorization_pending", "slow_down"]
    for _ in range(20):
        clock.advance(float(begun["interval"]))
        assert poll(tv, begun).error == "authorization_pending"


def test_it_is_over_after_ten_minutes(tv: App, browser: Browser, clock: Clock) -> None:
    begun = begin(tv)
    clock.advance(int(begun["expires_in"]))
    assert poll(tv, begun).error == "expired_token"
    page = browser.log_in(browser.go(begun["verification_uri_complete"]))
    assert "unknown, used or too old" in browser.send("/device", page.form).text


def test_a_device_code_is_bound_to_its_client(server: Server, tv: App, browser: Browser) -> None:
    begun = begin(tv)
    decide(browser, begun)
    other = server.client(public=True, redirect_uris=(), grants=(DEVICE_CODE,))
    assert poll(other, begun).error == "invalid_grant"
    assert poll(tv, begun).status == 200


def test_a_client_without_the_grant_cannot_begin(shop: App) -> None:
    assert shop.post("/oauth/device_authorization").error == "unauthorized_client"


def test_wrong_user_codes_are_throttled(tv: App, browser: Browser) -> None:
    """TH-1: 34 bits stand ten tries, not ten thousand."""
    begun = begin(tv)
    page = browser.log_in(browser.go("/device"))
    replies = [browser.send("/device", {**page.form, "user_code": "BBBB-BBBB"}) for _ in range(11)]
    assert [reply.status for reply in replies] == [400] * 10 + [429]
    assert browser.send("/device", {**page.form, "user_code": begun["user_code"]}).status == 429


def test_deciding_needs_our_own_form(server: Server, tv: App, browser: Browser) -> None:
    """BR-2, OP-7: a code sent by mail and one click do not connect a stranger's device."""
    begun = begin(tv)
    page = browser.log_in(browser.go(begun["verification_uri_complete"]))
    first = page.form["csrf"]
    fields = {"user_code": begun["user_code"], "decision": "allow"}
    for csrf in (first, "x"):
        assert browser.send("/device", {**fields, "csrf": csrf}).status == 400
    assert poll(tv, begun).error == "authorization_pending"


def test_a_decision_counts_for_the_device_and_the_scopes_that_were_shown(
    server: Server, browser: Browser, zoe: LogInResult
) -> None:
    """OP-7, BR-2: not for another device's code put into the form, nor for a right that came later."""
    tv = server.client(name="TV", public=True, grants=(DEVICE_CODE,), scopes="openid pangolins")
    begun, other = begin(tv, "openid pangolins"), begin(tv, "openid pangolins")
    page = browser.log_in(browser.go(begun["verification_uri_complete"]))
    page = browser.send("/device", page.form)
    fields = {**page.form, "decision": "allow"}
    assert browser.send("/device", {**fields, "user_code": other["user_code"]}).status == 400
    server.services.accounts.users.change(
        zoe.user.user_id, lambda user: replace(user, scopes=frozenset({"pangolins"}))
    )
    assert browser.send("/device", fields).status == 400
    assert {poll(tv, each).error for each in (begun, other)} == {"authorization_pending"}
    assert "connected" in decide(browser, begun).text


def test_a_log_out_before_the_poll_leaves_nothing(
    server: Server, tv: App, browser: Browser, zoe: LogInResult
) -> None:
    begun = begin(tv)
    decide(browser, begun)
    own = {"Authorization": f"Bearer {zoe.access_token}"}
    assert server.ask("DELETE", "/sessions", headers=own).status == 204
    assert poll(tv, begun).error == "invalid_grant"


def test_user_codes_are_read_as_people_type_them() -> None:
    assert cleaned("bcdf-ghjk") == cleaned(" BCDF GHJK ") == "BCDFGHJK"
    for wrong in ("", "BCDF", "BCDF-GHJA", "BCDFGHJKL", "B" * 100):
        assert cleaned(wrong) is None
    assert len(ALPHABET) == 20


def test_one_network_begins_a_hundred_an_hour_and_no_more(tv: App) -> None:
    """DS-3."""
    for _ in range(100):
        begin(tv)
    assert tv.post("/oauth/device_authorization").status == 429


def test_a_narrowed_log_in_gives_a_device_no_more_than_it_has(
    server: Server, browser: Browser, zoe: LogInResult
) -> None:
    """SC-2: the page shows what this log-in has, not all that its person has."""
    tv = server.client(name="TV", public=True, grants=(DEVICE_CODE,), scopes="openid get:profile")
    log_in_narrowly(browser)
    begun = begin(tv, "openid get:profile")
    page = browser.send("/device", browser.go(begun["verification_uri_complete"]).form)
    assert "get:profile" not in page.text
    browser.send("/device", {**page.form, "decision": "allow"})
    assert poll(tv, begun).json["scope"] == "openid"
    (consent,) = server.services.oauth.consents.of(zoe.user.user_id)
    assert consent.scopes == {"openid"}


def test_a_step_back_of_the_clock_prolongs_no_device_code(tv: App, clock: Clock) -> None:
    """AV-4: what was made in the future was not made within ten minutes."""
    begun = begin(tv)
    clock.advance(-300)
    assert poll(tv, begun).error in ("invalid_grant", "expired_token")


@pytest.mark.parametrize(("decision", "said"), [("allow", "connected"), ("deny", "refused")])
def test_a_double_click_on_a_decision_says_what_the_first_click_did(
    tv: App, browser: Browser, zoe: LogInResult, server: Server, decision: str, said: str
) -> None:
    begun = begin(tv)
    page = browser.log_in(browser.go(begun["verification_uri_complete"]))
    page = browser.send("/device", page.form)
    for answer in (browser.send("/device", {**page.form, "decision": decision}) for _ in range(2)):
        assert (
            answer.status,
            f"The device {'is' if said == 'connected' else 'was'} {said}" in answer.text,
        ) == (
            200,
            True,
        )
    (other,) = {"allow", "deny"} - {decision}
    changed = browser.send("/device", {**page.form, "decision": other})
    assert (changed.status, "decided already" in changed.text) == (400, True)
    events = server.events(zoe.user.user_id)
    assert events.count("device_approved") + events.count("device_refused") == 1


def test_a_code_that_was_decided_shows_no_form_to_anybody(tv: App, browser: Browser, server: Server) -> None:
    begun = begin(tv)
    decide(browser, begun)
    server.person("amy")
    other = server.browser()
    other.log_in(username="amy")
    for one in (browser, other):
        page = one.go(begun["verification_uri_complete"])
        assert "unknown, used or too old" in one.send("/device", page.form).text
