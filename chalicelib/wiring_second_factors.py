"""Wiring of second factors: the kinds, their one check, the gate, and what is done with them."""

from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from chalicelib.accounts.factor_reset import FactorReset
    from chalicelib.accounts.own_factors import OwnFactors
    from chalicelib.authentication.second_factor import SecondFactor
    from chalicelib.authentication.second_step import SecondStep
    from chalicelib.authentication.step_up import StepUp
    from chalicelib.credentials.factor_check import FactorChecks
    from chalicelib.credentials.passkeys import Passkeys
    from chalicelib.credentials.totp import Totps
    from chalicelib.wiring import Services


class SecondFactors:
    """``services.second_factors``."""

    def __init__(self, at: "Services") -> None:
        self._at = at

    @cached_property
    def totps(self) -> "Totps":
        """Return the authenticator apps."""
        from chalicelib.credentials.totp import Totps

        at = self._at
        issuer = at.settings.issuer
        label = at.settings.brand.name or urlsplit(issuer).hostname or issuer
        return Totps(
            at.keys.wrapper, at.world, label=label.replace(":", " ")
        )  # what an otpauth: URI ends a label with

    @cached_property
    def passkeys(self) -> "Passkeys":
        """Return the ceremonies of passkeys."""
        from chalicelib.credentials.passkeys import Passkeys
        from chalicelib.keys.signed_payloads import SignedPayloads

        at = self._at
        payloads, ours = SignedPayloads(at.keys.mac, at.world), at.settings
        return Passkeys(payloads, at.world, issuer=ours.issuer, name=ours.brand.name)

    @cached_property
    def checks(self) -> "FactorChecks":
        """Return the doorway for proving a factor."""
        from chalicelib.credentials.factor_check import FactorChecks

        at = self._at
        throttle = at.credentials.throttle
        checks = FactorChecks(at.store, at.world, self.totps, self.passkeys, throttle, at.audit)
        if not at.mail.is_sent:
            return checks
        notices = at.ways_back.notices
        return replace(
            checks,
            telling=lambda user, source: notices.telling(user, "recovery_code_used", source=source),
        )

    @cached_property
    def gate(self) -> "SecondFactor":
        """Return what judges whether a log-in needs a factor."""
        from chalicelib.authentication.pending_log_in import PendingLogIns
        from chalicelib.authentication.second_factor import SecondFactor

        at = self._at
        pending = PendingLogIns(at.store, at.world, self.checks)
        return SecondFactor(at.world, pending, at.audit, at.settings.remember_device_days)

    @cached_property
    def step(self) -> "SecondStep":
        """Return the log-ins that end with a second factor."""
        from chalicelib.authentication.second_step import SecondStep

        at = self._at
        return SecondStep(
            world=at.world,
            sessions=at.authentication.sessions,
            log_in=at.authentication.log_in,
            second_factor=self.gate,
            checks=self.checks,
            passkeys=self.passkeys,
            throttle=at.credentials.throttle,
            audit=at.audit,
        )

    @cached_property
    def step_up(self) -> "StepUp":
        """Return what raises the level of a session."""
        from chalicelib.authentication.step_up import StepUp

        at = self._at.authentication
        return StepUp(self._at.world, at.sessions, at.log_in, self.gate, self.checks)

    @cached_property
    def own(self) -> "OwnFactors":
        """Return what people do with their factors."""
        from chalicelib.accounts.own_factors import OwnFactors
        from chalicelib.credentials.recovery_codes import RecoveryCodeBook

        at = self._at
        return OwnFactors(
            store=at.store,
            world=at.world,
            users=at.accounts.users,
            sessions=at.authentication.sessions,
            totps=self.totps,
            passkeys=self.passkeys,
            recovery_codes=RecoveryCodeBook(at.world),
            notices=at.ways_back.notices,
            audit=at.audit,
            ways_in=at.accounts.ways_in,
            required=at.settings.second_factor_required,
        )

    @cached_property
    def reset(self) -> "FactorReset":
        """Return how operators take factors away."""
        from chalicelib.accounts.factor_reset import FactorReset

        at = self._at
        return FactorReset(
            at.store, at.world, at.accounts.users, at.authentication.sessions, at.ways_back.notices, at.audit
        )
