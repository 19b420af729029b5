"""Wiring of the log-in through other providers."""

from functools import cache, partial
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from chalicelib.federation.identity_provider import IdentityProvider
    from chalicelib.federation.log_in import Federation
    from chalicelib.settings.structured import ProviderSetting
    from chalicelib.wiring import Services


def federation(at: "Services") -> "Federation":
    """Return the log-in through other providers."""
    from chalicelib.federation.linking import Identities
    from chalicelib.federation.log_in import Federation
    from chalicelib.federation.login_state import Flows
    from chalicelib.federation.newcomers import Newcomers

    users, audit = at.accounts.users, at.audit
    return Federation(
        {setting.name: _provider(at, setting) for setting in at.settings.providers},
        issuer=at.settings.issuer,
        flows=Flows(at.store, at.world),
        identities=Identities(
            store=at.store,
            world=at.world,
            users=users,
            authentication=at.authentication.log_in,
            newcomers=Newcomers(at.store, at.world, users, at.accounts.sign_up, audit),
            notices=at.ways_back.notices,
            audit=audit,
            ways_in=at.accounts.ways_in,
        ),
        throttle=at.credentials.throttle,
        world=at.world,
    )


def _provider(at: "Services", setting: "ProviderSetting") -> "IdentityProvider":
    from chalicelib.federation.identity_provider import Http, IdentityProvider, Registration
    from chalicelib.outbound.http import fetch_json, post_form

    loopback = not at.settings.production
    http = Http(
        get=partial(fetch_json, allow_loopback_http=loopback),
        post=partial(post_form, allow_loopback_http=loopback),
    )
    registration = Registration(
        name=setting.name,
        issuer=setting.issuer,
        client_id=setting.client_id,
        secret=cache(lambda: at.keys.revealed(setting.client_secret)),
        scopes=setting.scopes,
        trusts_mfa=setting.trusts_mfa,
    )
    return IdentityProvider(registration, http, at.world)
