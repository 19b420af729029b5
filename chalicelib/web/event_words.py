"""What a line of the trail tells its person beside its sentence: why, and what was changed; never a code of ours."""

from typing import TYPE_CHECKING

from chalicelib import scopes
from chalicelib.audit.events import because
from chalicelib.web.scope_words import in_words

if TYPE_CHECKING:
    from chalicelib.audit.trail import Event

PARTS = {"username": "the user name", "name": "the name", "email": "the address"}


def more(event: "Event") -> list[str]:
    """Return it in words, the most telling first."""
    told, detail = [because(event.event, event.outcome)], event.detail
    told += [f"may now {words}" for words in _rights(detail.get("granted", ""))]
    told += [f"may no longer {words}" for words in _rights(detail.get("revoked", ""))]
    told += [f"changed: {PARTS[part]}" for part in detail.get("changed", "").split() if part in PARTS]
    told += [f"through {detail['provider']}"] if "provider" in detail else []
    return [words for words in told if words]


def _rights(text: str) -> list[str]:
    return in_words(scopes.parse(text)) if text else []
