"""What a deployed stage must do, step by step, over HTTP through the gateway. A step's docstring is what it shows."""

import os
import subprocess
import sys
import time
from dataclasses import dataclass, field

from cupbearer.deploying.template import ROOT
from tests.deploy import walk_agents, walk_mail, walk_provider
from tests.deploy.emulated import ORIGINS, Place
from tests.deploy.http import Answer, Client
from tests.support import patience
from tests.support.protection import ON_EVERY_ANSWER

PASSWORD = "canary-of-the-first-password"
GRACE_SECONDS = 10 + 60  # the window, and by how much clocks may differ


@dataclass
class Walk:
    """One person's way through a deployed stage; steps come in order and build on each other."""

    place: Place
    http: Client
    user_id: str = ""
    session_id: str = ""
    access: str = ""
    refresh: str = ""
    refreshed_at: float = 0.0
    spent: str = ""
    extra: dict[str, str] = field(default_factory=dict)

    @classmethod
    def at(cls, place: Place) -> "Walk":
        return cls(place, Client(place.url))

    def log_in(self, **more: object) -> Answer:
        return self.http("POST", "/sessions", {"username": "Canary", "password": PASSWORD, **more})

    def token(self, **more: object) -> str:
        """Log in and return an access token that no cache knows."""
        answer = self.log_in(**more)
        assert answer.status == 201, answer
        return str(answer.json["access_token"])


def demand_refusal(answer: Answer, status: int, code: str) -> None:
    """Demand a problem document with the headers that browsers and programs need, made by whomever."""
    assert (answer.status, answer.code) == (status, code), answer
    assert answer.headers["access-control-allow-origin"] == ORIGINS[0], answer.headers
    assert answer.headers["access-control-allow-credentials"] == "true", answer.headers
    for name, value in ON_EVERY_ANSWER.items():
        assert answer.headers[name.lower()] == value, answer.headers
    if status in (401, 403):
        assert answer.headers["www-authenticate"].startswith("Bearer "), answer.headers
    if status in (429, 503):
        assert int(answer.headers["retry-after"]) > 0, answer.headers


def health_states_what_is_deployed(walk: Walk) -> None:
    """/health states the bound that holds, and the authorizer's TTL is the one that the functions know"""
    health = walk.http("GET", "/health")
    assert (health.status, health.json["status"], health.json["store"]) == (200, "ok", "dynamodb"), health
    gateway = walk.place.client("apigateway")
    (authorizer,) = gateway.get_authorizers(restApiId=walk.place.outputs["RestAPIId"])["items"]
    for function in ("APIHandlerName", "AuthorizerName"):
        settings = walk.place.settings(function)
        ttl = int(settings["CUPBEARER_AUTHORIZER_TTL_SECONDS"])
        assert ttl == authorizer["authorizerResultTtlInSeconds"], (ttl, authorizer)
        if settings["CUPBEARER_ACCESS_TOKENS"] == "opaque":
            assert health.json["revocation_bound_seconds"] == ttl, health.json
        else:
            assert health.json["revocation_bound_seconds"] == 300 + 60, health.json
        assert settings["CUPBEARER_ISSUER"] == walk.place.url, settings


def cats_are_public(walk: Walk) -> None:
    """/cats is open to all"""
    answer = walk.http("GET", "/cats")
    assert (answer.status, answer.json["cats"][0]["name"]) == (200, "Furball"), answer


def sign_up(walk: Walk) -> None:
    """sign-up makes an account with the default scope, at an absolute Location; a taken name and a weak password are refused"""
    answer = walk.http("POST", "/users", {"username": "Canary", "password": PASSWORD})
    assert answer.status == 201, answer
    walk.user_id = answer.json["user"]["user_id"]
    assert answer.json["user"]["scopes"] == ["get:profile"], answer
    assert answer.headers["location"] == f"{walk.place.url}/users/{walk.user_id}", answer.headers
    again = walk.http("POST", "/users", {"username": "canary", "password": PASSWORD})
    assert (again.status, again.code) == (409, "username_taken"), again
    weak = walk.http("POST", "/users", {"username": "Weak", "password": "password123"})
    assert (weak.status, weak.code) == (400, "weak_password"), weak


