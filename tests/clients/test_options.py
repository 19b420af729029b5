"""Libraries that fail as they come, each with the one option that lets it in, and told so without it (OP-3, OP-5, OP-6, OP-9)."""

import json
from pathlib import Path
from typing import Any

import pytest
from authlib.integrations.base_client.errors import OAuthError
from authlib.integrations.requests_client import OAuth2Session
from authlib.oauth2.rfc7523 import PrivateKeyJWT
from joserfc.jwk import ECKey
from oauthlib.oauth2.rfc6749.errors import InvalidClientError
from requests.auth import HTTPBasicAuth
from requests_oauthlib import OAuth2Session as OtherSession

from tests.clients import examples, table
from tests.clients.conftest import register
from tests.clients.person import Person
from tests.clients.test_libraries import CALLBACK, code_at
from tests.oauth.server import payload_of
from tests.parts.server import Server

WITHOUT_PKCE = """
import * as oidc from "openid-client";
const { ISSUER, CLIENT_ID, CLIENT_SECRET, CALLED, BACK } = process.env;
const config = await oidc.discovery(new URL(ISSUER), CLIENT_ID, CLIENT_SECRET, undefined,
  { execute: [oidc.allowInsecureRequests, oidc.enableNonRepudiationChecks] });
if (BACK) {
  const tokens = await oidc.authorizationCodeGrant(config, new URL(BACK), { expectedNonce: "nonce" });
  const { name, preferred_username, email, email_verified } = tokens.claims();
  console.log(JSON.stringify({ name, preferred_username, email, email_verified }));
} else {
  const url = oidc.buildAuthorizationUrl(config, { redirect_uri: CALLED, scope: "openid profile email", nonce: "nonce" });
  console.log(JSON.stringify({ url }));
}
"""


def ran(path: Path, **environ: str) -> dict[str, Any]:
    done = examples.run(path, **environ)
    assert done.returncode == 0, done.stderr
    return dict(json.loads(done.stdout))


