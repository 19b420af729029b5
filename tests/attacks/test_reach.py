"""What a credential reaches: nobody else's things, no other kind's place, no way round (SC-3, TK-7, AZ-3, AZ-6, AZ-7)."""

import json
from collections.abc import Iterator
from importlib import import_module
from typing import Any
from urllib.parse import quote

import pytest

from cupbearer.testing import AppUnderTest, Client
from tests.attacks.test_hostile_bodies import endpoints, path_of
from tests.journeys.carriers import decide, event_of

GUARDED = [endpoint for endpoint in endpoints() if endpoint.route.guard.caller != "public"]
EVERYTHING = sorted({e.route.guard.scope for e in GUARDED if e.route.guard.scope} - {"openid"})


class TestOneAndAnother:
    """SC-3: two people, and everything of one that the other may try to reach."""

    @pytest.fixture
    def ann(self, client: Client) -> Client:
        return client.as_user(["get:profile"], username="ann")

    @pytest.fixture
    def ben(self, client: Client) -> Client:
        return client.as_user(["get:profile"], username="ben")

    @pytest.mark.parametrize("method", ["GET", "PATCH", "DELETE"])
    def test_another_persons_account_is_out_of_reach(self, ann: Client, ben: Client, method: str) -> None:
        body = {"scopes": ["users:write"]} if method == "PATCH" else None
        for own in (ben.user_id, ann.user_id):
            assert ann.request(method, f"/users/{own}", json=body).status == 403
        assert ben.get("/users/me").json["user"]["scopes"] == ["get:profile"]

    def test_another_persons_session_is_out_of_reach(self, ann: Client, ben: Client) -> None:
        for session_id in (
            ben.session_id,
            f"{ben.session_id}/",
            f"%2e%2e/{ben.session_id}",
            quote(f"#{ben.session_id}"),
        ):
            assert ann.delete(f"/sessions/{session_id}").status in {403, 404}
        assert ben.refresh().status == 200
        assert all(s["session_id"] != ben.session_id for s in ann.get("/sessions").json["sessions"])

    def test_one_sees_the_own_activity_only(self, cupbearer: AppUnderTest, ann: Client, ben: Client) -> None:
        ben.revoke()
        answered = json.dumps(ann.get("/users/me/activity").json)
        assert (ben.user_id or "?") not in answered
        for extra in (f"?user_id={ben.user_id}", f"?cursor={ben.user_id}"):
            assert (ben.user_id or "?") not in ann.get(f"/users/me/activity{extra}").body.decode()

    @pytest.mark.parametrize("path", ["/users/me/identities/x", "/users/me/consents/x"])
    def test_what_is_not_linked_cannot_be_unlinked(self, ann: Client, path: str) -> None:
        assert ann.delete(path).status == 404

    def test_an_operator_who_reads_cannot_write(self, client: Client, ann: Client) -> None:
        reader = client.as_user(["users:read"])
        assert reader.get(f"/users/{ann.user_id}").status == 200
        assert reader.patch(f"/users/{ann.user_id}", json={"disabled": True}).status == 403
        assert reader.delete(f"/users/{ann.user_id}").status == 403

    @pytest.mark.parametrize(
        "field", ["scopes", "email_verified", "user_id", "disabled", "created_at", "epoch"]
    )
    def test_a_sign_up_sets_no_protected_field(self, client: Client, field: str) -> None:
        body = {"username": "carl", "password": "a phrase of words", field: True}
        answer = client.post("/users", json=body)
        assert (answer.status, field in answer.body.decode()) == (400, True)


class TestBehindTheGateway:
    """AZ-3: the handler looks again, whatever let the request through."""

    @pytest.mark.parametrize("endpoint", GUARDED, ids=lambda endpoint: str(endpoint.route))
    def test_an_event_without_a_whole_context_is_401(
        self, cupbearer: AppUnderTest, client: Client, endpoint: Any
    ) -> None:
        ann = client.as_user(EVERYTHING)
        app = import_module("app")
        _, good = decide(app.jwt_authorizer, "GET", "/pangolins", ann.access_token)
        contexts: list[Any] = [
            None,
            {},
            {"principalId": "x"},
            [],
            {**good, "exp": "0"},
            {**good, "exp": "soon"},
        ]
        contexts += [
            {name: value for name, value in good.items() if name != left_out}
            for left_out in ("sub", "iss", "exp")
        ]
        contexts += [
            {**good, "sub": ""},
            {**good, "scope": None},
            {**good, "sub": {"a": 1}},
            {**good, "exp": 9**99},
        ]
        for context in contexts:
            event = event_of(endpoint.route.method, path_of(endpoint), endpoint.route.path, {})
            event["pathParameters"] = dict.fromkeys(
                ("user_id", "session_id", "identity", "client_id", "factor"), "a"
            )
            if context is not None:
                event["requestContext"]["authorizer"] = context
            assert app.app(event, None)["statusCode"] == 401, context

    def test_a_stale_policy_opens_nothing_that_the_context_does_not(
        self, cupbearer: AppUnderTest, client: Client
    ) -> None:
        """AZ-4: the context of a token without the scope, behind a gateway that lets everything through."""
        app = import_module("app")
        _, poor = decide(app.jwt_authorizer, "GET", "/profile", client.as_user([]).access_token)
        for endpoint in GUARDED:
            if endpoint.route.guard.scope:
                event = event_of(endpoint.route.method, path_of(endpoint), endpoint.route.path, {})
                event["pathParameters"] = {"user_id": "a" * 26}
                event["requestContext"]["authorizer"] = poor
                assert app.app(event, None)["statusCode"] == 403, endpoint.route

    def test_a_token_that_expired_under_a_cached_policy_is_401(
        self, cupbearer: AppUnderTest, client: Client
    ) -> None:
        """AZ-4."""
        ann, app = client.as_user(EVERYTHING), import_module("app")
        _, context = decide(app.jwt_authorizer, "GET", "/pangolins", ann.access_token)
        event = event_of("GET", "/pangolins", "/pangolins", None)
        event["requestContext"]["authorizer"] = context
        assert app.app(event, None)["statusCode"] == 200
        ann.expire()
        assert app.app(event, None)["statusCode"] == 401


