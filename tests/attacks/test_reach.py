"""What a credential reaches: nobody else's things, no other kind's place, no way round (SC-3, TK-7, AZ-3, AZ-6, AZ-7)."""

import json
from collections.abc import Iterator, Mapping
from importlib import import_module
from typing import Any
from urllib.parse import quote

import pytest

from chalicelib.access import Grant
from cupbearer.testing import SOURCE, Bench, Client, Reply
from tests import forge
from tests.attacks.test_hostile_bodies import endpoints, path_of
from tests.journeys.carriers import decide, event_of

GUARDED = [endpoint for endpoint in endpoints() if endpoint.route.guard.caller != "public"]
EVERYTHING = sorted({e.route.guard.scope for e in GUARDED if e.route.guard.scope} - {"openid"})


def ask(client: Client, endpoint: Any, **options: Any) -> Reply:
    return client.request(endpoint.route.method, path_of(endpoint), **options)


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

    def test_one_sees_the_own_activity_only(self, cupbearer: Bench, ann: Client, ben: Client) -> None:
        ben.revoke()
        told = json.dumps(ann.get("/users/me/activity").json)
        assert (ben.user_id or "?") not in told
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


class TestKinds:
    """TK-7, TK-10: each kind of credential opens its own place and no other."""

    @pytest.fixture(params=["jwt", "opaque"])
    def cupbearer_settings(self, request: pytest.FixtureRequest) -> Mapping[str, str]:
        return {"CUPBEARER_ACCESS_TOKENS": request.param}

    @pytest.fixture
    def ann(self, client: Client) -> Client:
        return client.as_user(EVERYTHING, username="ann")

    def others(self, cupbearer: Bench, ann: Client) -> Iterator[tuple[str, str]]:
        """Every credential that is no access token of ours."""
        yield "refresh token", ann.refresh_token or ""
        yield "password", ann.password or ""
        yield "session id", ann.session_id or ""
        yield "user id", ann.user_id or ""
        yield "its own other kind", self.other_kind(cupbearer, ann)
        for typ in (
            "JWT",
            "id+jwt",
            "logout+jwt",
            "client-authentication+jwt",
            "mfa+jwt",
            "dpop+jwt",
            "at+jwt+x",
            "",
        ):
            yield f"typ {typ}", self.signed(cupbearer, ann, typ)
        yield "an unsigned one", f"{forge.part(forge.header())}.{forge.part(forge.payload())}."

    @staticmethod
    def other_kind(cupbearer: Bench, ann: Client) -> str:
        services = cupbearer.services
        if cupbearer.settings.access_tokens == "jwt":
            issued = services.opaque_access.issue(
                Grant(sub=ann.user_id or "", client_id="cupbearer", scope=frozenset())
            )
            services.store.commit(*issued.writes)
            return issued.token
        return services.access_tokens.mint(
            sub=ann.user_id or "", client_id="cupbearer", scope=frozenset(EVERYTHING)
        )

    @staticmethod
    def signed(cupbearer: Bench, ann: Client, typ: str) -> str:
        """A token of another kind, under our own signing key and with the claims of an access token."""
        key = cupbearer.services.key_ring.signing_key()
        now = int(cupbearer.clock.now)
        claims = forge.payload(
            iss=cupbearer.settings.issuer, aud=cupbearer.settings.audience, iat=now, exp=now + 60
        )
        claims |= {"sub": ann.user_id, "sid": ann.session_id, "scope": " ".join(EVERYTHING)}
        head = {"alg": "ES256", "typ": typ, "kid": key.kid}
        text = f"{forge.part(head)}.{forge.part(claims)}"
        return f"{text}.{forge.part(key.sign(text.encode()))}"

    def test_no_other_kind_passes_as_an_access_token(self, cupbearer: Bench, ann: Client) -> None:
        for kind, text in self.others(cupbearer, ann):
            thief = Client(cupbearer, access_token=text)
            for endpoint in GUARDED:
                assert ask(thief, endpoint).status == 401, f"{kind} at {endpoint.route}"

    def test_no_other_kind_passes_as_a_refresh_token(self, cupbearer: Bench, ann: Client) -> None:
        for kind, text in (("access token", ann.access_token or ""), *self.others(cupbearer, ann)):
            if kind != "refresh token":
                answer = ann.anonymous().post("/sessions/refresh", json={"refresh_token": text})
                assert (answer.status, answer.code) == (401, "invalid_token"), kind
        assert ann.refresh().status == 200  # and none of it ended anything

    def test_no_token_passes_as_a_password(self, ann: Client) -> None:
        for text in (ann.access_token, ann.refresh_token, ann.session_id):
            answer = ann.anonymous().post(
                "/sessions", json={"username": "ann", "password": (text or "")[:1000]}
            )
            assert (answer.status, answer.code) == (401, "invalid_credentials")

    def test_a_machine_is_never_a_person(self, cupbearer: Bench, client: Client, ann: Client) -> None:
        """SC-4: nor where it is called by a person's id."""
        for name in ("a-machine", ann.user_id or "", "cupbearer"):
            robot = client.as_machine(EVERYTHING, client_id=name)
            for endpoint in GUARDED:
                if endpoint.route.guard.caller == "own":
                    assert ask(robot, endpoint).status == 403, endpoint.route
            assert robot.get("/profile").json == {"name": name}

    def test_a_clients_token_of_a_person_is_not_the_persons_own(self, cupbearer: Bench, ann: Client) -> None:
        user = cupbearer.services.users.require(ann.user_id or "")
        theirs = cupbearer.services.sign_in.start(user, client_id="an-app", source=SOURCE, amr=("pwd",))
        app = Client(cupbearer, access_token=theirs.access_token)
        for endpoint in GUARDED:
            if endpoint.route.guard.caller == "own":
                assert ask(app, endpoint).status == 403, endpoint.route
        refused = app.anonymous().post("/sessions/refresh", json={"refresh_token": theirs.refresh_token})
        assert refused.code == "invalid_token"


