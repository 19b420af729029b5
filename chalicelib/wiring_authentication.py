"""Wiring of log-in and of the sessions that it begins."""

from functools import cached_property
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from chalicelib.authentication.closed_accounts import ClosedAccounts
    from chalicelib.authentication.log_in import LogIn
    from chalicelib.sessions.browser_session import BrowserSessions
    from chalicelib.sessions.refresh_tokens import RefreshTokens
    from chalicelib.sessions.session import SessionLimits
    from chalicelib.sessions.sessions import Sessions
    from chalicelib.wiring import Services


class Authentication:
    """``services.authentication``."""

    def __init__(self, at: "Services") -> None:
        self._at = at

    @cached_property
    def log_in(self) -> "LogIn":
        """Return the doorway from proofs to a session."""
        from chalicelib.authentication.log_in import LogIn

        at = self._at
        return LogIn(
            store=at.store,
            users=at.accounts.users,
            password_checks=at.credentials.password_checks,
            sessions=self.sessions,
            access=at.tokens.access,
            audit=at.audit,
            second_factor=at.second_factors.gate,
            closed=self.closed_accounts,
            arrivals=at.ways_back.new_devices if at.mail.is_sent else None,
        )

    @cached_property
    def closed_accounts(self) -> "ClosedAccounts":
        """Return what a log-in to a closed account is told."""
        from chalicelib.authentication.closed_accounts import ClosedAccounts
        from chalicelib.keys.signed_payloads import SignedPayloads

        return ClosedAccounts(SignedPayloads(self._at.keys.mac, self._at.world))

    @cached_property
    def sessions(self) -> "Sessions":
        """Return the sessions."""
        from chalicelib.sessions.sessions import Sessions

        at = self._at
        return Sessions(
            at.store, at.world, self.refresh_tokens, at.audit, self.session_limits, at.log_outs.outbox
        )

    @cached_property
    def session_limits(self) -> "SessionLimits":
        """Return how long sessions live."""
        from chalicelib.sessions.session import SessionLimits

        chosen = self._at.settings
        return SessionLimits(
            idle=chosen.session_idle_seconds,
            absolute=chosen.session_max_seconds,
            grace=chosen.refresh_grace_seconds,
            guarded=chosen.second_factor_scopes,
            guards_all=chosen.second_factor_required,
        )

    @cached_property
    def refresh_tokens(self) -> "RefreshTokens":
        """Return what writes and reads refresh tokens."""
        from chalicelib.sessions.refresh_tokens import RefreshTokens

        return RefreshTokens(self._at.keys.mac)

    @cached_property
    def browser_sessions(self) -> "BrowserSessions":
        """Return what tells who is logged in at a browser."""
        from chalicelib.sessions.browser_session import BrowserSessions

        return BrowserSessions(self._at.keys.mac, self.sessions)
