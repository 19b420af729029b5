"""One ticket as a value: what is stored of a link or a code that was mailed."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from chalicelib.mail.ticket_purposes import PURPOSES
from chalicelib.store import Key
from chalicelib.store.stored_values import StoredRecord

ONLY = "ticket"  # the sort of a place that holds one ticket, which the next one replaces


@dataclass(frozen=True, slots=True)
class Ticket(StoredRecord):
    """Whose it is and what for. ``issued_at`` is seconds since the epoch.

    ``user_id`` None is nobody's: made so that asking for somebody unknown costs the same (EN-3). ``epoch`` is the user's,
    by which a new password, or the end of all sessions, ends the ticket too; None: neither does.
    """

    purpose: str
    place: str
    sort: str
    nonce: str
    kid: str
    issued_at: int
    user_id: str | None
    address: str
    epoch: int | None
    newcomer: Mapping[str, str] | None = None  # of nobody yet: what the account is to be called that it makes
    browser: str | None = None  # the hash of the secret of the browser that may use the code

    @property
    def key(self) -> Key:
        """Return where it stands."""
        return key(self.purpose, self.place, self.sort)

    @property
    def name(self) -> str:
        """Return what an outbox may hold of it: which ticket it is, and nothing that is secret."""
        numbered = "" if self.sort == ONLY else f"{self.sort}-"
        return f"{self.kid}.{self.purpose}.{self.place}.{numbered}{self.nonce}"

    @property
    def expires_at(self) -> int:
        """Return when it opens nothing any more, in seconds since the epoch."""
        return self.issued_at + PURPOSES[self.purpose].seconds

    def nobodys(self) -> "Ticket":
        """Return a ticket of the same size that opens nothing."""
        return replace(self, user_id=None, newcomer=None)


def key(purpose: str, place: str, sort: str = ONLY) -> Key:
    """Return where a ticket stands."""
    return Key(f"ticket#{purpose}#{place}", sort)


def key_of_name(name: str) -> Key:
    """Return where the ticket of a name stands, which is one of ours."""
    _, purpose, place, last = name.split(".")
    number, dash, _ = last.partition("-")
    return key(purpose, place, number if dash else ONLY)
