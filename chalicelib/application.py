"""Cupbearer, the whole application: a table of contents."""

from typing import Any

from chalice import Chalice
from chalice.app import AuthRequest

from chalicelib import api, settings
from chalicelib.sample import animals, board, profile
from chalicelib.web import (
    about,
    consent_pages,
    consents,
    discovery,
    federation,
    identities,
    login_pages,
    oauth,
    oauth_authorize,
    openapi,
    pages,
    sessions,
    users,
)
from chalicelib.web.authorizer import decide
from chalicelib.web.routes import mount

SETTINGS = settings.from_environment()
APIS = (
    users.api,
    sessions.api,
    about.api,
    animals.api,
    profile.api,
    board.api,
    pages.api,
    federation.api,
    identities.api,
    consents.api,
    discovery.api,
    oauth.api,
    oauth_authorize.api,
    login_pages.api,
    consent_pages.api,
    *api.APIS,
)

app = Chalice(app_name="cupbearer", configure_logs=False)
app.api.binary_types = []  # everything here is text


@app.authorizer(name="jwt_authorizer", ttl_seconds=SETTINGS.authorizer_ttl_seconds)  # type: ignore[untyped-decorator]
def jwt_authorizer(request: AuthRequest) -> dict[str, Any]:
    """Turn a bearer token into a policy and a context. Refuses with 401; trouble of ours is raised, never cached."""
    return decide({"authorizationToken": request.token, "methodArn": request.method_arn}, TABLE)


TABLE = mount(app, APIS, jwt_authorizer)
openapi.describe(APIS)
