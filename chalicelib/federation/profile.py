"""A person as a provider describes one: the claims that we take over, cleaned (OpenID Connect Core section 5.1)."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from chalicelib.errors import Invalid, InvalidToken
from chalicelib.jose import claims as claim
from chalicelib.store import Key
from chalicelib.users import names
from chalicelib.users.linked_identity import Identity, identity_key
from chalicelib.world import World

ADDRESS = frozenset({"email", "email_verified"})
NAMES = frozenset({"preferred_username", "name"})
# Levels that are reached with more than one factor: of OpenID's EAP profile, of REFEDS, of PAPE, and our own.
MULTIPLE_ACR = frozenset(
    {
        "phr",
        "phrh",
        "https://refeds.org/profile/mfa",
        "http://schemas.openid.net/pape/policies/2007/06/multi-factor",
        "urn:cupbearer:2",
    }
)
LONG_AGO = (
    1  # 1970, the earliest that a token of ours can say: nobody knows when the person was authenticated
)


@dataclass(frozen=True, slots=True)
class Person:
    """A person that a provider authenticated, by (``issuer``, ``sub``), and what else it says. An unusable claim is none."""

    provider: str
    issuer: str
    sub: str
    email: str | None = None
    email_verified: bool = False
    username: str | None = None  # as wished for, neither clean nor free
    name: str | None = None
    auth_time: int | None = None  # when the provider says it authenticated the person
    is_multiple: bool = False  # the provider says that more than one factor was shown

    def authenticated_at(self, *, now: float, fresh: bool) -> int:
        """Return since when we know that it is this person; LONG_AGO where nobody says so (MF-3, OP-9).

        A provider's own session answers in silence. So a log-in is as old as the provider says; where it says
        nothing, it is of now only if the request was ``fresh``: then the provider had to ask.
        """
        if self.auth_time is None:
            return int(now) if fresh else LONG_AGO
        if self.auth_time > now + claim.LEEWAY_SECONDS:
            return LONG_AGO
        return max(LONG_AGO, min(self.auth_time, int(now)))

    @property
    def key(self) -> Key:
        """Return the record that leads to this person's user."""
        return identity_key(issuer=self.issuer, sub=self.sub)

    def as_identity(self, world: World) -> Identity:
        """Return the link that is made to this person now."""
        return Identity(
            identity_id=world.identifier(),
            provider=self.provider,
            issuer=self.issuer,
            sub=self.sub,
            linked_at=world.timestamp(),
            email=self.email,
        )

    @property
    def verified_email(self) -> str | None:
        """Return the canonical address, if the provider says it is the person's own."""
        return names.canonical_email(self.email).canonical if self.email and self.email_verified else None


def described(provider: str, issuer: str, claims: Mapping[str, Any]) -> Person:
    """Return the person of an ID token's claims, those of userinfo added where it said less."""
    return Person(
        provider=provider,
        issuer=issuer,
        sub=claims["sub"],
        email=_cleaned(claims.get("email"), lambda text: names.canonical_email(text).display),
        email_verified=_is_true(claims.get("email_verified")),
        username=_text(claims.get("preferred_username")) or _text(claims.get("email")),
        name=_cleaned(claims.get("name"), names.clean_name) or None,
        auth_time=_auth_time(claims),
        is_multiple=_is_multiple(claims),
    )


def suffices(claims: Mapping[str, Any]) -> bool:
    """Return whether an account can be made of an ID token's claims alone."""
    return {"email", "email_verified"} <= claims.keys() and not NAMES.isdisjoint(claims)


def with_userinfo(claims: Mapping[str, Any], userinfo: Mapping[str, Any]) -> dict[str, Any]:
    """Return both together; InvalidToken where userinfo speaks of another (OpenID Connect Core section 5.3.2).

    What says something of an address comes from one place: a verified address of one is not that of the other.
    """
    if not userinfo:
        return dict(claims)
    if userinfo.get("sub") != claims["sub"]:
        raise InvalidToken("userinfo is about another sub")
    taken = {name: value for name, value in userinfo.items() if name in ADDRESS | NAMES}
    if not ADDRESS.isdisjoint(taken):
        claims = {name: value for name, value in claims.items() if name not in ADDRESS}
    return {**claims, **taken}


def _is_multiple(claims: Mapping[str, Any]) -> bool:
    """Return whether ``amr`` (RFC 8176) or ``acr`` says so."""
    amr, acr = claims.get("amr"), claims.get("acr")
    return (isinstance(amr, list) and "mfa" in amr) or (isinstance(acr, str) and acr in MULTIPLE_ACR)


def _is_true(value: object) -> bool:
    return value is True or value == "true"  # a string at Google's and Cognito's


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and value else None


def _cleaned(value: object, clean: Callable[[str], str]) -> str | None:
    try:
        return clean(value) if isinstance(value, str) else None
    except Invalid:
        return None


def _auth_time(claims: Mapping[str, Any]) -> int | None:
    """Return ``auth_time``; LONG_AGO where it is there and no time, so that nonsense never passes for fresh."""
    try:
        return claim.optional_time(claims, "auth_time")
    except InvalidToken:
        return LONG_AGO
