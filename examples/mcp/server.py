"""Notes for agents: an MCP server that whoever holds a token of Cupbearer's for it may use."""

import json
import os
from urllib.parse import urlsplit

import anyio
import jwt
import uvicorn
from mcp.server import MCPServer
from mcp.server.auth.middleware.auth_context import get_access_token
from mcp.server.auth.provider import AccessToken, TokenVerifier
from mcp.server.auth.routes import build_resource_metadata_url
from mcp.server.auth.settings import AuthSettings
from starlette.middleware import Middleware
from starlette.middleware.base import BaseHTTPMiddleware, RequestResponseEndpoint
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

ISSUER = os.environ.get("ISSUER", "http://localhost:8000")  # Cupbearer
URL = os.environ.get("URL", "http://localhost:9000/mcp")  # what people paste into their clients

SCOPES = {"list_notes": "notes:read", "add_note": "notes:write"}  # of each tool
NOTES: dict[str, list[str]] = {}  # of each person


class CupbearerTokens(TokenVerifier):
    """Verifies access tokens: Cupbearer made them, for this server and no other."""

    keys = jwt.PyJWKClient(f"{ISSUER}/.well-known/jwks.json")
    wanted = {"require": ["exp", "sub", "client_id", "scope"]}  # noqa: RUF012 - nobody changes it

    async def verify_token(self, token: str) -> AccessToken | None:
        try:
            key = await anyio.to_thread.run_sync(self.keys.get_signing_key_from_jwt, token)
            claims = jwt.decode(
                token, key, algorithms=["RS256"], issuer=ISSUER, audience=URL, options=self.wanted
            )
        except jwt.PyJWTError:
            return None
        scopes, person = claims["scope"].split(), claims["sub"]
        return AccessToken(
            token=token, client_id=claims["client_id"], scopes=scopes, resource=URL, subject=person
        )


auth = AuthSettings(
    issuer_url=ISSUER, resource_server_url=URL, required_scopes=["notes:read"], validate_token_resource=True
)
server = MCPServer("Notes", token_verifier=CupbearerTokens(), auth=auth)


def person(scope: str) -> str:
    """Return who is asking; refuse a token without the scope."""
    token = get_access_token()
    if token is None or scope not in token.scopes:
        raise PermissionError(f"This needs the scope {scope}.")
    return str(token.subject)


@server.tool()
def list_notes() -> list[str]:
    """List your notes."""
    return NOTES.get(person(SCOPES["list_notes"]), [])


@server.tool()
def add_note(text: str) -> str:
    """Add a note."""
    NOTES.setdefault(person(SCOPES["add_note"]), []).append(text)
    return "noted"


class StepUp(BaseHTTPMiddleware):
    """Tells a client whose token does not reach a tool which scopes to ask its person for."""

    async def dispatch(self, request: Request, call_next: RequestResponseEndpoint) -> Response:
        needed = tool_scope(await request.body())
        if needed is None or needed in request.auth.scopes or not request.user.is_authenticated:
            return await call_next(request)
        scopes = " ".join(
            [*request.auth.scopes, needed]
        )  # what it has, too: some clients ask for these alone
        metadata = build_resource_metadata_url(auth.resource_server_url)
        challenge = f'Bearer error="insufficient_scope", scope="{scopes}", resource_metadata="{metadata}"'
        return JSONResponse({"error": "insufficient_scope"}, 403, {"WWW-Authenticate": challenge})


def tool_scope(body: bytes) -> str | None:
    """Return the scope of the tool that a request calls; None where it calls none."""
    try:
        message = json.loads(body)
        return SCOPES[message["params"]["name"]] if message["method"] == "tools/call" else None
    except (ValueError, TypeError, LookupError):
        return None


app = server.streamable_http_app(json_response=True, stateless_http=True)
app.user_middleware.append(Middleware(StepUp))  # after the token was verified

if __name__ == "__main__":
    uvicorn.run(app, port=urlsplit(URL).port or 9000, log_level="warning")
