"""The seam with Chalice: closed unless opened, one shape of refusals, protection on every answer (BR-3, BR-4, AZ-8)."""

import re
from collections.abc import Mapping
from importlib import import_module
from typing import Any
from urllib.parse import quote

import pytest
from chalice import Chalice

from chalicelib.errors import Refusal, Unavailable
from chalicelib.route_table import RouteTableError
from chalicelib.store import StoreUnavailable
from chalicelib.web.headers import SECURITY
from chalicelib.web.problems import STATUSES
from chalicelib.web.routes import Answer, Api, Call, mount
from cupbearer.testing import Bench, Client

SCOPES = ["pangolins", "get:profile", "users:read", "users:write"]
PUBLIC = """
    POST /users | POST /sessions | POST /sessions/refresh | GET /cats | GET /messages | GET / | GET /account
    GET /health | GET /openapi.json | GET /.well-known/jwks.json | GET /login/{provider} | GET /login/{provider}/callback
    GET /.well-known/openid-configuration | GET /.well-known/oauth-authorization-server
    POST /oauth/token | POST /oauth/revoke | POST /oauth/introspect | POST /oauth/device_authorization
    GET /oauth/authorize | POST /oauth/authorize | GET /oauth/logout | POST /oauth/logout
    GET /login | POST /login | GET /signup | POST /signup | GET /continue | GET /consent | POST /consent
    GET /device | POST /device
"""


def view(_: Call) -> Answer:
    return Answer({})


class TestClosedUnlessOpened:
    @pytest.mark.parametrize(
        "said", [{}, {"public": True, "own": True}, {"public": True, "scope": "a"}, {"own": True, "token": True},
                 {"scope": "a b"}, {"scope": ""}, {"scope": "openid"}, {"token": True, "refused_in_handler": True}],
    )  # fmt: skip
    def test_a_route_says_who_may_call_it_or_does_not_start(self, said: dict[str, Any]) -> None:
        api = Api("mine")
        if said.get("refused_in_handler"):
            api.route("/mine", methods=["GET"], **said)(view)  # nothing to refuse: as if it were not said
            return
        with pytest.raises(RouteTableError):
            api.route("/mine", methods=["GET"], **said)

    def test_a_route_past_the_seam_stops_start_up(self) -> None:
        """AZ-8: somebody wrote @app.route and no guard."""
        app = Chalice("mine")
        app.route("/open", methods=["GET"])(dict)
        with pytest.raises(RouteTableError, match="/open: GET has no guard"):
            mount(app, [], None)

    def test_two_routes_that_the_gateway_cannot_tell_apart_stop_start_up(self) -> None:
        api = Api("mine")
        api.route("/a/{one}", methods=["GET"], public=True)(view)
        api.route("/a/{two}", methods=["GET"], token=True)(view)
        with pytest.raises(RouteTableError):
            mount(Chalice("mine"), [api], None)

    def test_what_is_public_is_on_a_list_that_somebody_reviewed(self) -> None:
        """AZ-8: to open one more, write it here too."""
        reviewed = set(re.findall(r"\w+ /\S*", PUBLIC))
        table = import_module("app").TABLE
        public = {str(route) for route in table if route.guard.caller == "public"}
        assert {route for route in public if not route.startswith("GET /static/")} == reviewed

    def test_every_guarded_route_asks_the_authorizer_first(self) -> None:
        app, table = import_module("app").app, import_module("app").TABLE
        for route in table:
            entry = app.routes[route.path][route.method]
            assert (entry.authorizer is None) == (route.guard.caller == "public"), str(route)


