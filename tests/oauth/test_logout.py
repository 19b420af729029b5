"""RP-initiated logout: proven or confirmed, and leading only where the client registered (OP-9, BR-2)."""

from urllib.parse import urlencode

import pytest

from chalicelib.authentication.log_in import LogInResult
from tests.oauth.server import AFTER_LOGOUT, App, Browser, Server


@pytest.fixture
def tokens(shop: App, browser: Browser) -> dict[str, str]:
    return dict(shop.redeem(shop.code(browser)).json)


def logout(**parameters: str) -> str:
    return f"/oauth/logout?{urlencode(parameters)}"


def is_logged_in(shop: App, browser: Browser) -> bool:
    return "code=" in browser.ask("GET", shop.authorize_url(prompt="none")).location


def test_with_a_hint_it_ends_both_sessions_and_leads_back(
    shop: App, browser: Browser, tokens: dict[str, str]
) -> None:
    url = logout(id_token_hint=tokens["id_token"], post_logout_redirect_uri=AFTER_LOGOUT, state="s t")
    reply = browser.ask("GET", url)
    assert (reply.status, reply.location) == (303, f"{AFTER_LOGOUT}?state=s+t")
    assert set(browser.cookies) == {"__Host-cupbearer_browser"}
    assert not is_logged_in(shop, browser)
    assert shop.refresh(tokens["refresh_token"]).json["reason"] == "revoked"


def test_a_stolen_cookie_is_worth_nothing_after_it(
    shop: App, browser: Browser, tokens: dict[str, str]
) -> None:
    """SE-5."""
    stolen = dict(browser.cookies)
    browser.ask("GET", logout(id_token_hint=tokens["id_token"]))
    browser.cookies = stolen
    assert not is_logged_in(shop, browser)


@pytest.mark.parametrize("named", [False, True])
def test_without_a_hint_the_person_is_asked(
    shop: App, browser: Browser, tokens: dict[str, str], *, named: bool
) -> None:
    assert tokens
    more = {"client_id": shop.client_id, "post_logout_redirect_uri": AFTER_LOGOUT} if named else {}
    page = browser.ask("GET", logout(**more))
    assert "Log out?" in page.text
    assert is_logged_in(shop, browser)
    reply = browser.send("/oauth/logout", page.form)
    assert reply.status == (303 if named else 200)
    assert not is_logged_in(shop, browser)


def test_the_answer_to_the_question_is_bound_to_the_browser_and_the_person(
    server: Server, shop: App, browser: Browser, tokens: dict[str, str]
) -> None:
    assert tokens
    page = browser.ask("GET", logout())
    for changed in ({"csrf": "x"}, {"request": "x"}):
        assert browser.send("/oauth/logout", {**page.form, **changed}).status == 400
    other = server.browser()
    other.log_in()
    assert browser.send("/oauth/logout", other.ask("GET", logout()).form).status == 400
    cross = {"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"}
    assert browser.ask("POST", "/oauth/logout", form=page.form, headers=cross).status == 400
    assert is_logged_in(shop, browser)


@pytest.mark.parametrize(
    "uri",
    [
        AFTER_LOGOUT + "/",
        AFTER_LOGOUT + "?x=1",
        "https://evil.example/bye",
        "//shop.example/bye",
        "javascript:alert(1)",
    ],
)
def test_it_leads_nowhere_else(shop: App, browser: Browser, tokens: dict[str, str], uri: str) -> None:
    """OP-9: exact, on every path."""
    for proof in ({"id_token_hint": tokens["id_token"]}, {"client_id": shop.client_id}, {}):
        reply = browser.ask("GET", logout(post_logout_redirect_uri=uri, **proof))
        assert (reply.status, "Location" in reply.headers) == (400, False)
    assert is_logged_in(shop, browser)


def test_a_uri_without_a_client_leads_nowhere(browser: Browser, tokens: dict[str, str]) -> None:
    assert tokens
    assert browser.ask("GET", logout(post_logout_redirect_uri=AFTER_LOGOUT)).status == 400


@pytest.mark.parametrize("hint", ["x", "x.y.z", "access_token", "refresh_token"])
def test_what_is_no_id_token_of_ours_is_no_hint(
    shop: App, browser: Browser, tokens: dict[str, str], hint: str
) -> None:
    """TK-7."""
    assert browser.ask("GET", logout(id_token_hint=tokens.get(hint, hint))).status == 400
    assert is_logged_in(shop, browser)


def test_another_clients_hint_is_refused(
    server: Server, shop: App, browser: Browser, tokens: dict[str, str]
) -> None:
    other = server.client()
    assert (
        browser.ask("GET", logout(id_token_hint=tokens["id_token"], client_id=other.client_id)).status == 400
    )
    assert is_logged_in(shop, browser)


def test_another_persons_hint_asks_the_one_who_is_there(
    server: Server, shop: App, browser: Browser, tokens: dict[str, str]
) -> None:
    server.person("amy")
    other = server.browser()
    other.log_in(username="amy")
    shop.code(other)
    assert "Log out?" in other.ask("GET", logout(id_token_hint=tokens["id_token"])).text
    assert is_logged_in(shop, other)


def test_a_form_from_another_site_goes_on_without_the_token_in_the_url(
    server: Server, shop: App, browser: Browser, tokens: dict[str, str], zoe: LogInResult
) -> None:
    """BR-1: a form from elsewhere does not tell who is logged in, so it becomes a GET."""
    form = {"id_token_hint": tokens["id_token"], "post_logout_redirect_uri": AFTER_LOGOUT, "state": "s"}
    reply = server.ask("POST", "/oauth/logout", form=form, headers={"Origin": "https://shop.example"})
    assert reply.status == 303
    assert tokens["id_token"] not in reply.location
    done = browser.ask("GET", reply.location)
    assert done.location == f"{AFTER_LOGOUT}?state=s"
    assert not is_logged_in(shop, browser)
    assert server.events(zoe.user.user_id).count("log_out") == 2


def test_nobody_is_logged_out_twice(browser: Browser, tokens: dict[str, str]) -> None:
    for _ in range(2):
        assert browser.ask("GET", logout(id_token_hint=tokens["id_token"])).status == 200


def test_a_repeated_parameter_is_refused(browser: Browser, tokens: dict[str, str]) -> None:
    url = logout(id_token_hint=tokens["id_token"])
    assert browser.ask("GET", f"{url}&state=a&state=b").status == 400


def test_a_logout_request_by_form_is_judged_before_it_goes_on(server: Server) -> None:
    """DS-2: no address of ours is made of what is too long for one."""
    reply = server.ask("POST", "/oauth/logout", form={"client_id": "x" * 60_000})
    assert (reply.status, "Location" in reply.headers) == (400, False)
    short = server.ask("POST", "/oauth/logout", form={"client_id": "x" * 255, "state": "x" * 60_000})
    assert (short.status, len(short.location) < 8000) == (303, True)
