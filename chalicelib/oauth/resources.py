"""Resources: the APIs of one's own that tokens are made for, registered by an operator (RFC 8707)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from chalicelib import scopes
from chalicelib.audit.doers import AT_THE_COMMAND_LINE, Doer
from chalicelib.audit.trail import Audit, Source
from chalicelib.errors import Invalid, NotFound, Taken
from chalicelib.oauth.hosted_metadata import identifiers_at, path_of
from chalicelib.oauth.resource import (
    PARTITION,
    Resource,
    ResourceScope,
    comparable,
    resource_key,
)
from chalicelib.oauth.resource_rules import check_identifier, checked_scopes, scopes_in_words
from chalicelib.store import MAX_PAGE, Conflict, Insert, Remove, Replace, Store, Write
from chalicelib.store.retrying import retrying
from chalicelib.users import names
from chalicelib.world import World


@dataclass(frozen=True, slots=True)
class ResourceChanges:
    """What is to be changed of a resource; None and nothing leave it as it is. ``scopes`` are added or worded anew."""

    name: str | None = None
    scopes: Mapping[str, str] | None = None
    without: frozenset[str] = frozenset()
    host_metadata: bool | None = None
    open_to_clients: bool | None = None


@dataclass(frozen=True, slots=True)
class Resources:
    """Makes, finds, changes and removes resources. ``audience`` is another name of our own API, which is none of them."""

    store: Store
    world: World
    audit: Audit
    issuer: str
    audience: str

    def is_own(self, identifier: str) -> bool:
        """Return whether an identifier names our own API."""
        ours = (self.issuer, self.audience)
        return identifier in ours or comparable(identifier) in map(comparable, ours)

    def said(
        self,
        lines: Iterable[str],
        *,
        name: str,
        host_metadata: bool,
        open_to_clients: bool,
        of: Resource | None = None,
    ) -> ResourceChanges:
        """Return what makes a resource what is said in whole, each scope a line; ``of`` is the one that is there."""
        worded = scopes_in_words(lines)
        left_out = of.scope_names - set(worded) if of else frozenset[str]()
        return ResourceChanges(name or None, worded, left_out, host_metadata, open_to_clients)

    def create(
        self,
        identifier: str,
        wanted: ResourceChanges,
        *,
        source: Source | None = None,
        doer: Doer = AT_THE_COMMAND_LINE,
    ) -> Resource:
        """Register an API; raise Invalid, or Taken where there is one of this identifier."""
        check_identifier(identifier)
        if self.is_own(identifier):
            raise Invalid("This is our own API: tokens are for it wherever no resource is asked for.")
        key = resource_key(identifier)
        made = Resource(identifier, "", self.world.timestamp(), ())
        made = self._changed(replace(made, name=made.host[: names.MAX_NAME]), wanted)
        if key is None:
            raise Invalid("The identifier of a resource is an absolute URI.")
        place = key

        def attempt() -> None:
            audit = self._audit("resource_created", made, source, doer)
            try:
                self.store.commit(Insert(place, made.data()), *audit)
            except Conflict as conflict:
                if place in conflict.keys:
                    raise Taken(f"There is a resource {identifier} already.") from None
                raise

        retrying(attempt, busy=Taken("The operator's account is being changed: try again."))
        return made

    def find(self, *identifiers: str) -> tuple[Resource | None, ...]:
        """Return the resource of each identifier, by one read; None for what is not registered."""
        keys = [resource_key(each) for each in identifiers]
        wanted = [key for key in keys if key is not None]
        records = iter(self.store.get(*wanted) if wanted else ())
        found = [None if key is None else next(records) for key in keys]
        return tuple(None if record is None else Resource.from_record(record) for record in found)

    def require(self, identifier: str) -> Resource:
        """Return a resource, or raise NotFound."""
        (found,) = self.find(identifier)
        if found is None:
            raise NotFound("resource")
        return found

    def hosted_at(self, path: str) -> Resource:
        """Return the API whose metadata is published at a path below our well-known address; raise NotFound."""
        found = self.find(*identifiers_at(path, issuer=self.issuer))
        hosted = next((each for each in found if each is not None and each.host_metadata), None)
        if hosted is None:
            raise NotFound("resource")
        return hosted

    def page(self, *, after: str | None = None, limit: int = 50) -> tuple[tuple[Resource, ...], str | None]:
        """Return resources in the order of their identifiers and where the next page starts."""
        page = self.store.list(PARTITION, after=after, limit=limit)
        return tuple(map(Resource.from_record, page.records)), page.next_after

    def open_scopes(self) -> scopes.Scopes:
        """Return what clients that no operator registered may ask for, worked out anew: one query, of few records.

        What OpenID Connect names, and the scopes of each API that is open to them.
        """
        found, after = self.page(limit=MAX_PAGE)
        opened = scopes.PROTOCOL.union(*(each.scope_names for each in found if each.open_to_clients))
        while after is not None:
            found, after = self.page(after=after, limit=MAX_PAGE)
            opened = opened.union(*(each.scope_names for each in found if each.open_to_clients))
        return opened

    def update(
        self,
        identifier: str,
        wanted: ResourceChanges,
        *,
        source: Source | None = None,
        doer: Doer = AT_THE_COMMAND_LINE,
    ) -> Resource:
        """Change a resource; raise NotFound or Invalid. Tokens that are out keep what they say until they end."""

        def attempt() -> Resource:
            old = self.require(identifier)
            new = self._changed(old, wanted)
            if old.record is None:
                raise NotFound("resource")
            self.store.commit(
                Replace(old.record, new.data()), *self._audit("resource_changed", new, source, doer)
            )
            return new

        return retrying(attempt, busy=Taken("The resource is being changed by others: try again."))

    def delete(
        self, identifier: str, *, source: Source | None = None, doer: Doer = AT_THE_COMMAND_LINE
    ) -> None:
        """Remove a resource: nobody gets a token for it any more. Raises NotFound."""

        def attempt() -> None:
            old = self.require(identifier)
            if old.record is None:
                raise NotFound("resource")
            self.store.commit(Remove(old.record), *self._audit("resource_deleted", old, source, doer))

        retrying(attempt, busy=Taken("The resource is being changed by others: try again."))

    def _changed(self, old: Resource, wanted: ResourceChanges) -> Resource:
        new = _changed(old, wanted)
        if new.host_metadata and path_of(new.identifier, issuer=self.issuer) is None:
            raise Invalid(
                "Metadata can be hosted of a web address without a query: a host, and at most two segments of a path."
            )
        return new

    def _audit(self, event: str, resource: Resource, source: Source | None, doer: Doer) -> tuple[Write, ...]:
        target = f"resource:{resource.identifier}"
        line = self.audit.write(event, target=target, actor=doer.actor, source=source or Source())
        return (line, *doer.demands())


def _changed(old: Resource, wanted: ResourceChanges) -> Resource:
    said = {each.scope: each.says for each in old.scopes} | dict(wanted.scopes or {})
    kept = (
        ResourceScope(scope, names.clean_name(says))
        for scope, says in sorted(said.items())
        if scope not in wanted.without
    )
    new = replace(
        old,
        name=names.clean_name(wanted.name or "") or old.name,
        scopes=checked_scopes(kept),
        host_metadata=old.host_metadata if wanted.host_metadata is None else wanted.host_metadata,
        open_to_clients=old.open_to_clients if wanted.open_to_clients is None else wanted.open_to_clients,
    )
    if not new.scopes:
        raise Invalid("A resource has one scope at least: by its scopes it is decided who may ask for it.")
    return new
