"""Clients that describe themselves at the address that is their id (draft-ietf-oauth-client-id-metadata-document-02).

Their documents are fetched when they are first met and whenever what is kept is stale: as long as the answer says, within
five minutes and a day. Nothing that went wrong is kept (section 5.2). A person is asked by a fresh document alone;
tokens that were given before are also refreshed by a stale one, for a week, where the address is out of reach.
"""

from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any, Protocol

from chalicelib import logs
from chalicelib.audit.trail import Source
from chalicelib.credentials.throttling import Throttle
from chalicelib.errors import Invalid, SlowDown, Unavailable
from chalicelib.oauth import client_document
from chalicelib.oauth.client import Client
from chalicelib.oauth.client_document_policy import DocumentPolicy, is_address
from chalicelib.oauth.clients import Clients
from chalicelib.oauth.errors import RefusedAtPage
from chalicelib.store import Conflict
from chalicelib.urls import WebUrl
from chalicelib.world import World, is_within

DAY = 24 * 60 * 60
LEAST_SECONDS, MOST_SECONDS = 5 * 60, DAY  # for which a document is fresh, whatever it says
STALE_SECONDS = 7 * DAY  # for which a stale one refreshes tokens while its address is out of reach
KEPT_SECONDS = 30 * DAY  # after it was last fetched: then nobody uses the client
COOL_DOWN_SECONDS = 60  # at most one fetch in this time for keys that are not known
MAX_BYTES = 5 * 1024  # section 8.7
MAX_KEYS_BYTES = 16 * 1024  # several keys, some with certificates
GONE = (404, 410)

TEN_MINUTES = 600
PER_NETWORK = 60  # fetches in ten minutes
PER_HOST = 20  # of documents that we do not know yet
PER_DOCUMENT = 10  # that we do

FETCH_SECONDS = 2.5  # twice, for a document and its keys, within the eight of any request (AV-1)
NOT_FETCHED = (
    "The application's description at its client_id could not be fetched: it must be JSON of at most 5 KB, "
    "answered at once and without a redirect."
)


class Fetched(Protocol):
    """JSON, and for how many seconds it says that it may be kept."""

    @property
    def body(self) -> Any: ...

    @property
    def fresh_seconds(self) -> int | None: ...


class Fetch(Protocol):
    """What gets JSON from an https address that a stranger named; raises Unavailable, with the status where there is one."""

    def __call__(self, url: str, *, max_bytes: int, seconds: float) -> Fetched: ...


class OutOfReach(RefusedAtPage):
    """A document that could not be looked at now: nothing is known against its client."""


