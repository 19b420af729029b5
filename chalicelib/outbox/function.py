"""The Lambda function that delivers: what it is told, and when Lambda shall call it again."""

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from chalicelib.store import MAX_KEYS

if TYPE_CHECKING:
    from chalicelib.outbox.outbox import Outbox

_LINE = re.compile(r"[0-9]{12}#[0-9]{6}#[a-z2-7]{26}")  # as ``Kind.waiting_key`` writes it


class DeliveryUnfinished(Exception):  # noqa: N818 - what happened
    """Something is left that another run may send: raised so that Lambda calls again, a minute later and two after that."""


def deliver(outbox: "Outbox[Any]", event: Mapping[str, Any], *, member: str = "lines") -> dict[str, int]:
    """Deliver the lines that a member of an event names, and what is overdue; return how many were sent.

    Raises DeliveryUnfinished, and whatever trouble the store is in. An event of any other form names no line.
    """
    named = event.get(member)
    lines = [each for each in named if isinstance(each, str)] if isinstance(named, list) else []
    outcome = outbox.deliver_due(*dict.fromkeys(filter(_LINE.fullmatch, lines[:MAX_KEYS])))
    if outcome.wants_another:
        raise DeliveryUnfinished(f"{outcome.again} to be tried again, more is due: {outcome.left}")
    return {"sent": outcome.sent}
