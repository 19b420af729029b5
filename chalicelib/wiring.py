"""Settings → services, made lazily and once a process. The only place that chooses an engine.

Imports stand inside the makers on purpose: what a process does not use it does not load, so the authorizer, as
deployed, verifies a JWT without boto3, argon2 or a template engine (the design's section 5.5).
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cached_property
from typing import TYPE_CHECKING, Any

from chalicelib import logs
from chalicelib.settings import settings
from chalicelib.settings.settings import Settings
from chalicelib.settings.structured import SECRET_REFERENCES
from chalicelib.world import SYSTEM, World

if TYPE_CHECKING:
    from chalicelib.accounts.administration import Administration
    from chalicelib.accounts.idempotency import IdempotencyKeys
    from chalicelib.accounts.operators import Operators
    from chalicelib.accounts.provisioning import Provisioning
    from chalicelib.accounts.self_service import Accounts
    from chalicelib.accounts.sign_up import SignUp
    from chalicelib.audit.trail import Audit
    from chalicelib.authentication.log_in import LogIn
    from chalicelib.credentials.password_check import PasswordChecks
    from chalicelib.credentials.passwords import Passwords
    from chalicelib.credentials.throttling import Throttle
    from chalicelib.federation.log_in import Federation
    from chalicelib.keys.key_ring import KeyRing
    from chalicelib.keys.key_wrapping import Wrapper
    from chalicelib.keys.mac_keys import MacKeys
    from chalicelib.oauth.assembly import AuthorizationServer
    from chalicelib.oauth.standing import Standing
    from chalicelib.sessions.browser_session import BrowserSessions
    from chalicelib.sessions.session import SessionLimits
    from chalicelib.sessions.sessions import Sessions
    from chalicelib.store import Store
    from chalicelib.tokens.access_tokens import AccessTokenIssuer, JwtAccess, OpaqueAccess
    from chalicelib.tokens.bearer import BearerTokens
    from chalicelib.tokens.trusted_issuers import TrustedIssuers
    from chalicelib.users.unverified_addresses import Addresses
    from chalicelib.users.users import Users


class Services:
    """Everything a request may need. Each attribute is made when it is first asked for."""

    def __init__(self, settings: Settings, world: World = SYSTEM, *, store: "Store | None" = None) -> None:
        self.settings = settings
        self.world = world
        if store is not None:
            self.__dict__["store"] = store

    @cached_property
    def store(self) -> "Store":
        """Return the engine that the settings name."""
        name, world = self.settings.store_name, self.world
        if self.settings.store_engine == "sqlite":
            from chalicelib.store.sqlite import SqliteStore

            return SqliteStore(name, now=world.now, nonce=world.identifier)
        from chalicelib.outbound import aws
        from chalicelib.store.dynamodb import DynamoStore, client_config

        client = aws.client("dynamodb", client_config(), region=settings.aws_region())
        return DynamoStore(
            name,
            client=client,
            now=world.now,
            nonce=world.identifier,
            sleep=world.sleep,
            monotonic=world.monotonic,
        )

    @cached_property
    def wrapper(self) -> "Wrapper":
        """Return what wraps private keys and seeds at rest."""
        from chalicelib.keys.key_wrapping import MasterKey

        given = self.settings.master_key
        if given is not None and given.startswith("kms:"):
            from chalicelib.outbound import aws
            from chalicelib.outbound.kms import KmsKey

            return KmsKey(aws.client("kms", region=settings.aws_region()), given.removeprefix("kms:"))
        if given is not None:
            return MasterKey(settings.demand_key_material(self.revealed(given)), self.world)
        from pathlib import Path

        from chalicelib.settings.local_master_key import read_or_make

        path = Path(self.settings.store_name).with_name("master.key")
        return MasterKey(read_or_make(path, self.world), self.world)

    def revealed(self, secret: str) -> str:
        """Return a secret, looked up where it is ``ssm:NAME`` or ``secretsmanager:NAME``."""
        if not secret.startswith(SECRET_REFERENCES):
            return secret
        from chalicelib.outbound import aws

        return aws.secret(secret, region=settings.aws_region())

    @cached_property
    def key_ring(self) -> "KeyRing":
        """Return the signing keys."""
        from chalicelib.keys.key_ring import KeyRing

        return KeyRing(self.store, self.world, self.wrapper, algorithm=self.settings.signing_alg)

    @cached_property
    def mac_keys(self) -> "MacKeys":
        """Return the keys of refresh tokens."""
        from chalicelib.keys.mac_keys import MacKeys

        keep = self.settings.session_max_seconds
        return MacKeys(self.store, self.world, self.wrapper, keep_seconds=keep)

    @cached_property
    def access_tokens(self) -> "JwtAccess":
        """Return the signer and verifier of our JWTs."""
        from chalicelib.tokens.access_tokens import JwtAccess

        return JwtAccess(
            self.key_ring,
            self.world,
            issuer=self.settings.issuer,
            audience=self.settings.audience,
            seconds=self.settings.access_token_seconds,
        )

    @cached_property
    def opaque_access(self) -> "OpaqueAccess":
        """Return the keeper of stored access tokens."""
        from chalicelib.tokens.access_tokens import OpaqueAccess

        return OpaqueAccess(
            self.store,
            self.world,
            issuer=self.settings.issuer,
            seconds=self.settings.access_token_seconds,
            standing=self.standing,
        )

    @cached_property
    def standing(self) -> "Standing":
        """Return the rule of what a token that is out may do now."""
        from chalicelib.oauth.standing import Standing

        return Standing(self.store, self.world, self.session_limits)

    @cached_property
    def access(self) -> "AccessTokenIssuer":
        """Return what makes access tokens, of the kind that is set."""
        return self.opaque_access if self.settings.access_tokens == "opaque" else self.access_tokens

    @cached_property
    def bearer_tokens(self) -> "BearerTokens":
        """Return the doorway for bearer tokens."""
        from chalicelib.tokens.bearer import BearerTokens

        opaque = self.settings.access_tokens == "opaque"
        return BearerTokens(
            issuer=self.settings.issuer,
            opaque=opaque,
            ours=lambda: self.opaque_access if opaque else self._jwt_verifier,
            trusted=(lambda: self.trusted_issuers) if self.settings.trusted_issuers else None,
        )

    @cached_property
    def _jwt_verifier(self) -> Any:
        """Return what verifies our JWTs: deployed by our published keys, without the store; elsewhere by the ring."""
        from chalicelib.tokens.jwt_access_tokens import AccessVerifier

        keys = self.published_keys if self.settings.in_lambda else self.key_ring
        return AccessVerifier(keys, self.world, issuer=self.settings.issuer, audience=self.settings.audience)

    @cached_property
    def published_keys(self) -> Any:
        """Return our own JWK set as the world sees it."""
        from chalicelib.keys.remote_jwks import PublishedKeys

        uri = f"{self.settings.issuer}/.well-known/jwks.json"
        return PublishedKeys(lambda: self.fetch_json(uri), self.world)

    @cached_property
    def trusted_issuers(self) -> "TrustedIssuers":
        """Return the other issuers whose tokens are accepted."""
        from chalicelib.tokens.trusted_issuers import TrustedIssuers

        return TrustedIssuers(self.settings.trusted_issuers, self.fetch_json, self.world)

    def fetch_json(self, url: str) -> Any:
        """Return JSON from another server, bounded (FD-5)."""
        from chalicelib.outbound.http import fetch_json

        return fetch_json(url, allow_loopback_http=not self.settings.production)

    @cached_property
    def passwords(self) -> "Passwords":
        """Return the hasher."""
        from chalicelib.credentials.passwords import Passwords

        return Passwords(self.world, min_length=self.settings.password_min_length)

    @cached_property
    def throttle(self) -> "Throttle":
        """Return the budgets of guesses."""
        from chalicelib.credentials.throttling import Throttle

        return Throttle(self.store, self.world)

    @cached_property
    def audit(self) -> "Audit":
        """Return the trail."""
        from chalicelib.audit.trail import Audit

        return Audit(self.store, self.world)

    @cached_property
    def addresses(self) -> "Addresses":
        """Return what finds people by an address that is not verified."""
        from chalicelib.users.unverified_addresses import Addresses

        return Addresses(self.store)

    @cached_property
    def users(self) -> "Users":
        """Return the users."""
        from chalicelib.users.users import Users

        return Users(self.store, self.world)

    @cached_property
    def session_limits(self) -> "SessionLimits":
        """Return how long sessions live."""
        from chalicelib.sessions.session import SessionLimits

        chosen = self.settings
        return SessionLimits(
            idle=chosen.session_idle_seconds,
            absolute=chosen.session_max_seconds,
            grace=chosen.refresh_grace_seconds,
        )

    @cached_property
    def sessions(self) -> "Sessions":
        """Return the sessions."""
        from chalicelib.sessions.refresh_tokens import RefreshTokens
        from chalicelib.sessions.sessions import Sessions

        return Sessions(self.store, self.world, RefreshTokens(self.mac_keys), self.audit, self.session_limits)

    @cached_property
    def browser_sessions(self) -> "BrowserSessions":
        """Return what tells who is logged in at a browser."""
        from chalicelib.sessions.browser_session import BrowserSessions

        return BrowserSessions(self.mac_keys, self.sessions)

    @cached_property
    def password_checks(self) -> "PasswordChecks":
        """Return the doorway for proving a password."""
        from chalicelib.credentials.password_check import PasswordChecks

        return PasswordChecks(self.passwords, self.throttle, self.audit)

    @cached_property
    def log_in(self) -> "LogIn":
        """Return the doorway from proofs to a session."""
        from chalicelib.authentication.log_in import LogIn

        return LogIn(
            store=self.store,
            users=self.users,
            passwords=self.passwords,
            password_checks=self.password_checks,
            sessions=self.sessions,
            access=self.access,
            audit=self.audit,
        )

    @cached_property
    def idempotency_keys(self) -> "IdempotencyKeys":
        """Return what recognises a request that was done before."""
        from chalicelib.accounts.idempotency import IdempotencyKeys

        return IdempotencyKeys(self.store, self.world, self.mac_keys)

    @cached_property
    def sign_up(self) -> "SignUp":
        """Return the public way to an account."""
        from chalicelib.accounts.sign_up import SignUp

        return SignUp(
            users=self.users,
            passwords=self.passwords,
            throttle=self.throttle,
            log_in=self.log_in,
            audit=self.audit,
            default_scopes=self.settings.default_scopes,
            is_open=self.settings.sign_up_open,
        )

    @cached_property
    def provisioning(self) -> "Provisioning":
        """Return the operator's way to make accounts."""
        from chalicelib.accounts.provisioning import Provisioning

        return Provisioning(self.users, self.passwords, self.audit)

    @cached_property
    def operators(self) -> "Operators":
        """Return what finds out which operator acts."""
        from chalicelib.accounts.operators import Operators

        return Operators(self.settings.issuer, self.standing, self.bearer_tokens.is_own)

    @cached_property
    def administration(self) -> "Administration":
        """Return what operators do with accounts."""
        from chalicelib.accounts.administration import Administration

        return Administration(
            store=self.store,
            users=self.users,
            passwords=self.passwords,
            throttle=self.throttle,
            sessions=self.sessions,
            audit=self.audit,
        )

    @cached_property
    def accounts(self) -> "Accounts":
        """Return what people do with their accounts."""
        from chalicelib.accounts.self_service import Accounts

        return Accounts(
            store=self.store,
            world=self.world,
            users=self.users,
            passwords=self.passwords,
            password_checks=self.password_checks,
            sessions=self.sessions,
            administration=self.administration,
            audit=self.audit,
        )

    @cached_property
    def federation(self) -> "Federation":
        """Return the log-in through other providers."""
        from chalicelib import wiring_federation

        return wiring_federation.federation(self)

    @cached_property
    def oauth(self) -> "AuthorizationServer":
        """Return the OpenID provider."""
        from chalicelib import wiring_oauth

        return wiring_oauth.assemble(self)


_lock = threading.Lock()
_services: Services | None = None


def services(find: Callable[[], Settings] = settings.from_environment) -> Services:
    """Return the services of this process, made at the first call from the settings that ``find`` gives.

    Raises SettingsError.
    """
    global _services  # noqa: PLW0603 - one process, one composition
    if _services is None:
        with _lock:
            if _services is None:
                chosen = find()
                logs.set_up(function=chosen.function)
                logs.metric("ColdStarts")
                _services = Services(chosen)
    return _services


@contextmanager
def using(chosen: Services) -> Iterator[Services]:
    """Serve from other services for a while: how tests bring their own world and store."""
    global _services  # noqa: PLW0603
    before, _services = _services, chosen
    try:
        yield chosen
    finally:
        _services = before
