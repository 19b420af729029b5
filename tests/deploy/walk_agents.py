"""What a deployed stage must do for agents that nobody registered: they are described by their makers (CD, MC-1)."""

import json
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from tests.clients.person import PASSWORD, Person
from tests.deploy.walk_provider import CHALLENGE, VERIFIER, operator, through_our_pages
from tests.oauth.server import payload_of
from tests.support.certificates import Authority
from tests.support.hostile_http import page, serving

if TYPE_CHECKING:
    from tests.deploy.walk import Walk

AGENT, API, CALLBACK = "Canary-of-agents", "http://localhost:9/mcp", "http://localhost:9/callback"


def an_agent_is_described_by_its_maker(walk: "Walk") -> None:
    """an agent's description is fetched by the function; its person allows it an API of its own, and it renews its token"""
    operator("resources", "create", API, "--name", "Notes", "--for-any-client", "--scope", "notes:read=Read")
    body = {"username": AGENT, "password": PASSWORD, "log_in": True}
    assert walk.http("POST", "/users", body).status == 201
    operator("users", "grant", AGENT, "notes:read")
    said: dict[str, Any] = {
        "client_name": "Agent",
        "redirect_uris": [CALLBACK],
        "token_endpoint_auth_method": "none",
    }
    said |= {"grant_types": ["authorization_code", "refresh_token"]}
    with tempfile.TemporaryDirectory() as folder:
        authority = Authority.at(Path(folder) / "authority")
        tls = authority.server("localhost")
        with serving(lambda connection: connection.sendall(page(json.dumps(said))), tls=tls) as maker:
            host = f"localhost:{maker.port}"
            said["client_id"] = f"https://{host}/agent.json"
            walk.place.set(
                "APIHandlerName", CUPBEARER_CLIENT_DOCUMENTS=json.dumps([host]), SSL_CERT_FILE=authority.file
            )
            _let_in(walk, said["client_id"], host)


def _let_in(walk: "Walk", client_id: str, host: str) -> None:
    person = Person(username=AGENT)
    asked = {
        "client_id": client_id, "redirect_uri": CALLBACK, "response_type": "code", "scope": "notes:read",
        "resource": API, "code_challenge": CHALLENGE, "code_challenge_method": "S256",
    }  # fmt: skip
    through_our_pages(person, f"{walk.place.url}/oauth/authorize?{urlencode(asked)}")
    assert host in person.asked, person.asked
    assert person.leads_to.startswith(f"{CALLBACK}?code="), person.leads_to
    code = person.leads_to.partition("code=")[2].partition("&")[0]
    mine = {"client_id": client_id, "resource": API}
    code_form = {"grant_type": "authorization_code", "code": code, "redirect_uri": CALLBACK}
    tokens = _asked(walk, **code_form, code_verifier=VERIFIER, **mine)
    assert payload_of(tokens["access_token"])["aud"] == API, tokens
    assert walk.http("GET", "/users/me", token=tokens["access_token"]).status in (401, 403)
    again = _asked(walk, grant_type="refresh_token", refresh_token=tokens["refresh_token"], **mine)
    walk.http.secrets |= {code, tokens["access_token"], again["access_token"], again["refresh_token"]}


def _asked(walk: "Walk", **fields: str) -> dict[str, str]:
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    answer = walk.http.raw("POST", "/oauth/token", urlencode(fields).encode(), headers)
    assert answer.status == 200, answer
    tokens: dict[str, str] = answer.json
    return tokens


STEPS = (an_agent_is_described_by_its_maker,)
