"""Who the people and applications of events are, by their names of today: one read for a page of events."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from chalicelib.audit.trail import OPERATOR, Event
from chalicelib.oauth.client import SUBJECT_PREFIX, Client, client_key
from chalicelib.store import MAX_KEYS, Key, Store
from chalicelib.store.records import existing
from chalicelib.users.user import User, profile_key

CLIENT = "client_id"


@dataclass(frozen=True, slots=True)
class EventNames:
    """User names and clients' names by id. Who was deleted has none."""

    people: Mapping[str, str]
    clients: Mapping[str, str]

    @classmethod
    def read(cls, store: Store, events: Iterable[Event]) -> "EventNames":
        """Return the names of all whom the events speak of: a hundred in one request."""
        people: dict[Key, None] = {}
        clients: dict[Key, None] = {}
        for event in events:
            for each in (event.target, event.actor):
                if each.startswith(SUBJECT_PREFIX):
                    clients[client_key(each.removeprefix(SUBJECT_PREFIX))] = None
                elif each not in (OPERATOR, "-"):
                    people[profile_key(each)] = None
            if event.detail.get(CLIENT):
                clients[client_key(event.detail[CLIENT])] = None
        wanted = [*people, *clients]
        found = [
            record
            for start in range(0, len(wanted), MAX_KEYS)
            for record in existing(store, wanted[start : start + MAX_KEYS])
        ]
        users = [User.from_record(record) for record in found if record.key in people]
        applications = [Client.from_record(record) for record in found if record.key in clients]
        return cls(
            {user.user_id: user.username for user in users},
            {client.client_id: client.called for client in applications},
        )

    def of(self, who: str) -> str | None:
        """Return the name of a target or an actor, None for who has none any more."""
        if who.startswith(SUBJECT_PREFIX):
            return self.clients.get(who.removeprefix(SUBJECT_PREFIX))
        return self.people.get(who)

    def application(self, event: Event) -> str | None:
        """Return the application that an event names, by its name of today or of then."""
        return self.clients.get(event.detail.get(CLIENT, "")) or event.detail.get("client")
