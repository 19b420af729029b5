"""Who the person is, in the ID token: for servers by default, for public clients where they ask (OP-9; Core section 5.4)."""

from typing import Any

import pytest

from chalicelib.authentication.log_in import LogInResult
from chalicelib.oauth.client_options import ClientOptions
from tests.oauth.server import App, Browser, Server, payload_of

TOLD = {
    "name": "Zoë",
    "preferred_username": "zoe",
    "email": "zoe@example.com",
    "email_verified": False,
}


def told(app: App, browser: Browser, **changes: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return what the ID tokens of a log-in and of a refresh say of the person."""
    tokens = app.redeem(app.code(browser, **changes)).json
    again = app.refresh(tokens["refresh_token"]).json
    first, second = (payload_of(each["id_token"]) for each in (tokens, again))
    return (
        {name: first[name] for name in TOLD if name in first},
        {n: second[n] for n in TOLD if n in second},
    )


@pytest.mark.parametrize(
    ("public", "wished", "says"),
    [
        (False, None, True),
        (True, None, False),
        (False, False, False),
        (True, True, True),
    ],
)
def test_a_servers_id_token_says_who_the_person_is_unless_registered_otherwise(
    server: Server, browser: Browser, *, public: bool, wished: bool | None, says: bool
) -> None:
    app = server.client(public=public, options=ClientOptions(id_token_claims=wished))
    assert told(app, browser) == (TOLD if says else {}, TOLD if says else {})


@pytest.mark.parametrize(
    ("scope", "names"),
    [
        ("openid", set()),
        ("openid profile", {"name", "preferred_username"}),
        ("openid email", {"email", "email_verified"}),
    ],
)
def test_it_says_what_the_scopes_cover_and_no_more(
    shop: App, browser: Browser, scope: str, names: set[str]
) -> None:
    """Core section 5.4; SC-2."""
    log_in, refresh = told(shop, browser, scope=scope)
    assert log_in.keys() == refresh.keys() == names


def test_a_narrowed_refresh_says_less(shop: App, browser: Browser) -> None:
    tokens = shop.redeem(shop.code(browser)).json
    narrowed = shop.refresh(tokens["refresh_token"], scope="openid email").json
    assert not {"name", "preferred_username"} & payload_of(narrowed["id_token"]).keys()


def test_what_is_not_known_is_left_out(server: Server, shop: App) -> None:
    """Core section 5.3.2: never null."""
    server.person("yan")
    browser = server.browser()
    browser.log_in(username="yan")
    log_in, refresh = told(shop, browser)
    assert log_in == refresh == {"preferred_username": "yan"}


def test_it_says_the_same_as_userinfo(server: Server, shop: App, browser: Browser, zoe: LogInResult) -> None:
    tokens = shop.redeem(shop.code(browser)).json
    bearer = {"Authorization": f"Bearer {tokens['access_token']}"}
    userinfo = server.ask("GET", "/oauth/userinfo", headers=bearer).json
    assert userinfo == {"sub": zoe.user.user_id, **TOLD}
    assert userinfo.items() <= payload_of(tokens["id_token"]).items()
