"""Dynamic client registration (RFC 7591): clients that no operator has to know first.

Such a client acts for people who consent, asks for what is open to any client, and is never trusted. One that came by
open registration is public, and gone after a day unless a person allows it something.
"""

from dataclasses import dataclass, replace
from typing import Literal

from chalicelib import logs
from chalicelib.audit.trail import Audit, Source
from chalicelib.credentials.throttling import Throttle
from chalicelib.errors import NotFound, SlowDown, Taken
from chalicelib.keys.secret_hash import hash_of
from chalicelib.oauth import client_metadata_rules
from chalicelib.oauth.client import Client, ClientId, DynamicRegistration, Origin
from chalicelib.oauth.client_metadata import ClientMetadata
from chalicelib.oauth.clients import Clients
from chalicelib.oauth.errors import OAuthRefusal
from chalicelib.oauth.initial_access_tokens import InitialAccessTokens
from chalicelib.oauth.registration_places import Places
from chalicelib.store import Store
from chalicelib.store.retrying import retrying
from chalicelib.world import World

OFF, TOKEN, OPEN = "off", "token", "open"
Policy = Literal["off", "token", "open"]

PREFIX = "cbg_"  # of registration access tokens
NOBODY_REGISTERS = "endpoint: clients do not register themselves here"
HOUR, DAY = 3600, 24 * 3600
PER_NETWORK = 50  # open registrations in an hour
UNUSED_SECONDS = DAY  # how long one lives that nobody has allowed anything


@dataclass(frozen=True, slots=True)
class Registered:
    """A client with what is shown to it. ``secret`` is shown once, when it is made."""

    client: Client
    access_token: str
    secret: str | None = None


@dataclass(frozen=True, slots=True)
class DynamicRegistrations:
    """Registers clients."""

    store: Store
    world: World
    audit: Audit
    clients: Clients
    initial_tokens: InitialAccessTokens
    throttle: Throttle
    places: Places
    policy: Policy

    def register(self, sent: ClientMetadata, initial_token: str | None, *, source: Source) -> Registered:
        """Register a client; raise OAuthRefusal, SlowDown or, where nobody may register, NotFound.

        Whoever shows an initial access token uses it up by one, where anybody may register too.
        """
        self._demand_leave(initial_token)
        method = client_metadata_rules.auth_method(sent, may_be_confidential=initial_token is not None)
        wanted = client_metadata_rules.registration(sent, method)
        new = wanted.new_client(ClientId(self.world.identifier()), now=self.world.timestamp())
        access_token = PREFIX + self.world.secret()
        kept = DynamicRegistration((hash_of(access_token),), method, sent.application_type)
        new = replace(new, origin=Origin.REGISTRATION, registered=kept)
        if initial_token is None:
            made, secret = self._insert_openly(new, kept, source), None
        else:
            made, secret = self._insert_by_token(new, initial_token, source)
        return Registered(self.clients.require(made.client_id), access_token, secret)

    def _demand_leave(self, initial_token: str | None) -> None:
        """Refuse who may not register, before anything is judged. The token is not spent by that."""
        if self.policy == OFF:
            raise NotFound(NOBODY_REGISTERS)
        if initial_token is not None:
            self.initial_tokens.spending(initial_token)
        elif self.policy != OPEN:
            raise OAuthRefusal("invalid_token", "An initial access token is needed to register a client.")

    def _insert_openly(self, client: Client, kept: DynamicRegistration, source: Source) -> Client:
        """Keep a client for a day, in a place that is free. Raises SlowDown where there is none."""
        self.throttle.spend("registration", source.network, limit=PER_NETWORK, seconds=HOUR)
        expires_at = client.created_at + UNUSED_SECONDS

        def attempt() -> Client:
            place = self.places.free()
            if place is None:
                logs.log("registrations_full", request_id=source.request_id)
                raise SlowDown(HOUR)
            new = replace(client, registered=replace(kept, place=place))
            self.store.commit(*self.clients.records.inserting(new, expires_at=expires_at))
            return new

        made = retrying(attempt, busy=SlowDown(1))
        self.audit.count_nobody("client_registered")
        return made

    def _insert_by_token(
        self, client: Client, initial_token: str, source: Source
    ) -> tuple[Client, str | None]:
        new, secret = self.clients.with_secret(client)

        def attempt() -> tuple[Client, str | None]:
            token, spending = self.initial_tokens.spending(initial_token)
            audit = self.clients.records.written(
                "client_registered", new, source, doer=None, registration_token=token.token_id
            )
            self.store.commit(*self.clients.records.inserting(new), spending, *audit)
            return new, secret

        return retrying(attempt, busy=Taken("The token is being used by others: try again."))
