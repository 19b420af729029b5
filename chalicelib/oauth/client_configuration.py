"""A client that registered itself reads, changes and removes its registration (RFC 7592), by a token that it got then."""

import re
from dataclasses import dataclass, replace

from chalicelib.audit.trail import Source
from chalicelib.credentials.throttling import Throttle
from chalicelib.errors import NotAllowed, NotFound
from chalicelib.keys.secret_hash import hash_of, is_one_of
from chalicelib.oauth import client_metadata_rules
from chalicelib.oauth.client import Client, DynamicRegistration
from chalicelib.oauth.client_metadata import ClientMetadata
from chalicelib.oauth.clients import Clients
from chalicelib.oauth.dynamic_registrations import NOBODY_REGISTERS, OFF, PREFIX, Policy, Registered
from chalicelib.oauth.errors import OAuthRefusal
from chalicelib.world import World

CHANGES_PER_NETWORK = 50  # in an hour: each is a line of the trail
HOUR = 3600

_TOKEN = re.compile(r"cbg_[A-Za-z0-9_-]{43}")


@dataclass(frozen=True, slots=True)
class ClientConfiguration:
    """Three verbs over one client. Each raises OAuthRefusal, or NotFound where nobody may register."""

    world: World
    clients: Clients
    throttle: Throttle
    policy: Policy

    def read(self, client_id: str, access_token: str | None) -> Registered:
        """Return the client as it is."""
        token = self._form(access_token)
        return Registered(self._own(self.clients.find(client_id), token), token)

    def update(
        self, client_id: str, access_token: str | None, sent: ClientMetadata, *, source: Source
    ) -> Registered:
        """Change a client as a whole: what is not sent is its default (section 2.2).

        It gets a new token. The one that it showed goes on working until the next change, since the reply may be lost; no
        other does.
        """
        token, new_token = self._form(access_token), PREFIX + self.world.secret()
        self._own(self.clients.find(client_id), token)
        self.throttle.spend("registration_change", source.network, limit=CHANGES_PER_NETWORK, seconds=HOUR)

        def changed(client: Client) -> Client:
            kept = self._kept(client, token)
            _demand_same(sent, client)
            method = client_metadata_rules.auth_method(sent, may_be_confidential=kept.place is None)
            if method != kept.auth_method:
                raise OAuthRefusal(
                    "invalid_client_metadata",
                    "How a client proves itself cannot be changed: register it anew.",
                )
            kept = replace(
                kept,
                access_tokens=(hash_of(new_token), hash_of(token)),
                application_type=sent.application_type,
            )
            return replace(client_metadata_rules.registration(sent, method).changed(client), registered=kept)

        found = self.clients.records.change(client_id, changed, "client_updated", source, doer=None)
        return Registered(found, new_token)

    def delete(self, client_id: str, access_token: str | None, *, source: Source) -> None:
        """Remove a client, and with it all that it was given."""
        self._own(self.clients.find(client_id), self._form(access_token))
        self.clients.records.delete(client_id, source=source, doer=None)

    def _form(self, access_token: str | None) -> str:
        """Return what may be such a token: anything else costs no read."""
        if self.policy == OFF:
            raise NotFound(NOBODY_REGISTERS)
        if access_token is None or not _TOKEN.fullmatch(access_token):
            raise _refused()
        return access_token

    def _own(self, client: Client | None, token: str) -> Client:
        if client is None:
            raise _refused()
        self._kept(client, token)
        if client.disabled:
            raise NotAllowed("The client is disabled.", code="client_disabled")
        return client

    def _kept(self, client: Client, token: str) -> DynamicRegistration:
        """Return what is kept of a registration, proven to be the caller's."""
        kept = client.registered
        if kept is None or not is_one_of(token, kept.access_tokens):
            raise _refused()
        return kept


def _demand_same(sent: ClientMetadata, client: Client) -> None:
    """Refuse an update that is another client's, or that would choose a secret (section 2.2)."""
    if sent.client_id != client.client_id:
        raise OAuthRefusal(
            "invalid_client_metadata", "client_id must be the id of the client that is changed."
        )
    if sent.client_secret is not None and not is_one_of(
        sent.client_secret, (secret.hashed for secret in client.secrets)
    ):
        raise OAuthRefusal("invalid_client_metadata", "client_secret is not the secret of this client.")


def _refused() -> OAuthRefusal:
    return OAuthRefusal("invalid_token", "The registration access token is not one of this client.")
