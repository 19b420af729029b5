"""The seam with Chalice: closed unless opened, one shape of refusals, protection on every answer (BR-3, BR-4, AZ-8)."""

import re
from importlib import import_module
from typing import Any

import pytest
from chalice import Chalice
from chalice.test import Client as ChaliceClient

from chalicelib.authorizer.route_table import RouteTableError
from chalicelib.errors import Refusal, Unavailable
from chalicelib.store import StoreUnavailable
from chalicelib.web.refusals import REFUSALS
from chalicelib.web.routes import Answer, Api, Call, mount
from cupbearer.testing import AppUnderTest, Client
from tests.support.protection import ON_EVERY_ANSWER
from tests.support.statuses import answers_of_every_status

METADATA = 'resource_metadata="http://localhost:8000/.well-known/oauth-protected-resource"'

SCOPES = ["pangolins", "get:profile", "users:read", "users:write"]
PUBLIC = """
    POST /users | POST /sessions | POST /sessions/refresh | GET /cats | GET /messages | GET / | GET /account
    GET /account/plain | POST /account/plain | POST /account/plain/data
    GET /console | GET /console/people/{user_id} | POST /console/people/{user_id}
    GET /console/people/{user_id}/view | POST /console/people/{user_id}/view
    GET /console/activity | GET /console/statistics
    GET /cupbearer.js | GET /cupbearer.js/docs | GET /cupbearer.d.ts | GET /cupbearer-elements.js | GET /cupbearer-elements.d.ts
    GET /console/clients | GET /console/clients/new | POST /console/clients/new | GET /console/client | POST /console/client
    GET /console/resources | POST /console/resources | GET /console/resource | POST /console/resource
    GET /console/keys | POST /console/keys | GET /console/settings
    GET /health | GET /openapi.json | GET /.well-known/jwks.json | GET /login/{provider} | GET /login/{provider}/callback
    GET /.well-known/openid-configuration | GET /.well-known/oauth-authorization-server
    GET /.well-known/oauth-protected-resource | GET /.well-known/oauth-protected-resource/{first}
    GET /.well-known/oauth-protected-resource/{first}/{second}
    GET /.well-known/oauth-protected-resource/{first}/{second}/{third}
    POST /oauth/par | POST /oauth/token | POST /oauth/revoke | POST /oauth/introspect | POST /oauth/device_authorization
    POST /oauth/register | GET /oauth/register/{client_id} | PUT /oauth/register/{client_id} | DELETE /oauth/register/{client_id}
    GET /oauth/authorize | POST /oauth/authorize | GET /oauth/logout | POST /oauth/logout
    GET /login | POST /login | GET /signup | POST /signup | GET /continue | GET /consent | POST /consent
    GET /device | POST /device | GET /outbox | GET /outbox/{mail}
    PUT /email-verifications | PUT /email-verifications/undo | POST /password-resets | PUT /password-resets
    POST /users/email | POST /sessions/email | PUT /sessions/email | POST /sessions/end
    GET /forgot | POST /forgot | GET /reset-password | POST /reset-password | GET /verify-email | POST /verify-email
    POST /account-restorations | POST /restore-account
    GET /undo-address | POST /undo-address | GET /end-sessions | POST /end-sessions | GET /email-login | POST /email-login
    POST /sessions/second-factor | POST /sessions/passkey/options | POST /sessions/passkey
    GET /sessions/ways | GET /login/second-factor | POST /login/second-factor | POST /passkey
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
        assert kinds <= set(REFUSALS)

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
            f'Bearer realm="cupbearer", error="insufficient_scope", scope="get:profile", {METADATA}'
        )
        ann.revoke()
        assert (
            ann.get("/users/me").header("WWW-Authenticate")
            == f'Bearer realm="cupbearer", error="invalid_token", {METADATA}'
        )
        wrong = client.post("/sessions", json={"username": "nobody", "password": "wrong phrase"})
        assert wrong.header("WWW-Authenticate") == 'Bearer realm="cupbearer"'

    @pytest.mark.parametrize("error", [StoreUnavailable("table gone"), Unavailable()])
    def test_trouble_is_503_and_says_when_to_come_back(
        self, client: Client, cupbearer: AppUnderTest, monkeypatch: pytest.MonkeyPatch, error: Exception
    ) -> None:
        """AV-2."""
        answer = self.answer_to(error, client, cupbearer, monkeypatch)
        assert (answer.status, answer.code, answer.header("Retry-After")) == (503, "unavailable", "2")

    def test_a_defect_is_500_and_tells_nothing(
        self, client: Client, cupbearer: AppUnderTest, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """LG-3."""
        answer = self.answer_to(RuntimeError("secret-canary"), client, cupbearer, monkeypatch)
        assert (answer.status, answer.code) == (500, "server_error")
        assert b"canary" not in answer.body

    @staticmethod
    def answer_to(
        error: Exception, client: Client, cupbearer: AppUnderTest, monkeypatch: pytest.MonkeyPatch
    ) -> Any:
        def fail(*_: object) -> None:
            raise error

        monkeypatch.setattr(cupbearer.services.store, "get", fail)
        return client.get("/health")


def test_every_answer_protects_the_browser(client: Client) -> None:
    """BR-4: whatever its status."""
    answers = answers_of_every_status(client)
    assert set(answers) == {200, 201, 204, 400, 401, 403, 404, 409, 413, 415, 429}
    for status, answer in answers.items():
        for name, value in ON_EVERY_ANSWER.items():
            assert answer.all(name) == (value,), (status, name)


@pytest.mark.parametrize("ending", ["\r\n", "\n", "\r", "\0"])
@pytest.mark.parametrize("several", [False, True])
def test_a_value_that_would_begin_another_header_is_not_sent(
    cupbearer: AppUnderTest, ending: str, *, several: bool
) -> None:
    """BR-4: a defect of a view becomes a 500, never a header that somebody else wrote."""
    value = f"/account{ending}Set-Cookie: a=1"
    api = Api("mine")

    @api.route("/mine", methods=["GET"], public=True)
    def mine(_: Call) -> Answer:
        return Answer({}, headers={"X-Mine": [value] if several else value})

    app = Chalice("mine")
    mount(app, [api], None)
    with ChaliceClient(app) as client:
        answer = client.http.get("/mine")
    assert answer.status_code == 500
    assert "a=1" not in repr(answer.headers)
