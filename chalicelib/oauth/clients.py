"""Clients: registered by an operator or by themselves, found by id, their secrets shown once and rotated without a gap."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from chalicelib.audit.trail import Source
from chalicelib.errors import Invalid, NotFound
from chalicelib.keys.secret_hash import hash_of
from chalicelib.oauth import logout_uris
from chalicelib.oauth.client import Client, ClientId, Secret
from chalicelib.oauth.client_records import ClientRecords
from chalicelib.oauth.client_rules import Registration
from chalicelib.world import World

SECRET_PREFIX = "cbs_"  # noqa: S105 - a kind of secret, not one
LIVE_SECRETS = 2  # the new one and the one before, until the next rotation (OP-6)

DAY = 24 * 60 * 60
USED_SECONDS = (
    400 * DAY
)  # how long one that registered itself lives after its last consent: the longest of sessions
NOTED_SECONDS = 30 * DAY  # how exactly that is kept: one write in so long


@dataclass(frozen=True, slots=True)
class Clients:
    """Makes, finds, changes and removes clients."""

    records: ClientRecords
    world: World
    production: bool = False

    def create(self, wanted: Registration, *, source: Source | None = None) -> tuple[Client, str | None]:
        """Register a client; return it and, where it has one, its secret, which is never shown again."""
        client_id, now = ClientId(self.world.identifier()), self.world.timestamp()
        client, secret = self.with_secret(self._checked(wanted).new_client(client_id, now=now))
        audit = self.records.written("client_created", client, source)
        self.records.store.commit(*self.records.inserting(client), audit)
        return client, secret

    def with_secret(self, client: Client) -> tuple[Client, str | None]:
        """Return a new client with the secret that it needs, if it needs one, and that secret."""
        if client.auth_method != "client_secret":
            return client, None
        secret, kept = self._new_secret()
        return replace(client, secrets=(kept,)), secret

    def find(self, client_id: str) -> Client | None:
        """Return a client by id, as it is now."""
        return self.records.find(client_id)

    def require(self, client_id: str) -> Client:
        """Return a client by id, or raise NotFound."""
        client = self.find(client_id)
        if client is None:
            raise NotFound("client")
        return client

    def page(self, *, after: str | None = None, limit: int = 50) -> tuple[tuple[Client, ...], str | None]:
        """Return clients in the order of registration and where the next page starts."""
        return self.records.page(after=after, limit=limit)

    def used(self, client: Client) -> None:
        """Keep a client that registered itself, as a person is allowing it something; raise NotFound where it is gone."""
        expires_at = client.record.expires_at if client.record else None
        until = self.world.timestamp() + USED_SECONDS
        if expires_at is not None and expires_at < until - NOTED_SECONDS:
            self.records.keep(client.client_id, until=until, at_least=until - NOTED_SECONDS)

    def rotate_secret(self, client_id: str, *, source: Source | None = None) -> tuple[Client, str]:
        """Add a secret and return it; the one before it goes on working until the next rotation."""
        secret, kept = self._new_secret()

        def rotated(client: Client) -> Client:
            if client.auth_method != "client_secret":
                raise Invalid("This client has no secret to rotate.")
            return replace(client, secrets=(kept, *client.secrets)[:LIVE_SECRETS])

        return self.records.change(client_id, rotated, "client_secret_rotated", source), secret

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

        return self.records.change(client_id, updated, "client_updated", source)

    def set_disabled(self, client_id: str, *, disabled: bool, source: Source | None = None) -> Client:
        """Refuse a client everything, or honour it again."""
        event = "client_disabled" if disabled else "client_enabled"
        return self.records.change(
            client_id, lambda client: replace(client, disabled=disabled), event, source
        )

    def delete(self, client_id: str, *, source: Source | None = None) -> None:
        """Remove a client for ever: its refresh tokens work no more, and its id is never used again."""
        self.records.delete(client_id, source=source)

    def _checked(self, wanted: Registration) -> Registration:
        uri = wanted.options.backchannel_logout_uri
        if self.production and uri is not None:
            logout_uris.demand_tls(uri)
        return wanted.checked()

    def _new_secret(self) -> tuple[str, Secret]:
        secret = SECRET_PREFIX + self.world.secret()
        return secret, Secret(hash_of(secret), self.world.timestamp())
