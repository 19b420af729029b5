"""The endpoints that programs call: token, revocation, introspection, device authorization, userinfo."""

import msgspec

from chalicelib.web import forms
from chalicelib.web.headers import NONCE
from chalicelib.web.oauth.error_responses import answering
from chalicelib.web.routes import Answer, Api, Call

api = Api("oauth")

NO_STORE = {"Cache-Control": "no-store", "Pragma": "no-cache"}


class TokenAnswer(msgspec.Struct, frozen=True, omit_defaults=True):
    """RFC 6749 section 5.1. ``expires_in`` is seconds."""

    access_token: str
    expires_in: int
    scope: str
    refresh_token: str | None = None
    id_token: str | None = None
    issued_token_type: str | None = None
    token_type: str = msgspec.field(default_factory=lambda: "Bearer")  # or DPoP (RFC 9449 section 5)


class DeviceAnswer(msgspec.Struct, frozen=True):
    """RFC 8628 section 3.2. Times are seconds."""

    device_code: str
    user_code: str
    verification_uri: str
    verification_uri_complete: str
    expires_in: int
    interval: int


class UserInfo(msgspec.Struct, frozen=True, omit_defaults=True):
    """OpenID Connect Core section 5.3.2: what the scopes of the token let its client know."""

    sub: str
    name: str | None = None
    preferred_username: str | None = None
    locale: str | None = None
    email: str | None = None
    email_verified: bool | None = None


@api.route(
    "/oauth/token",
    methods=["POST"],
    public=True,
    form=True,
    proof=True,
    gives=TokenAnswer,
    refuses=(400, 401, 429),
)
@answering
def token(call: Call) -> Answer:
    """Issue tokens for a code, a refresh token, client credentials, an approved device or another's token.

    A form (RFC 6749); the client authenticates by HTTP Basic, by fields of the form, or by a signed assertion. With a
    DPoP proof the tokens are bound to its key (RFC 9449).
    """
    from chalicelib.oauth import client_authentication

    provider, form = call.services.oauth, forms.machine(call)
    client = provider.client_authentication.authenticate(
        client_authentication.read(form, call.headers.get("authorization")), source=call.source
    )
    proof = call.headers.get("dpop")
    tokens = provider.token_requests.redeem(form, client, source=call.source, proof=proof)
    answer = TokenAnswer(
        access_token=tokens.access_token,
        expires_in=tokens.expires_in,
        scope=tokens.scope,
        refresh_token=tokens.refresh_token,
        id_token=tokens.id_token,
        issued_token_type=tokens.issued_token_type,
        token_type=tokens.token_type,
    )
    nonce = {} if proof is None else {NONCE: call.services.tokens.client_proofs.nonce()}
    return Answer(answer, headers=NO_STORE | nonce)


@api.route("/oauth/revoke", methods=["POST"], public=True, form=True, refuses=(400, 401, 429))
@answering
def revoke(call: Call) -> Answer:
    """Revoke a refresh token, or an access token with the session it is of (RFC 7009)."""
    from chalicelib.oauth import client_authentication
    from chalicelib.oauth.grants.forms import required

    provider, form = call.services.oauth, forms.machine(call)
    client = provider.client_authentication.authenticate(
        client_authentication.read(form, call.headers.get("authorization")), source=call.source
    )
    provider.inspection.revoke(required(form, "token"), client, source=call.source)
    return Answer(headers=NO_STORE)


@api.route(
    "/oauth/introspect",
    methods=["POST"],
    public=True,
    form=True,
    gives=dict,
    or_as="application/token-introspection+jwt",
    refuses=(400, 401, 429),
)
@answering
def introspect(call: Call) -> Answer:
    """Describe a token to the client it was issued to, or to a resource server (RFC 7662).

    With ``Accept: application/token-introspection+jwt`` the same is signed (RFC 9701), ``aud`` being the client that asks.
    """
    from chalicelib.oauth import client_authentication, introspection_jwt
    from chalicelib.oauth.grants.forms import required

    provider, form, authorization = (
        call.services.oauth,
        forms.machine(call),
        call.headers.get("authorization"),
    )
    is_signed = introspection_jwt.is_wanted(call.headers.get("accept"))
    if is_signed:
        introspection_jwt.demand_credentials(form, authorization)
    client = provider.client_authentication.confidential(
        client_authentication.read(form, authorization), source=call.source
    )
    answer = provider.inspection.introspect(required(form, "token"), client)
    if not is_signed:
        return Answer(answer, headers=NO_STORE)
    signed = provider.introspection_jwts.mint(answer, client_id=client.client_id)
    return Answer(signed, headers=NO_STORE, content_type=introspection_jwt.MEDIA_TYPE)


@api.route(
    "/oauth/device_authorization",
    methods=["POST"],
    public=True,
    form=True,
    gives=DeviceAnswer,
    refuses=(400, 401, 429),
)
@answering
def device_authorization(call: Call) -> Answer:
    """Begin the device flow: a code for the program, and one for the person to type in (RFC 8628)."""
    from chalicelib.oauth import client_authentication, device_codes
    from chalicelib.oauth.client import DEVICE_CODE
    from chalicelib.oauth.errors import OAuthRefusal
    from chalicelib.oauth.grants.forms import resources, scope

    provider, form = call.services.oauth, forms.machine(call)
    client = provider.client_authentication.authenticate(
        client_authentication.read(form, call.headers.get("authorization")), source=call.source
    )
    if not client.may(DEVICE_CODE):
        raise OAuthRefusal("unauthorized_client", "The client may not use the device grant.")
    device_code, user_code = provider.devices.begin(client, scope(form), resources(form), source=call.source)
    uri = f"{call.services.settings.issuer}/device"
    answer = DeviceAnswer(
        device_code=device_code,
        user_code=user_code,
        verification_uri=uri,
        verification_uri_complete=f"{uri}?user_code={user_code}",
        expires_in=device_codes.SECONDS,
        interval=device_codes.INTERVAL,
    )
    return Answer(answer, headers=NO_STORE)


@api.route(
    "/oauth/userinfo", methods=["GET", "POST"], scope="openid", refused_in_handler=True, gives=UserInfo
)
def userinfo(call: Call) -> Answer:
    """Return the claims about the person that the scopes ``profile`` and ``email`` cover."""
    from chalicelib.errors import InvalidToken
    from chalicelib.oauth.person_claims import person_claims

    claims = call.principal
    if claims.iss != call.services.settings.issuer:
        raise InvalidToken("another issuer's person")
    user, scope = call.services.tokens.standing.person(claims)
    return Answer(UserInfo(sub=user.user_id, **person_claims(user, scope)), headers=NO_STORE)
