"""State, nonce and PKCE: once, and for the one browser and provider that they were made for (FD-1, FD-4, ST-2)."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from chalice.test import Client

from chalicelib.store import Store
from chalicelib.wiring import Services
from chalicelib.world import World
from tests.conftest import Clock
from tests.federation import in_process, issuer
from tests.federation.in_process import Browser, parameters_of
from tests.federation.issuer import Issuer

INVALID = (400, "invalid_state")


@pytest.fixture
def another(world: World) -> Iterator[Issuer]:
    with issuer.running(world.now) as running:
        yield running


@pytest.fixture
def services(store: Store, world: World, tmp_path: Path, elsewhere: Issuer, another: Issuer) -> Services:
    providers = {"elsewhere": issuer.setting(elsewhere), "another": issuer.setting(another)}
    return in_process.services(store, world, tmp_path, PROVIDERS=providers)


def test_a_state_is_good_for_one_answer(browser: Browser, elsewhere: Issuer) -> None:
    back = elsewhere.authorize(browser.begin())
    cookies = dict(browser.cookies)
    assert browser.come_back(back).status == 200
    browser.cookies = cookies
    reply = browser.come_back(back)
    assert (reply.status, reply.json["code"]) == INVALID


def test_a_link_from_another_browser_opens_nothing(
    browser: Browser, client: Client, elsewhere: Issuer
) -> None:
    """Log-in CSRF: the attacker's own code and state, opened by the victim."""
    back = elsewhere.authorize(browser.begin())
    for victim in (Browser(client), Browser(client)):
        reply = victim.come_back(back)
        assert (reply.status, reply.json["code"]) == INVALID
        victim.begin()  # a victim in the middle of an own log-in is no better prey
        assert victim.come_back(back).json["code"] == "invalid_state"
    assert browser.come_back(back).status == 200, "and what was tried elsewhere spent nothing"


@pytest.mark.parametrize("state", [None, "", "x", "x" * 43])
def test_an_answer_without_a_state_of_ours_opens_nothing(
    browser: Browser, elsewhere: Issuer, state: str | None
) -> None:
    reply = browser.come_back(elsewhere.authorize(browser.begin(), state=state))
    assert (reply.status, reply.json["code"]) == INVALID
    assert "/token" not in elsewhere.visits


def test_a_repeated_parameter_is_refused(browser: Browser, elsewhere: Issuer) -> None:
    """OP-5 from the other side: no two readers may see two codes."""
    back = elsewhere.authorize(browser.begin())
    path = f"/login/elsewhere/callback?{issuer.query(back)}"
    for name in ("code", "state", "iss", "error"):
        reply = browser.ask("GET", f"{path}&{name}=a&{name}=b")
        assert (reply.status, reply.json["errors"]) == (400, {name: "is given more than once"})
    assert browser.come_back(back).status == 200


@pytest.mark.parametrize("code", [None, "", "x" * 4097])
def test_an_answer_without_a_code_opens_nothing(
    browser: Browser, elsewhere: Issuer, code: str | None
) -> None:
    reply = browser.come_back(elsewhere.authorize(browser.begin(), code=code))
    assert (reply.status, reply.json["errors"].keys()) == (400, {"code"})


def test_an_answer_at_another_providers_callback_opens_nothing(
    browser: Browser, elsewhere: Issuer, another: Issuer
) -> None:
    """FD-4, RFC 9700 section 4.4: a code of the one is never shown to the other."""
    back = elsewhere.authorize(browser.begin("elsewhere"))
    reply = browser.come_back(back, "another")
    assert (reply.status, reply.json["code"]) == INVALID
    assert "/token" not in another.visits
    assert browser.come_back(back, "elsewhere").status == 200


def test_a_code_of_another_log_in_is_refused_by_its_challenge(browser: Browser, elsewhere: Issuer) -> None:
    """RFC 9700 section 4.5: an injected code has another verifier."""
    stolen = elsewhere.authorize(browser.begin())["code"]
    reply = browser.come_back(elsewhere.authorize(browser.begin(), code=stolen))
    assert (reply.status, reply.json["code"]) == (403, "provider_refused")


def test_a_token_of_another_log_in_is_refused_by_its_nonce(browser: Browser, elsewhere: Issuer) -> None:
    first = parameters_of(browser.begin())
    elsewhere.claims["nonce"] = first["nonce"]
    assert browser.come_back(elsewhere.authorize(browser.begin())).json["code"] == "provider_refused"


def test_equal_subs_of_two_issuers_are_two_people(
    browser: Browser, elsewhere: Issuer, another: Issuer, services: Services
) -> None:
    """FD-3: the same sub, and an address verified by neither."""
    for one in (elsewhere, another):
        one.person["email_verified"] = False
    browser.come_back(elsewhere.authorize(browser.begin("elsewhere")), "elsewhere")
    browser.come_back(another.authorize(browser.begin("another")), "another")
    assert len(services.accounts.users.page()[0]) == 2


def test_one_address_verified_by_two_issuers_is_one_person(
    browser: Browser, elsewhere: Issuer, another: Issuer, services: Services
) -> None:
    browser.come_back(elsewhere.authorize(browser.begin("elsewhere")), "elsewhere")
    browser.come_back(another.authorize(browser.begin("another")), "another")
    ((user,), _) = services.accounts.users.page()
    assert {identity.provider for identity in user.identities} == {"elsewhere", "another"}


def test_the_store_never_holds_a_state_or_a_browsers_secret(browser: Browser, tmp_path: Path) -> None:
    """TK-10: both are there as one hash."""
    state = parameters_of(browser.begin())["state"]
    content = b"".join(path.read_bytes() for path in tmp_path.glob("cupbearer.db*"))
    assert b"flow#" in content
    for secret in (state, *browser.cookies.values()):
        assert secret.encode() not in content


def test_strangers_cannot_grow_the_store_without_end(
    browser: Browser, services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    """DS-3."""
    from chalicelib.audit.trail import Source
    from chalicelib.errors import SlowDown
    from chalicelib.federation import log_in

    monkeypatch.setattr(log_in, "STARTS_PER_NETWORK", 3)

    def begin(ip: str) -> str:
        return services.federation.begin("elsewhere", browser="x" * 43, return_to=None, source=Source(ip=ip))

    for _ in range(3):
        begin("192.0.2.7")
    with pytest.raises(SlowDown):
        begin("192.0.2.7")
    assert begin("192.0.2.8")


def test_a_step_back_of_the_clock_prolongs_no_log_in(
    browser: Browser, elsewhere: Issuer, clock: Clock
) -> None:
    """AV-4: what was begun in the future was not begun within ten minutes."""
    back = elsewhere.authorize(browser.begin())
    clock.advance(-300)
    reply = browser.come_back(back)
    assert (reply.status, reply.json["code"]) == INVALID
