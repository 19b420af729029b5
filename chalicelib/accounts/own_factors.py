"""What a person does with the own second factors. Whoever calls has demanded a fresh proof first (MF-3).

Each change of a factor ends all other sessions, forgets every remembered device and is written down (SE-6).
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from chalicelib.accounts.notices import Notices
from chalicelib.audit.trail import Audit, Source
from chalicelib.credentials.factor_answers import holder_of
from chalicelib.credentials.factor_records import Passkey, RecoveryCodes, Totp
from chalicelib.credentials.factor_refusals import SecondFactorRefused
from chalicelib.credentials.factors import Factors
from chalicelib.credentials.passkeys import Passkeys
from chalicelib.credentials.recovery_codes import RecoveryCodeBook
from chalicelib.credentials.totp import Enrolment, Totps
from chalicelib.errors import Invalid, NotAllowed, NotFound, Taken
from chalicelib.i18n.said import said
from chalicelib.sessions.session import LiveSession
from chalicelib.sessions.sessions import Sessions
from chalicelib.store import Check, Forget, Store, Write
from chalicelib.store.retrying import retrying
from chalicelib.users import names
from chalicelib.users.user import User
from chalicelib.users.users import Users
from chalicelib.users.ways_in import WaysIn
from chalicelib.world import World

_BUSY = "The account is being changed by others: try again."
Change = Callable[[User, Factors], Iterable[Write]]


@dataclass(frozen=True, slots=True)
class OwnFactors:
    """The verbs. ``required`` keeps the last factor where everybody must have one."""

    store: Store
    world: World
    users: Users
    sessions: Sessions
    totps: Totps
    passkeys: Passkeys
    recovery_codes: RecoveryCodeBook
    notices: Notices
    audit: Audit
    ways_in: WaysIn
    required: bool = False

    def of(self, user_id: str) -> Factors:
        """Return a person's factors, by one read."""
        return self._of(self.sessions.read_account(user_id).others)

    def begin_totp(self, acting: LiveSession) -> Enrolment:
        """Return the secret of a new authenticator app, which counts from its first code on."""
        user = acting.user

        def attempt() -> Enrolment:
            enrolment, write = self.totps.enrolling(user, self.of(user.user_id).new_totp)
            self.store.commit(write)
            return enrolment

        return retrying(attempt, busy=Taken(_BUSY))

    def confirm_totp(self, acting: LiveSession, code: str, *, source: Source) -> None:
        """Make the new app count, in place of an old one. Raises Invalid for a wrong code, NotFound where none was begun."""

        def change(_user: User, factors: Factors) -> Iterable[Write]:
            new = factors.new_totp
            if new is None:
                raise NotFound("new authenticator app: begin again")
            step = self.totps.step_of(new, code)
            if step is None:
                said = "This code is wrong: look at the clock of the device, and wait for the next code."
                raise Invalid(said, errors={"totp": said})
            return self.totps.confirming(new, factors.totp, step)

        self._change(acting, change, "factor_added", kind="totp", source=source)

    def passkey_options(self, acting: LiveSession, *, source: Source) -> dict[str, Any]:
        """Return what the browser is asked for a new passkey with."""
        existing = self.of(acting.user.user_id).passkeys
        return self.passkeys.creation_options(acting.user, existing, holder=_holder(acting, source))

    def add_passkey(
        self, acting: LiveSession, answer: Mapping[str, Any], *, name: str, source: Source
    ) -> Passkey:
        """Return the new passkey, which counts at once. Raises Invalid."""
        cleaned = names.clean_name(name)
        made: list[Passkey] = []

        def change(user: User, factors: Factors) -> Iterable[Write]:
            holder = _holder(acting, source)
            try:
                passkey, writes = self.passkeys.register(
                    user, factors.passkeys, answer, holder=holder, name=cleaned
                )
            except SecondFactorRefused as refused:
                raise Invalid(refused.detail, errors={"passkey": refused.detail}) from refused
            made[:] = [passkey]
            return writes

        self._change(acting, change, "factor_added", kind="passkey", name=cleaned, source=source)
        return made[0]

    def make_recovery_codes(self, acting: LiveSession, *, source: Source) -> tuple[str, ...]:
        """Return ten new recovery codes, to be shown once; the old ones are void."""
        user = acting.user

        def attempt() -> tuple[str, ...]:
            factors = self.of(user.user_id)
            if not factors.is_set:
                raise NotAllowed(
                    "Add a passkey or an authenticator app first: recovery codes stand in for these.",
                    code="no_second_factor",
                )
            codes, write = self.recovery_codes.making(user, factors.recovery_codes)
            unchanged = (Check(user.record),) if user.record else ()
            audit = self.audit.write("recovery_codes_made", target=user.user_id, source=source)
            telling = self.notices.telling(user, "recovery_codes_made", source=source)
            self.store.commit(write, *unchanged, audit, *telling)
            self.notices.deliver(*telling)
            return codes

        return retrying(attempt, busy=Taken(_BUSY))

    def remove(self, acting: LiveSession, factor_id: str, *, source: Source) -> None:
        """Remove a factor by its id, or forget a remembered browser. Raises NotFound, NotAllowed.

        The last factor takes the recovery codes along.
        """
        if self._forget_device(acting, factor_id):
            return

        def change(user: User, factors: Factors) -> Iterable[Write]:
            gone = find(factors, factor_id)
            if gone is None:
                raise NotFound("second factor")
            if isinstance(gone, RecoveryCodes) or _left(factors, gone).is_set:
                return (Forget(gone.key),)
            if self.required:
                raise NotAllowed(
                    "Everybody here has a second factor: add another before you remove the last one.",
                    code="last_second_factor",
                )
            self.ways_in.demand_one(user)
            return factors.forgetting()

        self._change(acting, change, "factor_removed", kind=_kind(factor_id), source=source)

    def _forget_device(self, acting: LiveSession, factor_id: str) -> bool:
        """Forget a remembered browser; return whether there was one of that id."""
        devices = self.of(acting.user.user_id).devices
        device = next((each for each in devices if each.factor_id == factor_id), None)
        if device is not None:
            self.store.commit(Forget(device.key))
        return device is not None

    def _change(
        self, acting: LiveSession, change: Change, event: str, *, source: Source, **detail: str
    ) -> None:
        """Commit a change with the end of all other sessions; what was judged is demanded unchanged."""

        def attempt() -> None:
            live = self.sessions.require_live(acting.user.user_id, acting.session.session_id)
            factors = self.of(live.user.user_id)
            writes = tuple(change(live.user, factors))
            has_one = event == "factor_added" or _is_left(factors, writes)
            user = replace(live.user.with_sessions_ended("revoked"), may_have_factors=has_one)
            telling = self.notices.telling(live.user, event, source=source, factor=_said(**detail))
            self.users.commit(
                *self.users.records.changing(live.user, user),
                *writes,
                self.sessions.carried_over(live.session, user.epoch, factor_time=self._shown(event, live)),
                self.audit.write(event, target=user.user_id, source=source, **detail),
                *telling,
            )
            self.notices.deliver(*telling)

        retrying(attempt, busy=Taken(_BUSY))

    def _shown(self, event: str, live: LiveSession) -> int | None:
        """Return when this session last showed a factor: a new one was shown just now."""
        return self.world.timestamp() if event == "factor_added" else live.session.factor_time

    def _of(self, records: Iterable[Any]) -> Factors:
        return Factors.of(records, now=self.world.now())


