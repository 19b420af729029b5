"""The records of clients: how one is read, changed, kept and removed, with what lives beside it, and written down who did."""

import re
from collections.abc import Callable
from dataclasses import dataclass, replace

from chalicelib.audit.doers import AT_THE_COMMAND_LINE, Doer
from chalicelib.audit.trail import Audit, Source
from chalicelib.errors import NotFound, Taken
from chalicelib.oauth.client import DIRECTORY, Client, client_key, directory_key, place_key
from chalicelib.oauth.resources import Resources
from chalicelib.store import Forget, Insert, Key, Record, Remove, Replace, Store, Write
from chalicelib.store.records import existing
from chalicelib.store.retrying import retrying

_CLIENT_ID = re.compile(r"[a-z2-7]{26}|https://[!-~]{1,247}")  # ours, and addresses of documents


@dataclass(frozen=True, slots=True)
class ClientRecords:
    """Reads and writes. A client that expires does so with all that lives beside it."""

    store: Store
    audit: Audit
    resources: Resources

    def find(self, client_id: str) -> Client | None:
        """Return a client by id; what cannot be an id costs no read (DS-1).

        One that no operator registered may have what is open to any client now, not what it was registered with.
        """
        client = self._read(client_id)
        return None if client is None else self._as_now(client)[0]

    def page(self, *, after: str | None = None, limit: int = 50) -> tuple[tuple[Client, ...], str | None]:
        """Return clients in the order of registration and where the next page starts."""
        lines = self.store.list(DIRECTORY, after=after, limit=limit)
        records = existing(self.store, (client_key(line.data["client_id"]) for line in lines.records))
        return self._as_now(*map(Client.from_record, records)), lines.next_after

    def inserting(self, client: Client, *, expires_at: int | None = None) -> tuple[Write, ...]:
        """Return the writes that make a client, for ever or until it expires; of a place that is taken, raise Conflict."""
        data = {"client_id": client.client_id}
        return (
            Insert(client_key(client.client_id), client.data(), expires_at=expires_at),
            *(Insert(key, data, expires_at=expires_at) for key in _keys_beside(client)),
        )

    def change(
        self,
        client_id: str,
        change: Callable[[Client], Client],
        event: str,
        source: Source | None,
        *,
        doer: Doer | None = AT_THE_COMMAND_LINE,
    ) -> Client:
        """Change a client as it is kept, for as long as it lives; ``doer`` None is the client itself.

        Raises NotFound, and what ``change`` does.
        """

        def attempt() -> Client:
            old = self._stored(client_id)
            new = change(old)
            if old.record is None:
                raise NotFound("client")
            before, data = old.data(), new.data()
            changed = (name for name in before.keys() | data.keys() if before.get(name) != data.get(name))
            audit = self.written(event, new, source, doer=doer, changed=" ".join(sorted(changed)))
            self.store.commit(*self._replacing(old.record, new), *audit)
            return self._as_now(new)[0]

        return retrying(attempt, busy=_busy())

    def describe(self, new: Client, old: Client | None, *, until: int) -> None:
        """Keep what a client's document says now, over what it said. Raises Conflict where that was changed meanwhile."""
        if old is None or old.record is None:
            self.store.commit(*self.inserting(new, expires_at=until))
        else:
            beside = existing(self.store, _keys_beside(new))
            lines = (Replace(each, each.data, expires_at=until) for each in beside)
            self.store.commit(Replace(old.record, new.data(), expires_at=until), *lines)

    def keep(self, client_id: str, *, until: int, at_least: int) -> None:
        """Let a client that expires live until then, if now it would not live as long as ``at_least``. Raises NotFound.

        Times are seconds since the epoch. Of one that lives for ever nothing is changed. One whose place another took, to
        whose clock it was over, is gone.
        """

        def attempt() -> None:
            client = self._stored(client_id)
            record = client.record
            if record is None or record.expires_at is None or record.expires_at >= at_least:
                return
            keys = _keys_beside(client)
            beside = existing(self.store, keys)
            if [each.data["client_id"] for each in beside] != [client_id] * len(keys):
                raise NotFound("client")
            self.store.commit(*(Replace(each, each.data, expires_at=until) for each in (record, *beside)))

        retrying(attempt, busy=_busy())

    def delete(
        self, client_id: str, *, source: Source | None, doer: Doer | None = AT_THE_COMMAND_LINE
    ) -> None:
        """Remove a client for ever, and what lives beside it; ``doer`` None is the client itself. Raises NotFound."""

        def attempt() -> None:
            client = self._stored(client_id)
            if client.record is None:
                raise NotFound("client")
            audit = self.written("client_deleted", client, source, doer=doer)
            self.store.commit(Remove(client.record), *map(Forget, _keys_beside(client)), *audit)

        retrying(attempt, busy=_busy())

    def written(
        self,
        event: str,
        client: Client,
        source: Source | None,
        *,
        doer: Doer | None = AT_THE_COMMAND_LINE,
        **detail: str,
    ) -> tuple[Write, ...]:
        """Return what records in the commit who did something with a client, for None itself, and demands that they may."""
        by = Doer(client.subject) if doer is None else doer
        line = self.audit.write(
            event, target=client.subject, actor=by.actor, source=source or Source(), **detail
        )
        return (line, *by.demands())

    def _replacing(self, record: Record, new: Client) -> tuple[Write, ...]:
        """Return the writes that change a client, which lives on as long; one with a document that is disabled, for ever."""
        until = None if new.disabled and new.document is not None else record.expires_at
        written = Replace(record, new.data(), expires_at=until)
        if until == record.expires_at:
            return (written,)
        beside = existing(self.store, _keys_beside(new))
        return written, *(Replace(each, each.data, expires_at=until) for each in beside)

    def _read(self, client_id: str) -> Client | None:
        if not _CLIENT_ID.fullmatch(client_id):
            return None
        (record,) = self.store.get(client_key(client_id))
        return Client.from_record(record) if record else None

    def _stored(self, client_id: str) -> Client:
        """Return a client as it is kept, to be changed; raise NotFound."""
        client = self._read(client_id)
        if client is None:
            raise NotFound("client")
        return client

    def _as_now(self, *clients: Client) -> tuple[Client, ...]:
        """Return clients with what they may ask for now; only for those that no operator registered is anything read."""
        if all(client.vouched for client in clients):
            return clients
        opened = self.resources.open_scopes()
        return tuple(client if client.vouched else replace(client, scopes=opened) for client in clients)


def _keys_beside(client: Client) -> tuple[Key, ...]:
    """Return what lives as long as a client: its line in the directory, and the place that it takes if it takes one."""
    place = client.registered.place if client.registered else None
    return (directory_key(client),) if place is None else (directory_key(client), place_key(place))


def _busy() -> Taken:
    return Taken("The client is being changed by others: try again.")
