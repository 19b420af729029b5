"""PKCE, and the nonce that may stand in for it where a confidential client is registered so (OP-3; RFC 9700)."""

from dataclasses import replace
from typing import Any

import pytest

from chalicelib.errors import Invalid
from chalicelib.oauth.client_options import ClientOptions
from chalicelib.oauth.client_rules import Registration
from chalicelib.store import Replace
from tests.oauth.server import CALLBACK, VERIFIER, App, Browser, Server, payload_of

OPTIONAL = ClientOptions(pkce="optional")
WITHOUT: dict[str, Any] = {"code_challenge": None, "code_challenge_method": None}


@pytest.fixture
def lenient(server: Server) -> App:
    return server.client(name="Lenient", options=OPTIONAL)


def test_a_public_client_must_use_it(server: Server) -> None:
    with pytest.raises(Invalid, match="must use PKCE"):
        server.client(public=True, options=OPTIONAL)


def test_a_public_client_must_use_it_whatever_its_record_says(server: Server, browser: Browser) -> None:
    app = server.client(public=True)
    record = server.services.oauth.clients.require(app.client_id).record
    assert record is not None
    server.services.store.commit(Replace(record, {**record.data, "options": {"pkce": "optional"}}))
    reply = browser.go(app.authorize_url(**WITHOUT))
    assert reply.parameters["error_description"] == "PKCE is required: code_challenge is missing."


def test_a_nonce_stands_in_for_it_where_it_is_optional(lenient: App, browser: Browser) -> None:
    """RFC 9700 section 2.1.1."""
    answer = lenient.redeem(lenient.code(browser, **WITHOUT), code_verifier=None)
    assert answer.status == 200, answer.text
    assert payload_of(answer.json["id_token"])["nonce"] == "the nonce"


@pytest.mark.parametrize("missing", [{"nonce": None}, {"scope": "profile"}])
def test_without_both_there_is_no_code(
    lenient: App, browser: Browser, missing: dict[str, str | None]
) -> None:
    """Nothing would carry a nonce to the client where no ID token is asked for."""
    reply = browser.go(lenient.authorize_url(**WITHOUT, **missing))
    assert reply.parameters["error"] == "invalid_request"
    assert "nonce is required" in reply.parameters["error_description"]


@pytest.mark.parametrize(
    "changes",
    [{"code_challenge": None}, {"code_challenge_method": "plain"}, {"code_challenge_method": None}],
)
def test_where_it_is_optional_half_of_it_is_still_refused(
    lenient: App, browser: Browser, changes: dict[str, str | None]
) -> None:
    reply = browser.go(lenient.authorize_url(**changes))
    assert reply.parameters["error"] == "invalid_request"


@pytest.mark.parametrize(
    ("asked", "verifier"),
    [(WITHOUT, VERIFIER), ({}, None), ({}, "w" * 43)],
    ids=["verifier without challenge", "challenge without verifier", "another verifier"],
)
def test_nobody_is_talked_out_of_it(
    server: Server, lenient: App, browser: Browser, asked: dict[str, Any], verifier: str | None
) -> None:
    """RFC 9700 section 4.8.2: a code made with a challenge needs its verifier, one made without takes none."""
    answer = lenient.redeem(lenient.code(browser, **asked), code_verifier=verifier)
    assert (answer.status, answer.error) == (400, "invalid_grant")
    person = server.services.accounts.users.find("zoe")
    assert person is not None
    assert "code_refused" in server.events(person.user_id)


def required_again(server: Server, app: App) -> None:
    def change(wanted: Registration) -> Registration:
        return replace(wanted, options=ClientOptions())

    server.services.oauth.clients.update(app.client_id, change)


def test_what_is_required_again_is_required_of_a_request_under_way(
    server: Server, lenient: App, browser: Browser
) -> None:
    """OP-4."""
    page = browser.log_in(browser.go(lenient.authorize_url(**WITHOUT)))
    required_again(server, lenient)
    reply = browser.consent(page)
    assert reply.location.startswith(CALLBACK)
    assert reply.parameters["error"] == "invalid_request"


@pytest.mark.parametrize("verifier", [None, VERIFIER])
def test_what_is_required_again_is_required_of_a_code_that_is_out(
    server: Server, lenient: App, browser: Browser, verifier: str | None
) -> None:
    """OP-4."""
    code = lenient.code(browser, **WITHOUT)
    required_again(server, lenient)
    assert lenient.redeem(code, code_verifier=verifier).status == 400
