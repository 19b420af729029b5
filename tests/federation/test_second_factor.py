"""Second factors and providers: a provider's word for one counts where its entry says so (MF-2, TH-4)."""

import re
from pathlib import Path
from typing import Any

import pytest

from chalicelib.sessions.session import LiveSession
from chalicelib.store import Store
from chalicelib.wiring import Services
from chalicelib.world import World
from cupbearer.testing import SOURCE
from tests.conftest import Clock
from tests.federation import in_process, issuer
from tests.federation.in_process import Browser
from tests.federation.issuer import Issuer
from tests.federation.visits import log_in
from tests.support.factor_people import STEP, code_of


def acting(services: Services, reply: in_process.Reply) -> LiveSession:
    claims = services.tokens.jwt.verify(reply.json["access_token"])
    return services.accounts.self_service.acting(claims)


def add_app(services: Services, reply: in_process.Reply, clock: Clock) -> str:
    own, live = services.second_factors.own, acting(services, reply)
    secret = own.begin_totp(live).secret
    own.confirm_totp(live, code_of(secret, clock.now), source=SOURCE)
    clock.advance(STEP)
    return secret


def test_a_log_in_through_a_provider_is_asked_for_it_too(
    browser: Browser, elsewhere: Issuer, services: Services, clock: Clock
) -> None:
    secret = add_app(services, log_in(browser, elsewhere), clock)
    elsewhere.claims = {"amr": ["pwd", "otp", "mfa"], "acr": "phr"}  # nobody said that this counts
    asked = log_in(browser, elsewhere)
    assert asked.status == 401
    assert (asked.json["code"], asked.json["factors"]) == ("second_factor_required", ["totp"])
    body = {"pending_token": asked.json["pending_token"], "totp": code_of(secret, clock.now)}
    done = browser.ask("POST", "/sessions/second-factor", body)
    assert done.status == 201
    assert acting(services, done).session.amr == ("fed", "otp", "mfa")


def test_a_browser_gets_the_page_and_comes_back_to_where_it_was_going(
    browser: Browser, elsewhere: Issuer, services: Services, clock: Clock
) -> None:
    secret = add_app(services, log_in(browser, elsewhere), clock)
    page = log_in(browser, elsewhere, return_to="/account?tab=1")
    assert page.status == 200
    assert "__Host-cupbearer_refresh" not in browser.cookies
    fields = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', page.text))
    form = "&".join(
        f"{name}={value}" for name, value in fields.items() if name in ("csrf", "pending_token", "kinds")
    )
    answer = browser.client.http.request(
        "POST",
        "/second-factor",
        headers={
            "Content-Type": "application/x-www-form-urlencoded",
            "Cookie": "; ".join(f"{name}={value}" for name, value in browser.cookies.items()),
            "Sec-Fetch-Site": "same-origin",
        },
        body=f"{form}&return_to=%2Faccount%3Ftab%3D1&totp={code_of(secret, clock.now)}".encode(),
    )
    assert answer.status_code == 303
    assert answer.headers["Location"] == f"{in_process.ISSUER}/account?tab=1"


class TestTrusted:
    @pytest.fixture
    def services(self, store: Store, world: World, tmp_path: Path, elsewhere: Issuer) -> Services:
        setting = {**issuer.setting(elsewhere), "trusts_mfa": True}
        return in_process.services(store, world, tmp_path, PROVIDERS={"elsewhere": setting})

    @pytest.mark.parametrize(
        "claims", [{"amr": ["pwd", "mfa"]}, {"acr": "phr"}, {"acr": "https://refeds.org/profile/mfa"}]
    )
    def test_its_word_counts(
        self, browser: Browser, elsewhere: Issuer, services: Services, clock: Clock, claims: dict[str, Any]
    ) -> None:
        add_app(services, log_in(browser, elsewhere), clock)
        elsewhere.claims = claims
        done = log_in(browser, elsewhere)
        assert done.status == 200
        assert acting(services, done).session.amr == ("fed", "mfa")

    @pytest.mark.parametrize(
        "claims", [{}, {"amr": ["pwd"]}, {"amr": "mfa"}, {"acr": "0"}, {"acr": ["phr"]}, {"amr": {"mfa": 1}}]
    )
    def test_where_it_says_nothing_of_the_kind_it_does_not(
        self, browser: Browser, elsewhere: Issuer, services: Services, clock: Clock, claims: dict[str, Any]
    ) -> None:
        add_app(services, log_in(browser, elsewhere), clock)
        elsewhere.claims = claims
        assert log_in(browser, elsewhere).status == 401
