"""Token requests that are refused, whoever sends them (OP-4, OP-5; RFC 6749 section 5.2)."""

import pytest

from tests.oauth.server import App, Browser, Server, basic

PATHS = ("/oauth/token", "/oauth/revoke", "/oauth/introspect", "/oauth/device_authorization")


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("application/json", b'{"grant_type": "client_credentials"}'),
        ("", b"grant_type=client_credentials"),
        ("text/plain", b"grant_type=client_credentials"),
        ("multipart/form-data; boundary=x", b"--x--"),
        ("application/x-www-form-urlencoded; charset=utf-16", b"grant_type=client_credentials"),
        ("application/x-www-form-urlencoded", b"grant_type=%ff"),
        ("application/x-www-form-urlencoded", b"\xff=1"),
        ("application/x-www-form-urlencoded", b"a=%00"),
        ("application/x-www-form-urlencoded", b"&".join(b"a%d=1" % n for n in range(51))),
        ("application/x-www-form-urlencoded", b"a=" + b"x" * 65536),
    ],
)
def test_only_a_form_is_read(server: Server, shop: App, path: str, kind: str, body: bytes) -> None:
    headers = {**basic(shop.client_id, str(shop.secret)), "Content-Type": kind}
    reply = server.ask("POST", path, body=body, headers=headers)
    assert (reply.status, reply.error) == (400, "invalid_request")


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "PATCH"])
def test_only_post_answers(server: Server, path: str, method: str) -> None:
    assert server.ask(method, path).status == 404


@pytest.mark.parametrize("path", PATHS)
def test_nothing_is_read_from_the_url(server: Server, shop: App, path: str) -> None:
    """RFC 6749 section 2.3.1."""
    reply = server.ask("POST", f"{path}?client_id={shop.client_id}&client_secret={shop.secret}", form={})
    assert (reply.status, reply.error) == (400, "invalid_request")


@pytest.mark.parametrize(
    "name",
    ["grant_type", "code", "redirect_uri", "code_verifier", "client_id", "client_secret", "scope", "extra"],
)
def test_a_repeated_field_is_refused(server: Server, shop: App, browser: Browser, name: str) -> None:
    """OP-5."""
    code = shop.code(browser)
    fields = [(name, "1"), (name, "1"), ("code", code), ("grant_type", "authorization_code")]
    reply = server.ask("POST", "/oauth/token", form=fields, headers=basic(shop.client_id, str(shop.secret)))
    assert (reply.status, reply.error) == (400, "invalid_request")
    assert shop.redeem(code).status == 200


@pytest.mark.parametrize(
    ("fields", "error"),
    [
        ({}, "invalid_request"),
        ({"grant_type": ""}, "invalid_request"),
        ({"grant_type": "password", "username": "zoe", "password": "x"}, "unsupported_grant_type"),
        ({"grant_type": "implicit"}, "unsupported_grant_type"),
        ({"grant_type": "AUTHORIZATION_CODE"}, "unsupported_grant_type"),
        ({"grant_type": "client_credentials"}, "unauthorized_client"),
        ({"grant_type": "urn:ietf:params:oauth:grant-type:device_code"}, "unauthorized_client"),
        ({"grant_type": "authorization_code"}, "invalid_request"),
        ({"grant_type": "refresh_token"}, "invalid_request"),
        ({"grant_type": "refresh_token", "refresh_token": "x"}, "invalid_grant"),
        ({"grant_type": "refresh_token", "refresh_token": "x", "scope": 'a"b'}, "invalid_scope"),
    ],
)
def test_each_refusal_has_its_rfcs_error(shop: App, fields: dict[str, str], error: str) -> None:
    reply = shop.token(**fields)
    assert (reply.status, reply.error) == (400, error)
    assert reply.json["error_description"]
    assert reply.headers["Cache-Control"] == "no-store"


def test_a_grant_taken_from_a_client_counts_at_once(server: Server, browser: Browser) -> None:
    """OP-4: refresh was never this client's."""
    app = server.client(grants=("authorization_code",))
    answer = app.redeem(app.code(browser)).json
    assert "refresh_token" not in answer


def test_a_description_holds_no_character_that_an_rfc_forbids(server: Server) -> None:
    fields = [('a"\\\u00e9', "1"), ('a"\\\u00e9', "2")]
    answered = server.ask("POST", "/oauth/token", form=fields).json["error_description"]
    assert answered.isascii()
    assert not set(answered) & set('"\\')


def test_a_browser_of_a_listed_origin_may_ask_and_no_other(server: Server, shop: App) -> None:
    """BR-3: without a list there is no CORS at all."""
    reply = server.ask("POST", "/oauth/token", form={}, headers={"Origin": "https://shop.example"})
    assert "Access-Control-Allow-Origin" not in reply.headers


@pytest.mark.parametrize(
    "grant_type", ["authorization_code", "refresh_token", "urn:ietf:params:oauth:grant-type:device_code"]
)
def test_the_trail_of_a_refused_request_holds_nothing_that_was_sent(
    server: Server, shop: App, grant_type: str
) -> None:
    """LG-2: what is refused may be a secret that is good elsewhere."""
    fields = ("code", "code_verifier", "refresh_token", "device_code", "scope", "redirect_uri", "state")
    sent: dict[str, str | None] = {name: f"canary-{name}-{'x' * 43}" for name in fields}
    reply = shop.token(grant_type=grant_type, **sent)
    assert reply.status == 400
    client = server.services.oauth.clients.find(shop.client_id)
    assert client
    kept = server.services.store.list(f"audit#{client.subject}").records
    assert "request_refused" in [record.data["event"] for record in kept]
    assert "canary" not in str(kept)
    assert str(shop.secret) not in str(kept)
