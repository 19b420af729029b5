"""Clients: registered by an operator, found by id, their secrets shown once and rotated without a gap."""

import re
from collections.abc import Callable
from dataclasses import dataclass, replace

from chalicelib.audit.trail import OPERATOR, Audit, Source
from chalicelib.errors import Invalid, NotFound, Taken
from chalicelib.keys.secret_hash import hash_of
from chalicelib.oauth import logout_uris
from chalicelib.oauth.client import DIRECTORY, Client, ClientId, Secret, client_key, directory_key
from chalicelib.oauth.client_rules import Registration
from chalicelib.store import Forget, Insert, Remove, Replace, Store
from chalicelib.store.records import existing
from chalicelib.store.retrying import retrying
from chalicelib.world import World

SECRET_PREFIX = "cbs_"  # noqa: S105 - a kind of secret, not one
LIVE_SECRETS = 2  # the new one and the one before, until the next rotation (OP-6)

_CLIENT_ID = re.compile(r"[a-z2-7]{26}")


@dataclass(frozen=True, slots=True)
class Clients:
    """Makes, finds, changes and removes clients."""

    store: Store
    world: World
    audit: Audit
    production: bool = False

    def create(self, wanted: Registration, *, source: Source | None = None) -> tuple[Client, str | None]:
        """Register a client; return it and, where it has one, its secret, which is never shown again."""
        client = self._checked(wanted).new_client(
            ClientId(self.world.identifier()), now=self.world.timestamp()
        )
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

    def update(
        self,
        client_id: str,
        change: Callable[[Registration], Registration],
        *,
        source: Source | None = None,
    ) -> Client:
        """Change what a client was registered with, by the rules of a registration; its id stays.

        A public client stays public, and a confidential one confidential. One that is given a key set has no secret
        any more. Raises Invalid, NotFound.
        """

        def updated(client: Client) -> Client:
            wanted = change(Registration.of(client))
            if wanted.public != client.public:
                raise Invalid("Whether a client is public cannot be changed: register it anew.")
            new = self._checked(wanted).changed(client)
            return new if new.auth_method == "client_secret" else replace(new, secrets=())

        return self._change(client_id, updated, "client_updated", source)

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

    def _checked(self, wanted: Registration) -> Registration:
        uri = wanted.options.backchannel_logout_uri
        if self.production and uri is not None:
            logout_uris.demand_tls(uri)
        return wanted.checked()

    def _change(
        self, client_id: str, change: Callable[[Client], Client], event: str, source: Source | None
    ) -> Client:
        def attempt() -> Client:
            old = self.require(client_id)
            new = change(old)
            if old.record is None:
                raise NotFound("client")
            before, data = old.data(), new.data()
            changed = (name for name in before.keys() | data.keys() if before.get(name) != data.get(name))
            audit = self._audit(event, new, source, changed=" ".join(sorted(changed)))
            self.store.commit(Replace(old.record, data), audit)
            return new

        return retrying(attempt, busy=Taken("The client is being changed by others: try again."))

    def _new_secret(self) -> tuple[str, Secret]:
        secret = SECRET_PREFIX + self.world.secret()
        return secret, Secret(hash_of(secret), self.world.timestamp())

    def _audit(self, event: str, client: Client, source: Source | None, **detail: str) -> Insert:
        write = self.audit.write(
            event, target=client.subject, actor=OPERATOR, source=source or Source(), **detail
        )
        if not isinstance(write, Insert):
            raise TypeError("an audit event is inserted")
        return write
