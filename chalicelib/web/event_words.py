"""What a line of the trail tells its person beside its sentence: why, and what was changed; never a code of ours."""

from typing import TYPE_CHECKING

from chalicelib import scopes
from chalicelib.audit.events import because
from chalicelib.i18n.catalogue import translated
from chalicelib.i18n.said import said
from chalicelib.web.scope_words import in_words

if TYPE_CHECKING:
    from chalicelib.audit.trail import Event

PARTS = {"username": "the user name", "name": "the name", "email": "the address", "language": "the language"}


def more(event: "Event") -> list[str]:
    """Return it in words, the most telling first."""
    told, detail = [because(event.event, event.outcome)], event.detail
    told += [said("may now {words}", words=words) for words in _rights(detail.get("granted", ""))]
    told += [said("may no longer {words}", words=words) for words in _rights(detail.get("revoked", ""))]
    told += [
        said("changed: {part}", part=translated(PARTS[part]))
        for part in detail.get("changed", "").split()
        if part in PARTS
    ]
    told += [said("through {provider}", provider=detail["provider"])] if "provider" in detail else []
    return [translated(words) for words in told if words]


def _rights(text: str) -> list[str]:
    return in_words(scopes.parse(text)) if text else []
