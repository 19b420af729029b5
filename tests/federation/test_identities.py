"""One's own links to providers: seen, made and undone by hand (FD-3, MF-3, SE-6)."""

from typing import Any

import pytest
from chalice.test import Client

from chalicelib.audit.trail import Source
from chalicelib.errors import InvalidToken
from chalicelib.federation.profile import Person
from chalicelib.wiring import Services
from tests.conftest import Clock
from tests.federation.in_process import ISSUER, PASSWORD, Browser, Reply
from tests.federation.issuer import Issuer
from tests.federation.visits import log_in


@pytest.fixture
def pat(browser: Browser) -> str:
    """The token of a person with a password, just logged in."""
    return str(browser.sign_up("patricia")["access_token"])


def link(browser: Browser, elsewhere: Issuer, token: str, body: Any = None) -> Reply:
    begun = browser.ask("POST", "/users/me/identities/elsewhere", body, token=token)
    assert begun.status == 200, begun.text
    return browser.come_back(elsewhere.authorize(begun.json["url"]))


def identities(browser: Browser, token: str) -> list[dict[str, Any]]:
    reply = browser.ask("GET", "/users/me/identities", token=token)
    assert reply.status == 200, reply.text
    return list(reply.json["identities"])


def unlink(browser: Browser, token: str, identity_id: str, body: Any = None) -> Reply:
    return browser.ask("DELETE", f"/users/me/identities/{identity_id}", body, token=token)


def test_a_link_made_by_hand_needs_no_address(browser: Browser, elsewhere: Issuer, pat: str) -> None:
    elsewhere.person = {"sub": "outside-1"}
    reply = link(browser, elsewhere, pat)
    assert reply.status == 200
    assert reply.json["identity"] == identities(browser, pat)[0]
    assert {**reply.json["identity"], "identity_id": "", "linked_at": 0} == {
        "identity_id": "",
        "provider": "elsewhere",
        "issuer": elsewhere.url,
        "email": None,
        "linked_at": 0,
    }
    assert browser.me(log_in(browser, elsewhere).json["access_token"])["username"] == "patricia"


def test_a_link_may_lead_back_to_a_page(browser: Browser, elsewhere: Issuer, pat: str) -> None:
    reply = link(browser, elsewhere, pat, {"return_to": "/account"})
    assert (reply.status, reply.location) == (302, f"{ISSUER}/account")
    assert not any("refresh" in cookie for cookie in reply.set_cookies), "a link is no log-in"


def test_linking_twice_changes_nothing(browser: Browser, elsewhere: Issuer, pat: str) -> None:
    link(browser, elsewhere, pat)
    before = identities(browser, pat)
    assert link(browser, elsewhere, pat).status == 200
    assert identities(browser, pat) == before


def test_an_identity_of_another_account_is_not_taken_over(
    browser: Browser, elsewhere: Issuer, client: Client, pat: str
) -> None:
    log_in(Browser(client), elsewhere)
    reply = link(browser, elsewhere, pat)
    assert (reply.status, reply.json["code"]) == (409, "identity_taken")
    assert identities(browser, pat) == []
    events = browser.ask("GET", "/users/me/activity", token=pat).json["events"]
    assert ("federated_log_in_refused", "identity_taken") in {(e["event"], e["outcome"]) for e in events}


def test_linking_needs_a_recent_log_in_or_the_password(
    browser: Browser, elsewhere: Issuer, clock: Clock, pat: str
) -> None:
    """MF-3: at most five minutes old."""
    clock.advance(301)
    path = "/users/me/identities/elsewhere"
    assert browser.ask("POST", path, token=pat).status == 400
    wrong = browser.ask("POST", path, {"password": "another pass phrase"}, token=pat)
    assert (wrong.status, wrong.json["code"]) == (403, "wrong_password")
    assert browser.ask("POST", path, {"password": PASSWORD}, token=pat).status == 200


def test_a_link_is_for_the_browser_that_began_it(
    browser: Browser, elsewhere: Issuer, client: Client, pat: str
) -> None:
    """Else a victim could be made to link their own log-in to an attacker's account."""
    begun = browser.ask("POST", "/users/me/identities/elsewhere", token=pat)
    victim = Browser(client)
    victim.begin()
    reply = victim.come_back(elsewhere.authorize(begun.json["url"]))
    assert (reply.status, reply.json["code"]) == (400, "invalid_state")
    assert identities(browser, pat) == []


@pytest.mark.parametrize("path", ["/sessions/current", "/sessions"])
def test_a_link_ends_with_the_session_that_began_it(
    browser: Browser, elsewhere: Issuer, services: Services, pat: str, path: str
) -> None:
    begun = browser.ask("POST", "/users/me/identities/elsewhere", token=pat)
    assert browser.ask("DELETE", path, token=pat).status == 204
    reply = browser.come_back(elsewhere.authorize(begun.json["url"]))
    assert (reply.status, reply.json["code"]) == (403, "reauthentication_required")
    ((user,), _) = services.accounts.users.page()
    assert user.identities == ()


