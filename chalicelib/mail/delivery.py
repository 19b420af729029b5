"""How lines leave the outbox: claimed by one of many, sent, removed; or tried again later, and at last given up.

A line is claimed by moving it to the end of its lease in one commit, so of two deliverers one has it, and where that
one dies it is due again by itself. A mail leaves twice only where a sender took it and we never came to know.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Literal

from chalicelib import logs
from chalicelib.mail.composing import Composer
from chalicelib.mail.message import GIVEN_UP, WAITING, Line, due_at, moving, waiting_key
from chalicelib.mail.senders import MailNotSent, MailRefused, Sender
from chalicelib.store import Conflict, Forget, Key, Record, Store, StoreUnavailable
from chalicelib.world import SKEW_SECONDS, World

SEND_SECONDS = 20  # what handing one mail over may take (AV-1)
LEASE_SECONDS = 2 * SEND_SECONDS + SKEW_SECONDS  # another server's clock may be ahead, and ours slow
RUN_SECONDS = 30  # no mail is begun later in a run; with SEND_SECONDS it ends before Lambda ends it
# Until the next try, in seconds; the first two are over when Lambda calls again, a minute and two after a failure.
BACK_OFF = (30, 90, 300, 900, 3600, 3 * 3600, 6 * 3600, 12 * 3600)
MAX_TRIES = len(BACK_OFF) + 1  # the last about a day after the first
LOOK_AHEAD = 50  # lines read at a time
GIVEN_UP_SECONDS = 30 * 24 * 60 * 60  # how long an operator may see what was given up, and send it again

Ending = Literal["sent", "dropped", "again", "given_up"]


@dataclass(slots=True)
class Outcome:
    """What became of the lines that a run claimed.

    ``dropped`` are decoys and mails whose ticket is over; ``left`` says that more was due than there was time for.
    """

    sent: int = 0
    dropped: int = 0
    again: int = 0
    given_up: int = 0
    left: bool = False

    @property
    def wants_another(self) -> bool:
        """Return whether another run soon would help."""
        return bool(self.again) or self.left


@dataclass(frozen=True, slots=True)
class Delivery:
    """One deliverer of many. ``patience`` is how long a due line is left to the delivery that its own act began."""

    store: Store
    world: World
    composer: Composer
    sender: Sender
    find_ticket_values: Callable[[str], Mapping[str, str] | None]
    patience: int = 0  # seconds

    def run(self, first: tuple[Key, ...] = ()) -> Outcome:
        """Deliver these lines, then every one that is due. Raises StoreUnavailable."""
        outcome, started = Outcome(), self.world.monotonic()
        for record in self._due(first):
            if self.world.monotonic() - started >= RUN_SECONDS:
                outcome.left = True
                break
            ending = self._settle(record)
            if ending is not None:
                setattr(outcome, ending, getattr(outcome, ending) + 1)
        return outcome

    def _due(self, first: tuple[Key, ...]) -> Iterator[Record]:
        """Yield lines to claim. What is due later than any try is put off was written before the clock was set back."""
        if first:
            yield from (record for record in self.store.get(*first) if record is not None)
        horizon = self.world.timestamp() + max(BACK_OFF) + LEASE_SECONDS + SKEW_SECONDS
        yield from self.store.list(WAITING, after=waiting_key(horizon, "~").sort, limit=LOOK_AHEAD).records
        after: str | None = None
        while True:
            page = self.store.list(WAITING, after=after, limit=LOOK_AHEAD)
            for record in page.records:
                if due_at(record.key) > self.world.now() - self.patience:
                    return
                if record.key not in first:
                    yield record
            after = page.next_after
            if after is None:
                return

    def _settle(self, record: Record) -> Ending | None:
        """Claim a line and bring it to an end; None where another has it."""
        line = Line.from_data(record.data)
        now = self.world.timestamp()
        if not line.mail.to:
            return self._dropped(record.key)
        if line.tries >= MAX_TRIES:  # every try died on the way: this one might too
            return self._give_up(record, line)
        claimed = replace(line, tries=line.tries + 1, claimed=True)
        key = waiting_key(now + LEASE_SECONDS, line.line_id)
        try:
            self.store.commit(*moving(record, key, claimed, expires_at=record.expires_at))
        except Conflict:
            return None
        return self._try(key, claimed)

    def _try(self, key: Key, line: Line) -> Ending:
        try:
            return self._send(key, line)
        except MailRefused as refused:
            return self._put_off(key, replace(line, reason=refused.reason), last=True)
        except MailNotSent as trouble:
            return self._put_off(key, replace(line, reason=trouble.reason))
        except StoreUnavailable:
            raise  # the line is due again when its lease is over
        except Exception as error:  # noqa: BLE001 - a defect of one mail must not keep the others
            logs.trouble("mail_defect", line=line.line_id, kind=line.mail.kind)
            return self._put_off(key, replace(line, reason=type(error).__name__))

    def _send(self, key: Key, line: Line) -> Ending:
        mail = line.mail
        secrets: Mapping[str, str] = {}
        if mail.until is not None and mail.until <= self.world.now():
            raise MailRefused("too late: it is of no use any more")
        if mail.ticket is not None:
            found = self.find_ticket_values(mail.ticket)
            if found is None:
                return self._dropped(key)
            secrets = found
        self.sender.send(self.composer.compose(line, secrets))
        self.store.commit(Forget(key))
        logs.log("mail_sent", metrics={"MailSent": (1, "Count")}, line=line.line_id, kind=mail.kind)
        return "sent"

    def _dropped(self, key: Key) -> Ending:
        self.store.commit(Forget(key))
        return "dropped"

    def _put_off(self, key: Key, line: Line, *, last: bool = False) -> Ending:
        """Leave a line for a later try, or give it up; whoever claimed it when our lease was over has it now."""
        (record,) = self.store.get(key)
        if record is None:
            return "again"
        line = replace(line, claimed=False)
        if last or line.tries >= MAX_TRIES:
            return self._give_up(record, line)
        to = waiting_key(self.world.timestamp() + BACK_OFF[line.tries - 1], line.line_id)
        try:
            self.store.commit(*moving(record, to, line, expires_at=record.expires_at))
        except Conflict:
            return "again"
        logs.log(
            "mail_put_off", metrics={"MailTrouble": (1, "Count")},
            line=line.line_id, kind=line.mail.kind, reason=line.reason,
        )  # fmt: skip
        return "again"

    def _give_up(self, record: Record, line: Line) -> Ending:
        now = self.world.timestamp()
        key = Key(GIVEN_UP, f"{now:012d}#{line.line_id}")
        try:
            self.store.commit(*moving(record, key, line, expires_at=now + GIVEN_UP_SECONDS))
        except Conflict:
            return "again"
        logs.trouble(
            "mail_given_up", stack=False,
            line=line.line_id, kind=line.mail.kind, tries=line.tries, reason=line.reason,
        )  # fmt: skip
        logs.metric("MailGivenUp")
        return "given_up"
