"""What a deployed stage must do as an OpenID provider: its issuer has the stage in its path."""

import base64
import hashlib
import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from chalicelib.world import SYSTEM
from cupbearer.deploying.template import ROOT
from tests.clients.person import Person
from tests.deploy.http import Answer
from tests.oauth.server import basic
from tests.support.prover import Prover

if TYPE_CHECKING:
    from tests.deploy.walk import Walk

VERIFIER = "v" * 43
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).decode().rstrip("=")
PERSON = "Canary-of-clients"
BAD_PROOF = "invalid_dpop_proof"


def registered(*arguments: str) -> Any:
    """Register a client."""
    return operator("clients", "create", *arguments)


def operator(*arguments: str) -> Any:
    """Work on the deployed table as an operator does; return what was printed."""
    command = [sys.executable, "-m", "cupbearer.cli", "--stage", "dev", *arguments, "--json"]
    done = subprocess.run(
        command, cwd=ROOT, env=dict(os.environ), capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def form(
    walk: "Walk", path: str, client: dict[str, str], *, proof: str | None = None, **fields: str
) -> Answer:
    headers = {"Content-Type": "application/x-www-form-urlencoded"} | ({"DPoP": proof} if proof else {})
    headers |= basic(client["client_id"], client["client_secret"])
    return walk.http.raw("POST", path, urlencode(fields).encode(), headers)


def discovery_names_the_stage(walk: "Walk") -> None:
    """both discovery documents name the deployed issuer, stage included, and endpoints that answer"""
    for path in ("/.well-known/openid-configuration", "/.well-known/oauth-authorization-server"):
        answered = walk.http("GET", path).json
        assert answered["issuer"] == walk.place.url, answered
        assert answered["token_endpoint"] == f"{walk.place.url}/oauth/token", answered


def a_person_logs_in_at_a_client(walk: "Walk") -> None:
    """the code flow with its pages, userinfo, refresh and log-out, through the gateway"""
    callback = "http://127.0.0.1:9/callback"
    client = registered("Shop", "--redirect-uri", callback, "--post-logout-redirect-uri", f"{callback}/bye")
    person = Person(username=PERSON)
    body = {"username": PERSON, "password": "correct horse battery staple", "log_in": True}
    assert walk.http("POST", "/users", body).status == 201
    code = _code(walk, person, client["client_id"], callback)
    fields = {"grant_type": "authorization_code", "redirect_uri": callback, "code_verifier": VERIFIER}
    tokens = _good(form(walk, "/oauth/token", client, code=code, **fields))
    who = walk.http("GET", "/oauth/userinfo", token=tokens["access_token"])
    assert (who.status, who.json["preferred_username"]) == (200, PERSON), who
    assert walk.http("GET", "/users/me", token=tokens["access_token"]).status == 403
    again = _good(
        form(walk, "/oauth/token", client, grant_type="refresh_token", refresh_token=tokens["refresh_token"])
    )
    assert form(walk, "/oauth/token", client, code=code, **fields).json["error"] == "invalid_grant"
    ended = form(
        walk, "/oauth/token", client, grant_type="refresh_token", refresh_token=again["refresh_token"]
    )
    assert ended.json["reason"] == "revoked", ended
    bye = {"id_token_hint": tokens["id_token"], "post_logout_redirect_uri": f"{callback}/bye"}
    through_our_pages(person, f"{walk.place.url}/oauth/logout?{urlencode(bye)}")
    assert person.leads_to == f"{callback}/bye", person.leads_to
    walk.http.secrets |= {client["client_secret"], code, tokens["id_token"]}


def a_machine_calls_a_guarded_route(walk: "Walk") -> None:
    """client credentials: a machine's token opens a guarded route and no account"""
    client = registered("nightly", "--grant", "client_credentials", "--scope", "pangolins")
    token = _good(form(walk, "/oauth/token", client, grant_type="client_credentials"))["access_token"]
    assert walk.http("GET", "/pangolins", token=token).status == 200
    assert walk.http("GET", "/users/me", token=token).status == 403
    walk.http.secrets |= {client["client_secret"], token}


def a_machine_shows_proofs(walk: "Walk") -> None:
    """DPoP: a token that is bound to a key opens a guarded route with a new proof each time, whatever the gateway keeps of it"""
    options = ("--grant", "client_credentials", "--scope", "pangolins", "--dpop-bound-access-tokens")
    client, key, url = registered("bound", *options), Prover(SYSTEM), f"{walk.place.url}/pangolins"
    assert form(walk, "/oauth/token", client, grant_type="client_credentials").json["error"] == BAD_PROOF
    proof = key.proof("POST", f"{walk.place.url}/oauth/token")
    answered = _good(form(walk, "/oauth/token", client, proof=proof, grant_type="client_credentials"))
    token, before = answered["access_token"], walk.place.invocations("AuthorizerName")
    assert answered["token_type"] == "DPoP", answered

    def call(proof: str | None, scheme: str = "DPoP") -> Answer:
        shown = {"DPoP": proof} if proof else {}
        return walk.http("GET", "/pangolins", headers={"Authorization": f"{scheme} {token}", **shown})

    good = key.proof("GET", url, token)
    assert [call(each).status for each in (good, key.proof("GET", url, token))] == [200, 200]
    for bad in (None, good, Prover(SYSTEM).proof("GET", url, token), key.proof("GET", f"{url}/x", token)):
        refused = call(bad)
        assert (refused.status, refused.code) == (401, BAD_PROOF), refused
    assert walk.place.invocations("AuthorizerName") - before == 1
    downgraded = call(key.proof("GET", url, token), "Bearer")
    assert (downgraded.status, downgraded.code) == (401, "invalid_token"), downgraded
    walk.http.secrets |= {client["client_secret"], token}


def _code(walk: "Walk", person: Person, client_id: str, callback: str) -> str:
    asked = {
        "client_id": client_id,
        "redirect_uri": callback,
        "response_type": "code",
        "scope": "openid profile",
        "state": "s",
        "code_challenge": CHALLENGE,
        "code_challenge_method": "S256",
    }
    through_our_pages(person, f"{walk.place.url}/oauth/authorize?{urlencode(asked)}")
    assert person.leads_to.startswith(f"{callback}?code="), person.leads_to
    return person.leads_to.partition("code=")[2].partition("&")[0]


def through_our_pages(person: Person, url: str) -> None:
    """Go through our pages until they lead to the client, where nobody listens."""
    try:
        reply = person.open(url)
    except ConnectionRefusedError:
        return
    raise AssertionError(f"it stayed with us: {reply}")


def _good(answer: Answer) -> Any:
    assert answer.status == 200, answer
    return answer.json


STEPS = (
    discovery_names_the_stage,
    a_person_logs_in_at_a_client,
    a_machine_calls_a_guarded_route,
    a_machine_shows_proofs,
)