def log_in(walk: Walk) -> None:
    """log-in gives a token pair; a wrong password is 401 invalid_credentials"""
    wrong = walk.http("POST", "/sessions", {"username": "Canary", "password": "canary-of-a-wrong-one"})
    assert (wrong.status, wrong.code) == (401, "invalid_credentials"), wrong
    answer = walk.log_in()
    assert (answer.status, answer.json["scope"], answer.json["token_type"]) == (201, "get:profile", "Bearer")
    walk.access, walk.refresh = answer.json["access_token"], answer.json["refresh_token"]
    walk.session_id = answer.json["session_id"]


def no_token_is_401_at_the_gateway(walk: Walk) -> None:
    """no token, junk and a forged token are 401, with CORS and a challenge that leads to our metadata; junk runs no authorizer"""
    before = walk.place.invocations("AuthorizerName")
    for headers in (
        {},
        {"Authorization": ""},
        {"Authorization": "Basic eDp5"},
        {"Authorization": "Bearer a b"},
    ):
        refused = walk.http("GET", "/pangolins", headers=headers)
        demand_refusal(refused, 401, "invalid_token")
        address = f"{walk.place.url}/.well-known/oauth-protected-resource"
        assert refused.headers["www-authenticate"].endswith(f'resource_metadata="{address}"'), refused.headers
    assert walk.http("GET", "/.well-known/oauth-protected-resource").json["resource"] == walk.place.url
    assert walk.place.invocations("AuthorizerName") == before, "the authorizer ran for junk"
    demand_refusal(walk.http("GET", "/pangolins", token=walk.access[:-4] + "AAAA"), 401, "invalid_token")


def pangolins_without_scope_are_403(walk: Walk) -> None:
    """/pangolins is 403 at the gateway for a token without the scope, a problem document with CORS and a challenge"""
    demand_refusal(walk.http("GET", "/pangolins", token=walk.access), 403, "insufficient_scope")


def the_scheme_may_be_in_any_case(walk: Walk) -> None:
    """the scheme of the Authorization header may be in any case"""
    for scheme in ("bearer", "BEARER", "Bearer "):
        answer = walk.http("GET", "/users/me", headers={"Authorization": f"{scheme} {walk.access}"})
        assert answer.status == 200, answer


def grant(scope: str) -> None:
    """Give the person a scope, as an operator does."""
    command = [
        sys.executable,
        "-m",
        "cupbearer.cli",
        "--stage",
        "dev",
        "users",
        "grant",
        "Canary",
        scope,
    ]
    run = subprocess.run(
        command,
        cwd=ROOT,
        env=dict(os.environ),
        capture_output=True,
        text=True,
        check=False,
        timeout=patience.SECONDS,
    )
    assert run.returncode == 0, run.stderr


def the_operator_grants_a_scope(walk: Walk) -> None:
    """cupbearer --stage works on the deployed table: a granted scope opens /pangolins from the next token on"""
    grant("pangolins")
    answer = walk.http("GET", "/pangolins", token=walk.token())
    assert (answer.status, answer.json["pangolins"][0]["name"]) == (200, "Pengu"), answer


def profile_is_refused_in_the_handler(walk: Walk) -> None:
    """/profile: the handler's 403 names the scope; with it the caller's name comes"""
    without = walk.http("GET", "/profile", token=walk.token(scope="pangolins"))
    assert (without.status, without.code) == (403, "insufficient_scope"), without
    assert without.json["detail"] == 'scope "get:profile" is required', without
    answer = walk.http("GET", "/profile", token=walk.access)
    assert (answer.status, answer.json) == (200, {"name": "Canary"}), answer


def messages(walk: Walk) -> None:
    """a message is posted with a token, refused without one, and read by all"""
    demand_refusal(walk.http("POST", "/messages", {"text": "no"}), 401, "invalid_token")
    posted = walk.http("POST", "/messages", {"text": "Hello ✓"}, token=walk.access)
    assert posted.status == 201, posted
    shown = walk.http("GET", "/messages").json["messages"]
    assert [(message["author"], message["text"]) for message in shown] == [("Canary", "Hello ✓")], shown