@pytest.mark.parametrize("end", ["this session", "every session"])
def test_a_link_looks_again_whether_its_session_goes_on(
    browser: Browser, elsewhere: Issuer, services: Services, pat: str, end: str
) -> None:
    """TK-6, FD-3: the session ended between the look at the door and the commit of the link."""
    acting = services.accounts.self_service.acting(services.tokens.bearer.verify(pat))
    person = Person(provider="elsewhere", issuer=elsewhere.url, sub="outside-9")
    session_id = acting.session.session_id if end == "this session" else None
    services.accounts.administration.end_session(acting.user.user_id, session_id, source=Source())
    with pytest.raises(InvalidToken):
        services.federation.identities.link(acting, person, source=Source())
    assert services.accounts.users.require(acting.user.user_id).identities == ()


def test_an_unlinked_identity_logs_nobody_in_and_ends_all_other_sessions(
    browser: Browser, elsewhere: Issuer, client: Client, pat: str
) -> None:
    """SE-6."""
    link(browser, elsewhere, pat)
    other = log_in(Browser(client), elsewhere).json
    (identity,) = identities(browser, pat)
    assert unlink(browser, pat, identity["identity_id"]).status == 204
    assert identities(browser, pat) == []
    refused = browser.ask("POST", "/sessions/refresh", {"refresh_token": other["refresh_token"]})
    assert (refused.status, refused.json["code"]) == (401, "revoked")
    newcomer = browser.me(log_in(Browser(client), elsewhere).json["access_token"])
    assert newcomer["username"] == "pat"
    events = browser.ask("GET", "/users/me/activity", token=pat).json["events"]
    assert ("identity_unlinked", "elsewhere") in {(e["event"], e["detail"].get("provider")) for e in events}


def test_unlinking_needs_a_recent_log_in_or_the_password(
    browser: Browser, elsewhere: Issuer, clock: Clock, pat: str
) -> None:
    link(browser, elsewhere, pat)
    (identity,) = identities(browser, pat)
    clock.advance(301)
    assert unlink(browser, pat, identity["identity_id"]).status == 400
    assert unlink(browser, pat, identity["identity_id"], {"password": PASSWORD}).status == 204


def test_the_last_way_to_log_in_stays(browser: Browser, elsewhere: Issuer) -> None:
    token = log_in(browser, elsewhere).json["access_token"]
    (identity,) = identities(browser, token)
    reply = unlink(browser, token, identity["identity_id"])
    assert (reply.status, reply.json["code"]) == (403, "last_way_to_log_in")
    password = {"new_password": PASSWORD}
    assert browser.ask("PUT", "/users/me/password", password, token=token).status == 204
    assert unlink(browser, token, identity["identity_id"], {"password": PASSWORD}).status == 204


def test_without_a_password_an_old_log_in_is_told_to_log_in_again(
    browser: Browser, elsewhere: Issuer, clock: Clock
) -> None:
    token = log_in(browser, elsewhere).json["access_token"]
    (identity,) = identities(browser, token)
    clock.advance(301)
    for body in (None, {"password": PASSWORD}):
        reply = unlink(browser, token, identity["identity_id"], body)
        assert (reply.status, reply.json["code"]) == (403, "reauthentication_required")


def test_nobody_unlinks_what_is_anothers(
    browser: Browser, elsewhere: Issuer, client: Client, pat: str
) -> None:
    other = Browser(client)
    token = log_in(other, elsewhere).json["access_token"]
    (identity,) = identities(other, token)
    reply = unlink(browser, pat, identity["identity_id"])
    assert reply.status == 404
    assert len(identities(other, token)) == 1


def test_an_account_has_at_most_twenty_identities(browser: Browser, elsewhere: Issuer, pat: str) -> None:
    """DS-3: they live in the user's own record."""
    for number in range(20):
        elsewhere.person = {"sub": f"outside-{number}"}
        assert link(browser, elsewhere, pat).status == 200
    elsewhere.person = {"sub": "one more"}
    assert link(browser, elsewhere, pat).status == 400
    assert len(identities(browser, pat)) == 20


def test_a_provider_that_is_not_set_up_is_unknown(browser: Browser, pat: str) -> None:
    assert browser.ask("POST", "/users/me/identities/nowhere", token=pat).status == 404
    assert browser.ask("GET", "/login/nowhere").status == 404
    assert browser.ask("GET", "/login/nowhere/callback?code=a&state=b").status == 404
