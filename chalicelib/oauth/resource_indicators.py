"""Resource indicators (RFC 8707): for which APIs a client asks, and how far. Without any it is our own, at no cost.

Which client may ask for which API follows from the scopes that the client is registered with: it may where one of them
is the API's. An API of others never shares a token with our own.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from chalicelib import logs, scopes
from chalicelib.oauth.client import Client
from chalicelib.oauth.errors import OAuthRefusal
from chalicelib.oauth.resource import Resource, comparable
from chalicelib.oauth.resources import Resources
from chalicelib.sessions.resource_scopes import (
    Audience,
    ResourceScopes,
    resources_of,
    scopes_at,
    within,
)

MAX_RESOURCES = 5  # in one request: a token names them all within 2 KB (TK-8)


@dataclass(frozen=True, slots=True)
class ResourceIndicators:
    """Reads the ``resource`` parameters of a request, and looks again at what they stood for."""

    resources: Resources

    def asked(
        self, values: Sequence[str], client: Client, scope: scopes.Scopes | None
    ) -> tuple[scopes.Scopes, Audience]:
        """Return what a client may have of what it asks for: the scopes, and where.

        Raises OAuthRefusal ``invalid_target`` or ``invalid_scope``. The scopes are empty only where it may have none.
        """
        named = self._named(values)
        allowed = client.allowed(scope)
        if (
            not named
        ):  # at our own API an open scope of another's means nothing, whatever it is called (RI-14)
            return allowed if client.vouched else allowed & scopes.PROTOCOL, ()
        audience = tuple(_share(each, client, allowed) for each in named)
        whole = (allowed & scopes.PROTOCOL) | scopes_at(audience)
        if left_out := allowed - whole if scope is not None else None:
            logs.log("scopes_left_out", client_id=client.client_id, scopes=" ".join(sorted(left_out)))
        return whole, audience

    def still(self, audience: Audience) -> tuple[Resource, ...]:
        """Return the APIs of an audience as they are now; raise OAuthRefusal ``invalid_target`` where one is gone."""
        if not audience:
            return ()
        return tuple(map(_registered, self.resources.find(*resources_of(audience))))

    def consentable(self, wanted: scopes.Scopes, audience: Audience) -> tuple[scopes.Scopes, Audience]:
        """Return what of it a person can give who holds ``wanted``: the scopes, and where; none where it is nothing.

        Raises OAuthRefusal ``invalid_target`` where an API is gone.
        """
        if not audience:
            return wanted, ()
        there = within(understood(audience, self.still(audience)), wanted)
        return ((wanted & scopes.PROTOCOL) | scopes_at(there), there) if there else (scopes.NONE, ())

    def narrowed(self, audience: Audience, values: Sequence[str]) -> Audience:
        """Return the part of what was granted that a token request asks for: all of it where it asks for none.

        What is opened there is what the API understands now. Raises OAuthRefusal ``invalid_target`` for what was not
        granted (RFC 8707 section 2.2).
        """
        wanted = self._identifiers(values)
        own = [each for each in wanted if self.resources.is_own(each)]
        if not audience:
            if len(own) != len(wanted):
                raise _not_granted()
            return ()
        granted = {comparable(each.resource): each for each in audience}
        if not granted.keys() >= set(wanted):
            raise _not_granted()
        kept = tuple(granted[each] for each in wanted) or audience
        return understood(kept, self.still(kept))

    def _named(self, values: Sequence[str]) -> tuple[Resource, ...]:
        wanted = self._identifiers(values)
        others = [each for each in wanted if not self.resources.is_own(each)]
        if others and len(others) != len(wanted):
            raise OAuthRefusal(
                "invalid_target", "Our own API stands alone: ask for it in a request of its own."
            )
        return tuple(map(_registered, self.resources.find(*others))) if others else ()

    def _identifiers(self, values: Sequence[str]) -> tuple[str, ...]:
        """Return each identifier once, in its one spelling."""
        if len(values) > MAX_RESOURCES:
            raise OAuthRefusal("invalid_target", f"At most {MAX_RESOURCES} resources go into one request.")
        return tuple(dict.fromkeys(map(self._identifier, values)))

    def _identifier(self, value: str) -> str:
        spelled = value if self.resources.is_own(value) else comparable(value)
        if spelled is None:
            raise OAuthRefusal("invalid_target", "A resource is an absolute URI without a fragment.")
        return spelled


def spoken_for(client: Client, audience: tuple[str, ...]) -> tuple[str, ...] | None:
    """Return the APIs of a token that a resource server speaks for; None where the token is meant for others.

    One that is registered for no API speaks for our own, which a token is for that names none.
    """
    own = set(map(comparable, client.options.resources))
    found = tuple(each for each in audience if comparable(each) in own)
    is_meant = client.resource_server and (bool(found) or not (audience or own))
    return found if is_meant else None


def understood(audience: Audience, resources: Iterable[Resource]) -> Audience:
    """Return an audience with the scopes that its APIs understand now."""
    return tuple(
        ResourceScopes(each.resource, each.scopes & resource.scope_names)
        for each, resource in zip(audience, resources, strict=True)
    )


def _share(resource: Resource, client: Client, allowed: scopes.Scopes) -> ResourceScopes:
    """Return what a client may have at one API."""
    if client.scopes.isdisjoint(resource.scope_names):
        raise _unknown()
    share = allowed & resource.scope_names
    if not share:
        raise OAuthRefusal("invalid_scope", f"None of the scopes of {resource.identifier} is asked for.")
    return ResourceScopes(resource.identifier, share)


def _registered(resource: Resource | None) -> Resource:
    if resource is None:
        raise _unknown()
    return resource


def _unknown() -> OAuthRefusal:
    return OAuthRefusal("invalid_target", "A resource is not registered here, or not for this client.")


def _not_granted() -> OAuthRefusal:
    return OAuthRefusal(
        "invalid_target", "A token request may ask for what was granted, not for another resource."
    )
