"""A second factor after a log-in through a provider, and what a provider's own counts for (MF-2, TH-4, ``trusts_mfa``)."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from chalice.test import Client

from chalicelib.authentication.log_in import LogInResult
from chalicelib.settings import settings
from chalicelib.settings.reader import SettingsError
from chalicelib.store import Store
from chalicelib.wiring import Services
from chalicelib.world import World
from tests.conftest import Clock
from tests.federation import in_process, issuer
from tests.federation.in_process import Browser, Reply, parameters_of
from tests.federation.issuer import Issuer
from tests.federation.visits import log_in
from tests.support.factor_people import Person

SAYS_SO: tuple[dict[str, Any], ...] = (
    {"amr": ["pwd", "mfa"]},
    {"acr": "phr"},
    {"acr": "https://refeds.org/profile/mfa"},
)
SAYS_NOTHING: tuple[dict[str, Any], ...] = (
    {},
    {"amr": ["pwd"]},
    {"amr": "mfa"},
    {"acr": "0"},
    {"acr": ["phr"]},
    {"amr": ["pwd", "otp"]},
)


@dataclass
class Place:
    services: Services
    clock: Clock


@pytest.fixture(params=[True])
def trusts(request: pytest.FixtureRequest) -> bool:
    return bool(request.param)


@pytest.fixture
def services(store: Store, world: World, tmp_path: Path, elsewhere: Issuer, trusts: bool) -> Services:
    entry = {**issuer.setting(elsewhere), "trusts_mfa": trusts}
    return in_process.services(store, world, tmp_path, PROVIDERS={"elsewhere": entry})


@pytest.fixture
def client(services: Services) -> Iterator[Client]:
    with in_process.open_app(services) as client:
        yield client


@pytest.fixture
def pat(browser: Browser, elsewhere: Issuer, services: Services, clock: Clock) -> Person:
    """Pat, of the provider, with an authenticator app here."""
    tokens = log_in(browser, elsewhere).json
    claims = services.tokens.jwt.verify(tokens["access_token"])
    live = services.authentication.sessions.require_live(claims.sub, claims.sid or "")
    signed_in = LogInResult(live.user, live.session.session_id, "", 0, "", frozenset())
    return Person(Place(services, clock), signed_in, password="").with_totp()


def is_asked(reply: Reply) -> bool:
    if reply.status == 200:
        return False
    assert (reply.status, reply.json["code"]) == (401, "second_factor_required")
    return True


def test_a_log_in_through_a_provider_asks_for_it(browser: Browser, elsewhere: Issuer, pat: Person) -> None:
    """As a JSON answer, which goes on as after a password."""
    reply = log_in(browser, elsewhere)
    assert is_asked(reply)
    assert "access_token" not in reply.json
    shown = {"pending_token": reply.json["pending_token"], "totp": pat.code()}
    done = browser.ask("POST", "/sessions/second-factor", shown)
    assert done.status == 201, done.text
    assert pat.services.tokens.jwt.verify(done.json["access_token"]).amr == ("fed", "otp", "mfa")


def test_the_session_is_as_old_as_the_providers_log_in_however_young_the_factor(
    browser: Browser, elsewhere: Issuer, pat: Person, clock: Clock
) -> None:
    """MF-4, OP-9: ``auth_time`` tells the truth."""
    elsewhere.claims["auth_time"] = int(clock.now) - 3600
    reply = log_in(browser, elsewhere)
    shown = {"pending_token": reply.json["pending_token"], "totp": pat.code()}
    done = browser.ask("POST", "/sessions/second-factor", shown)
    assert pat.services.tokens.jwt.verify(done.json["access_token"]).auth_time == int(clock.now) - 3600


def test_a_browser_gets_the_page_and_comes_back_to_where_it_was_going(
    browser: Browser, elsewhere: Issuer, pat: Person
) -> None:
    """Its token in a cookie, in no URL and no page."""
    reply = log_in(browser, elsewhere, return_to="/account?tab=1")
    assert (reply.status, parameters_of(reply.location)) == (303, {"return_to": "/account?tab=1"})
    assert {"__Host-cupbearer_session", "__Host-cupbearer_login"}.isdisjoint(browser.cookies)
    page = browser.ask("GET", reply.location.removeprefix(in_process.ISSUER))
    assert browser.cookies["__Host-cupbearer_pending"] not in page.text
    fields = dict(re.findall(r'type="hidden" name="(csrf|return_to)" value="([^"]*)"', page.text))
    done = browser.send("/login/second-factor", {**fields, "totp": pat.code()})
    assert (done.status, done.location) == (303, f"{in_process.ISSUER}/account?tab=1")


@pytest.mark.parametrize("claims", SAYS_SO)
def test_a_trusted_provider_that_says_so_has_asked_for_it(
    browser: Browser, elsewhere: Issuer, services: Services, pat: Person, claims: dict[str, Any]
) -> None:
    elsewhere.claims.update(claims)
    reply = log_in(browser, elsewhere)
    assert not is_asked(reply)
    assert services.tokens.jwt.verify(reply.json["access_token"]).amr == ("fed", "mfa")


@pytest.mark.parametrize("claims", SAYS_NOTHING)
def test_one_that_does_not_say_so_has_not(
    browser: Browser, elsewhere: Issuer, pat: Person, claims: dict[str, Any]
) -> None:
    elsewhere.claims.update(claims)
    assert is_asked(log_in(browser, elsewhere))


@pytest.mark.parametrize("trusts", [False], indirect=True)
@pytest.mark.parametrize("claims", SAYS_SO)
def test_the_word_of_one_that_is_not_trusted_with_it_counts_for_nothing(
    browser: Browser, elsewhere: Issuer, pat: Person, claims: dict[str, Any]
) -> None:
    elsewhere.claims.update(claims)
    assert is_asked(log_in(browser, elsewhere))


def test_userinfo_is_no_place_to_say_it(browser: Browser, elsewhere: Issuer, services: Services) -> None:
    """FD-2: what is not signed says nothing of a log-in."""
    elsewhere.claims.update(dict.fromkeys(("email", "email_verified", "name", "preferred_username")))
    elsewhere.userinfo.update({"amr": ["mfa"], "acr": "phr"})
    token = log_in(browser, elsewhere).json["access_token"]
    assert "/userinfo" in elsewhere.visits
    assert services.tokens.jwt.verify(token).amr == ("fed",)


@pytest.mark.parametrize(
    ("name", "entry"),
    [("elsewhere", {"trusts_mfa": "true"}), ("elsewhere", {"trusts_mfa": 1}), ("second-factor", {})],
)
def test_settings_that_say_it_wrong_are_refused(name: str, entry: dict[str, Any]) -> None:
    """Also a provider whose log-in would have the path of our page."""
    whole = {"issuer": "https://a.example", "client_id": "a", "client_secret": "b", **entry}
    with pytest.raises(SettingsError):
        settings.parse({"CUPBEARER_PROVIDERS": json.dumps({name: whole}), "CUPBEARER_STORE": "sqlite:///x"})
