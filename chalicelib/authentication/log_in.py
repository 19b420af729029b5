"""The one doorway from proofs to a session: whoever may log in, by whatever means, comes through here.

Cheap checks first, then the throttle's reservation, then the costly hash, then one commit that makes the session,
clears the throttle and writes the trail, and that fails if the user changed meanwhile (TH-2, TH-4, DS-1, EN-2).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from chalicelib import logs, scopes
from chalicelib.audit.trail import Audit, Source
from chalicelib.authentication.log_in_notices import LogInNotices
from chalicelib.authentication.second_factor import Passed, SecondFactor
from chalicelib.credentials.factor_refusals import SecondFactorRequired
from chalicelib.credentials.password_check import PasswordCheck, PasswordChecks
from chalicelib.errors import InvalidCredentials, Taken
from chalicelib.jose.claims import FIRST_PARTY
from chalicelib.sessions.session import AccountRecords, Session, SessionRequest
from chalicelib.sessions.sessions import Sessions
from chalicelib.store import Check, Conflict, Store, Write
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
    device_token: str | None = None  # what a browser keeps that need not show a second factor for a while


@dataclass(frozen=True, slots=True)
class LogIn:
    """Log-in and refresh."""

    store: Store
    users: Users
    password_checks: PasswordChecks
    sessions: Sessions
    access: AccessTokenIssuer
    audit: Audit
    second_factor: SecondFactor
    notices: LogInNotices

    def with_password(
        self, *, username: str, password: str, scope: scopes.Scopes | None = None, source: Source
    ) -> LogInResult:
        """Log in by user name, or verified e-mail, and password; any failure is InvalidCredentials (EN-1).

        Raises SecondFactorRequired where the password is right and more is asked for.
        """
        user = self.check_password(username=username, password=password, source=source)
        return self._commit_log_in(user, scope=scope, source=source, amr=("pwd",))

    def check_password(self, *, username: str, password: str, source: Source) -> "CheckedLogIn":
        """Return who proved to be whom, throttled; the proof still has to be spent in a commit."""
        self.password_checks.check_form(password)
        name = login_name(username)
        user_id = self.users.id_of(name)
        account = self.sessions.read_account(user_id or NO_ONE)
        proof = self.password_checks.check(account.user, name=name, password=password, source=source)
        if account.user is None or proof is None:
            raise InvalidCredentials
        return CheckedLogIn(account.user, account, proof)

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
        return _result(moved.user, moved.session, moved.extra, moved.refresh_token)

    def start(
        self,
        account: AccountRecords,
        wanted: SessionRequest,
        *,
        writes: Iterable[Write] = (),
        detail: Mapping[str, str] | None = None,
    ) -> LogInResult:
        """Begin a session for a user as read, on a proof that others judged; ``writes`` spend that proof.

        Raises SecondFactorRequired where more is asked for: the proof is spent then, and the refusal's token goes on.
        Raises Conflict when the user, or what ``writes`` demand, changed meanwhile. ``detail`` goes into the trail.
        """
        return _begun(self._start(account, wanted, tuple(writes), detail or {}))

    def _start(
        self,
        account: AccountRecords,
        wanted: SessionRequest,
        writes: tuple[Write, ...],
        detail: Mapping[str, str],
        *,
        new_hash: str | None = None,
    ) -> LogInResult | SecondFactorRequired:
        user = account.user
        if user is None:
            raise ValueError("only a user that was read can log in")
        passed = self.second_factor.gate(user, account, wanted, detail)
        kept = self._keeping(user, new_hash, wanted.source if isinstance(passed, Passed) else None)
        if not isinstance(passed, Passed):
            self.store.commit(*writes, *kept, *passed.writes)
            return passed.refusal
        signed_in, more = self.compose(user, replace(passed.wanted, existing=account.sessions))
        noted = {"session_id": signed_in.session_id, **detail}
        audit = self.audit.write("log_in", target=user.user_id, source=wanted.source, **noted)
        telling = self.notices.of_log_in(user, wanted.source)
        self.store.commit(*writes, *kept, *passed.writes, *more, audit, *telling)
        if telling:
            self.notices.deliver(*telling)
        logs.metric("LogIns", request_id=wanted.source.request_id)
        return signed_in

    def _keeping(self, user: User, new_hash: str | None, source: Source | None) -> tuple[Write, ...]:
        """Return the writes that keep a better hash and a new network; where nothing is new, the user must not have changed.

        Without a ``source`` the log-in is not through, and its network none of the person's yet (TH-5).
        """
        if user.record is None:
            raise ValueError("only a user that was read can log in")
        seen = user if source is None else user.seen_from(source.network)
        new = seen if new_hash is None else replace(seen, password=new_hash)
        return (Check(user.record),) if new == user else self.users.records.changing(user, new)

    def _commit_log_in(
        self, proven: "CheckedLogIn", *, scope: scopes.Scopes | None, source: Source, amr: tuple[str, ...]
    ) -> LogInResult:

        def attempt() -> LogInResult | SecondFactorRequired:
            wanted = SessionRequest(source, amr, scope=scope)
            cleared, new_hash = proven.proof.cleared, proven.proof.new_hash
            return self._start(proven.account, wanted, cleared, {}, new_hash=new_hash)

        def reread(conflict: Conflict) -> None:
            nonlocal proven
            proven.proof.reservation.lost(conflict)
            proven = self._prove_again(proven)

        with proven.proof.reservation:
            begun = retrying(attempt, reread=reread, busy=Taken("The account is being changed: try again."))
        return _begun(begun)

    def _prove_again(self, proven: "CheckedLogIn") -> "CheckedLogIn":
        """Return the proof on the user as it is now; the hash is not computed again while it is the same one.

        Another hash of the same password, upgraded by a parallel log-in, leaves the epoch as it was.
        """
        account = self.sessions.read_account(proven.user.user_id)
        user = account.user
        if user is None or user.disabled or user.epoch != proven.user.epoch:
            raise InvalidCredentials
        if user.password == proven.user.password:
            return replace(proven, user=user, account=account)
        if proven.proof.new_hash is None:
            raise InvalidCredentials
        return replace(proven, user=user, account=account, proof=replace(proven.proof, new_hash=None))

    def compose(self, user: User, wanted: SessionRequest) -> tuple[LogInResult, tuple[Write, ...]]:
        """Return what a session that begins now gives, and the writes that make it so, for a commit of the caller's."""
        session, refresh_token, writes = self.sessions.compose(user, wanted)
        issued = self._issue(user, session)
        return _result(user, session, issued, refresh_token), (*writes, *issued.writes)

    def _issue(self, user: User, session: Session, *, narrowed: scopes.Scopes | None = None) -> Issued:
        granted = scopes.grant(requested=narrowed, entitled=session.granted(user, self.sessions.limits))
        return self.access.issue(Grant.of_session(session, granted))


@dataclass(frozen=True, slots=True)
class CheckedLogIn:
    """Someone who gave the right password, as read, and what must happen with the proof."""

    user: User
    account: AccountRecords
    proof: PasswordCheck


def _result(user: User, session: Session, issued: Issued, refresh_token: str) -> LogInResult:
    return LogInResult(
        user=user,
        session_id=session.session_id,
        access_token=issued.token,
        expires_in=issued.expires_in,
        refresh_token=refresh_token,
        scope=issued.scope,
    )


def _begun(outcome: LogInResult | SecondFactorRequired) -> LogInResult:
    if isinstance(outcome, SecondFactorRequired):
        raise outcome
    return outcome
