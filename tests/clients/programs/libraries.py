"""Libraries without a server of their own: /NAME/login leads away, /NAME/callback tells what came of it."""

import asyncio
import base64
import hashlib
import json
import os
from urllib.parse import parse_qsl

from httpx_oauth.clients.openid import OpenID
from idpyoidc.client.rp_handler import RPHandler
from oic.oic import Client
from oic.oic.message import AuthorizationResponse
from oic.utils.authn.client import CLIENT_AUTHN_METHOD

ISSUER, HERE = os.environ["ISSUER"], f"http://127.0.0.1:{os.environ['PORT']}"
CLIENTS = json.loads(os.environ["CLIENTS"])
SCOPES = ["openid", "profile", "email"]


PKCE = {  # as idpy-oidc's own defaults have it
    "function": "idpyoidc.client.oauth2.add_on.pkce.add_support",
    "kwargs": {"code_challenge_length": 64, "code_challenge_method": "S256"},
}


class HttpxOAuth:
    def __init__(self, client_id, secret, back):
        self.back = back
        self.client = OpenID(client_id, secret, f"{ISSUER}/.well-known/openid-configuration")
        self.verifier = "v" * 43

    def login(self):
        challenge = base64.urlsafe_b64encode(hashlib.sha256(self.verifier.encode()).digest()).decode()
        return asyncio.run(
            self.client.get_authorization_url(
                self.back, scope=SCOPES, code_challenge=challenge.rstrip("="), code_challenge_method="S256"
            )
        )

    def callback(self, query):
        return asyncio.run(self._callback(dict(parse_qsl(query))["code"]))

    async def _callback(self, code):
        token = await self.client.get_access_token(code, self.back, self.verifier)
        after = await self.client.refresh_token(token["refresh_token"])
        sub, email = await self.client.get_id_email(after["access_token"])
        await self.client.revoke_token(after["refresh_token"], "refresh_token")
        return {"sub": sub, "email": email}


class Oic:
    def __init__(self, client_id, secret, back):
        self.client = Client(client_id=client_id, client_authn_method=CLIENT_AUTHN_METHOD)
        self.client.provider_config(ISSUER)
        self.client.client_secret = secret
        self.client.redirect_uris = [back]

    def login(self):
        args = {"response_type": "code", "scope": SCOPES, "state": "state", "nonce": "nonce"}
        args["redirect_uri"] = self.client.redirect_uris[0]
        return self.client.authorization_request_info(request_args=args)[0]

    def callback(self, query):
        back = self.client.parse_response(AuthorizationResponse, info=query, sformat="urlencoded")
        args = {"code": back["code"], "redirect_uri": self.client.redirect_uris[0]}
        token = self.client.do_access_token_request(state="state", request_args=args)
        assert token["id_token"]["nonce"] == "nonce"
        assert "access_token" in self.client.do_access_token_refresh(state="state")
        return token["id_token"].to_dict()  # it would post the token to userinfo, which takes a header only


class IdpyOidc:
    def __init__(self, client_id, secret, back):
        config = {
            "issuer": ISSUER,
            "client_type": "oidc",
            "client_id": client_id,
            "client_secret": secret,
            "redirect_uris": [back],
            "scopes_supported": SCOPES,
            "add_ons": {"pkce": PKCE},
        }
        self.handler = RPHandler(base_url=HERE, client_configs={"cupbearer": config})

    def login(self):
        begun = self.handler.begin("cupbearer")
        return begun if isinstance(begun, str) else begun["url"]

    def callback(self, query):
        done = self.handler.finalize(ISSUER, dict(parse_qsl(query)))
        assert "error" not in done, done
        who = done["userinfo"].to_dict() if hasattr(done["userinfo"], "to_dict") else done["userinfo"]
        return {**who, "id": done["id_token"]["sub"]}


LIBRARIES = {"httpx-oauth": HttpxOAuth, "oic": Oic, "idpyoidc": IdpyOidc}
made = {}


def app(environ, start_response):
    _, name, act = environ["PATH_INFO"].split("/")
    if name not in made:
        client = CLIENTS[name]
        made[name] = LIBRARIES[name](client["CLIENT_ID"], client["CLIENT_SECRET"], f"{HERE}/{name}/callback")
    if act == "login":
        start_response("303 See Other", [("Location", made[name].login())])
        return [b""]
    answer = made[name].callback(environ["QUERY_STRING"])
    start_response("200 OK", [("Content-Type", "application/json")])
    return [json.dumps(answer).encode()]
