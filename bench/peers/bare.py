"""The other peer: the authorizer one writes first with Chalice and PyJWT, by their documentation."""

import os
from typing import Any

import jwt
from chalice import Chalice
from chalice.app import AuthRequest, AuthResponse

app = Chalice(app_name="bare")
keys = jwt.PyJWKClient(os.environ["PEER_JWKS"]) if "PEER_JWKS" in os.environ else None


@app.authorizer()  # type: ignore[untyped-decorator]
def jwt_authorizer(request: AuthRequest) -> Any:
    token = request.token.removeprefix("Bearer ")
    key: Any = keys.get_signing_key_from_jwt(token).key if keys else os.environ["PEER_PEM"]
    claims = jwt.decode(
        token,
        key,
        algorithms=["RS256"],
        issuer=os.environ["PEER_ISSUER"],
        audience=os.environ["PEER_ISSUER"],
    )
    return AuthResponse(routes=["/profile"], principal_id=claims["sub"], context={"scope": claims["scope"]})


@app.route("/profile", authorizer=jwt_authorizer)  # type: ignore[untyped-decorator]
def profile() -> dict[str, str]:
    return {}
