"""openid-client pushes its requests and takes the answer as a form, as it comes (RFC 9126, OP-11, M10)."""

import json
from pathlib import Path
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest

from tests.clients import examples, table
from tests.clients.conftest import register
from tests.clients.person import Person
from tests.parts.server import Server

CALLBACK = "http://127.0.0.1:9/callback"  # nobody listens there: what the page would post is enough

NODE = """
import * as oidc from "openid-client";
const { ISSUER, CLIENT_ID, CLIENT_SECRET, VERIFIER, CALLED, FORM } = process.env;
const config = await oidc.discovery(new URL(ISSUER), CLIENT_ID, CLIENT_SECRET || undefined,
  CLIENT_SECRET ? undefined : oidc.None(), { execute: [oidc.allowInsecureRequests, oidc.enableNonRepudiationChecks] });
if (FORM) {
  const headers = { "Content-Type": "application/x-www-form-urlencoded" };
  const posted = new Request(CALLED, { method: "POST", headers, body: FORM });
  const checks = { pkceCodeVerifier: VERIFIER, expectedState: "state", expectedNonce: "nonce" };
  const tokens = await oidc.authorizationCodeGrant(config, posted, checks);
  console.log(JSON.stringify(await oidc.fetchUserInfo(config, tokens.access_token, tokens.claims().sub)));
} else {
  const url = await oidc.buildAuthorizationUrlWithPAR(config, {
    redirect_uri: CALLED, scope: "openid profile", state: "state", nonce: "nonce", response_mode: "form_post",
    code_challenge: await oidc.calculatePKCECodeChallenge(VERIFIER), code_challenge_method: "S256",
  });
  console.log(JSON.stringify(url));
}
"""


@pytest.mark.parametrize("kind", ["confidential", "public"])
def test_openid_client_pushes_a_request_and_takes_the_answer_as_a_form(
    server: Server, zoe: Person, tmp_path: Path, kind: str, tells: table.Teller
) -> None:
    examples.demand("openid-client")
    (tmp_path / "node_modules").symlink_to(examples.NODE_MODULES)
    program = tmp_path / "pushed.mjs"
    program.write_text(NODE)
    options = ("--public",) if kind == "public" else ("--require-pushed-authorization-requests",)
    environ = register(server, f"Pushes {kind}", "--redirect-uri", CALLBACK, *options)
    environ |= {"VERIFIER": "v" * 43, "CALLED": CALLBACK}
    asked = examples.run(program, **environ)
    assert asked.returncode == 0, asked.stderr
    url = json.loads(asked.stdout)
    assert parse_qs(urlsplit(url).query).keys() == {"client_id", "request_uri"}
    page = zoe.open(url)
    assert page.form.keys() == {"code", "state", "iss"}
    told = examples.run(program, **environ, FORM=urlencode(page.form))
    assert told.returncode == 0, told.stderr
    assert json.loads(told.stdout)["preferred_username"] == "zoe"
    if kind == "public":  # the other registers that it must not do without
        version, done = table.npm("openid-client"), "log-in, userinfo, ID token"
        client_id = environ["CLIENT_ID"]
        tells("openid-client, pushed requests and `form_post`", version, "Node", done, client_id=client_id)
