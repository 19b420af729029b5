"""Which clients there may be: the rules of a registration, which hold at each later change too."""

from collections.abc import Iterable
from dataclasses import dataclass, fields, replace
from typing import Any

from chalicelib import scopes
from chalicelib.errors import Invalid
from chalicelib.jose import jwk
from chalicelib.jose.key_material import UnusableKey
from chalicelib.oauth import redirect_uris
from chalicelib.oauth.client import (
    AUTHORIZATION_CODE,
    CLIENT_CREDENTIALS,
    GRANTS,
    REFRESH_TOKEN,
    TOKEN_EXCHANGE,
    Client,
    ClientId,
)
from chalicelib.oauth.client_options import USUAL, ClientOptions
from chalicelib.oauth.resource import comparable
from chalicelib.scopes import NONE, Scopes
from chalicelib.users import names

DEFAULT_SCOPES = frozenset({"openid", "profile", "email", "offline_access"})


@dataclass(frozen=True, slots=True)
class Registration:
    """What an operator asks for. Empty ``grants`` and ``scopes`` mean the usual ones for such a client."""

    name: str
    public: bool = False
    redirect_uris: tuple[str, ...] = ()
    post_logout_redirect_uris: tuple[str, ...] = ()
    grants: tuple[str, ...] = ()
    scopes: Scopes = NONE
    jwks: dict[str, Any] | None = None
    resource_server: bool = False
    options: ClientOptions = USUAL

    @classmethod
    def of(cls, client: Client) -> "Registration":
        """Return what asks for a client as it is."""
        return cls(**{each.name: getattr(client, each.name) for each in fields(cls)})

    def checked(self) -> "Registration":
        """Return it as it is kept, with what is usual filled in; raise Invalid for a client that may not be."""
        name = names.clean_name(self.name)
        if not name:
            raise Invalid("A client needs a name: people are asked by it.")
        grants = self.grants or _usual_grants(self)
        _check_grants(self, grants)
        scopes.text(self.scopes)
        if self.jwks is not None:
            _check_jwks(self)
        self.options.check(public=self.public)
        _check_resources(self)
        return replace(
            self,
            name=name,
            redirect_uris=_each_once(map(redirect_uris.check, self.redirect_uris)),
            post_logout_redirect_uris=_each_once(map(redirect_uris.check, self.post_logout_redirect_uris)),
            grants=grants,
            scopes=self.scopes or (NONE if grants == (CLIENT_CREDENTIALS,) else DEFAULT_SCOPES),
        )

    def new_client(self, client_id: ClientId, *, now: int) -> Client:
        """Return the client that is asked for, without a secret yet. ``now`` is seconds since the epoch."""
        return Client(client_id, created_at=now, **self._fields())

    def changed(self, client: Client) -> Client:
        """Return a client as it is asked to be from now on; raise Invalid for what only a vouched one may be."""
        if client.document is not None:
            raise Invalid("What such a client is, its document says: it is changed there.")
        if self.options.trusted and not client.vouched:
            raise Invalid("Only a client that an operator registered can be trusted: register it anew.")
        return replace(client, **self._fields())

    def _fields(self) -> dict[str, Any]:
        return {each.name: getattr(self, each.name) for each in fields(self)}


def _usual_grants(wanted: Registration) -> tuple[str, ...]:
    if wanted.redirect_uris:
        return (AUTHORIZATION_CODE, REFRESH_TOKEN)
    return () if wanted.resource_server else (CLIENT_CREDENTIALS,)


def _check_grants(wanted: Registration, grants: tuple[str, ...]) -> None:
    if unknown := [grant for grant in grants if grant not in GRANTS]:
        raise Invalid(f"The grant {unknown[0]!r} is none of: {', '.join(GRANTS)}.", code="invalid_grant_type")
    if wanted.public and not (wanted.redirect_uris or wanted.grants):
        raise Invalid("A public client needs a redirect URI, or the grant of a device: device_code.")
    if AUTHORIZATION_CODE in grants and not wanted.redirect_uris:
        raise Invalid("The authorization code grant needs a redirect URI.")
    if CLIENT_CREDENTIALS in grants and wanted.public:
        raise Invalid("A public client has no credentials: it cannot have the client credentials grant.")
    if wanted.public and wanted.resource_server:
        raise Invalid("A resource server proves itself: it cannot be a public client.")
    if (TOKEN_EXCHANGE in grants) != bool(wanted.options.exchanges_into):
        raise Invalid("The token exchange grant and the APIs to exchange into go together.")
    if TOKEN_EXCHANGE in grants and not wanted.resource_server:
        raise Invalid("Only a resource server is called with others' tokens, and may exchange them.")


def _check_jwks(wanted: Registration) -> None:
    if wanted.public:
        raise Invalid("A public client has no key: make it a confidential one, or leave out the key set.")
    try:
        jwk.read_set(wanted.jwks)
    except UnusableKey as fault:
        raise Invalid(f"The key set cannot be used: {fault}.") from None


def _check_resources(wanted: Registration) -> None:
    if wanted.options.resources and not wanted.resource_server:
        raise Invalid("Only a resource server speaks for an API: a client asks for one by its scopes.")
    named = (*wanted.options.resources, *wanted.options.exchanges_into)
    if wrong := [each for each in named if comparable(each) is None]:
        raise Invalid(f"{wrong[0]!r} is no identifier of a resource: an absolute URI without a fragment is.")


def _each_once(uris: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(uris))
