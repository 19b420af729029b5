"""The gate of every log-in: whether a second factor is asked for, what stands for one, and what comes of it.

:mod:`.log_in` is the one caller, so that passwords, providers and mails come through here alike (MF-2, TH-4).
"""

import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

from chalicelib.audit.trail import MAX_TEXT, Audit, Source
from chalicelib.authentication.pending_log_in import PendingLogIn, PendingLogIns
from chalicelib.credentials.factor_answers import FactorCheck
from chalicelib.credentials.factor_records import Device
from chalicelib.credentials.factor_refusals import SecondFactorRequired
from chalicelib.credentials.factors import MAX_DEVICES, Factors
from chalicelib.keys.secret_hash import hash_of
from chalicelib.sessions.session import MULTIPLE, AccountRecords, SessionRequest
from chalicelib.store import Forget, Write
from chalicelib.users.user import User
from chalicelib.world import World, is_within

DAY = 24 * 60 * 60
DEVICE_PREFIX = "cbd_"

_DEVICE = re.compile(r"cbd_(?P<factor_id>[a-z2-7]{26})\.(?P<secret>[A-Za-z0-9_-]{43})")


@dataclass(frozen=True, slots=True)
class Passed:
    """The session that may begin, and what its commit holds beside it."""

    wanted: SessionRequest
    writes: tuple[Write, ...] = ()


@dataclass(frozen=True, slots=True)
class Asked:
    """A second factor is asked for: the refusal that says so, and the write that makes its token good."""

    refusal: SecondFactorRequired
    writes: tuple[Write, ...]


@dataclass(frozen=True, slots=True)
class SecondFactor:
    """Judges. ``remember_days`` is how long a browser need not show a factor again; 0: at each log-in."""

    world: World
    pending: PendingLogIns
    audit: Audit
    remember_days: int

    def factors(self, account: AccountRecords) -> Factors:
        """Return the factors that a person has now."""
        return Factors.of(account.others, now=self.world.now())

    def gate(
        self, user: User, account: AccountRecords, wanted: SessionRequest, detail: Mapping[str, str]
    ) -> Passed | Asked:
        """Return whether a log-in goes on; ``wanted.factor_time`` says that a factor was shown for it already."""
        factors = self.factors(account)
        ended = self._ended(user, factors, wanted.source)
        if not factors.is_set or wanted.factor_time is not None:
            return Passed(wanted, ended)
        device = self._device(user, factors, wanted.source.device)
        if device is not None:
            return Passed(replace(wanted, factor_time=device.created_at), ended)
        token, begin = self.pending.begin(user, wanted, detail)
        return Asked(SecondFactorRequired(token, factors.kinds), (begin, *ended))

    def shown(self, pending: PendingLogIn, check: FactorCheck, source: Source) -> SessionRequest:
        """Return the session that a pending log-in wanted, with the factor that was shown for it (RFC 8176)."""
        amr = tuple(dict.fromkeys((*pending.amr, *check.amr, MULTIPLE)))
        return SessionRequest(
            source, amr, scope=pending.scope, auth_time=pending.auth_time, factor_time=self.world.timestamp()
        )

    def remembering(
        self, user: User, factors: Factors, source: Source
    ) -> tuple[str | None, tuple[Write, ...]]:
        """Return what the browser keeps so that it is not asked again for a while, and the writes; None where nothing is kept."""
        if not self.remember_days:
            return None, ()
        secret, now = self.world.secret(), self.world.timestamp()
        device = Device(
            user_id=user.user_id,
            factor_id=self.world.identifier(),
            created_at=now,
            secret_hash=hash_of(secret),
            epoch=user.epoch,
            user_agent=source.user_agent[:MAX_TEXT],
        )
        oldest_first = sorted(factors.devices, key=lambda each: each.created_at)
        surplus = oldest_first[: max(0, len(oldest_first) - MAX_DEVICES + 1)]
        insert = device.inserting(expires_at=now + self.remember_days * DAY)
        token = f"{DEVICE_PREFIX}{device.factor_id}.{secret}"
        return token, (insert, *(Forget(each.key) for each in surplus))

    def _device(self, user: User, factors: Factors, token: str | None) -> Device | None:
        """Return the remembered device that a browser shows, where it still counts."""
        match = _DEVICE.fullmatch(token) if token and self.remember_days else None
        if match is None:
            return None
        device = next((each for each in factors.devices if each.factor_id == match["factor_id"]), None)
        if device is None or not hmac.compare_digest(device.secret_hash, hash_of(match["secret"])):
            return None
        is_young = is_within(device.created_at, self.remember_days * DAY, now=self.world.now())
        return device if is_young and device.epoch == user.epoch else None

    def _ended(self, user: User, factors: Factors, source: Source) -> tuple[Write, ...]:
        """Return the writes that carry out a reset whose time has come."""
        if not factors.void:
            return ()
        return (*factors.clearing(), self.audit.write("factors_reset", target=user.user_id, source=source))
