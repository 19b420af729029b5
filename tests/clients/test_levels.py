"""A client library asks for a level of log-in and gets it, with the truth in the ID token (OP-9, MF-4)."""

import json
import time
from pathlib import Path
from typing import Any

import pytest

from tests.clients import examples
from tests.clients.conftest import register
from tests.clients.person import Person
from tests.parts.server import Server
from tests.support.factor_accounts import Account

CALLBACK = "http://127.0.0.1:9/callback"  # nobody listens there: the address that it leads to is enough

NODE = """
import * as oidc from "openid-client";
const { ISSUER, CLIENT_ID, CLIENT_SECRET, ACR_VALUES, VERIFIER, CALLED, BACK } = process.env;
const config = await oidc.discovery(new URL(ISSUER), CLIENT_ID, CLIENT_SECRET, undefined,
  { execute: [oidc.allowInsecureRequests, oidc.enableNonRepudiationChecks] });
if (BACK) {
  const checks = { pkceCodeVerifier: VERIFIER, expectedState: "state", expectedNonce: "nonce", maxAge: 300 };
  const tokens = await oidc.authorizationCodeGrant(config, new URL(BACK), checks);
  const { acr, amr, auth_time, sub } = tokens.claims();
  console.log(JSON.stringify({ acr, amr, auth_time, sub }));
} else {
  const supported = config.serverMetadata().acr_values_supported;
  const url = oidc.buildAuthorizationUrl(config, {
    redirect_uri: CALLED, scope: "openid", state: "state", nonce: "nonce", acr_values: ACR_VALUES, max_age: "300",
    code_challenge: await oidc.calculatePKCECodeChallenge(VERIFIER), code_challenge_method: "S256",
  });
  console.log(JSON.stringify({ url, supported }));
}
"""


@pytest.fixture
def program(server: Server, tmp_path: Path) -> tuple[Path, dict[str, str]]:
    examples.demand("openid-client")
    (tmp_path / "node_modules").symlink_to(examples.NODE_MODULES)
    (tmp_path / "levels.mjs").write_text(NODE)
    environ = register(server, "Levels", "--redirect-uri", CALLBACK)
    return tmp_path / "levels.mjs", {**environ, "VERIFIER": "v" * 43, "CALLED": CALLBACK}


def ran(program: tuple[Path, dict[str, str]], **more: str) -> dict[str, Any]:
    path, environ = program
    done = examples.run(path, **environ, **more)
    assert done.returncode == 0, done.stderr
    return dict(json.loads(done.stdout))


def test_openid_client_asks_for_acr_values_and_gets_what_the_person_can_show(
    server: Server, program: tuple[Path, dict[str, str]]
) -> None:
    """Who has a second factor shows it on the way; who has none goes on, and the client is told so."""
    begun = int(time.time())
    has_one, has_none = Account.made(server, "uma"), Account.made(server, "vic", has_app=False)
    asked = ran(program, ACR_VALUES="urn:cupbearer:2 phr")
    assert "urn:cupbearer:2" in asked["supported"]
    told = []
    for account in (has_one, has_none):
        person = Person(account.username, show=account.code)
        with pytest.raises(ConnectionRefusedError):
            person.open(asked["url"])
        told.append(ran(program, BACK=person.leads_to))
    assert [each["acr"] for each in told] == ["urn:cupbearer:2", "urn:cupbearer:1"]
    assert [each["amr"] for each in told] == [["pwd", "otp", "mfa"], ["pwd"]]
    assert all(begun <= each["auth_time"] for each in told)
