"""The one doorway from proofs to a session: whoever may log in, by whatever means, comes through here.

Cheap checks first, then the throttle's reservation, then the costly hash, then one commit that makes the session,
clears the throttle and writes the trail, and that fails if the user changed meanwhile (TH-2, TH-4, DS-1, EN-2).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from chalicelib import logs, scopes
from chalicelib.audit.trail import Audit, Source
from chalicelib.credentials.password_check import PasswordCheck, PasswordChecks
from chalicelib.errors import InvalidCredentials, Taken
from chalicelib.jose.claims import FIRST_PARTY
from chalicelib.sessions.session import Session, SessionRequest
from chalicelib.sessions.sessions import Sessions
from chalicelib.store import Check, Conflict, Record, Store, Write
from chalicelib.store.retrying import retrying
from chalicelib.tokens.access_tokens import AccessTokenIssuer, Grant, Issued
from chalicelib.users.user import User, login_name
from chalicelib.users.users import Users

NO_ONE = "-" * 26  # the id that stands for an unknown user, so that both cost the same reads


@dataclass(frozen=True, slots=True)
class LogInResult:
    """What a log-in or a refresh gives: tokens, the scopes granted, and whose session it is."""

    user: User
    session_id: str
    access_token: str
    expires_in: int  # seconds
    refresh_token: str
    scope: scopes.Scopes


@dataclass(frozen=True, slots=True)
class LogIn:
    """Log-in and refresh."""

    store: Store
    users: Users
    password_checks: PasswordChecks
    sessions: Sessions
    access: AccessTokenIssuer
    audit: Audit

    def with_password(
        self, *, username: str, password: str, scope: scopes.Scopes | None = None, source: Source
    ) -> LogInResult:
        """Log in by user name, or verified e-mail, and password; any failure is InvalidCredentials (EN-1)."""
        user = self.check_password(username=username, password=password, source=source)
        return self._commit_log_in(user, scope=scope, source=source, amr=("pwd",))

    def check_password(self, *, username: str, password: str, source: Source) -> "CheckedLogIn":
        """Return who proved to be whom, throttled; the proof still has to be spent in a commit."""
        self.password_checks.check_form(password)
        name = login_name(username)
        user_id = self.users.id_of(name)
        user, sessions = self.sessions.read_all(user_id or NO_ONE)
        proof = self.password_checks.check(user, name=name, password=password, source=source)
        if user is None or proof is None:
            raise InvalidCredentials
        return CheckedLogIn(user, sessions, proof)

    def refresh(
        self,
        refresh_token: str,
        *,
        source: Source,
        client_id: str = FIRST_PARTY,
        scope: scopes.Scopes | None = None,
    ) -> LogInResult:
        """Spend a refresh token for the next pair; ``scope`` may only narrow the access token (SE-4)."""

        def issue(user: User, session: Session) -> tuple[Issued, tuple[Write, ...]]:
            issued = self._issue(user, session, narrowed=scope)
            return issued, issued.writes

        moved = self.sessions.refresh(refresh_token, client_id=client_id, source=source, issue=issue)
        issued: Issued = moved.extra
        return LogInResult(
            user=moved.user,
            session_id=moved.session.session_id,
            access_token=issued.token,
            expires_in=issued.expires_in,
            refresh_token=moved.refresh_token,
            scope=scopes.grant(requested=scope, entitled=moved.session.granted(moved.user)),
        )

    def start(
        self,
        user: User,
        wanted: SessionRequest,
        *,
        writes: Iterable[Write] = (),
        detail: Mapping[str, str] | None = None,
    ) -> LogInResult:
        """Begin a session for a user as read, on a proof that others judged; ``writes`` spend that proof.

        Raises Conflict when the user, or what ``writes`` demand, changed meanwhile: nothing was begun then.
        ``detail`` goes into the trail.
        """
        if user.record is None:
            raise ValueError("only a user that was read can log in")
        signed_in, more = self.compose(user, wanted)
        noted = {"session_id": signed_in.session_id, **(detail or {})}
        audit = self.audit.write("log_in", target=user.user_id, source=wanted.source, **noted)
        writes = tuple(writes)
        touched = {write.record.key for write in writes if hasattr(write, "record")}
        unchanged = () if user.record.key in touched else (Check(user.record),)
        self.store.commit(*writes, *unchanged, *more, audit)
        logs.metric("LogIns", request_id=wanted.source.request_id)
        return signed_in

    def _commit_log_in(
        self, proven: "CheckedLogIn", *, scope: scopes.Scopes | None, source: Source, amr: tuple[str, ...]
    ) -> LogInResult:

        def attempt() -> LogInResult:
            wanted = SessionRequest(source, amr, scope=scope, existing=proven.sessions)
            return self.start(
                proven.user,
                wanted,
                writes=(*proven.proof.cleared, *self._remember(proven, source)),
            )

        def reread(conflict: Conflict) -> None:
            nonlocal proven
            proven.proof.reservation.lost(conflict)
            proven = self._prove_again(proven)

        with proven.proof.reservation:
            return retrying(attempt, reread=reread, busy=Taken("The account is being changed: try again."))

    def _remember(self, proven: "CheckedLogIn", source: Source) -> tuple[Write, ...]:
        """Return the writes that keep a better hash and a new network, if there is anything to keep."""
        user = proven.user.seen_from(source.network)
        if proven.proof.new_hash is not None:
            user = replace(user, password=proven.proof.new_hash)
        return () if user == proven.user else self.users.records.changing(proven.user, user)

    def _prove_again(self, proven: "CheckedLogIn") -> "CheckedLogIn":
        """Return the proof on the user as it is now; the hash is not computed again while it is the same one.

        Another hash of the same password, upgraded by a parallel log-in, leaves the epoch as it was.
        """
        user, sessions = self.sessions.read_all(proven.user.user_id)
        if user is None or user.disabled or user.epoch != proven.user.epoch:
            raise InvalidCredentials
        if user.password == proven.user.password:
            return replace(proven, user=user, sessions=sessions)
        if proven.proof.new_hash is None:
            raise InvalidCredentials
        return replace(proven, user=user, sessions=sessions, proof=replace(proven.proof, new_hash=None))

    def compose(self, user: User, wanted: SessionRequest) -> tuple[LogInResult, tuple[Write, ...]]:
        """Return what a session that begins now gives, and the writes that make it so, for a commit of the caller's."""
        session, refresh_token, writes = self.sessions.compose(user, wanted)
        issued = self._issue(user, session)
        signed_in = LogInResult(
            user=user,
            session_id=session.session_id,
            access_token=issued.token,
            expires_in=issued.expires_in,
            refresh_token=refresh_token,
            scope=session.granted(user),
        )
        return signed_in, (*writes, *issued.writes)

    def _issue(self, user: User, session: Session, *, narrowed: scopes.Scopes | None = None) -> Issued:
        granted = scopes.grant(requested=narrowed, entitled=session.granted(user))
        return self.access.issue(Grant.of_session(session, granted))


@dataclass(frozen=True, slots=True)
class CheckedLogIn:
    """Someone who gave the right password, as read, and what must happen with the proof."""

    user: User
    sessions: tuple[Record, ...]
    proof: PasswordCheck
