"""CORS: an exact list, never reflected, on every status (BR-3)."""

import re
from collections.abc import Mapping
from typing import Any

import pytest

from cupbearer.testing import AppUnderTest, Client
from tests.support.statuses import answers_of_every_status


class TestCors:
    """BR-3: an exact list, never reflected, on every status."""

    @pytest.fixture
    def cupbearer_settings(self) -> Mapping[str, str]:
        return {"CUPBEARER_ALLOWED_ORIGINS": '["https://app.example.com", "http://localhost:5173"]'}

    @pytest.mark.parametrize("origin", ["https://app.example.com", "http://localhost:5173"])
    def test_a_listed_origin_is_allowed_on_every_status(self, client: Client, origin: str) -> None:
        client.headers["Origin"] = origin
        for status, answer in answers_of_every_status(client).items():
            if answer.header("WWW-Authenticate") is None or status != 403:
                assert "Origin" in (answer.header("Vary") or "").split(", "), status
        answer = client.get("/cats")
        assert answer.header("Access-Control-Allow-Origin") == origin
        assert answer.header("Access-Control-Allow-Credentials") == "true"
        refused = client.post("/sessions", json={})
        assert (refused.status, refused.header("Access-Control-Allow-Origin")) == (400, origin)

    @pytest.mark.parametrize(
        "origin",
        ["null", "*", "", "https://app.example.com.evil.example", "https://evil-app.example.com", "https://app.example.co",
         "http://app.example.com", "https://app.example.com:443", "https://APP.example.com", "https://app.example.com/",
         "https://app.example.com@evil.example", "https://app.example.com evil", "https://app。example.com",
         "https://evil.example/https://app.example.com", " https://app.example.com", "http://localhost:51730",
         "http://localhost", "https://app.example.com, https://evil.example", "file://", "https://аpp.example.com"],  # noqa: RUF001
    )  # fmt: skip
    def test_a_look_alike_is_not(self, client: Client, origin: str) -> None:
        for method in ("GET", "OPTIONS"):
            answer = client.request(method, "/cats", headers={"Origin": origin})
            assert answer.header("Access-Control-Allow-Origin") is None
            assert answer.header("Access-Control-Allow-Credentials") is None
            assert "Origin" in (answer.header("Vary") or "").split(", ")

    def test_a_preflight_tells_a_listed_origin_what_the_path_can_do(self, client: Client) -> None:
        asked = {"Origin": "https://app.example.com", "Access-Control-Request-Method": "DELETE"}
        answer = client.request("OPTIONS", "/users/me", headers=asked)
        assert answer.status == 204
        assert answer.header("Access-Control-Allow-Methods") == "GET, PATCH, DELETE"
        allowed = "Authorization, Content-Type, DPoP, Idempotency-Key"
        assert answer.header("Access-Control-Allow-Headers") == allowed
        assert answer.header("Access-Control-Allow-Origin") == "https://app.example.com"

    def test_without_a_list_nothing_is_said(
        self, client: Client, tmp_path: Any, request: pytest.FixtureRequest
    ) -> None:
        (tmp_path / "other").mkdir()
        with AppUnderTest(request.config.rootpath, tmp_path / "other") as other:
            answer = other.client().get("/cats", headers={"Origin": "https://app.example.com"})
            assert not [name for name in answer.headers if name.lower().startswith("access-control")]


class TestPublicDocuments:
    """BR-3: what is public anyway may be read by pages of every origin, without credentials."""

    DOCUMENTS = (
        "/.well-known/openid-configuration",
        "/.well-known/oauth-authorization-server",
        "/.well-known/jwks.json",
        "/.well-known/oauth-protected-resource",
        "/sessions/ways",
    )
    # The metadata of APIs that is published here; the browser library and what its card asks (tests/web/test_library.py,
    # test_ways_in.py).
    OF_OTHERS = re.compile(
        r"/\.well-known/oauth-protected-resource/.*|/sessions/ways|/cupbearer(-elements)?\.(js|d\.ts)|"
        r"/static/\{version\}/cupbearer[\w-]*\.js"
    )

    @pytest.fixture
    def cupbearer_settings(self) -> Mapping[str, str]:
        return {"CUPBEARER_ALLOWED_ORIGINS": '["https://app.example.com"]'}

    def test_a_page_of_any_origin_may_read_them(self, client: Client) -> None:
        for path in self.DOCUMENTS:
            for origin in ("https://anywhere.example", "null", "http://localhost:5173"):
                answer = client.get(path, headers={"Origin": origin})
                assert answer.header("Access-Control-Allow-Origin") == "*", path
                assert answer.header("Access-Control-Allow-Credentials") is None, path
                assert "Origin" in (answer.header("Vary") or "").split(", "), path

    def test_a_listed_origin_is_answered_as_everywhere_else(self, client: Client) -> None:
        for path in self.DOCUMENTS:
            answer = client.get(path, headers={"Origin": "https://app.example.com"})
            assert answer.header("Access-Control-Allow-Origin") == "https://app.example.com"
            assert answer.header("Access-Control-Allow-Credentials") == "true"

    def test_a_preflight_lets_any_header_of_any_origin_pass(self, client: Client) -> None:
        """MCP clients send a header of their own when they look for these."""
        asked = {
            "Origin": "https://anywhere.example",
            "Access-Control-Request-Headers": "mcp-protocol-version",
        }
        for path in self.DOCUMENTS:
            answer = client.request("OPTIONS", path, headers=asked)
            assert (answer.status, answer.header("Access-Control-Allow-Origin")) == (204, "*")
            assert answer.header("Access-Control-Allow-Headers") == "*"
            assert answer.header("Access-Control-Allow-Methods") == "GET"

    def test_nothing_else_is_for_every_origin(self, client: Client) -> None:
        paths = client.get("/openapi.json").json["paths"]
        others = {path for path in paths if self.OF_OTHERS.fullmatch(path)}
        for path in sorted(paths.keys() - set(self.DOCUMENTS) - others):
            for method in ("GET", "OPTIONS"):
                answer = client.request(
                    method,
                    path.replace("{", "").replace("}", ""),
                    headers={"Origin": "https://anywhere.example"},
                )
                assert answer.header("Access-Control-Allow-Origin") is None, path
