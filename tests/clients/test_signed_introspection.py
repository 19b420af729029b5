"""A client library that nobody here wrote asks for a signed introspection answer and verifies it (RFC 9701, JI-1)."""

import json
from pathlib import Path

from tests.clients import examples
from tests.clients.conftest import register
from tests.parts.server import Server

NODE = """
import * as oidc from "openid-client";
const { ISSUER, CLIENT_ID, CLIENT_SECRET } = process.env;
const metadata = { client_secret: CLIENT_SECRET, introspection_signed_response_alg: "RS256" };
const config = await oidc.discovery(new URL(ISSUER), CLIENT_ID, metadata, undefined,
  { execute: [oidc.allowInsecureRequests, oidc.enableNonRepudiationChecks] });
let type;
config[oidc.customFetch] = async (url, options) => {
  const answer = await fetch(url, options);
  if (String(url).endsWith("/introspect")) type = answer.headers.get("content-type");
  return answer;
};
const { access_token } = await oidc.clientCredentialsGrant(config);
const seen = await oidc.tokenIntrospection(config, access_token);
console.log(JSON.stringify({ type, active: seen.active, client: seen.client_id === CLIENT_ID }));
"""


def test_openid_client_asks_for_a_signed_answer_and_verifies_it(server: Server, tmp_path: Path) -> None:
    examples.demand("openid-client")
    (tmp_path / "node_modules").symlink_to(examples.NODE_MODULES)
    (tmp_path / "signed.mjs").write_text(NODE)
    done = examples.run(tmp_path / "signed.mjs", **register(server, "Signed"))
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == {
        "type": "application/token-introspection+jwt",
        "active": True,
        "client": True,
    }
