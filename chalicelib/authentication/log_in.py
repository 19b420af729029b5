"""The one doorway from proofs to a session: whoever may log in, by whatever means, comes through here.

Cheap checks first, then the throttle's reservation, then the costly hash, then one commit that makes the session,
clears the throttle and writes the trail, and that fails if the user changed meanwhile (TH-2, TH-4, DS-1, EN-2).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from chalicelib import logs, scopes
from chalicelib.audit.trail import Audit, Source
from chalicelib.audit.user_agents import device
from chalicelib.authentication.arrivals import Arrivals
from chalicelib.authentication.checked_log_in import CheckedLogIn
from chalicelib.authentication.closed_accounts import ClosedAccounts
from chalicelib.authentication.second_factor import Passed, SecondFactor
from chalicelib.credentials.password_check import PasswordChecks
from chalicelib.errors import InvalidCredentials, Refusal, Taken
from chalicelib.jose.claims import FIRST_PARTY
from chalicelib.sessions.session import AccountRecords, Session, SessionRequest
from chalicelib.sessions.sessions import Sessions
from chalicelib.store import Check, Conflict, Store, Write
from chalicelib.store.retrying import retrying
from chalicelib.tokens.access_tokens import AccessTokenIssuer, Grant, Issued
from chalicelib.users.nobody import nobody
from chalicelib.users.user import User, login_name
from chalicelib.users.users import Users


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
    closed: ClosedAccounts
    arrivals: Arrivals | None = None  # None where no mail is sent

    def with_password(
        self, *, username: str, password: str, scope: scopes.Scopes | None = None, source: Source
    ) -> LogInResult:
        """Log in by user name, or verified e-mail, and password; any failure is InvalidCredentials (EN-1).

        Raises SecondFactorRequired where the password is right and more is asked for, AccountClosed.
        """
        user = self.check_password(username=username, password=password, source=source)
        return self._commit_log_in(user, scope=scope, source=source, amr=("pwd",))

    def check_password(self, *, username: str, password: str, source: Source) -> CheckedLogIn:
        """Return who proved to be whom, throttled; the proof still has to be spent in a commit."""
        self.password_checks.check_form(password)
        name = login_name(username)
        user_id = self.users.id_of(name)
        account = self.sessions.read_account(user_id or self.users.nobodys_id())
        if account.user is None:
            nobody()  # takes the time that decoding somebody does
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

        Raises SecondFactorRequired where more is asked for, and AccountClosed: the proof is spent, and the refusal's token goes
        on. Raises Conflict when the user, or what ``writes`` demand, changed meanwhile: nothing was begun then.
        ``detail`` goes into the trail.
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
    ) -> LogInResult | Refusal:
        user = account.user
        if user is None:
            raise ValueError("only a user that was read can log in")
        passed = self.second_factor.gate(user, account, wanted, detail)
        if not isinstance(passed, Passed) or user.closing is not None:
            refusal = self.closed.refusal(user) if isinstance(passed, Passed) else passed.refusal
            kept = self._keeping(user, user, new_hash)  # its network is none of the person's yet (TH-5)
            self._commit(user, writes, *kept, *passed.writes)
            return refusal
        seen, telling = self.users.seen(user, wanted.source.network), tuple[Write, ...]()
        signed_in, more = self.compose(user, replace(passed.wanted, existing=account.sessions))
        trail = {"session_id": signed_in.session_id, **detail}
        audit = self.audit.write("log_in", target=user.user_id, source=wanted.source, **trail)
        if self.arrivals is not None:
            kind = device(wanted.source.user_agent)
            seen, telling = self.arrivals.noting(account, seen, kind, wanted.source)
        kept = self._keeping(user, seen, new_hash)
        self._commit(user, (*writes, *telling), *kept, *passed.writes, *more, audit)
        logs.metric("LogIns", request_id=wanted.source.request_id)
        return signed_in

    def _commit(self, user: User, told: tuple[Write, ...], *writes: Write) -> None:
        """Commit all, and have delivered what ``told`` may hold of mails, and ``writes`` of log-outs."""
        commit = self.users.commit if user.tells_clients else self.store.commit
        commit(*told, *writes)
        if told and user.email_verified and self.arrivals is not None:
            self.arrivals.deliver(*told)

    def _keeping(self, user: User, seen: User, new_hash: str | None) -> tuple[Write, ...]:
        """Return the writes that keep a better hash and what ``seen`` has new, or else demand that the user has not changed."""
        if user.record is None:
            raise ValueError("only a user that was read can log in")
        new = seen if new_hash is None else replace(seen, password=new_hash)
        return (Check(user.record),) if new == user else self.users.records.changing(user, new)

    def _commit_log_in(
        self, proven: CheckedLogIn, *, scope: scopes.Scopes | None, source: Source, amr: tuple[str, ...]
    ) -> LogInResult:

        def attempt() -> LogInResult | Refusal:
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

    def _prove_again(self, proven: CheckedLogIn) -> CheckedLogIn:
        """Return the proof on the user as it is now; the hash is not computed again while it is the same one.

        Another hash of the same password, upgraded by a parallel log-in, leaves the epoch as it was.
        """
        account = self.sessions.read_account(proven.user.user_id)
        user = account.user
        if user is None or not user.may_prove or user.epoch != proven.user.epoch:
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


def _result(user: User, session: Session, issued: Issued, refresh_token: str) -> LogInResult:
    return LogInResult(
        user=user,
        session_id=session.session_id,
        access_token=issued.token,
        expires_in=issued.expires_in,
        refresh_token=refresh_token,
        scope=issued.scope,
    )


def _begun(outcome: LogInResult | Refusal) -> LogInResult:
    if isinstance(outcome, Refusal):
        raise outcome
    return outcome
