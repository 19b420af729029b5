"""Clients' libraries, unmodified, that bind their tokens to a key (RFC 9449; PO-10, PO-11, PO-13, PO-14, PO-16)."""

import json
from pathlib import Path

from tests.clients import examples, table
from tests.clients.conftest import register
from tests.clients.person import Person
from tests.clients.test_libraries import CALLBACK, code_at
from tests.parts.server import Server

# A public client, whose key lives as long as the program: the address that the browser came back to is a line of its input.
PUBLIC = """
import { createInterface } from "node:readline/promises";
import * as oidc from "openid-client";
const { ISSUER, CLIENT_ID, CALLED } = process.env;
const config = await oidc.discovery(new URL(ISSUER), CLIENT_ID, undefined, oidc.None(),
  { execute: [oidc.allowInsecureRequests] });
const algs = config.serverMetadata().dpop_signing_alg_values_supported;
const DPoP = oidc.getDPoPHandle(config, await oidc.randomDPoPKeyPair());
const verifier = oidc.randomPKCECodeVerifier();
const url = await oidc.buildAuthorizationUrlWithPAR(config, {
  redirect_uri: CALLED, scope: "openid profile offline_access", state: "state",
  code_challenge: await oidc.calculatePKCECodeChallenge(verifier), code_challenge_method: "S256",
}, { DPoP });
console.log(url.href);
for await (const back of createInterface({ input: process.stdin })) {
  const checks = { pkceCodeVerifier: verifier, expectedState: "state" };
  const first = await oidc.authorizationCodeGrant(config, new URL(back), checks, undefined, { DPoP });
  const { preferred_username } = await oidc.fetchUserInfo(config, first.access_token, first.claims().sub, { DPoP });
  const next = await oidc.refreshTokenGrant(config, first.refresh_token, undefined, { DPoP });
  const other = oidc.getDPoPHandle(config, await oidc.randomDPoPKeyPair());
  const refusals = [];
  const tries = [{ DPoP: other }, {}];
  for (const options of tries)
    await oidc.refreshTokenGrant(config, next.refresh_token, undefined, options).catch((e) => refusals.push(e.error));
  for (const options of tries)
    await oidc.fetchUserInfo(config, next.access_token, first.claims().sub, options).catch((e) => refusals.push(e.status));
  console.log(JSON.stringify({ algs, preferred_username, types: [first.token_type, next.token_type], refusals }));
  break;
}
"""

MACHINE = """
import * as oauth from "oauth4webapi";
const { ISSUER, CLIENT_ID, CLIENT_SECRET } = process.env;
const insecure = { [oauth.allowInsecureRequests]: true }, issuer = new URL(ISSUER), client = { client_id: CLIENT_ID };
const as = await oauth.processDiscoveryResponse(issuer, await oauth.discoveryRequest(issuer, insecure));
const DPoP = oauth.DPoP(client, await oauth.generateKeyPair("RS256"));
const answer = await oauth.clientCredentialsGrantRequest(as, client, oauth.ClientSecretPost(CLIENT_SECRET),
  { scope: "pangolins" }, { ...insecure, DPoP });
const tokens = await oauth.processClientCredentialsResponse(as, client, answer);
const url = new URL(`${ISSUER}/pangolins`);
const got = await oauth.protectedResourceRequest(tokens.access_token, "GET", url, undefined, null, { ...insecure, DPoP });
console.log(tokens.token_type, got.status);
"""


def script(folder: Path, name: str, text: str) -> Path:
    (folder / "node_modules").symlink_to(examples.NODE_MODULES)
    (folder / name).write_text(text)
    return folder / name


def test_a_public_client_binds_its_request_its_code_and_its_tokens(
    server: Server, zoe: Person, tmp_path: Path, tells: table.Teller
) -> None:
    """Nonces included: the library meets ``use_dpop_nonce`` and goes on by itself."""
    examples.demand("openid-client")
    environ = register(server, "Bound", "--public", "--redirect-uri", CALLBACK, "--dpop-bound-access-tokens")
    path = script(tmp_path, "public.mjs", PUBLIC)
    with examples.running(path, **environ, CALLED=CALLBACK) as child:
        back = code_at(zoe, examples.line_of(child))
        assert child.stdin is not None
        child.stdin.write(f"{back}\n")
        child.stdin.flush()
        told = json.loads(examples.line_of(child))
    assert told == {
        "algs": ["ES256", "EdDSA", "RS256"],
        "preferred_username": "zoe",
        "types": ["dpop", "dpop"],
        "refusals": ["invalid_grant", "invalid_dpop_proof", 401, 401],
    }
    version = table.npm("openid-client")
    tells("openid-client, DPoP", version, "Node", "pushed request, log-in, userinfo, refresh", line="")


def test_a_machine_binds_its_token(server: Server, tmp_path: Path) -> None:
    """The example of docs/clients.md."""
    examples.demand("openid-client")
    environ = register(server, "machine", "--grant", "client_credentials", "--scope", "pangolins")
    done = examples.run(examples.write(tmp_path, "dpop.mjs"), **environ)
    assert done.stdout.strip() == "dpop Pengu", done.stderr


def test_oauth4webapi_binds_its_token_to_an_rsa_key(
    server: Server, tmp_path: Path, tells: table.Teller
) -> None:
    examples.demand("oauth4webapi")
    environ = register(server, "machine with RSA", "--grant", "client_credentials", "--scope", "pangolins")
    done = examples.run(script(tmp_path, "machine.mjs", MACHINE), **environ)
    assert done.stdout.strip() == "dpop 200", done.stderr
    tells(
        "oauth4webapi, DPoP", table.npm("oauth4webapi"), "Node", "client credentials, guarded route", line=""
    )