def one_run_of_the_authorizer_a_token(walk: Walk) -> None:
    """the authorizer runs once per token within its TTL, over several routes; no verdict leaks to another route"""
    token, before = walk.token(), walk.place.invocations("AuthorizerName")
    asked = (
        ("GET", "/users/me", 200),
        ("GET", f"/users/{walk.user_id}", 403),
        ("GET", "/pangolins", 200),
        ("GET", "/users", 403),
        ("DELETE", f"/users/{walk.user_id}", 403),
        ("GET", "/sessions", 200),
        ("GET", "/users/me/activity", 200),
    )
    for order in (asked, tuple(reversed(asked))):
        for method, path, status in order:
            answer = walk.http(method, path, token=token)
            assert answer.status == status, (method, path, answer)
    assert walk.place.invocations("AuthorizerName") - before == 1


def refresh(walk: Walk) -> None:
    """a refresh gives a new pair; after a lost reply the old token gets the same successor again"""
    first = walk.http("POST", "/sessions/refresh", {"refresh_token": walk.refresh})
    assert first.status == 200, first
    again = walk.http("POST", "/sessions/refresh", {"refresh_token": walk.refresh})
    assert (again.status, again.json["refresh_token"]) == (200, first.json["refresh_token"]), again
    walk.spent, walk.refresh, walk.refreshed_at = walk.refresh, first.json["refresh_token"], time.monotonic()


def preflight_and_origins(walk: Walk) -> None:
    """preflight and our own answers serve every listed origin and no other; public documents are for every one"""
    for origin in ORIGINS:
        answer = walk.http("OPTIONS", "/users/me", headers={"Origin": origin})
        assert (answer.status, answer.headers["access-control-allow-origin"]) == (204, origin), answer
        assert "PATCH" in answer.headers["access-control-allow-methods"], answer
        assert (
            walk.http("GET", "/cats", headers={"Origin": origin}).headers["access-control-allow-origin"]
            == origin
        )
    foreign = walk.http("OPTIONS", "/users/me", headers={"Origin": "https://evil.example"})
    assert "access-control-allow-origin" not in foreign.headers, foreign
    for path in ("/.well-known/openid-configuration", "/.well-known/jwks.json"):
        document = walk.http("GET", path, headers={"Origin": "https://evil.example"})
        assert document.headers["access-control-allow-origin"] == "*", document


def unknown_paths_are_404(walk: Walk) -> None:
    """an unknown path or method is 404, a problem document with CORS"""
    for method, path in (
        ("GET", "/nothing"),
        ("PUT", "/cats"),
        ("GET", "/users/me/nothing"),
        ("HEAD", "/cats"),
    ):
        answer = walk.http(method, path)
        if method == "HEAD":
            assert answer.status == 404, answer
        else:
            demand_refusal(answer, 404, "not_found")
    demand_refusal(walk.http("GET", "/nothing", token=walk.access), 404, "not_found")


def secrets_in_the_table_are_wrapped(walk: Walk) -> None:
    """private keys in the table are wrapped by the stack's KMS key; the published ones are public"""
    dynamodb = walk.place.client("dynamodb")
    for ring in ("signing", "refresh"):
        key = {"pk": {"S": "keys"}, "sk": {"S": ring}}
        item = dynamodb.get_item(TableName=walk.place.outputs["TableName"], Key=key)["Item"]
        assert "kms1." in item["data"]["S"], item
    listed = walk.http("GET", "/.well-known/jwks.json").json["keys"]
    assert listed, "no keys"
    assert all(set(key) <= {"kty", "n", "e", "crv", "x", "y", "kid", "alg", "use"} for key in listed), listed
    used = walk.place.client("kms").describe_key(KeyId=walk.place.outputs["MasterKeyId"])
    assert used["KeyMetadata"]["KeyState"] == "Enabled"


def reuse_is_found(walk: Walk) -> None:
    """a minute after the grace time a spent refresh token is refused as reused, and its session is over"""
    time.sleep(max(0.0, GRACE_SECONDS + 0.5 - (time.monotonic() - walk.refreshed_at)))
    replayed = walk.http("POST", "/sessions/refresh", {"refresh_token": walk.spent})
    assert (replayed.status, replayed.code) == (401, "reused"), replayed
    successor = walk.http("POST", "/sessions/refresh", {"refresh_token": walk.refresh})
    assert (successor.status, successor.code) == (401, "reused"), successor