class TestWhereATokenStands:
    """AZ-6: in one Authorization header, as a bearer token, and nowhere else."""

    @pytest.fixture
    def ann(self, client: Client) -> Client:
        return client.as_user(EVERYTHING)

    @pytest.mark.parametrize(
        "form",
        ["{t}", "Basic {t}", "Token {t}", "Bearer", "Bearer ", "Bearer  ", "Bearer{t}", "Bearer\t{t}", "Bearer {t} ",
         "Bearer {t}, Bearer {t}", "Bearer {t} Bearer {t}", "Bearer {t},", "Bearer Bearer {t}", 'Bearer "{t}"', "Bearer={t}",
         " Bearer {t}", "Bearer {t}\x00", "Bearer {t};x=y", "Bearer x {t}", "DPoP {t}", "Bearer {t}#", "Bearer " + "a" * 9000],
    )  # fmt: skip
    def test_another_form_of_the_header_is_refused(self, cupbearer: Bench, ann: Client, form: str) -> None:
        app = import_module("app")
        event = {
            "type": "TOKEN",
            "authorizationToken": form.format(t=ann.access_token),
            "methodArn": "arn:aws:execute-api:eu-central-1:123456789012:abcdefghij/api/GET/pangolins",
        }
        with pytest.raises(Exception) as refused:  # noqa: PT011 - Lambda reports it by its text alone
            app.jwt_authorizer(event, None)
        assert str(refused.value) == "Unauthorized"

    @pytest.mark.parametrize("form", ["Bearer {t}", "bearer {t}", "BEARER {t}", "Bearer   {t}"])
    def test_the_schemes_name_is_in_any_case(self, ann: Client, form: str) -> None:
        """RFC 9110 section 11.1."""
        header = {"Authorization": form.format(t=ann.access_token)}
        assert ann.anonymous().get("/pangolins", headers=header).status == 200

    def test_in_query_body_or_cookie_it_is_none(self, ann: Client) -> None:
        token, nobody = ann.access_token, ann.anonymous()
        for query in ("access_token", "token", "authorization", "Authorization", "bearer"):
            assert nobody.get(f"/pangolins?{query}={token}").status == 401
        assert nobody.post("/messages", json={"text": "x", "access_token": token}).status == 401
        form = {"Content-Type": "application/x-www-form-urlencoded"}
        assert nobody.post("/messages", body=f"access_token={token}".encode(), headers=form).status == 401
        for cookie in ("access_token", "token", "__Host-cupbearer_access", "Authorization"):
            assert nobody.get("/pangolins", headers={"Cookie": f"{cookie}={token}"}).status == 401
        for header in (
            "X-Authorization",
            "Proxy-Authorization",
            "X-Access-Token",
            "X-Amzn-Remapped-Authorization",
        ):
            assert nobody.get("/pangolins", headers={header: f"Bearer {token}"}).status == 401


class TestBehindTheGateway:
    """AZ-3: the handler looks again, whatever let the request through."""

    @pytest.mark.parametrize("endpoint", GUARDED, ids=lambda endpoint: str(endpoint.route))
    def test_an_event_without_a_whole_context_is_401(
        self, cupbearer: Bench, client: Client, endpoint: Any
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
            event["pathParameters"] = {"user_id": "a", "session_id": "a", "identity": "a", "client_id": "a"}
            if context is not None:
                event["requestContext"]["authorizer"] = context
            assert app.app(event, None)["statusCode"] == 401, context

    def test_a_stale_policy_opens_nothing_that_the_context_does_not(
        self, cupbearer: Bench, client: Client
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
        self, cupbearer: Bench, client: Client
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
        self, cupbearer: Bench, client: Client, header: str
    ) -> None:
        for number, value in enumerate(self.HOSTILE):
            client.headers = {header: f"host={value}" if header == "Forwarded" else value}
            body = {"username": f"ann{number}", "password": "a phrase of words", "log_in": True}
            made = client.post("/users", json=body)
            assert (made.header("Location") or "").startswith("http://localhost:8000/users/")
            claims = cupbearer.services.bearer_tokens.verify(made.json["access_token"])
            assert claims.iss == "http://localhost:8000"
            for path in (
                "/",
                "/openapi.json",
                "/.well-known/openid-configuration",
                "/login",
                "/oauth/authorize",
            ):
                answer = client.get(path)
                assert b"evil" not in answer.body + repr(answer.headers).encode(), path

    @pytest.mark.parametrize(
        "header",
        ["X-Forwarded-For", "X-Real-IP", "Forwarded", "True-Client-IP", "CF-Connecting-IP", "X-Client-IP"],
    )
    def test_no_header_changes_whose_address_it_is(self, client: Client, header: str) -> None:
        """TH-3."""
        client.headers = {header: "203.0.113.9"}
        ann = client.as_user()
        ann.headers = {header: "203.0.113.9"}
        ann.log_in()
        assert {session["ip"] for session in ann.get("/sessions").json["sessions"]} == {"127.0.0.1"}