@pytest.fixture(autouse=True)
def _on_loopback(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OAUTHLIB_INSECURE_TRANSPORT", "1")


def update(server: Server, client_id: str, *arguments: str) -> None:
    server.command("clients", "update", client_id, *arguments)
    table.registered(client_id, *arguments)


def test_openid_client_without_pkce_reads_name_and_e_mail_in_the_id_token(
    server: Server, zoe: Person, tmp_path: Path, tells: table.Teller
) -> None:
    """Nothing is asked for at userinfo. Before the option is set, the refusal says what is missing."""
    examples.demand("openid-client")
    (tmp_path / "node_modules").symlink_to(examples.NODE_MODULES)
    path = tmp_path / "plain.mjs"
    path.write_text(WITHOUT_PKCE)
    environ = {**register(server, "No PKCE", "--redirect-uri", CALLBACK), "CALLED": CALLBACK}
    url = ran(path, **environ)["url"]
    assert "code_challenge+is+missing" in code_at(zoe, url)
    update(server, environ["CLIENT_ID"], "--pkce", "optional")
    told = ran(path, **environ, BACK=code_at(zoe, url))
    assert told == {"preferred_username": "zoe", "email": "zoe@example.com", "email_verified": False}
    tells(
        "openid-client, without PKCE",
        table.npm("openid-client"),
        "Node",
        "log-in, name and e-mail in the ID token",
        client_id=environ["CLIENT_ID"],
    )


def test_authlib_logs_in_without_pkce(server: Server, zoe: Person, tells: table.Teller) -> None:
    """As its integrations do that are not told of code_challenge_method: with a nonce of their own."""
    environ = register(server, "Plain Authlib", "--redirect-uri", CALLBACK, "--pkce", "optional")
    session = OAuth2Session(
        environ["CLIENT_ID"], environ["CLIENT_SECRET"], scope="openid email", redirect_uri=CALLBACK
    )
    url, state = session.create_authorization_url(f"{server.url}/oauth/authorize", nonce="the nonce")
    token = session.fetch_token(
        f"{server.url}/oauth/token", authorization_response=code_at(zoe, url), state=state
    )
    told = payload_of(token["id_token"])
    assert (told["nonce"], told["email"]) == ("the nonce", "zoe@example.com")
    before = session.token["access_token"]
    session.refresh_token(f"{server.url}/oauth/token", refresh_token=session.token["refresh_token"])
    assert session.token["access_token"] != before
    tells(
        "Authlib, without PKCE",
        table.pypi("Authlib"),
        "Python",
        "log-in, ID token, refresh",
        client_id=environ["CLIENT_ID"],
    )


def test_requests_oauthlib_logs_in_without_pkce(server: Server, zoe: Person, tells: table.Teller) -> None:
    environ = register(server, "Plain oauthlib", "--redirect-uri", CALLBACK, "--pkce", "optional")
    session = OtherSession(environ["CLIENT_ID"], redirect_uri=CALLBACK, scope=["openid", "profile"])
    url, _ = session.authorization_url(f"{server.url}/oauth/authorize", nonce="the nonce")
    session.fetch_token(
        f"{server.url}/oauth/token",
        authorization_response=code_at(zoe, url),
        client_secret=environ["CLIENT_SECRET"],
    )
    assert session.get(f"{server.url}/oauth/userinfo").json()["preferred_username"] == "zoe"
    tells(
        "requests-oauthlib, without PKCE",
        table.pypi("requests-oauthlib"),
        "Python",
        "log-in, userinfo",
        client_id=environ["CLIENT_ID"],
    )


def test_requests_oauthlib_speaks_for_a_public_client_by_basic_without_a_password(
    server: Server, zoe: Person
) -> None:
    """Which is what it sends where no client_id is wanted in the body."""
    environ = register(server, "Public oauthlib", "--public", "--redirect-uri", "http://localhost/callback")
    here = "http://localhost:9/callback"  # any port
    session = OtherSession(environ["CLIENT_ID"], redirect_uri=here, scope=["openid"], pkce="S256")
    url, _ = session.authorization_url(f"{server.url}/oauth/authorize")
    nobody = HTTPBasicAuth(environ["CLIENT_ID"], "")
    answer = code_at(zoe, url)
    with pytest.raises(InvalidClientError):
        session.fetch_token(
            f"{server.url}/oauth/token",
            authorization_response=answer,
            auth=HTTPBasicAuth(environ["CLIENT_ID"], "a guess"),
        )
    session.fetch_token(f"{server.url}/oauth/token", authorization_response=answer, auth=nobody)
    assert session.token["refresh_token"]


def test_authlib_proves_itself_by_its_key_to_the_token_endpoint(
    server: Server, tmp_path: Path, tells: table.Teller
) -> None:
    """Its PrivateKeyJWT as it comes, refused without the option."""
    key = ECKey.generate_key("P-256", {"kid": "mine", "alg": "ES256", "use": "sig"})
    (tmp_path / "jwks.json").write_text(json.dumps({"keys": [key.as_dict(private=False)]}))
    options = ("--jwks", str(tmp_path / "jwks.json"), "--grant", "client_credentials", "--scope", "pangolins")
    environ = register(server, "keyed as it comes", *options)
    session = OAuth2Session(environ["CLIENT_ID"], key, token_endpoint_auth_method="private_key_jwt")
    session.register_client_auth_method(
        PrivateKeyJWT(f"{server.url}/oauth/token", headers={"kid": "mine"}, alg="ES256")
    )

    def fetched() -> Any:
        return session.fetch_token(f"{server.url}/oauth/token", grant_type="client_credentials")

    with pytest.raises(OAuthError, match="invalid_client"):
        fetched()
    update(server, environ["CLIENT_ID"], "--assertion-audience", "token-endpoint")
    assert fetched()["scope"] == "pangolins"
    tells(
        "Authlib, `private_key_jwt` for the token endpoint",
        table.pypi("Authlib"),
        "Python",
        "client credentials",
        client_id=environ["CLIENT_ID"],
    )
