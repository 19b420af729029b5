"""Pushed authorization requests (RFC 9126): kept for a minute and a half by the hash of their name, answered to one log-in.

Not spent when they are opened: a page that is loaded again, or in a second tab, is the same person's (section 4). Spent
by the commit that gives the code, so of many browsers that open one, one is answered (PA-5).
"""

import re
from dataclasses import dataclass, replace

from chalicelib.audit.trail import Source
from chalicelib.credentials.throttling import Throttle
from chalicelib.keys.secret_hash import hash_of
from chalicelib.oauth.authorization_request import AuthorizationRequest
from chalicelib.oauth.client import Client
from chalicelib.oauth.consent_forms import PENDING_SECONDS
from chalicelib.oauth.errors import RefusedAtPage
from chalicelib.store import Conflict, Insert, Key, Store, Write
from chalicelib.store.records import is_good
from chalicelib.store.stored_values import StoredRecord
from chalicelib.world import World

PREFIX = "urn:ietf:params:oauth:request_uri:"
SECONDS = 90  # section 2.2: from 5 to 600; a redirect takes one second
PUSHED_PER_NETWORK = 200  # of public clients, in ten minutes (DS-3)
TEN_MINUTES = 600

_FORM = re.compile(r"urn:ietf:params:oauth:request_uri:[A-Za-z0-9_-]{43}")


@dataclass(frozen=True, slots=True)
class Pushed(StoredRecord):
    """A request as it was judged, and when: seconds since the epoch."""

    request: AuthorizationRequest
    pushed_at: int


@dataclass(frozen=True, slots=True)
class PushedRequests:
    """Keeps, opens, and answers."""

    store: Store
    world: World
    throttle: Throttle

    def keep(self, request: AuthorizationRequest, client: Client, *, source: Source) -> str:
        """Keep a request and return its ``request_uri``; raise SlowDown where a network pushes too many.

        Only what anybody could push is counted: a confidential client has proven itself.
        """
        if client.public:
            self.throttle.spend(
                "pushed_request", source.network, limit=PUSHED_PER_NETWORK, seconds=TEN_MINUTES
            )
        request_uri, now = PREFIX + self.world.secret(), self.world.timestamp()
        pushed = Pushed(request, now)
        self.store.commit(Insert(_key(hash_of(request_uri)), pushed.data(), expires_at=now + SECONDS))
        return request_uri

    def open(self, request_uri: str, client_id: str) -> AuthorizationRequest:
        """Return what a client pushed, as if it were sent now; raise RefusedAtPage for what is none of its, or over."""
        found = self._find(request_uri)
        if found is None or found.request.client_id != client_id:
            raise RefusedAtPage(
                "invalid_request_uri",
                "The application's request is not known here, or is over. Go back to the application and begin again.",
                client_id=client_id,
            )
        request, waited = found.request, self.world.timestamp() - found.pushed_at
        not_before = (
            request.not_before and request.not_before + waited
        )  # an age counts from when it is asked for
        return replace(request, not_before=not_before, pushed_as=hash_of(request_uri))

    def answer(self, request: AuthorizationRequest, login_id: str, *writes: Write) -> None:
        """Commit what answers a request; a pushed one is answered to one log-in, however often that asks.

        Raises RefusedAtPage for another log-in's, Conflict for the writes' own.
        """
        if request.pushed_as is None:
            return self.store.commit(*writes)
        expires_at = self.world.timestamp() + SECONDS + PENDING_SECONDS
        once = Insert(_answer_key(request.pushed_as), {"login_id": login_id}, expires_at=expires_at)
        try:
            return self.store.commit(once, *writes)
        except Conflict as conflict:
            if once.key not in conflict.keys:
                raise
        (record,) = self.store.get(once.key)
        if record is None or record.data["login_id"] != login_id:
            raise RefusedAtPage(
                "invalid_request_uri",
                "This request was answered before. Go back to the application and begin again.",
            )
        return self.store.commit(*writes)

    def _find(self, request_uri: str) -> Pushed | None:
        if not _FORM.fullmatch(request_uri):
            return None
        (record,) = self.store.get(_key(hash_of(request_uri)))
        return Pushed.from_record(record) if is_good(record, SECONDS, now=self.world.now()) else None


def _key(hashed: str) -> Key:
    return Key(f"pushed#{hashed}", "request")


def _answer_key(hashed: str) -> Key:
    return Key(f"pushed#{hashed}", "answer")