def log_out(walk: Walk) -> None:
    """log-out ends the session: its refresh token is refused as revoked"""
    answer = walk.log_in()
    token, refresh_token = answer.json["access_token"], answer.json["refresh_token"]
    assert walk.http("DELETE", "/sessions/current", token=token).status == 204
    refused = walk.http("POST", "/sessions/refresh", {"refresh_token": refresh_token})
    assert (refused.status, refused.code) == (401, "revoked"), refused


def trouble_is_503(walk: Walk) -> None:
    """an authorizer that cannot get its keys is 503 with Retry-After, not 401 and not cached: it mends by itself"""
    token, good = walk.token(), walk.place.settings("AuthorizerName")["CUPBEARER_ISSUER"]
    walk.place.set("AuthorizerName", CUPBEARER_ISSUER="http://127.0.0.1:9")
    demand_refusal(walk.http("GET", "/users/me", token=token), 503, "unavailable")
    walk.place.set("AuthorizerName", CUPBEARER_ISSUER=good)
    answer = walk.http("GET", "/users/me", token=token)
    assert answer.status == 200, answer


def metrics_are_in_the_log(walk: Walk) -> None:
    """log-ins, failures, reuse, latency and cold starts are metrics in the log"""
    text = "\n".join(walk.place.log("APIHandlerName"))
    for name in ("LogIns", "LogInFailures", "RefreshReuse", "Latency", "ColdStarts"):
        assert f'"Metrics": [{{"Name": "{name}"' in text, name


def no_secret_in_the_logs(walk: Walk) -> None:
    """LG-2: no password, access token or refresh token that was sent or given is in a log"""
    assert len(walk.http.secrets) > 8
    for function in ("APIHandlerName", "AuthorizerName", "MailFunctionName"):
        text = "\n".join(walk.place.log(function))
        assert text
        leaked = [
            secret[:12] for secret in walk.http.secrets if secret in text or secret.split(".")[-1] in text
        ]
        assert not leaked, leaked


def stored_tokens_are_revoked_at_once(walk: Walk) -> None:
    """opaque: the authorizer reads the table; a token of an ended session is 401 where no verdict is cached"""
    health_states_what_is_deployed(walk)
    first, second = walk.token(), walk.log_in().json
    assert first.startswith("cba_"), "not an opaque token"
    assert walk.http("GET", "/pangolins", token=first).status == 200
    assert walk.http("DELETE", f"/sessions/{second['session_id']}", token=first).status == 204
    demand_refusal(walk.http("GET", "/pangolins", token=second["access_token"]), 401, "invalid_token")


def another_api_is_guarded(walk: Walk) -> None:
    """an API of its own (examples/other-api) is guarded by the authorizer's ARN, and checks the scope itself"""
    orders = Client(walk.extra["orders"], walk.http.secrets)
    assert orders("GET", "/orders").status == 401
    assert orders("GET", "/orders", token="cba_forged").status == 401
    refused = orders("GET", "/orders", token=walk.token())
    assert refused.status == 403, refused
    assert refused.json.get("scope") == "orders:read", refused
    grant("orders:read")
    answer = orders("GET", "/orders", token=walk.token())
    assert (answer.status, answer.json["orders"][0]["of"]) == (200, walk.user_id), answer


STEPS = (
    health_states_what_is_deployed,
    cats_are_public,
    sign_up,
    log_in,
    no_token_is_401_at_the_gateway,
    pangolins_without_scope_are_403,
    the_scheme_may_be_in_any_case,
    the_operator_grants_a_scope,
    profile_is_refused_in_the_handler,
    messages,
    one_run_of_the_authorizer_a_token,
    refresh,
    preflight_and_origins,
    unknown_paths_are_404,
    secrets_in_the_table_are_wrapped,
    log_out,
    *walk_provider.STEPS,
    *walk_agents.STEPS,
    *walk_mail.STEPS,
    reuse_is_found,
    trouble_is_503,
    metrics_are_in_the_log,
    no_secret_in_the_logs,
)

# After a second deploy with opaque tokens and the other API listed.
LATER_STEPS = (stored_tokens_are_revoked_at_once, another_api_is_guarded, no_secret_in_the_logs)
