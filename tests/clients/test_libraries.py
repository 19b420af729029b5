"""Libraries beyond the examples: another Python client, and clients that prove themselves by a key (M10, OP-6)."""

import json
from pathlib import Path
from urllib.parse import urlencode

import pytest
from authlib.integrations.requests_client import OAuth2Session
from authlib.oauth2.rfc7523 import PrivateKeyJWT
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from joserfc.jwk import ECKey
from requests_oauthlib import OAuth2Session as OtherSession

from chalicelib.jose import jws
from tests.clients import examples, table
from tests.clients.conftest import register
from tests.clients.person import Person
from tests.parts.server import Server

CALLBACK = "http://127.0.0.1:9/callback"  # nobody listens there: the address that it leads to is enough

NODE = """
import * as oidc from "openid-client";
const { ISSUER, CLIENT_ID, PEM, KID } = process.env;
const key = await crypto.subtle.importKey(
  "pkcs8", Buffer.from(PEM, "base64"), { name: "ECDSA", namedCurve: "P-256" }, false, ["sign"]);
const config = await oidc.discovery(new URL(ISSUER), CLIENT_ID, {}, oidc.PrivateKeyJwt({ key, kid: KID }),
  { execute: [oidc.allowInsecureRequests] });
console.log((await oidc.clientCredentialsGrant(config, { scope: "pangolins" })).scope);
"""


def code_at(zoe: Person, url: str) -> str:
    """Let the person through our pages; return the address that the last redirect led to."""
    with pytest.raises(ConnectionRefusedError):
        zoe.open(url)
    return zoe.leads_to


def test_requests_oauthlib_logs_in_refreshes_and_asks(
    server: Server, zoe: Person, monkeypatch: pytest.MonkeyPatch, tells: table.Teller
) -> None:
    monkeypatch.setenv("OAUTHLIB_INSECURE_TRANSPORT", "1")  # the issuer is http://localhost
    environ = register(server, "Another", "--redirect-uri", CALLBACK)
    secret = environ["CLIENT_SECRET"]
    session = OtherSession(
        environ["CLIENT_ID"], redirect_uri=CALLBACK, scope=["openid", "profile"], pkce="S256"
    )
    url, _ = session.authorization_url(f"{server.url}/oauth/authorize")
    session.fetch_token(
        f"{server.url}/oauth/token", authorization_response=code_at(zoe, url), client_secret=secret
    )
    who = session.get(f"{server.url}/oauth/userinfo").json()
    assert who["preferred_username"] == "zoe"
    before = session.token["refresh_token"]
    after = session.refresh_token(f"{server.url}/oauth/token", auth=(environ["CLIENT_ID"], secret))
    assert after["refresh_token"] != before
    version = table.pypi("requests-oauthlib")
    tells("requests-oauthlib", version, "Python", "log-in, userinfo, refresh", line='`pkce="S256"`')


@pytest.fixture
def keyed(server: Server, tmp_path: Path) -> dict[str, str]:
    """A client registered with a key of its own."""
    key = ec.generate_private_key(ec.SECP256R1())
    numbers = key.public_key().public_numbers()
    x, y = (jws.encode(number.to_bytes(32, "big")) for number in (numbers.x, numbers.y))
    public = {"kty": "EC", "crv": "P-256", "x": x, "y": y, "kid": "mine", "alg": "ES256", "use": "sig"}
    (tmp_path / "jwks.json").write_text(json.dumps({"keys": [public]}))
    options = ("--jwks", str(tmp_path / "jwks.json"), "--grant", "client_credentials", "--scope", "pangolins")
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    der = "".join(line for line in pem.splitlines() if not line.startswith("-"))
    return {**register(server, "keyed", *options), "PEM": der, "KID": "mine", "WHOLE_PEM": pem}


def test_authlib_proves_itself_by_its_key(server: Server, keyed: dict[str, str], tells: table.Teller) -> None:
    key = ECKey.import_key(keyed["WHOLE_PEM"])
    session = OAuth2Session(keyed["CLIENT_ID"], key, token_endpoint_auth_method="private_key_jwt")
    session.register_client_auth_method(PrivateKeyJWT(server.url, headers={"kid": "mine"}, alg="ES256"))
    token = session.fetch_token(
        f"{server.url}/oauth/token", grant_type="client_credentials", scope="pangolins"
    )
    assert token["scope"] == "pangolins"
    assert session.get(f"{server.url}/pangolins").status_code == 200
    tells(
        "Authlib, `private_key_jwt`",
        table.pypi("Authlib"),
        "Python",
        "client credentials, guarded route",
        client_id=keyed["CLIENT_ID"],
        line="`PrivateKeyJWT(ISSUER)`",
    )


def test_openid_client_proves_itself_by_its_key(
    keyed: dict[str, str], tmp_path: Path, tells: table.Teller
) -> None:
    examples.demand("openid-client")
    (tmp_path / "node_modules").symlink_to(examples.NODE_MODULES)
    path = tmp_path / "keyed.mjs"
    path.write_text(NODE)
    done = examples.run(path, **keyed)
    assert done.stdout.strip() == "pangolins", done.stderr
    tells(
        "openid-client, `private_key_jwt`",
        table.npm("openid-client"),
        "Node",
        "client credentials",
        client_id=keyed["CLIENT_ID"],
    )


def test_a_client_that_forgets_pkce_is_told_so(server: Server, zoe: Person) -> None:
    environ = register(server, "Old", "--redirect-uri", CALLBACK)
    query = urlencode({"client_id": environ["CLIENT_ID"], "redirect_uri": CALLBACK, "response_type": "code"})
    assert "error=invalid_request" in code_at(zoe, f"{server.url}/oauth/authorize?{query}")
