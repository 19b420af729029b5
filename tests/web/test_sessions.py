"""The refresh token in a cookie, for our own pages alone (BR-1, BR-2)."""

import re
from collections.abc import Mapping

import pytest

from cupbearer.testing import AppUnderTest, Client


class TestCookie:
    """BR-1, BR-2: the refresh token in a cookie, for our own pages alone."""

    NAME = "__Host-cupbearer_refresh"

    def begun(self, client: Client) -> tuple[Client, str]:
        ann = client.as_user()
        answer = client.post(
            "/sessions", json={"username": ann.username, "password": ann.password, "cookie": True}
        )
        assert answer.status == 201
        assert "refresh_token" not in answer.json
        (cookie,) = (text for text in answer.all("Set-Cookie") if text.startswith(self.NAME))
        assert re.fullmatch(
            rf"{self.NAME}=cbr_[\w.-]+; Max-Age=1209600; Path=/; Secure; HttpOnly; SameSite=Strict", cookie
        )
        ann.access_token = answer.json["access_token"]
        return ann, cookie.partition(";")[0]

    def test_a_log_in_that_keeps_it_puts_no_oauth_provider_together(
        self, cupbearer: AppUnderTest, client: Client
    ) -> None:
        self.begun(client)
        assert "oauth" not in vars(cupbearer.services)

    def test_it_refreshes_without_a_body_and_stays_out_of_scripts(self, client: Client) -> None:
        _, cookie = self.begun(client)
        answer = client.post("/sessions/refresh", headers={"Cookie": f"a=b; {cookie}; c=d"})
        assert answer.status == 200
        assert "refresh_token" not in answer.json
        assert any(cookie.startswith(f"{self.NAME}=cbr_") for cookie in answer.all("Set-Cookie"))

    @pytest.mark.parametrize(
        "headers",
        [{"Origin": "https://evil.example"}, {"Origin": "null"}, {"Sec-Fetch-Site": "cross-site"},
         {"Sec-Fetch-Site": "same-site"}, {"Origin": "http://localhost:8001"}, {"Origin": "http://localhost"}],
    )  # fmt: skip
    def test_another_site_cannot_make_a_browser_use_it(self, client: Client, headers: dict[str, str]) -> None:
        """BR-2: nor plant a log-in of its own."""
        ann, cookie = self.begun(client)
        answer = client.post("/sessions/refresh", headers=headers | {"Cookie": cookie})
        assert (answer.status, answer.code) == (403, "foreign_origin")
        body = {"username": ann.username, "password": ann.password, "cookie": True}
        assert client.post("/sessions", json=body, headers=headers).code == "foreign_origin"

    @pytest.mark.parametrize(
        "headers", [{"Origin": "http://localhost:8000"}, {"Sec-Fetch-Site": "same-origin"}, {}]
    )
    def test_our_own_pages_and_programs_can(self, client: Client, headers: dict[str, str]) -> None:
        _, cookie = self.begun(client)
        assert client.post("/sessions/refresh", headers=headers | {"Cookie": cookie}).status == 200

    @pytest.mark.parametrize(
        "origin",
        ["http://localhost:80000", "http://localhost:8000.evil.example", "http://localhost:8000@evil.example",
         "http://localhost:800", "http://", "http", "", "HTTP://LOCALHOST:8000", "http://localhost:8000/",
         "http://localhost:8000 http://evil.example", "https://localhost:8000"],
    )  # fmt: skip
    def test_our_own_origin_is_the_whole_of_it(self, client: Client, origin: str) -> None:
        """BR-2: another port, another host that begins like ours, a part of ours: none is ours."""
        _, cookie = self.begun(client)
        answer = client.post("/sessions/refresh", headers={"Origin": origin, "Cookie": cookie})
        assert (answer.status, answer.code) == (403, "foreign_origin")

    def test_a_doubled_cookie_is_none(self, client: Client) -> None:
        """AZ-6: a planted one beside the true one."""
        _, cookie = self.begun(client)
        assert client.post("/sessions/refresh", headers={"Cookie": f"{cookie}; {self.NAME}=x"}).status == 401

    def test_log_out_drops_it(self, client: Client) -> None:
        for path in ("/sessions/current", "/sessions"):
            ann, _ = self.begun(client)
            dropped = ann.delete(path).all("Set-Cookie")
            assert any(cookie.startswith(f"{self.NAME}=; Max-Age=0;") for cookie in dropped)

    def test_a_token_in_the_body_goes_before_it_and_comes_back_in_the_body(self, client: Client) -> None:
        ann = client.as_user()
        _, cookie = self.begun(client)
        answer = client.post(
            "/sessions/refresh", json={"refresh_token": ann.refresh_token}, headers={"Cookie": cookie}
        )
        assert answer.json["session_id"] == ann.session_id
        assert answer.header("Set-Cookie") is None


class TestCookieOfAPageElsewhere:
    """BR-2: a listed origin may use the cookie too, and is compared whole."""

    @pytest.fixture
    def cupbearer_settings(self) -> Mapping[str, str]:
        return {"CUPBEARER_ALLOWED_ORIGINS": '["https://app.example.com"]'}

    @pytest.mark.parametrize(
        ("origin", "status"),
        [("https://app.example.com", 200), ("https://app.example.com.evil.example", 403), ("https://app.example", 403),
         ("https://app.example.com:444", 403)],
    )  # fmt: skip
    def test_it_is_used_from_the_listed_origin_alone(self, client: Client, origin: str, status: int) -> None:
        _, cookie = TestCookie().begun(client)
        # A page of the same site but another origin: its browser says same-site.
        headers = {"Origin": origin, "Sec-Fetch-Site": "same-site", "Cookie": cookie}
        assert client.post("/sessions/refresh", headers=headers).status == status
