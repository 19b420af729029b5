"""The shapes of what a person is told in words: the trail of the account, and what applications may have."""

from typing import TYPE_CHECKING

import msgspec

from chalicelib.audit.events import says
from chalicelib.i18n.catalogue import translated
from chalicelib.web.event_words import more
from chalicelib.web.scope_words import as_given, in_words

if TYPE_CHECKING:  # the authorizer loads every shape and makes none
    from chalicelib.audit.trail import Event
    from chalicelib.oauth.consents import Consent
    from chalicelib.oauth.resource_indicators import ResourceIndicators


class EventShape(msgspec.Struct, frozen=True):
    """A line of the audit trail. ``at`` is seconds since the epoch.

    ``says`` is a sentence for people, and ``more`` what else they are told: why, and what was changed.
    """

    at: int
    event: str
    outcome: str
    says: str
    actor: str
    ip: str | None
    user_agent: str
    request_id: str
    detail: dict[str, str]
    more: list[str] = []

    @classmethod
    def of_own(cls, event: "Event", user_id: str) -> "EventShape":
        """Return it as the person sees it: where an operator sits is not shown."""
        is_own = event.actor == user_id
        return cls(
            at=event.at,
            event=event.event,
            outcome=event.outcome,
            says=translated(says(event.event, event.detail)),
            actor="you" if is_own else "operator",
            ip=event.ip if is_own else None,
            user_agent=event.user_agent if is_own else "",
            request_id=event.request_id,
            detail=dict(event.detail),
            more=more(event),
        )


class ActivityPage(msgspec.Struct, frozen=True):
    """A page of what happened, newest first."""

    events: list[EventShape]
    next_cursor: str | None


class ResourceScopesShape(msgspec.Struct, frozen=True):
    """What one application may have at one other API, by its identifier, and in that API's words for people."""

    resource: str
    scopes: list[str]
    name: str = ""
    may: list[str] = []


class ConsentShape(msgspec.Struct, frozen=True):
    """What one application may have, here and at other APIs; ``may`` says it to people. ``given_at`` is seconds since the epoch.

    It is withdrawn by ``client_id`` or, where that is an address, which no path can hold, by ``consent_id``.
    """

    client_id: str
    client: str
    scopes: list[str]
    given_at: int
    resources: list[ResourceScopesShape] = []
    consent_id: str = ""
    may: list[str] = []

    @classmethod
    def of(cls, consent: "Consent", indicators: "ResourceIndicators") -> "ConsentShape":
        others = [
            ResourceScopesShape(each.resource, sorted(each.scopes), api.name, list(api.words))
            for each, api in zip(consent.resources, as_given(consent.resources, indicators), strict=True)
        ]
        return cls(
            consent.client_id,
            consent.client_name,
            sorted(consent.scopes),
            consent.given_at,
            others,
            consent.consent_id,
            in_words(consent.scopes),
        )
