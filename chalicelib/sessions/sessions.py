"""Sessions: what a log-in begins, a refresh carries on, and a log-out ends.

A session has one line of refresh tokens, numbered by a counter that one conditional write moves (SE-1). A token
spent within the grace window gets the session's *current* token again, so tabs and lost replies never log a person
out (D2); a replay after the window ends the session (SE-2). Every move also demands that the user has not changed
since it was read, so a disable, a log-out everywhere or a scope cut that raced it leaves nothing usable (SE-7).
"""

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import replace

from chalicelib import logs
from chalicelib.audit.trail import MAX_TEXT, Source
from chalicelib.errors import RefreshRefused, Taken
from chalicelib.keys.secret_hash import hash_of
from chalicelib.sessions import log_outs, refresh_rotation
from chalicelib.sessions.endings import SessionEndings
from chalicelib.sessions.refresh_rotation import Issue, Moved
from chalicelib.sessions.refresh_tokens import RefreshToken
from chalicelib.sessions.session import (
    LiveSession,
    Session,
    SessionId,
    SessionRequest,
    session_key,
)
from chalicelib.sessions.session_room import make_room
from chalicelib.store import Check, Conflict, Forget, Insert, Replace, Write
from chalicelib.store.retrying import retrying
from chalicelib.users import lists
from chalicelib.users.user import User
from chalicelib.users.user_records import UserRecords

USE_NOTED_SECONDS = (
    60 * 60
)  # a use by other means than a refresh is written down once an hour, for one write more
BY_ITSELF = {"reused", "expired", "idle"}  # ends that nobody was told of before
HARMLESS = {"invalid_token", "spent"}  # refusals that end no session: another's token, or clocks that differ


class Sessions(SessionEndings):
    """Begins, carries on and ends sessions."""

    def compose(self, user: User, wanted: SessionRequest) -> tuple[Session, str, tuple[Write, ...]]:
        """Return a new session, its first refresh token and the writes that make it."""
        now = self._world.now()
        token = RefreshToken(user.user_id, self._world.identifier(), 0, self._world.secret())
        refresh_token = self._tokens.write(token)
        session = Session(
            session_id=SessionId(token.session_id),
            user_id=user.user_id,
            client_id=wanted.client_id,
            scope=wanted.scope,
            created_at=int(now) if wanted.created_at is None else wanted.created_at,
            last_used_at=now,
            secret_hash=hash_of(token.secret),
            epoch=user.epoch,
            auth_time=int(now) if wanted.auth_time is None else wanted.auth_time,
            amr=wanted.amr,
            ip=wanted.source.ip,
            user_agent=wanted.source.user_agent[:MAX_TEXT],
            consent_id=wanted.consent_id,
            factor_time=wanted.factor_time,
            acr_values=wanted.acr_values,
            audience=wanted.audience,
            dpop_jkt=wanted.dpop_jkt,
            **log_outs.descent(wanted),
        )
        key = session_key(user.user_id, session.session_id)
        insert = Insert(key, session.data(), expires_at=self._kept_until(session))
        gone = make_room(wanted.existing, wanted.client_id, but=wanted.comes_from)
        room = tuple(Forget(record.key) for record in gone)
        return session, refresh_token, (insert, *room, *self._log_outs.pushed_out(user, gone))

    def refresh(self, text: str, *, client_id: str, source: Source, issue: Issue) -> Moved:
        """Spend a refresh token; raise RefreshRefused with the reason it is not honoured.

        ``issue`` makes what goes with it, and writes for the same commit; it may run several times.
        """
        token = self._tokens.read(text)
        if token is None:
            raise RefreshRefused("invalid_token")

        def attempt() -> Moved:
            user, session = self.read(token.user_id, token.session_id)
            reason = refresh_rotation.refusal(
                token, user, session, client_id=client_id, now=self._world.now(), limits=self.limits
            )
            if reason is not None or user is None or session is None:
                reason = reason or "revoked"
                self._end_refused(session, reason, source)
                raise RefreshRefused(reason)
            moved = refresh_rotation.spend(
                session, token.counter, now=self._world.now(), grace=self.limits.grace
            )
            extra, writes = issue(user, moved)
            self._write(user, session, moved, writes)
            return Moved(user, moved, self._tokens.write(token.at(moved.counter)), extra)

        return retrying(attempt, busy=Taken("The session is being refreshed by many at once: try again."))

    def used(self, live: LiveSession) -> LiveSession | None:
        """Count a use that is no refresh against idleness; return the session as it is then, None where it is over.

        It is written down once an hour, or in a 24th of the time that a session may be idle, whichever is shorter.
        """
        now, user, session = self._world.now(), live.user, live.session
        if now - session.last_used_at < min(USE_NOTED_SECONDS, self.limits.idle / 24):
            return live
        if user.record is None or session.record is None:
            raise ValueError("only what was read can be used")
        moved = replace(session, last_used_at=now)
        move = Replace(session.record, moved.data(), expires_at=self._kept_until(moved))
        with suppress(Conflict):  # another moved or ended it: what is read now says which
            self._store.commit(move, *self._seeing(user))
        return self.find_live(user.user_id, session.session_id)

    def _write(self, user: User, session: Session, moved: Session, writes: Iterable[Write]) -> None:
        """Commit a move, if the user is as it was read; a forgiven replay moves nothing."""
        if user.record is None or session.record is None:
            raise ValueError("only what was read can be moved")
        if moved is not session:
            move = Replace(session.record, moved.data(), expires_at=self._kept_until(moved))
            self._store.commit(move, *self._seeing(user), *writes)
        elif writes := tuple(writes):
            self._store.commit(Check(session.record), Check(user.record), *writes)

    def _seeing(self, user: User) -> tuple[Write, ...]:
        """Return what demands that the user is as it was read; once a day it also writes down that it was seen."""
        if user.record is None:
            raise ValueError("only a user that was read can be seen")
        now = lists.seen(user, self._world.timestamp())
        return (Check(user.record),) if now is user else UserRecords(self._store).changing(user, now)

    def _end_refused(self, session: Session | None, reason: str, source: Source) -> None:
        """End the session of a refused refresh, for nearly whatever it was refused for, and write that down once."""
        if reason == "spent":
            logs.metric("RefreshSpent", request_id=source.request_id)
        if session is None or session.refusal_audited or reason in HARMLESS:
            return
        event = "session_reused" if reason == "reused" else "refresh_refused"
        audit = self._audit.write(
            event, target=session.user_id, source=source, outcome=reason, session_id=session.session_id
        )
        audited = replace(session, refusal_audited=True)
        self.commit(*self.ending(audited, reason=reason, telling=reason in BY_ITSELF), audit)
        if reason == "reused":
            logs.metric("RefreshReuse", request_id=source.request_id)
