"""Both discovery documents tell the truth, and all that is true (OP-9; OIDC Discovery section 3, RFC 8414)."""

from typing import Annotated, Any, Literal

import msgspec

from tests.gateway.tables import real_table
from tests.oauth.server import ISSUER, App, Browser, Server, payload_of

REQUIRED = {
    "issuer", "authorization_endpoint", "token_endpoint", "jwks_uri", "response_types_supported",
    "subject_types_supported", "id_token_signing_alg_values_supported",
}  # fmt: skip
LISTS = {
    "scopes_supported", "response_types_supported", "response_modes_supported", "grant_types_supported",
    "subject_types_supported", "claims_supported", "claim_types_supported", "code_challenge_methods_supported",
    "prompt_values_supported",
}  # fmt: skip


def documents(server: Server) -> tuple[dict[str, Any], dict[str, Any]]:
    paths = ("/.well-known/openid-configuration", "/.well-known/oauth-authorization-server")
    first, second = (server.ask("GET", path) for path in paths)
    assert first.headers["Content-Type"] == second.headers["Content-Type"] == "application/json"
    return first.json, second.json


def test_each_document_has_what_its_specification_demands(server: Server) -> None:
    openid, oauth = documents(server)
    assert set(openid) >= REQUIRED
    assert openid["issuer"] == oauth["issuer"] == ISSUER
    assert {name: openid[name] for name in oauth} == oauth
    for name, value in openid.items():
        if name in LISTS or "_alg" in name or "_methods_" in name:
            assert isinstance(value, list)
            assert value
            assert all(isinstance(each, str) for each in value)


Url = Annotated[str, msgspec.Meta(pattern=r"^https://auth\.example\.com/api(/[\w./-]+)?$")]
Names = Annotated[list[str], msgspec.Meta(min_length=1)]


class Metadata(msgspec.Struct, forbid_unknown_fields=True):
    """The members and types that OpenID Connect Discovery 1.0 section 3, RFC 7591, 8414, 8628, 9126 and 9207 define."""

    issuer: Url
    authorization_endpoint: Url
    token_endpoint: Url
    userinfo_endpoint: Url
    jwks_uri: Url
    revocation_endpoint: Url
    introspection_endpoint: Url
    device_authorization_endpoint: Url
    pushed_authorization_request_endpoint: Url
    end_session_endpoint: Url
    registration_endpoint: Url
    scopes_supported: Names
    response_types_supported: Names
    response_modes_supported: Names
    grant_types_supported: Names
    subject_types_supported: list[Literal["public", "pairwise"]]
    id_token_signing_alg_values_supported: list[Literal["RS256", "ES256", "EdDSA"]]
    code_challenge_methods_supported: list[Literal["S256"]]
    token_endpoint_auth_methods_supported: Names
    token_endpoint_auth_signing_alg_values_supported: Names
    revocation_endpoint_auth_methods_supported: Names
    revocation_endpoint_auth_signing_alg_values_supported: Names
    introspection_endpoint_auth_methods_supported: Names
    introspection_signing_alg_values_supported: Names
    introspection_endpoint_auth_signing_alg_values_supported: Names
    claims_supported: Names
    claim_types_supported: Names
    prompt_values_supported: Names
    acr_values_supported: Names
    dpop_signing_alg_values_supported: Names
    claims_parameter_supported: bool
    ui_locales_supported: Names
    display_values_supported: Names
    request_parameter_supported: bool
    request_uri_parameter_supported: bool
    authorization_response_iss_parameter_supported: bool
    require_pushed_authorization_requests: bool
    backchannel_logout_supported: bool
    backchannel_logout_session_supported: bool
    protected_resources: list[Url]
    client_id_metadata_document_supported: bool


def test_discovery_validates_against_its_schema(server: Server) -> None:
    openid, _ = documents(server)
    assert msgspec.convert(openid, Metadata, strict=True).issuer == ISSUER


def test_every_endpoint_named_is_one_that_answers(server: Server) -> None:
    openid, _ = documents(server)
    routes = {(route.method, route.path) for route in real_table()}
    named = {name: url for name, url in openid.items() if name.endswith(("_endpoint", "_uri"))}
    assert len(named) == 10
    for url in named.values():
        assert url.startswith(f"{ISSUER}/")
        assert {("GET", url.removeprefix(ISSUER)), ("POST", url.removeprefix(ISSUER))} & routes


def test_the_algorithm_named_is_the_one_that_signs(server: Server, shop: App, browser: Browser) -> None:
    openid, _ = documents(server)
    assert openid["id_token_signing_alg_values_supported"] == ["ES256"]
    claims = payload_of(shop.redeem(shop.code(browser)).json["id_token"])
    assert set(claims) <= set(openid["claims_supported"])


def test_what_is_said_to_be_unsupported_is_refused(server: Server, shop: App, browser: Browser) -> None:
    openid, _ = documents(server)
    assert openid["request_parameter_supported"] is openid["request_uri_parameter_supported"] is False
    for name in ("request", "request_uri"):
        assert "not_supported" in browser.ask("GET", shop.authorize_url(**{name: "x"})).parameters["error"]


def test_the_documents_name_the_issuer_whatever_host_is_asked(server: Server) -> None:
    """IN-5."""
    headers = {"Host": "evil.example", "X-Forwarded-Host": "evil.example", "Forwarded": "host=evil.example"}
    reply = server.ask("GET", "/.well-known/openid-configuration", headers=headers)
    assert "evil.example" not in reply.text
