"""Tickets: what the link or the code in a mail stands for, good for one act of one person.

A ticket is a record; what is secret of it, its link and its code, is computed when the mail is rendered and when they come
back, so neither the store nor the outbox ever holds them (M9). Why it is so: ``docs/decisions/0081-tickets-and-codes.md``.
"""

import base64
import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass

from chalicelib.errors import TicketRefused
from chalicelib.keys.secret_hash import hash_of
from chalicelib.mail.ticket import ONLY, Ticket, key, key_of_name
from chalicelib.mail.ticket_purposes import DAY, HOUR, MINUTE, PURPOSES, Purpose
from chalicelib.mail.ticket_secrets import TicketSecrets, spaced
from chalicelib.store import Insert, Key, Record, Remove, Replace, Store, Write
from chalicelib.world import World

PLACE_BYTES = 16
LISTED = 50  # tickets of one person and purpose that are looked at


@dataclass(frozen=True, slots=True)
class Holder:
    """Who shall get a ticket. ``subject`` is whom it stands for: a newer ticket of a purpose replaces the subject's older one."""

    subject: str
    user_id: str | None
    address: str
    epoch: int | None
    browser: str | None = None  # the secret of the one browser that may use the code
    newcomer: Mapping[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Tickets:
    """Issues, reads and spends."""

    store: Store
    world: World
    secrets: TicketSecrets
    issuer: str

    def key(self, purpose: Purpose, subject: str) -> Key:
        """Return where the one ticket of a purpose and a subject stands, to be read with others in one batch."""
        return key(purpose.word, _place(purpose, subject))

    def issuing(self, purpose: Purpose, holder: Holder, *, before: Record | None) -> tuple[Ticket, Write]:
        """Return a new ticket and its write. ``before`` is what was read where it goes, or the newest of several."""
        ticket = Ticket(
            purpose=purpose.word,
            place=_place(purpose, holder.subject),
            sort=_next(before) if purpose.several else ONLY,
            nonce=self.world.identifier(),
            kid=self.secrets.kid(),
            issued_at=self.world.timestamp(),
            user_id=holder.user_id,
            address=holder.address,
            epoch=holder.epoch,
            newcomer=holder.newcomer,
            browser=None if holder.browser is None else hash_of(holder.browser),
        )
        if before is None or purpose.several:
            return ticket, Insert(ticket.key, ticket.data(), expires_at=ticket.expires_at)
        return ticket, Replace(before, ticket.data(), expires_at=ticket.expires_at)

    def keeping(self, ticket: Ticket, *, before: Record | None) -> Write:
        """Return a write that costs what issuing ``ticket`` does, and leaves the one before in force."""
        if before is None:
            return Insert(ticket.key, ticket.nobodys().data(), expires_at=ticket.expires_at)
        return Replace(before, before.data, expires_at=before.expires_at)

    def several(self, purpose: Purpose, subject: str) -> tuple[Record, ...]:
        """Return the tickets of a subject where a purpose has several, the newest first."""
        partition = key(purpose.word, _place(purpose, subject)).partition
        return self.store.list(partition, limit=LISTED, newest_first=True).records

    def text(self, ticket: Ticket) -> str:
        """Return what the link of a ticket carries. Raises TicketRefused where its key is gone."""
        text = self.secrets.text(ticket.name)
        if text is None:
            raise TicketRefused("its key is gone")
        return text

    def values(self, name: str) -> Mapping[str, str] | None:
        """Return what the mail of a ticket says of it, found by its name; None where it is of no use any more."""
        ticket, text, code = self._named(name), self.secrets.text(name), self.secrets.code(name)
        if ticket is None or text is None or code is None:
            return None
        purpose = PURPOSES[ticket.purpose]
        return {
            "link": f"{self.issuer}{purpose.path}?ticket={text}",
            "minutes": f"{purpose.seconds // MINUTE}",
            "hours": f"{purpose.seconds // HOUR}",
            "days": f"{purpose.seconds // DAY}",
        } | (
            {"code": spaced(code), "code_minutes": f"{purpose.code_seconds // MINUTE}"}
            if purpose.code_seconds
            else {}
        )

    def read(self, text: str, purpose: Purpose) -> Ticket:
        """Return the ticket of a link; raise TicketRefused unless it is for this and still in force."""
        found = self.secrets.read(text)
        if found is None:
            raise TicketRefused("not one of ours")
        name, word = found
        if word != purpose.word:
            raise TicketRefused(f"for something else: {word}")
        return self._require(name)

    def read_code(
        self, purpose: Purpose, subject: str, *, typed: str, browser: str | None = None
    ) -> Ticket | None:
        """Return the ticket of a code in the browser that asked for it, or None. The caller counts the guesses (TH-1)."""
        (record,) = self.store.get(self.key(purpose, subject))
        ticket = None if record is None else Ticket.from_record(record)
        if ticket is None or self.world.now() >= ticket.issued_at + purpose.code_seconds:
            return None
        shown = "" if browser is None else hash_of(browser)
        is_there = hmac.compare_digest(ticket.browser or "", shown)
        return ticket if self.secrets.is_code(ticket.name, typed) and is_there else None

    def again(self, ticket: Ticket) -> Ticket:
        """Return a ticket as it is now, for the next try of an act; raise TicketRefused where it is no more."""
        return self._require(ticket.name)

    def spending(self, ticket: Ticket) -> Write:
        """Return the write that spends a ticket as read: of many acts by one ticket, one is done (ST-2)."""
        if ticket.record is None:
            raise ValueError("only a ticket that was read can be spent")
        return Remove(ticket.record)

    def _require(self, name: str) -> Ticket:
        ticket = self._named(name)
        if ticket is None:
            raise TicketRefused("used, replaced by a newer one, or too old")
        return ticket

    def _named(self, name: str) -> Ticket | None:
        """Return a ticket by its name, which is one of ours, where that very one still stands in its place."""
        (record,) = self.store.get(key_of_name(name))
        ticket = None if record is None else Ticket.from_record(record)
        return ticket if ticket is not None and ticket.name == name else None


def _place(purpose: Purpose, subject: str) -> str:
    """Return 128 bits of a subject's hash: it may be what somebody typed (ST-7)."""
    digest = hashlib.sha256(f"{purpose.word}\n{subject}".encode()).digest()[:PLACE_BYTES]
    return base64.b32encode(digest).decode().rstrip("=").lower()


def _next(before: Record | None) -> str:
    return f"{1 if before is None else int(before.key.sort) + 1:08d}"
