"""An application of another with a token for a person of a test."""

from chalicelib import wiring
from chalicelib.audit.trail import Source
from chalicelib.keys import pkce
from chalicelib.oauth.authorization_codes import Code
from chalicelib.oauth.client import AUTHORIZATION_CODE
from chalicelib.oauth.client import Client as OAuthClient
from chalicelib.oauth.client_rules import Registration
from chalicelib.oauth.consents import Wanted
from chalicelib.oauth.token_issuance import Tokens
from cupbearer.testing_values import SOURCE


def token_of_app(
    services: wiring.Services,
    *,
    user_id: str,
    login_id: str,
    scopes: frozenset[str],
    name: str = "an app",
    source: Source = SOURCE,
) -> tuple[OAuthClient, Tokens]:
    """Return a new application, and its tokens for a person who consented to these scopes in a session of ours."""
    provider, verifier = services.oauth, "v" * 43
    uri = "https://app.example/cb"
    app, _ = provider.clients.create(
        Registration(name=name, redirect_uris=(uri,), scopes=scopes), source=source
    )
    consent, giving = provider.consents.giving(user_id, Wanted(app, scopes), source=source)
    agreed = Code(
        client_id=app.client_id,
        redirect_uri=uri,
        code_challenge=pkce.code_challenge(verifier),
        user_id=user_id,
        login_id=login_id,
        scope=scopes,
        nonce=None,
        consent_id=consent.consent_id,
    )
    code, insert = provider.codes.compose(agreed)
    services.store.commit(insert, *giving)
    form = {"grant_type": AUTHORIZATION_CODE, "code": code, "code_verifier": verifier, "redirect_uri": uri}
    return app, provider.token_requests.redeem(form, app, source=source)