def find(factors: Factors, factor_id: str) -> Totp | Passkey | RecoveryCodes | None:
    """Return the factor of that id."""
    there = (factors.totp, factors.recovery_codes, *factors.passkeys)
    return next((each for each in there if each and each.factor_id == factor_id), None)


def _left(factors: Factors, gone: Totp | Passkey) -> Factors:
    kept = tuple(each for each in factors.passkeys if each is not gone)
    return replace(factors, passkeys=kept, totp=None if factors.totp is gone else factors.totp)


def _is_left(factors: Factors, writes: Iterable[Write]) -> bool:
    """Return whether the person has a second factor after these writes."""
    gone = {write.key for write in writes if isinstance(write, Forget)}
    return any(each.key not in gone for each in (factors.totp, *factors.passkeys) if each)


def _kind(factor_id: str) -> str:
    return factor_id if factor_id in (Totp.sort, RecoveryCodes.sort) else "passkey"


def _said(kind: str, name: str = "") -> str:
    """Return what a mail calls a factor."""
    if kind == "passkey":
        return said("A passkey ({name})", name=name) if name else said("A passkey")
    return said("An authenticator app") if kind == "totp" else said("The set of recovery codes")


def _holder(acting: LiveSession, source: Source) -> str:
    return f"{acting.session.session_id} {holder_of(source)}"
