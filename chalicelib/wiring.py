"""Settings → services, made lazily and once a process. The only place that chooses an engine.

One group a subject, each in a module ``wiring_SUBJECT`` of its own: a new subject is a new module and one property here.
Imports stand inside the makers on purpose: what a process does not use it does not load, so the authorizer, as
deployed, verifies a JWT without boto3, argon2 or a template engine (the design's section 5.5).
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cached_property
from typing import TYPE_CHECKING

from chalicelib import logs
from chalicelib.settings import settings
from chalicelib.settings.settings import Settings
from chalicelib.world import SYSTEM, World

if TYPE_CHECKING:
    from chalicelib.audit.counts import Counts
    from chalicelib.audit.service_events import ServiceEvents
    from chalicelib.audit.trail import Audit
    from chalicelib.federation.log_in import Federation
    from chalicelib.store import Store
    from chalicelib.wiring_accounts import Accounts
    from chalicelib.wiring_authentication import Authentication
    from chalicelib.wiring_credentials import Credentials
    from chalicelib.wiring_keys import Keys
    from chalicelib.wiring_log_outs import LogOuts
    from chalicelib.wiring_mail import Mail
    from chalicelib.wiring_oauth import OAuth
    from chalicelib.wiring_registration import Registration
    from chalicelib.wiring_second_factors import SecondFactors
    from chalicelib.wiring_tokens import Tokens
    from chalicelib.wiring_ways_back import WaysBack


class Services:
    """Everything a request may need: what serves all, and a group for each subject, made when it is first asked for."""

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
        return DynamoStore(name, client=client, world=world)

    @cached_property
    def audit(self) -> "Audit":
        """Return the trail."""
        from chalicelib.audit.trail import Audit

        return Audit(self.store, self.world)

    @cached_property
    def activity(self) -> "ServiceEvents":
        """Return what happened in the whole service."""
        from chalicelib.audit.service_events import ServiceEvents

        return ServiceEvents(self.store)

    @cached_property
    def counts(self) -> "Counts":
        """Return how often what happened."""
        from chalicelib.audit.counts import Counts

        return Counts(self.store, self.world)

    @cached_property
    def keys(self) -> "Keys":
        """Return what signs, seals and wraps."""
        from chalicelib.wiring_keys import Keys

        return Keys(self)

    @cached_property
    def tokens(self) -> "Tokens":
        """Return what issues access tokens and what verifies them."""
        from chalicelib.wiring_tokens import Tokens

        return Tokens(self)

    @cached_property
    def credentials(self) -> "Credentials":
        """Return what people prove themselves by."""
        from chalicelib.wiring_credentials import Credentials

        return Credentials(self)

    @cached_property
    def authentication(self) -> "Authentication":
        """Return log-in and the sessions."""
        from chalicelib.wiring_authentication import Authentication

        return Authentication(self)

    @cached_property
    def second_factors(self) -> "SecondFactors":
        """Return what is shown beside a password, and the gate that asks for it."""
        from chalicelib.wiring_second_factors import SecondFactors

        return SecondFactors(self)

    @cached_property
    def accounts(self) -> "Accounts":
        """Return the users and what is done with their accounts."""
        from chalicelib.wiring_accounts import Accounts

        return Accounts(self)

    @cached_property
    def mail(self) -> "Mail":
        """Return what is written to people, and how it leaves."""
        from chalicelib.wiring_mail import Mail

        return Mail(self)

    @cached_property
    def log_outs(self) -> "LogOuts":
        """Return what tells clients that a log-in is over."""
        from chalicelib.wiring_log_outs import LogOuts

        return LogOuts(self)

    @cached_property
    def ways_back(self) -> "WaysBack":
        """Return what mail does for accounts."""
        from chalicelib.wiring_ways_back import WaysBack

        return WaysBack(self)

    @cached_property
    def federation(self) -> "Federation":
        """Return the log-in through other providers."""
        from chalicelib import wiring_federation

        return wiring_federation.federation(self)

    @cached_property
    def oauth(self) -> "OAuth":
        """Return the OpenID provider."""
        from chalicelib.wiring_oauth import OAuth

        return OAuth(self)

    @cached_property
    def registration(self) -> "Registration":
        """Return what lets clients register themselves with it."""
        from chalicelib.wiring_registration import Registration

        return Registration(self)


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