@dataclass(frozen=True, slots=True)
class ClientDocuments:
    """Finds clients of both kinds: those registered here, by their ids, and those that a document describes."""

    clients: Clients
    policy: DocumentPolicy
    fetch: Fetch
    throttle: Throttle
    world: World

    def current(self, client_id: str, *, source: Source) -> Client | None:
        """Return a client as a person may be asked about it now, its document no staler than it may be.

        Raises RefusedAtPage where its document is refused or out of reach, SlowDown where too many are fetched.
        """
        if not is_address(client_id):
            return self.clients.find(client_id)
        web = self.policy.read(client_id)
        kept = self.clients.find(client_id)
        if kept is not None and (kept.disabled or self._is_within(kept, 0)):
            return kept
        return self._fetched(web, client_id, kept, source)

    def known(self, client_id: str, *, source: Source) -> Client | None:
        """Return a client as its tokens are judged by: for a while by a stale document too, where that is out of reach.

        None for one whose document is refused or gone. Raises RefusedAtPage and SlowDown as :meth:`current` does for one
        that was not seen before.
        """
        try:
            return self.current(client_id, source=source)
        except (OutOfReach, SlowDown):
            kept = self.clients.find(client_id)
            if kept is not None and self._is_within(kept, STALE_SECONDS):
                return kept
            raise
        except RefusedAtPage:
            return None

    def newer(self, client: Client, *, source: Source) -> Client | None:
        """Return a client by a document that is fetched now, as for a key not known; None where that was done just now."""
        document = client.document
        if document is None or is_within(document.fetched_at, COOL_DOWN_SECONDS, now=self.world.now()):
            return None
        try:
            web = self.policy.read(client.client_id)
            return self._fetched(web, client.client_id, client, source)
        except (RefusedAtPage, SlowDown):
            return None

    def used(self, client: Client) -> None:
        """Keep a client, as a person is allowing it something; one with a document is kept as long as that is fetched."""
        if client.document is None:
            self.clients.used(client)

    def _is_within(self, client: Client, more: int) -> bool:
        """Return whether a document is fresh, or has not been stale for ``more`` seconds."""
        document, now = client.document, self.world.now()
        return document is not None and is_within(document.fetched_at, document.fresh_seconds + more, now=now)

    def _fetched(self, web: WebUrl, client_id: str, kept: Client | None, source: Source) -> Client:
        self._admit(web, client_id, kept, source)
        try:
            client = self._read(client_id)
        except (Unavailable, Invalid) as fault:
            raise self._refused(client_id, fault) from fault
        return self._keep(client, kept)

    def _admit(self, web: WebUrl, client_id: str, kept: Client | None, source: Source) -> None:
        """Count a fetch; raise SlowDown. Documents that we know of are fetched whatever strangers name at their host."""
        self.throttle.spend("client_documents", source.network, limit=PER_NETWORK, seconds=TEN_MINUTES)
        if kept is None:
            self.throttle.spend("client_documents_of", web.origin, limit=PER_HOST, seconds=TEN_MINUTES)
        else:
            self.throttle.spend("client_document", client_id, limit=PER_DOCUMENT, seconds=TEN_MINUTES)

    def _read(self, client_id: str) -> Client:
        """Return what the document says now, with its keys. Raises Unavailable, Invalid."""
        answer, now = self._get(client_id, MAX_BYTES), self.world.timestamp()
        fresh = min(max(answer.fresh_seconds or 0, LEAST_SECONDS), MOST_SECONDS)
        client, described = client_document.described(answer.body, client_id, now=now, fresh_seconds=fresh)
        if described.jwks_uri is not None:
            if not self.policy.may_fetch(described.jwks_uri):
                raise Invalid("its jwks_uri is not one that may be fetched")
            keys = self._get(described.jwks_uri, MAX_KEYS_BYTES).body
            client = replace(client, jwks=client_document.key_set(keys))
        return replace(client, document=described)

    def _get(self, url: str, max_bytes: int) -> Fetched:
        return self.fetch(url, max_bytes=max_bytes, seconds=FETCH_SECONDS)

    def _keep(self, client: Client, kept: Client | None) -> Client:
        new = client if kept is None else replace(client, created_at=kept.created_at, disabled=kept.disabled)
        with suppress(Conflict):  # another fetched it in this moment, or an operator disabled it: that counts
            self.clients.records.describe(new, kept, until=self.world.timestamp() + KEPT_SECONDS)
        return self.clients.find(client.client_id) or new

    def _refused(self, client_id: str, fault: Unavailable | Invalid) -> RefusedAtPage:
        """Return the refusal that a person sees. Why an address is out of reach is ours to know: it tells of our network."""
        reason = fault.detail if isinstance(fault, Invalid) else getattr(fault, "reason", None)
        logs.log("client_document_refused", client_id=client_id, reason=reason)
        if isinstance(fault, Invalid):
            said = f"The application's description at its client_id cannot be used: {fault.detail}."
            return RefusedAtPage("invalid_client", said, client_id=client_id)
        kind = RefusedAtPage if getattr(fault, "status", None) in GONE else OutOfReach
        return kind("invalid_client", NOT_FETCHED, client_id=client_id)
