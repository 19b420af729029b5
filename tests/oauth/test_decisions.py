"""A person's decision counts once, and what came from it ends with it (OP-7, ST-2, SE-4)."""

from collections.abc import Callable

import pytest

from chalicelib.authentication.log_in import LogInResult
from chalicelib.errors import Taken
from chalicelib.oauth.errors import OAuthRefusal
from chalicelib.store import Insert, Replace, Write
from chalicelib.wiring import using
from tests.oauth.server import CALLBACK, SOURCE, VERIFIER, App, Browser, Server
from tests.support.overtaken import overtaken


def withdraw(server: Server, shop: App, zoe: LogInResult) -> None:
    server.services.oauth.consents.withdraw(zoe.user.user_id, shop.client_id, source=SOURCE)


def log_out(server: Server, zoe: LogInResult) -> None:
    """End every session of the browser's person but none of the person's record."""
    for session in server.services.authentication.sessions.live(zoe.user.user_id):
        server.services.authentication.sessions.end(zoe.user.user_id, session.session_id, source=SOURCE)


def inserts(partition: str) -> Callable[[Write], bool]:
    return lambda write: isinstance(write, Insert) and write.key.partition.startswith(partition)


def consents(server: Server, zoe: LogInResult) -> int:
    return len(server.services.oauth.consents.of(zoe.user.user_id))


@pytest.mark.parametrize("first", ["allow", "refuse"])
def test_a_form_decides_once(
    server: Server, shop: App, browser: Browser, zoe: LogInResult, first: str
) -> None:
    """Also after the consent was withdrawn: the form of before gives nothing back."""
    page = browser.log_in(browser.go(shop.authorize_url()))
    assert browser.consent(page, first).status == 303
    if first == "allow":
        withdraw(server, shop, zoe)
    (other,) = {"allow", "refuse"} - {first}
    again = browser.consent(page, other)
    assert (again.status, "decided already" in again.text) == (400, True)
    browser.consent(page, first)
    assert consents(server, zoe) == 0
    assert browser.consent(browser.go(shop.authorize_url())).status == 303


def test_a_double_click_on_allow_lands_where_the_first_click_did(
    server: Server, shop: App, browser: Browser, zoe: LogInResult
) -> None:
    """OP-7: the browser shows the second answer alone; the first code is spent by nobody."""
    page = browser.log_in(browser.go(shop.authorize_url()))
    first, second = browser.consent(page), browser.consent(page)
    assert second.location.partition("?")[0] == first.location.partition("?")[0] == CALLBACK
    assert second.parameters["state"] == first.parameters["state"]
    assert shop.redeem(second.parameters["code"]).status == 200
    assert server.events(zoe.user.user_id).count("consent_given") == 1


def test_a_double_click_on_refuse_lands_where_the_first_click_did(
    server: Server, shop: App, browser: Browser, zoe: LogInResult
) -> None:
    page = browser.log_in(browser.go(shop.authorize_url()))
    first, second = browser.consent(page, "refuse"), browser.consent(page, "refuse")
    assert (second.status, second.location) == (303, first.location)
    assert second.parameters["error"] == "access_denied"
    assert server.events(zoe.user.user_id).count("consent_refused") == 1


@pytest.mark.parametrize("why", ["withdrawn", "prompt"])
def test_a_double_click_on_allow_asks_again_where_the_client_would_have_to(
    server: Server, shop: App, browser: Browser, zoe: LogInResult, why: str
) -> None:
    """OP-7: a form that allowed once gives no second code past a withdrawal, nor past ``prompt=consent``."""
    page = browser.log_in(browser.go(shop.authorize_url(prompt="consent" if why == "prompt" else None)))
    assert "code" in browser.consent(page).parameters
    if why == "withdrawn":
        withdraw(server, shop, zoe)
    asked = browser.consent(page)
    assert (asked.status, 'value="allow"' in asked.text) == (200, True)
    assert "code" in browser.consent(asked).parameters


def test_two_forms_of_one_request_are_two(server: Server, shop: App, browser: Browser) -> None:
    """The same request in the same second, asked for twice."""
    browser.log_in()
    pages = [browser.go(shop.authorize_url(prompt="consent")) for _ in range(2)]
    assert [browser.consent(page).status for page in pages] == [303, 303]


def test_a_code_from_before_a_withdrawal_is_void_under_a_new_consent(
    server: Server, shop: App, browser: Browser, zoe: LogInResult
) -> None:
    before = shop.code(browser)
    withdraw(server, shop, zoe)
    after = shop.code(browser)
    assert shop.redeem(before).error == "invalid_grant"
    assert shop.redeem(after).status == 200


