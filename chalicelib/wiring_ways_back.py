"""Wiring of what mail does for accounts: proving an address, changing it, a new password, log-in by mail."""

from functools import cached_property
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from chalicelib.accounts.change_of_address import ChangeOfAddress
    from chalicelib.accounts.email_log_in import EmailLogIn
    from chalicelib.accounts.email_sign_up import EmailSignUp
    from chalicelib.accounts.email_verification import EmailVerification
    from chalicelib.accounts.mailed_tickets import MailedTickets
    from chalicelib.accounts.new_devices import NewDevices
    from chalicelib.accounts.notices import Notices
    from chalicelib.accounts.own_address import OwnAddress
    from chalicelib.accounts.password_reset import PasswordReset
    from chalicelib.wiring import Services


class WaysBack:
    """``services.ways_back``."""

    def __init__(self, at: "Services") -> None:
        self._at = at

    @cached_property
    def mailed(self) -> "MailedTickets":
        """Return what sends tickets to people and judges whose they are."""
        from chalicelib.accounts.mailed_tickets import MailedTickets

        at = self._at
        return MailedTickets(
            store=at.store,
            world=at.world,
            users=at.accounts.users,
            tickets=at.mail.tickets,
            outbox=at.mail.outbox,
            caps=at.mail.caps,
            audit=at.audit,
        )

    @cached_property
    def notices(self) -> "Notices":
        """Return what tells people of what happened at their account."""
        from chalicelib.accounts.notices import Notices
        from chalicelib.i18n.languages import SOURCE

        at = self._at
        return Notices(
            at.accounts.users,
            at.mail.tickets,
            at.mail.outbox,
            at.audit,
            at.world,
            at.settings.languages[0] if at.settings.languages else SOURCE,
            by_password=at.settings.password_log_in,
        )

    @cached_property
    def new_devices(self) -> "NewDevices":
        """Return what tells people of log-ins from somewhere new."""
        from chalicelib.accounts.new_devices import NewDevices

        return NewDevices(self.notices)

    @cached_property
    def change_of_address(self) -> "ChangeOfAddress":
        """Return what tells the old address of a change, and undoes it."""
        from chalicelib.accounts.change_of_address import ChangeOfAddress

        at = self._at
        return ChangeOfAddress(
            at.store, at.world, at.accounts.users, at.mail.tickets, at.mail.outbox, at.audit
        )

    @cached_property
    def email_verification(self) -> "EmailVerification":
        """Return what asks for the proof of an address and takes it."""
        from chalicelib.accounts.email_verification import EmailVerification

        at = self._at
        return EmailVerification(
            store=at.store,
            users=at.accounts.users,
            mailed=self.mailed,
            addresses=self.change_of_address,
            throttle=at.credentials.throttle,
            audit=at.audit,
        )

    @cached_property
    def own_address(self) -> "OwnAddress":
        """Return what a change of one's own address sends."""
        from chalicelib.accounts.own_address import OwnAddress

        return OwnAddress(self.email_verification, self.change_of_address, self._at.mail.outbox)

    @cached_property
    def password_reset(self) -> "PasswordReset":
        """Return the way back for who forgot the password."""
        from chalicelib.accounts.password_reset import PasswordReset

        at = self._at
        return PasswordReset(
            users=at.accounts.users,
            mailed=self.mailed,
            passwords=at.credentials.passwords,
            throttle=at.credentials.throttle,
            notices=self.notices,
            addresses=self.change_of_address,
            sessions=at.authentication.sessions,
            gate=at.second_factors.gate,
            checks=at.second_factors.checks,
            audit=at.audit,
        )

    @cached_property
    def email_log_in(self) -> "EmailLogIn":
        """Return log-in by mail."""
        from chalicelib.accounts.email_log_in import EmailLogIn

        at = self._at
        return EmailLogIn(
            users=at.accounts.users,
            sessions=at.authentication.sessions,
            mailed=self.mailed,
            throttle=at.credentials.throttle,
            log_in=at.authentication.log_in,
            sign_up=self.email_sign_up,
        )

    @cached_property
    def email_sign_up(self) -> "EmailSignUp":
        """Return sign-up without a password."""
        from chalicelib.accounts.email_sign_up import EmailSignUp

        at = self._at
        is_on = at.settings.email_log_in and not at.settings.password_log_in
        return EmailSignUp(at.store, at.accounts.sign_up, self.mailed, is_on)
