"""Clients: registered by an operator, found by id, their secrets shown once and rotated without a gap."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Any

from chalicelib import scopes
from chalicelib.audit.trail import OPERATOR, Audit, Source
from chalicelib.errors import Invalid, NotFound, Taken
from chalicelib.jose import jwk
from chalicelib.jose.key_material import UnusableKey
from chalicelib.keys.secret_hash import hash_of
from chalicelib.oauth import redirect_uris
from chalicelib.oauth.client import (
    AUTHORIZATION_CODE,
    CLIENT_CREDENTIALS,
    DIRECTORY,
    GRANTS,
    REFRESH_TOKEN,
    Client,
    ClientId,
    Secret,
    client_key,
    directory_key,
)
from chalicelib.scopes import NONE, Scopes
from chalicelib.store import Forget, Insert, Remove, Replace, Store
from chalicelib.store.records import existing
from chalicelib.store.retrying import retrying
from chalicelib.users import names
from chalicelib.world import World

SECRET_PREFIX = "cbs_"  # noqa: S105 - a kind of secret, not one
LIVE_SECRETS = 2  # the new one and the one before, until the next rotation (OP-6)
DEFAULT_SCOPES = frozenset({"openid", "profile", "email", "offline_access"})

_CLIENT_ID = re.compile(r"[a-z2-7]{26}")


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


@dataclass(frozen=True, slots=True)
class Clients:
    """Makes, finds, changes and removes clients."""

    store: Store
    world: World
    audit: Audit

    def create(self, wanted: Registration, *, source: Source | None = None) -> tuple[Client, str | None]:
        """Register a client; return it and, where it has one, its secret, which is never shown again."""
        client = self._checked(wanted)
        secret = None
        if client.auth_method == "client_secret":
            secret, kept = self._new_secret()
            client = replace(client, secrets=(kept,))
        self.store.commit(
            Insert(client_key(client.client_id), client.data()),
            Insert(directory_key(client), {"client_id": client.client_id}),
            self._audit("client_created", client, source),
        )
        return client, secret

    def find(self, client_id: str) -> Client | None:
        """Return a client by id; what cannot be an id costs no read (DS-1)."""
        if not _CLIENT_ID.fullmatch(client_id):
            return None
        (record,) = self.store.get(client_key(client_id))
        return Client.from_record(record) if record else None

    def require(self, client_id: str) -> Client:
        """Return a client by id, or raise NotFound."""
        client = self.find(client_id)
        if client is None:
            raise NotFound("client")
        return client

    def page(self, *, after: str | None = None, limit: int = 50) -> tuple[tuple[Client, ...], str | None]:
        """Return clients in the order of registration and where the next page starts."""
        lines = self.store.list(DIRECTORY, after=after, limit=limit)
        records = existing(self.store, (client_key(line.data["client_id"]) for line in lines.records))
        return tuple(map(Client.from_record, records)), lines.next_after

    def rotate_secret(self, client_id: str, *, source: Source | None = None) -> tuple[Client, str]:
        """Add a secret and return it; the one before it goes on working until the next rotation."""
        secret, kept = self._new_secret()

        def rotated(client: Client) -> Client:
            if client.auth_method != "client_secret":
                raise Invalid("This client has no secret to rotate.")
            return replace(client, secrets=(kept, *client.secrets)[:LIVE_SECRETS])

        return self._change(client_id, rotated, "client_secret_rotated", source), secret

    def set_disabled(self, client_id: str, *, disabled: bool, source: Source | None = None) -> Client:
        """Refuse a client everything, or honour it again."""
        event = "client_disabled" if disabled else "client_enabled"
        return self._change(client_id, lambda client: replace(client, disabled=disabled), event, source)

    def delete(self, client_id: str, *, source: Source | None = None) -> None:
        """Remove a client for ever: its refresh tokens work no more, and its id is never used again."""
        client = self.require(client_id)
        if client.record is None:
            raise NotFound("client")
        self.store.commit(
            Remove(client.record),
            Forget(directory_key(client)),
            self._audit("client_deleted", client, source),
        )

    def _change(
        self, client_id: str, change: Callable[[Client], Client], event: str, source: Source | None
    ) -> Client:
        def attempt() -> Client:
            old = self.require(client_id)
            new = change(old)
            if old.record is None:
                raise NotFound("client")
            self.store.commit(Replace(old.record, new.data()), self._audit(event, new, source))
            return new

        return retrying(attempt, busy=Taken("The client is being changed by others: try again."))

    def _checked(self, wanted: Registration) -> Client:
        grants = wanted.grants or _usual_grants(wanted)
        _check_grants(wanted, grants)
        scopes.text(wanted.scopes)
        uris = _each_once(redirect_uris.check(uri) for uri in wanted.redirect_uris)
        logout_uris = _each_once(redirect_uris.check(uri) for uri in wanted.post_logout_redirect_uris)
        if wanted.jwks is not None:
            _check_jwks(wanted)
        usual = scopes.NONE if grants == (CLIENT_CREDENTIALS,) else DEFAULT_SCOPES
        return Client(
            client_id=ClientId(self.world.identifier()),
            name=names.clean_name(wanted.name),
            created_at=self.world.timestamp(),
            public=wanted.public,
            redirect_uris=uris,
            post_logout_redirect_uris=logout_uris,
            grants=grants,
            scopes=wanted.scopes or usual,
            jwks=wanted.jwks,
            resource_server=wanted.resource_server,
        )

    def _new_secret(self) -> tuple[str, Secret]:
        secret = SECRET_PREFIX + self.world.secret()
        return secret, Secret(hash_of(secret), self.world.timestamp())

    def _audit(self, event: str, client: Client, source: Source | None) -> Insert:
        write = self.audit.write(event, target=client.subject, actor=OPERATOR, source=source or Source())
        if not isinstance(write, Insert):
            raise TypeError("an audit event is inserted")
        return write


def _usual_grants(wanted: Registration) -> tuple[str, ...]:
    if wanted.redirect_uris:
        return (AUTHORIZATION_CODE, REFRESH_TOKEN)
    return () if wanted.resource_server else (CLIENT_CREDENTIALS,)


def _check_grants(wanted: Registration, grants: tuple[str, ...]) -> None:
    if unknown := [grant for grant in grants if grant not in GRANTS]:
        raise Invalid(f"The grant {unknown[0]!r} is none of: {', '.join(GRANTS)}.", code="invalid_grant_type")
    if wanted.public and not (wanted.redirect_uris or wanted.grants):
        raise Invalid(
            "A public client needs a redirect URI (--redirect-uri), or the grant of a device (--grant device_code)."
        )
    if AUTHORIZATION_CODE in grants and not wanted.redirect_uris:
        raise Invalid("The authorization code grant needs a redirect URI.")
    if CLIENT_CREDENTIALS in grants and wanted.public:
        raise Invalid("A public client has no credentials: it cannot have the client credentials grant.")
    if wanted.public and wanted.resource_server:
        raise Invalid("A resource server proves itself: it cannot be a public client.")


def _check_jwks(wanted: Registration) -> None:
    if wanted.public:
        raise Invalid("A public client has no key: leave out --public or the key set.")
    try:
        jwk.read_set(wanted.jwks)
    except UnusableKey as fault:
        raise Invalid(f"The key set cannot be used: {fault}.") from None


def _each_once(uris: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(uris))