class TestRefusals:
    def test_every_kind_of_refusal_has_a_status(self) -> None:
        kinds = {kind for kind in Refusal.__subclasses__() if kind.__module__ == "chalicelib.errors"}
        assert kinds <= set(STATUSES)

    def test_a_refusal_is_a_problem_document_with_a_request_id(self, client: Client) -> None:
        """RFC 9457."""
        answer = client.post("/sessions", json={"username": "x"})
        assert answer.header("Content-Type") == "application/problem+json"
        assert answer.json["request_id"] == answer.header("X-Request-Id")
        assert {"type", "title", "status", "detail", "code", "request_id", "errors"} == set(answer.json)
        assert answer.json["errors"] == {"password": answer.json["errors"]["password"]}

    def test_401_and_403_carry_a_challenge(self, client: Client) -> None:
        """RFC 6750 section 3, SC-5."""
        ann = client.as_user([])
        refused = ann.get("/profile")
        assert (refused.status, refused.json["detail"]) == (403, 'scope "get:profile" is required')
        assert refused.header("WWW-Authenticate") == (
            'Bearer realm="cupbearer", error="insufficient_scope", scope="get:profile"'
        )
        ann.revoke()
        assert (
            ann.get("/users/me").header("WWW-Authenticate")
            == 'Bearer realm="cupbearer", error="invalid_token"'
        )
        wrong = client.post("/sessions", json={"username": "nobody", "password": "wrong phrase"})
        assert wrong.header("WWW-Authenticate") == 'Bearer realm="cupbearer"'

    @pytest.mark.parametrize("error", [StoreUnavailable("table gone"), Unavailable()])
    def test_trouble_is_503_and_says_when_to_come_back(
        self, client: Client, cupbearer: Bench, monkeypatch: pytest.MonkeyPatch, error: Exception
    ) -> None:
        """AV-2."""
        answer = self.answer_to(error, client, cupbearer, monkeypatch)
        assert (answer.status, answer.code, answer.header("Retry-After")) == (503, "unavailable", "2")

    def test_a_defect_is_500_and_tells_nothing(
        self, client: Client, cupbearer: Bench, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """LG-3."""
        answer = self.answer_to(RuntimeError("secret-canary"), client, cupbearer, monkeypatch)
        assert (answer.status, answer.code) == (500, "server_error")
        assert b"canary" not in answer.body

    @staticmethod
    def answer_to(error: Exception, client: Client, cupbearer: Bench, monkeypatch: pytest.MonkeyPatch) -> Any:
        def fail(*_: object) -> None:
            raise error

        monkeypatch.setattr(cupbearer.services.store, "get", fail)
        return client.get("/health")


def answers_of_every_status(client: Client) -> dict[int, Any]:
    ann = client.as_user([])
    found = [
        client.get("/cats"),
        client.post("/users", json={"username": "neu", "password": "a long phrase"}),
        ann.delete("/sessions/current"),
        client.post("/users", json={}),
        client.post("/sessions/refresh", json={"refresh_token": "x"}),
        ann.get("/profile"),
        ann.log_in() and ann.delete("/sessions/none"),
        client.post("/users", json={"username": "neu", "password": "a long phrase"}),
        client.post("/users", body=b"x" * 70_000),
        client.post("/users", body=b"{}", headers={"Content-Type": "text/plain"}),
        *(client.post("/sessions", json={"username": "q", "password": "a long phrase"}) for _ in range(12)),
    ]
    return {answer.status: answer for answer in found}


def test_every_answer_protects_the_browser(client: Client) -> None:
    """BR-4: whatever its status."""
    answers = answers_of_every_status(client)
    assert set(answers) == {200, 201, 204, 400, 401, 403, 404, 409, 413, 415, 429}
    for status, answer in answers.items():
        for name in SECURITY:
            assert answer.header(name) == SECURITY[name], (status, name)


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
                assert answer.header("Vary") == "Origin", status
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
            assert answer.header("Vary") == "Origin"

    def test_a_preflight_tells_a_listed_origin_what_the_path_can_do(self, client: Client) -> None:
        asked = {"Origin": "https://app.example.com", "Access-Control-Request-Method": "DELETE"}
        answer = client.request("OPTIONS", "/users/me", headers=asked)
        assert answer.status == 204
        assert answer.header("Access-Control-Allow-Methods") == "GET, PATCH, DELETE"
        assert answer.header("Access-Control-Allow-Headers") == "Authorization, Content-Type"
        assert answer.header("Access-Control-Allow-Origin") == "https://app.example.com"

    def test_without_a_list_nothing_is_said(
        self, client: Client, tmp_path: Any, request: pytest.FixtureRequest
    ) -> None:
        (tmp_path / "other").mkdir()
        with Bench(request.config.rootpath, tmp_path / "other") as other:
            answer = other.client().get("/cats", headers={"Origin": "https://app.example.com"})
            assert not [name for name in answer.headers if name.lower().startswith("access-control")]


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


class TestPages:
    """Lists, a page at a time."""

    def test_the_pages_together_are_the_whole_in_the_order_of_sign_up(self, client: Client) -> None:
        operator = client.as_user(["users:read"], username="operator")
        for number in range(6):
            client.clock.advance(1)
            client.as_user(username=f"person{number}")
        seen: list[str] = []
        query = "/users?limit=3"
        while query:
            page = operator.get(query).json
            assert len(page["users"]) <= 3
            seen += [user["username"] for user in page["users"]]
            query = page["next_cursor"] and f"/users?limit=3&cursor={quote(page['next_cursor'])}"
        assert seen == ["operator", *(f"person{number}" for number in range(6))]

    @pytest.mark.parametrize("limit", ["0", "101", "-1", "x", "", "1.5", "1e1", "٣", "9" * 50, "+1", "1_0"])
    def test_a_limit_is_a_whole_number_from_1_to_100(self, client: Client, limit: str) -> None:
        answer = client.as_user(["users:read"]).get(f"/users?limit={quote(limit)}")
        assert (answer.status, answer.json.get("errors")) in ((400, {"limit": "is 1 to 100"}), (200, None))
        assert answer.status == 400 or limit == ""

    @pytest.mark.parametrize("cursor", ["%00", "%E2%82%AC", "x" * 65, "%0A", "%FF"])
    def test_a_cursor_is_one_of_ours(self, client: Client, cursor: str) -> None:
        answer = client.as_user(["users:read"]).get(f"/users?cursor={cursor}")
        assert (answer.status, answer.code) == (400, "invalid_request")

    @pytest.mark.parametrize("name", ["limit", "cursor"])
    def test_a_doubled_parameter_is_refused(self, client: Client, name: str) -> None:
        assert client.as_user(["users:read"]).get(f"/users?{name}=1&{name}=2").status == 400

    def test_a_cursor_that_never_was_begins_where_it_would_stand(self, client: Client) -> None:
        assert client.as_user(["users:read"]).get("/users?cursor=zzz").json == {
            "users": [],
            "next_cursor": None,
        }
