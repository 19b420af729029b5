"""One entry of ``CUPBEARER_TRUSTED_ISSUERS``: as it is written, and read. Loaded where there is one."""

from typing import Annotated, Any

import msgspec

from chalicelib import scopes
from chalicelib.errors import Invalid
from chalicelib.jose import jws
from chalicelib.settings.reader import SettingsError, is_outside_url
from chalicelib.tokens.trusted_issuers import TrustedIssuer

DAY = 24 * 60 * 60


class TrustedIssuerEntry(msgspec.Struct, forbid_unknown_fields=True):
    """One entry of ``CUPBEARER_TRUSTED_ISSUERS`` as it is written."""

    issuer: str
    audience: str | list[str]
    scopes: str | list[str]
    jwks_uri: str | None = None
    algorithms: list[str] = msgspec.field(default_factory=lambda: list(jws.ALGORITHMS))
    scope_claim: str = "scope"
    client_claim: str | None = None
    typ: str | None = None
    max_age_seconds: Annotated[int, msgspec.Meta(ge=60, le=30 * DAY)] = DAY


def trusted_issuer(entry: Any, variable: str, *, production: bool) -> TrustedIssuer:
    """Return an entry as it is used; raise SettingsError for what cannot be."""
    try:
        read = msgspec.convert(entry, TrustedIssuerEntry)
        granted = (
            scopes.parse(read.scopes) if isinstance(read.scopes, str) else scopes.parse_each(read.scopes)
        )
    except (msgspec.ValidationError, Invalid) as error:
        raise SettingsError(variable, f"has an entry that cannot be used: {error}".rstrip(".")) from None
    for url in (read.issuer, read.jwks_uri):
        if url is not None and not is_outside_url(url, production=production):
            raise SettingsError(variable, f"has {url!r}, but it must be an https URL")
    if unknown := set(read.algorithms) - set(jws.ALGORITHMS):
        raise SettingsError(
            variable, f"has the algorithm {min(unknown)!r}, but may have {', '.join(jws.ALGORITHMS)}"
        )
    return TrustedIssuer(
        issuer=read.issuer,
        audience=read.audience if isinstance(read.audience, str) else tuple(read.audience),
        scopes=granted,
        jwks_uri=read.jwks_uri,
        algorithms=frozenset(read.algorithms),
        scope_claim=read.scope_claim,
        client_claim=read.client_claim,
        typ=read.typ,
        max_age_seconds=read.max_age_seconds,
    )
