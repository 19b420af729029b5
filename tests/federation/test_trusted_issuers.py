"""Other issuers' access tokens at our routes: real ones, and the shapes that big providers give theirs (FD-5, SC-4)."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from chalice.test import Client

from chalicelib.store.sqlite import SqliteStore
from chalicelib.world import SYSTEM, World
from tests.federation import in_process, issuer
from tests.federation.in_process import Browser
from tests.federation.issuer import Issuer
from tests.federation.shapes import AUDIENCE, DAY, SHAPES
from tests.parts import outside_issuer
from tests.support import forge

MACHINE = {
    "client_id": "machine",
    "client_secret": "a secret of at least thirty-two characters",
    "grant_types": ["client_credentials"],
    "redirect_uris": [],
    "response_types": [],
    "token_endpoint_auth_method": "client_secret_post",
}
GUARDED = ("/profile", "/pangolins")


def statuses(browser: Browser, token: str) -> tuple[int, ...]:
    return tuple(browser.ask("GET", path, token=token).status for path in GUARDED)


@pytest.fixture(scope="module")
def outside() -> Iterator[str]:
    scopes = "get:profile pangolins users:read users:write"
    with outside_issuer.running([MACHINE], audience=AUDIENCE, scopes=scopes) as url:
        yield url


@pytest.fixture
def trusting(tmp_path: Path, outside: str) -> Iterator[Callable[..., Any]]:
    """Our app with this one issuer trusted, as the entry says."""
    store = SqliteStore(tmp_path / "real.db", now=SYSTEM.now, nonce=SYSTEM.identifier)

    def services(**entry: Any) -> Any:
        answered = {"issuer": outside, "audience": AUDIENCE, "scopes": "get:profile pangolins", **entry}
        return in_process.open_app(in_process.services(store, SYSTEM, tmp_path, TRUSTED_ISSUERS=[answered]))

    yield services
    store.close()


def machine_token(outside: str, scope: str) -> str:
    form = {"grant_type": "client_credentials", "scope": scope}
    secret = {name: str(MACHINE[name]) for name in ("client_id", "client_secret")}
    return str(outside_issuer.token(outside, form | secret)["access_token"])


def test_a_machines_token_of_a_real_issuer_opens_what_its_scopes_say(
    trusting: Callable[..., Any], outside: str
) -> None:
    with trusting() as client:
        browser = Browser(client)
        assert statuses(browser, machine_token(outside, "get:profile pangolins")) == (200, 200)
        assert statuses(browser, machine_token(outside, "get:profile")) == (200, 403)
        assert statuses(browser, machine_token(outside, "pangolins")) == (403, 200)
        profile = browser.ask("GET", "/profile", token=machine_token(outside, "get:profile"))
        assert profile.json == {"name": "machine"}


def test_a_real_issuer_grants_no_more_than_its_entry_lists(
    trusting: Callable[..., Any], outside: str
) -> None:
    token = machine_token(outside, "get:profile pangolins users:read users:write")
    with trusting(scopes="get:profile") as client:
        browser = Browser(client)
        assert statuses(browser, token) == (200, 403)
        assert browser.ask("GET", "/users", token=token).status == 403
    with trusting(scopes="users:read") as client:
        browser = Browser(client)
        assert statuses(browser, token) == (403, 403)
        assert browser.ask("GET", "/users", token=token).status == 200, "never unless it is listed"


def test_a_foreign_token_is_nobodys_own_log_in(trusting: Callable[..., Any], outside: str) -> None:
    """SC-4: a foreign subject never equals one of our users."""
    token = machine_token(outside, "get:profile")
    with trusting() as client:
        browser = Browser(client)
        for method, path in (
            ("GET", "/users/me"),
            ("GET", "/sessions"),
            ("DELETE", "/sessions"),
            ("GET", "/users/me/identities"),
            ("POST", "/users/me/identities/elsewhere"),
        ):
            assert browser.ask(method, path, token=token).status == 403, path


@pytest.mark.parametrize(
    "entry", [{"audience": "https://another.example.com"}, {"issuer": "http://127.0.0.1:9"}, {"typ": "JWT"}]
)
def test_a_real_token_that_does_not_fit_the_entry_is_refused(
    trusting: Callable[..., Any], outside: str, entry: dict[str, str]
) -> None:
    with trusting(**entry) as client:
        token = machine_token(outside, "get:profile pangolins")
        assert statuses(Browser(client), token) == (401, 401)


def test_a_tampered_real_token_is_refused(trusting: Callable[..., Any], outside: str) -> None:
    head, body, signature = machine_token(outside, "pangolins").split(".")
    with trusting() as client:
        for token in (f"{head}.{body}.{signature[:-8]}AAAAAAAA", f"{head}.{body[:-4]}.{signature}"):
            assert statuses(Browser(client), token) == (401, 401)


@pytest.fixture(params=list(SHAPES.values()), ids=list(SHAPES))
def shape(request: pytest.FixtureRequest) -> dict[str, Any]:
    return dict(request.param)


def token_of(elsewhere: Issuer, shape: dict[str, Any], **changes: Any) -> str:
    now = int(elsewhere.now())
    payload = {"iss": elsewhere.url, **shape["payload"], "iat": now, "exp": now + shape["life"], **changes}
    header = {"alg": "RS256", "kid": elsewhere.key.kid, **shape["header"]}
    return forge.signed(header, {k: v for k, v in payload.items() if v is not None}, key=elsewhere.key)


@pytest.fixture
def api(
    store: SqliteStore, world: World, tmp_path: Path, elsewhere: Issuer, shape: dict[str, Any]
) -> Iterator[Client]:
    entry = {"issuer": elsewhere.url, "scopes": "get:profile pangolins", **shape["entry"]}
    with in_process.open_app(in_process.services(store, world, tmp_path, TRUSTED_ISSUERS=[entry])) as client:
        yield client


def test_the_shapes_of_big_providers_open_the_sample_routes(
    api: Client, elsewhere: Issuer, shape: dict[str, Any]
) -> None:
    token, browser = token_of(elsewhere, shape), Browser(api)
    assert statuses(browser, token) == (200, 200)
    assert browser.ask("GET", "/profile", token=token).json == {"name": shape["name"]}
    posted = browser.ask("POST", "/messages", {"text": "from elsewhere"}, token=token)
    assert posted.status == 201
    assert posted.json["message"]["author"].endswith(f" at {elsewhere.url}")  # no name of a user of ours
    assert browser.ask("GET", "/users/me", token=token).status == 403


@pytest.mark.parametrize(
    "changes",
    [
        {"aud": "https://another.example.com", "client_id": "another"},
        {"iss": "https://accounts.example.com"},
        {"exp": 1_799_999_000},
        {"iat": None},
        {"sub": ""},
        {"nonce": "an ID token's"},
        {"token_use": "id"},
    ],
    ids=str,
)
def test_the_shapes_with_one_defect_open_nothing(
    api: Client, elsewhere: Issuer, shape: dict[str, Any], changes: dict[str, Any]
) -> None:
    assert statuses(Browser(api), token_of(elsewhere, shape, **changes)) == (401, 401)


def test_the_shapes_grant_nothing_beyond_the_entry(
    api: Client, elsewhere: Issuer, shape: dict[str, Any]
) -> None:
    claim = shape["entry"].get("scope_claim", "scope")
    wide = "users:read users:write get:profile"
    answered = wide.split() if isinstance(shape["payload"][claim], list) else wide
    browser = Browser(api)
    token = token_of(elsewhere, shape, **{claim: answered})
    assert statuses(browser, token) == (200, 403)
    assert browser.ask("GET", "/users", token=token).status == 403


def test_a_life_beyond_a_day_is_refused(api: Client, elsewhere: Issuer, shape: dict[str, Any]) -> None:
    assert statuses(Browser(api), token_of(elsewhere, shape | {"life": DAY + 1})) == (401, 401)


def test_keys_out_of_reach_are_trouble_and_not_a_refusal(
    api: Client, elsewhere: Issuer, shape: dict[str, Any]
) -> None:
    """AZ-5: a 401 would log people out, and a cached deny would outlive the trouble."""
    elsewhere.lies["/jwks"] = issuer.says("{}", status=503)
    assert Browser(api).ask("GET", "/pangolins", token=token_of(elsewhere, shape)).status >= 500
