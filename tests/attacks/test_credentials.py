"""Each kind of credential opens its own place, in the one place where it may stand (TK-7, TK-10, AZ-6, SC-4)."""

from collections.abc import Iterator, Mapping
from importlib import import_module
from typing import Any

import pytest

from chalicelib.tokens.access_tokens import Grant
from cupbearer.testing import AppUnderTest, Client, Reply
from tests.attacks.test_hostile_bodies import endpoints, path_of
from tests.support import forge

GUARDED = [endpoint for endpoint in endpoints() if endpoint.route.guard.caller != "public"]
EVERYTHING = sorted({e.route.guard.scope for e in GUARDED if e.route.guard.scope} - {"openid"})


def ask(client: Client, endpoint: Any, **options: Any) -> Reply:
    return client.request(endpoint.route.method, path_of(endpoint), **options)


class TestKinds:
    """TK-7, TK-10: each kind of credential opens its own place and no other."""

    @pytest.fixture(params=["jwt", "opaque"])
    def cupbearer_settings(self, request: pytest.FixtureRequest) -> Mapping[str, str]:
        return {"CUPBEARER_ACCESS_TOKENS": request.param}

    @pytest.fixture
    def ann(self, client: Client) -> Client:
        return client.as_user(EVERYTHING, username="ann")

    def others(self, cupbearer: AppUnderTest, ann: Client) -> Iterator[tuple[str, str]]:
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
    def other_kind(cupbearer: AppUnderTest, ann: Client) -> str:
        services = cupbearer.services
        if cupbearer.settings.access_tokens == "jwt":
            issued = services.tokens.opaque.issue(
                Grant(sub=ann.user_id or "", client_id="cupbearer", scope=frozenset())
            )
            services.store.commit(*issued.writes)
            return issued.token
        said = Grant(sub=ann.user_id or "", client_id="cupbearer", scope=frozenset(EVERYTHING))
        return services.tokens.jwt.issue(said).token

    @staticmethod
    def signed(cupbearer: AppUnderTest, ann: Client, typ: str) -> str:
        """A token of another kind, under our own signing key and with the claims of an access token."""
        key = cupbearer.services.keys.ring.signing_key()
        now = int(cupbearer.clock.now)
        claims = forge.payload(
            iss=cupbearer.settings.issuer, aud=cupbearer.settings.audience, iat=now, exp=now + 60
        )
        claims |= {"sub": ann.user_id, "sid": ann.session_id, "scope": " ".join(EVERYTHING)}
        head = {"alg": "ES256", "typ": typ, "kid": key.kid}
        text = f"{forge.part(head)}.{forge.part(claims)}"
        return f"{text}.{forge.part(key.sign(text.encode()))}"

    def test_no_other_kind_passes_as_an_access_token(self, cupbearer: AppUnderTest, ann: Client) -> None:
        for kind, text in self.others(cupbearer, ann):
            thief = Client(cupbearer, access_token=text)
            for endpoint in GUARDED:
                assert ask(thief, endpoint).status == 401, f"{kind} at {endpoint.route}"

    def test_no_other_kind_passes_as_a_refresh_token(self, cupbearer: AppUnderTest, ann: Client) -> None:
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

    def test_a_machine_is_never_a_person(self, cupbearer: AppUnderTest, client: Client, ann: Client) -> None:
        """SC-4: nor where it is called by a person's id."""
        for name in ("a-machine", ann.user_id or "", "cupbearer"):
            robot = client.as_machine(EVERYTHING, name=name)
            for endpoint in GUARDED:
                if endpoint.route.guard.caller == "own":
                    assert ask(robot, endpoint).status == 403, endpoint.route
            assert robot.get("/profile").json["name"].startswith("client:")

    def test_a_clients_token_of_a_person_is_not_the_persons_own(self, ann: Client) -> None:
        app = ann.through_app()
        for endpoint in GUARDED:
            if endpoint.route.guard.caller == "own":
                assert ask(app, endpoint).status == 403, endpoint.route
        refused = app.anonymous().post("/sessions/refresh", json={"refresh_token": app.refresh_token})
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
    def test_another_form_of_the_header_is_refused(
        self, cupbearer: AppUnderTest, ann: Client, form: str
    ) -> None:
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
