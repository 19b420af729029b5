"""Clients: registered by an operator or by themselves, found by id, their secrets shown once and rotated without a gap."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, ClassVar

from chalicelib import urls
from chalicelib.audit.doers import Doer
from chalicelib.audit.trail import Source
from chalicelib.errors import Invalid, NotFound, Taken
from chalicelib.keys.secret_hash import hash_of
from chalicelib.oauth import logout_uris
from chalicelib.oauth.client import SHORT_GRANTS, Client, ClientId, Secret
from chalicelib.oauth.client_authority import AT_THE_COMMAND_LINE, ClientAuthority
from chalicelib.oauth.client_options import ClientOptions
from chalicelib.oauth.client_records import ClientRecords
from chalicelib.oauth.client_rules import Registration
from chalicelib.scopes import Scopes
from chalicelib.store.retrying import retrying
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
    """Makes, finds, changes and removes clients. ``origins`` are those whose pages may read our answers, our own first."""

    records: ClientRecords
    world: World
    production: bool = False
    origins: tuple[str, ...] = ()
    grants: ClassVar[Mapping[str, str]] = SHORT_GRANTS

    @staticmethod
    def authority(doer: Doer, held: Scopes) -> ClientAuthority:
        """Return what stands for an operator who is a person, and holds these scopes."""
        return ClientAuthority(doer, held)

    def create(
        self, wanted: Registration, *, source: Source | None = None, by: ClientAuthority = AT_THE_COMMAND_LINE
    ) -> tuple[Client, str | None]:
        """Register a client; return it and, where it has one, its secret, which is never shown again."""
        client_id, now = ClientId(self.world.identifier()), self.world.timestamp()
        client, secret = self.with_secret(self._checked(wanted).new_client(client_id, now=now))
        by.demand(client)

        def attempt() -> None:
            audit = self.records.written("client_created", client, source, doer=by.doer)
            self.records.store.commit(*self.records.inserting(client), *audit)

        retrying(attempt, busy=Taken("The operator's account is being changed: try again."))
        return client, secret

    def register(
        self,
        fields: Mapping[str, Any],
        options: Mapping[str, Any],
        *,
        source: Source,
        by: ClientAuthority = AT_THE_COMMAND_LINE,
    ) -> tuple[Client, str | None]:
        """Register a client by what is said of it: the names of ``Registration``, and those of ``ClientOptions``."""
        return self.create(Registration(**fields, options=ClientOptions(**options)), source=source, by=by)

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

    def rotate_secret(
        self,
        client_id: str,
        *,
        after: str | None = None,
        source: Source | None = None,
        by: ClientAuthority = AT_THE_COMMAND_LINE,
    ) -> tuple[Client, str]:
        """Add a secret and return it; the one before it goes on working until the next rotation.

        ``after`` is the ``newest_secret`` that whoever asks has seen: a form that is sent twice rotates once. Raises Taken.
        """
        secret, kept = self._new_secret()

        def rotated(client: Client) -> Client:
            if client.auth_method != "client_secret":
                raise Invalid("This client has no secret to rotate.")
            if after is not None and after != client.newest_secret:
                raise Taken("It has another secret since: this was sent before, or somebody else was faster.")
            by.demand(client)
            return replace(client, secrets=(kept, *client.secrets)[:LIVE_SECRETS])

        changed = self.records.change(client_id, rotated, "client_secret_rotated", source, doer=by.doer)
        return changed, secret

    def reword(
        self,
        client_id: str,
        fields: Mapping[str, Any],
        options: Mapping[str, Any],
        *,
        source: Source,
        by: ClientAuthority = AT_THE_COMMAND_LINE,
    ) -> Client:
        """Change what is said of a client, by the same names as at :meth:`register`; what is not said stays."""

        def change(wanted: Registration) -> Registration:
            return replace(wanted, **fields, options=replace(wanted.options, **options))

        return self.update(client_id, change, source=source, by=by)

    def update(
        self,
        client_id: str,
        change: Callable[[Registration], Registration],
        *,
        source: Source | None = None,
        by: ClientAuthority = AT_THE_COMMAND_LINE,
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
            by.demand(new)
            return new if new.auth_method == "client_secret" else replace(new, secrets=())

        return self.records.change(client_id, updated, "client_updated", source, doer=by.doer)

    def set_disabled(
        self,
        client_id: str,
        *,
        disabled: bool,
        source: Source | None = None,
        by: ClientAuthority = AT_THE_COMMAND_LINE,
    ) -> Client:
        """Refuse a client everything, or honour it again."""

        def changed(client: Client) -> Client:
            if not disabled:
                by.demand(client)
            return replace(client, disabled=disabled)

        event = "client_disabled" if disabled else "client_enabled"
        return self.records.change(client_id, changed, event, source, doer=by.doer)

    def delete(
        self, client_id: str, *, source: Source | None = None, by: ClientAuthority = AT_THE_COMMAND_LINE
    ) -> None:
        """Remove a client for ever: its refresh tokens work no more, and its id is never used again."""
        self.records.delete(client_id, source=source, doer=by.doer)

    def origins_to_allow(self, client: Client) -> tuple[str, ...]:
        """Return the origins of a public client's pages that may not read our answers yet."""
        pages = [web.origin for web in map(urls.read, client.redirect_uris) if web is not None]
        return tuple(each for each in dict.fromkeys(pages) if client.public and each not in self.origins)

    def _checked(self, wanted: Registration) -> Registration:
        uri = wanted.options.backchannel_logout_uri
        if self.production and uri is not None:
            logout_uris.demand_tls(uri)
        return wanted.checked()

    def _new_secret(self) -> tuple[str, Secret]:
        secret = SECRET_PREFIX + self.world.secret()
        return secret, Secret(hash_of(secret), self.world.timestamp())