def test_a_code_from_before_more_was_consented_to_is_still_good(
    server: Server, shop: App, browser: Browser
) -> None:
    before = shop.code(browser, scope="openid")
    after = shop.code(browser, scope="openid profile email")
    assert [shop.redeem(code).status for code in (before, after)] == [200, 200]


def test_a_device_approved_before_a_withdrawal_gets_nothing_under_a_new_consent(
    server: Server, browser: Browser, zoe: LogInResult
) -> None:
    device_code_grant = "urn:ietf:params:oauth:grant-type:device_code"
    app = server.client(grants=("authorization_code", "refresh_token", device_code_grant))
    begun = app.post("/oauth/device_authorization", scope="openid").json
    browser.log_in()
    page = browser.send("/device", {**browser.go("/device").form, "user_code": begun["user_code"]})
    assert "connected" in browser.send("/device", {**page.form, "decision": "allow"}).text
    withdraw(server, app, zoe)
    app.code(browser)
    assert app.token(grant_type=device_code_grant, device_code=begun["device_code"]).error == "invalid_grant"


def redeemed_while(server: Server, shop: App, code: str, act: Callable[[], object]) -> None:
    """Redeem a code that another overtakes just before its commit."""
    services = overtaken(server.services, act, matters=inserts("user#"))
    client = services.oauth.clients.require(shop.client_id)
    form = {"grant_type": "authorization_code", "code": code, "code_verifier": VERIFIER}
    services.oauth.token_requests.redeem({**form, "redirect_uri": CALLBACK}, client, source=SOURCE)


@pytest.mark.parametrize("act", ["consent withdrawn", "logged out"])
def test_what_ends_during_a_redemption_leaves_nothing_issued(
    server: Server, shop: App, browser: Browser, zoe: LogInResult, act: str
) -> None:
    """ST-2, SE-7: consent and log-in are demanded in the commit that spends the code."""
    code = shop.code(browser)

    def end() -> None:
        withdraw(server, shop, zoe) if act == "consent withdrawn" else log_out(server, zoe)

    with pytest.raises(OAuthRefusal):
        redeemed_while(server, shop, code, end)
    live = server.services.authentication.sessions.live(zoe.user.user_id)
    assert [session for session in live if session.client_id == shop.client_id] == []


def test_a_session_that_a_withdrawal_overlooked_is_dead_under_a_new_consent(
    server: Server, shop: App, browser: Browser, zoe: LogInResult
) -> None:
    """SE-7: it began between the reading and the commit of the withdrawal."""
    begun: list[str] = []
    code = shop.code(browser)
    services = overtaken(server.services, lambda: begun.append(shop.redeem(code).json["refresh_token"]))
    services.oauth.consents.withdraw(zoe.user.user_id, shop.client_id, source=SOURCE)
    shop.code(browser)
    assert shop.refresh(begun[0]).json["reason"] == "revoked"


def test_a_remembered_consent_that_is_withdrawn_meanwhile_gives_no_code(
    server: Server, shop: App, browser: Browser, zoe: LogInResult
) -> None:
    """ST-2: the consent is demanded in the commit of the code; the person is asked again."""
    shop.code(browser)
    services = overtaken(server.services, lambda: withdraw(server, shop, zoe), matters=inserts("code#"))
    with using(services):
        reply = Server(services, server.gateway).ask(
            "GET",
            shop.authorize_url(),
            headers={"Cookie": "; ".join(f"{name}={value}" for name, value in browser.cookies.items())},
        )
    assert reply.status == 303
    assert "/consent?" in reply.location


def test_a_second_use_that_cannot_end_the_session_says_so(
    server: Server, shop: App, browser: Browser, zoe: LogInResult
) -> None:
    """OP-2: the replay is refused either way, and never taken for done."""
    code = shop.code(browser)
    tokens = shop.redeem(code).json
    newest = [tokens["refresh_token"]]

    def refresh() -> None:
        server.services.world.now()
        newest.append(shop.refresh(newest[-1]).json["refresh_token"])

    services = overtaken(
        server.services,
        *[refresh] * 20,
        matters=lambda write: isinstance(write, Replace) and "ended" in write.data,
    )
    client = services.oauth.clients.require(shop.client_id)
    form = {"grant_type": "authorization_code", "code": code, "code_verifier": VERIFIER}
    with pytest.raises(Taken):
        services.oauth.token_requests.redeem({**form, "redirect_uri": CALLBACK}, client, source=SOURCE)
