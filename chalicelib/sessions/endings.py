"""How a session ends, or goes on otherwise: the writes for one commit with whatever ends it, and who is told."""

from dataclasses import replace

from chalicelib.audit.trail import Audit, Source
from chalicelib.errors import NotFound, Taken
from chalicelib.sessions import log_outs
from chalicelib.sessions.log_outs import LogOuts
from chalicelib.sessions.reading import SessionReader
from chalicelib.sessions.refresh_tokens import RefreshTokens
from chalicelib.sessions.session import LiveSession, Session, SessionLimits
from chalicelib.sessions.session_room import MAX_SESSIONS
from chalicelib.store import Check, Replace, Store, Write
from chalicelib.store.retrying import retrying
from chalicelib.world import World

KEEP_AFTER_END_SECONDS = 24 * 60 * 60  # so that a refusal can say why


class SessionEndings(SessionReader):
    """Ends sessions, has clients told, and keeps those that go on."""

    def __init__(
        self,
        store: Store,
        world: World,
        tokens: RefreshTokens,
        audit: Audit,
        limits: SessionLimits,
        log_outs: LogOuts,
    ) -> None:
        super().__init__(store, world, limits)
        self._tokens = tokens
        self._audit = audit
        self._log_outs = log_outs

    def commit(self, *writes: Write) -> None:
        """Commit what ends sessions, or begins one that others give way to; clients are told soon. Raises Conflict."""
        self._store.commit(*writes)
        self._log_outs.deliver_soon(*writes)

    def end(
        self,
        user_id: str,
        session_id: str,
        *,
        source: Source,
        reason: str = "revoked",
        actor: str | None = None,
        telling: bool = True,
    ) -> None:
        """End one session of a user; raise NotFound unless it is going on. What raced it is refused (SE-7).

        Without ``telling`` no client is told: it is the one that asks.
        """

        def attempt() -> None:
            live = self.find_live(user_id, session_id)
            if live is None:
                raise NotFound("session")
            audit = self._audit.write(
                "log_out", target=user_id, source=source, actor=actor, session_id=session_id
            )
            self.commit(*self.ending(live.session, reason=reason, telling=telling), audit)

        retrying(attempt, busy=Taken("The session is busy: try again."))

    def ending(self, *sessions: Session, reason: str, telling: bool = True) -> tuple[Write, ...]:
        """Return the writes that end sessions of one user, as read; they are kept for a day, to tell the reason.

        With a log-in ends what clients got by it, but for what outlives it (``log_outs.is_kept``), and they are told; without
        ``telling`` nobody is: who asks for it knows, or another session takes the place of this one.
        """
        if not telling:
            return tuple(self._ended(session, reason) for session in sessions)
        descended = [each for session in sessions for each in self._log_outs.came_from(session)]
        over = (*sessions, *(each for each in descended if not log_outs.is_kept(each)))
        endings = (self._ended(session, reason) for session in over[:MAX_SESSIONS])
        return (*endings, *self._log_outs.telling([*sessions, *descended]))

    def succeed(self, before: LiveSession, refresh_token: str, *, source: Source) -> None:
        """End the session that a browser had, as the one of this refresh token, just begun, takes its place (SE-8).

        Of the same person, clients' sessions came from the new one now. Else this is a log-out, and they are told.
        """
        token = self._tokens.read(refresh_token)
        user_id, session_id = before.user.user_id, before.session.session_id
        if token is None or token.user_id != user_id or not before.session.tells_clients:
            self.end(user_id, session_id, source=source)
            return

        def attempt() -> None:
            old, new = self.find_live(user_id, session_id), self.find_live(user_id, token.session_id)
            if old is None or new is None:
                raise NotFound("session")
            heir = replace(new.session, login_id=old.session.first_id, tells_clients=True)
            audit = self._audit.write("log_out", target=user_id, source=source, session_id=session_id)
            self._store.commit(self._ended(old.session, "revoked"), self._kept(heir), audit)

        retrying(attempt, busy=Taken("The session is busy: try again."))

    def holding(self, live: LiveSession, *, for_told: bool) -> tuple[Write, ...]:
        """Return what demands that a log-in goes on and its user has not changed, as a client's session comes from it.

        Of a client that is told of the end, both know that from now on. They are written each time, not once: so an end of
        either that races the client's new session is tried again, and sees it.
        """
        if live.user.record is None or live.session.record is None:
            raise ValueError("only what was read can be held")
        if not for_told:
            return Check(live.user.record), Check(live.session.record)
        user = replace(live.user, tells_clients=True)
        noted = Replace(live.user.record, user.data(), expires_at=user.deletes_at)
        return noted, self._kept(replace(live.session, tells_clients=True))

    def _ended(self, session: Session, reason: str) -> Write:
        if session.record is None:
            raise ValueError("only a session that was read can be ended")
        ended = replace(session, ended=reason)
        return Replace(
            session.record, ended.data(), expires_at=self._world.timestamp() + KEEP_AFTER_END_SECONDS
        )

    def carried_over(self, session: Session, epoch: int, *, factor_time: int | None = None) -> Write:
        """Return the write that lets one session outlive the end of all others."""
        return self._kept(replace(session, epoch=epoch, factor_time=factor_time or session.factor_time))

    def showing_factor(self, session: Session, at: int) -> Write:
        """Return the write that remembers that a second factor was shown in a session."""
        return self._kept(replace(session, factor_time=at))

    def _kept(self, kept: Session) -> Write:
        if kept.record is None:
            raise ValueError("only a session that was read can go on otherwise")
        return Replace(kept.record, kept.data(), expires_at=self._kept_until(kept))

    def _kept_until(self, session: Session) -> int:
        end = min(session.created_at + self.limits.absolute, int(session.last_used_at) + self.limits.idle)
        return end + KEEP_AFTER_END_SECONDS
