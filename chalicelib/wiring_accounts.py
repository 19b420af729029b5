"""Wiring of the accounts: who there is, how one becomes a user, and what is done with an account."""

from functools import cache, cached_property
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from chalicelib.accounts.administration import Administration
    from chalicelib.accounts.deletion import Deletion
    from chalicelib.accounts.idempotency import IdempotencyKeys
    from chalicelib.accounts.key_rotation import KeyRotation
    from chalicelib.accounts.operators import Operators
    from chalicelib.accounts.own_data import OwnData
    from chalicelib.accounts.provisioning import Provisioning
    from chalicelib.accounts.reauthentication import Reauthentication
    from chalicelib.accounts.self_service import SelfService
    from chalicelib.accounts.sign_up import SignUp
    from chalicelib.accounts.views import Views
    from chalicelib.outbound.captcha import Captcha
    from chalicelib.users.people import People
    from chalicelib.users.unverified_addresses import Addresses
    from chalicelib.users.users import Users
    from chalicelib.users.ways_in import WaysIn
    from chalicelib.wiring import Services


class Accounts:
    """``services.accounts``."""

    def __init__(self, at: "Services") -> None:
        self._at = at

    @cached_property
    def users(self) -> "Users":
        """Return the users."""
        from chalicelib.users.users import Users

        return Users(self._at.store, self._at.world, self._at.log_outs.outbox)

    @cached_property
    def ways_in(self) -> "WaysIn":
        """Return by what people can log in here."""
        from chalicelib.users.ways_in import WaysIn

        chosen = self._at.settings
        return WaysIn(chosen.password_log_in, by_mail=chosen.email_log_in and self._at.mail.is_sent)

    @cached_property
    def addresses(self) -> "Addresses":
        """Return what finds people by an address that is not verified."""
        from chalicelib.users.unverified_addresses import Addresses

        return Addresses(self._at.store)

    @cached_property
    def people(self) -> "People":
        """Return what lists people and searches them."""
        from chalicelib.users.people import People

        return People(self._at.store)

    @cached_property
    def sign_up(self) -> "SignUp":
        """Return the public way to an account."""
        from chalicelib.accounts.sign_up import SignUp, SignUpPolicy

        at = self._at
        return SignUp(
            users=self.users,
            passwords=at.credentials.passwords,
            throttle=at.credentials.throttle,
            log_in=at.authentication.log_in,
            audit=at.audit,
            policy=SignUpPolicy(at.settings.default_scopes, is_open=at.settings.sign_up_open),
            verification=at.ways_back.email_verification if at.mail.is_sent else None,
            captcha=self.captcha,
        )

    @cached_property
    def captcha(self) -> "Captcha | None":
        """Return who says whether a person signs up; None where nobody is asked."""
        from chalicelib.outbound.captcha import SITEVERIFY, Captcha

        chosen = self._at.settings
        if chosen.captcha == "off":
            return None
        secret = cache(lambda: self._at.keys.revealed(chosen.captcha_secret))
        return Captcha(
            chosen.captcha, chosen.captcha_site_key, secret, SITEVERIFY[chosen.captcha], not chosen.production
        )

    @cached_property
    def provisioning(self) -> "Provisioning":
        """Return the operator's way to make accounts."""
        from chalicelib.accounts.provisioning import Provisioning

        return Provisioning(self.users, self._at.credentials.passwords, self._at.audit)

    @cached_property
    def self_service(self) -> "SelfService":
        """Return what people do with their accounts."""
        from chalicelib.accounts.self_service import SelfService

        at = self._at
        return SelfService(
            passwords=at.credentials.passwords,
            reauthentication=self.reauthentication,
            sessions=at.authentication.sessions,
            administration=self.administration,
            deletion=self.deletion,
            audit=at.audit,
            ways_in=self.ways_in,
            views=self.views,
            address=at.ways_back.own_address if at.mail.is_sent else None,
        )

    @cached_property
    def key_rotation(self) -> "KeyRotation":
        """Return what rotates keys in an operator's name."""
        from chalicelib.accounts.key_rotation import KeyRotation

        return KeyRotation(self._at.keys.ring, self._at.keys.mac, self._at.audit)

    @cached_property
    def views(self) -> "Views":
        """Return how operators see as a person sees."""
        from chalicelib.accounts.views import Views

        at = self._at
        return Views(
            at.store,
            at.world,
            at.settings.issuer,
            at.authentication.sessions,
            self.reauthentication,
            at.tokens.access,
            at.audit,
        )

    @cached_property
    def reauthentication(self) -> "Reauthentication":
        """Return what asks for a proof again."""
        from chalicelib.accounts.reauthentication import Reauthentication

        at = self._at
        return Reauthentication(
            at.store,
            at.world,
            at.authentication.sessions,
            at.credentials.password_checks,
            at.second_factors.checks,
            at.ways_back.notices,
        )

    @cached_property
    def administration(self) -> "Administration":
        """Return what operators do with accounts."""
        from chalicelib.accounts.administration import Administration

        at = self._at
        return Administration(
            store=at.store,
            users=self.users,
            passwords=at.credentials.passwords,
            throttle=at.credentials.throttle,
            sessions=at.authentication.sessions,
            audit=at.audit,
            notices=at.ways_back.notices,
        )

    @cached_property
    def deletion(self) -> "Deletion":
        """Return how accounts end, and are taken back."""
        from chalicelib.accounts.deletion import Deletion

        at = self._at
        return Deletion(
            store=at.store,
            world=at.world,
            administration=self.administration,
            closed=at.authentication.closed_accounts,
            notices=at.ways_back.notices,
            grace_days=at.settings.deletion_grace_days,
        )

    @cached_property
    def own_data(self) -> "OwnData":
        """Return what shows people all that is kept of them."""
        from chalicelib.accounts.own_data import OwnData

        at = self._at
        return OwnData(
            world=at.world,
            sessions=at.authentication.sessions,
            reauthentication=self.reauthentication,
            outbox=at.mail.outbox,
            audit=at.audit,
            readers={"consents": at.oauth.consents.of},
        )

    @cached_property
    def operators(self) -> "Operators":
        """Return what finds out which operator acts."""
        from chalicelib.accounts.operators import Operators

        tokens = self._at.tokens
        return Operators(self._at.settings.issuer, tokens.standing, tokens.bearer.is_own)

    @cached_property
    def idempotency_keys(self) -> "IdempotencyKeys":
        """Return what recognises a request that was done before."""
        from chalicelib.accounts.idempotency import IdempotencyKeys

        at = self._at
        return IdempotencyKeys(at.store, at.world, at.keys.mac)