class TestPaths:
    """AZ-7: no spelling of a guarded path reaches its handler unauthenticated."""

    @pytest.mark.parametrize("endpoint", GUARDED, ids=lambda endpoint: str(endpoint.route))
    def test_no_variant_of_a_path_answers_without_a_token(self, client: Client, endpoint: Any) -> None:
        for path in variants(path_of(endpoint)):
            try:
                status = client.request(endpoint.route.method, path).status
            except Exception as error:  # noqa: BLE001 - Chalice's test client on paths no gateway hands on
                assert "Gateway" in type(error).__name__ or isinstance(error, ValueError | KeyError), path  # noqa: PT017
                continue
            assert status in {401, 403, 404, 405}, f"{path}: {status}"

    def test_other_methods_and_override_headers_do_nothing(self, client: Client) -> None:
        """IN-6."""
        ann = client.as_user([])
        for method in ("PUT", "HEAD", "TRACE", "CONNECT", "PROPFIND", "POST"):
            assert ann.request(method, "/pangolins").status in {403, 404, 405}
        for header in ("X-HTTP-Method-Override", "X-Method-Override", "X-HTTP-Method"):
            assert ann.get("/users/me", headers={header: "DELETE"}).status == 200
        assert ann.get("/users/me").status == 200

    @pytest.mark.parametrize(
        "header", ["X-Original-URL", "X-Rewrite-URL", "X-Forwarded-Prefix", "X-Forwarded-Uri"]
    )
    def test_a_header_names_no_other_path(self, client: Client, header: str) -> None:
        assert "cats" in client.get("/cats", headers={header: "/pangolins"}).json


def variants(path: str) -> Iterator[str]:
    yield from (
        f"{path}/",
        f"{path}//",
        f"/{path}",
        f"{path}/.",
        f"/.{path}",
        f"/x/..{path}",
        f"{path}/x/..",
        f"{path};x=y",
    )
    yield from (
        path.upper(),
        path.title(),
        path.replace("/", "//"),
        path.replace("/", "/./"),
        path.replace("/", "%2f"),
    )
    yield from (
        path.replace("/", "%2F", 1),
        path.replace("/", "/%2e/"),
        f"{path}%00",
        f"{path}%20",
        f"{path}.json",
        f"{path}?",
    )
    yield from (
        f"{path}%3f",
        f"{path}%23",
        f"{path}\\",
        path.replace("s", "%73"),
        path.replace("e", "%65", 1),
        f"{path}?a=/cats",
    )
    yield from (f"/cats/..{path}", f"/cats/%2e%2e{path}", f"/cats{path}", f"{path}/../cats", f"{path};/cats")


class TestWhoTheHostIs:
    """IN-5: links and issuer come from the settings, whatever the request says."""

    HOSTILE = (
        "evil.example",
        "localhost:8000@evil.example",
        "evil.example:80",
        "",
        "localhost:8000\tevil.example",
    )

    @pytest.mark.parametrize(
        "header", ["Host", "X-Forwarded-Host", "X-Forwarded-Proto", "Forwarded", "X-Original-Host"]
    )
    def test_no_header_changes_a_link_or_an_issuer(
        self, cupbearer: AppUnderTest, client: Client, header: str
    ) -> None:
        for number, value in enumerate(self.HOSTILE):
            client.headers = {header: f"host={value}" if header == "Forwarded" else value}
            body = {"username": f"ann{number}", "password": "a phrase of words", "log_in": True}
            made = client.post("/users", json=body)
            assert (made.header("Location") or "").startswith("http://localhost:8000/users/")
            claims = cupbearer.services.tokens.bearer.verify(made.json["access_token"])
            assert claims.iss == "http://localhost:8000"
            for path in (
                "/",
                "/openapi.json",
                "/.well-known/openid-configuration",
                "/login",
                "/oauth/authorize",
            ):
                answer = client.get(path)
                assert b"evil.example" not in answer.body + repr(answer.headers).encode(), path

    @pytest.mark.parametrize(
        "header",
        ["X-Forwarded-For", "X-Real-IP", "Forwarded", "True-Client-IP", "CF-Connecting-IP", "X-Client-IP"],
    )
    def test_no_header_changes_whose_address_it_is(self, client: Client, header: str) -> None:
        """TH-3."""
        forged = {header: "for=203.0.113.9" if header == "Forwarded" else "203.0.113.9"}
        ann = client.as_user()
        body = {"username": ann.username, "password": ann.password}
        logged_in = client.post("/sessions", json=body, headers=forged)
        assert logged_in.status == 201
        ann.access_token = logged_in.json["access_token"]
        assert {session["ip"] for session in ann.get("/sessions").json["sessions"]} == {"127.0.0.1"}
