"""The claims every access token is judged by, ours or a trusted issuer's (TK-5, TK-6; RFC 9068 section 4)."""

from collections.abc import Mapping
from typing import Any

from chalicelib.errors import InvalidToken
from chalicelib.scopes import Scopes
from chalicelib.value import Value
from chalicelib.world import SKEW_SECONDS

LEEWAY_SECONDS = SKEW_SECONDS  # the one leeway (AV-4, TK-5)
LAST_SECOND = 253_402_300_799  # the year 9999: beyond it a time is nonsense
MAX_NAME_CHARACTERS = 255  # OpenID Connect Core section 2 for ``sub``; the others keep to it
ACCESS_TOKEN_TYP = "at+jwt"  # noqa: S105 - RFC 9068 section 2.1
MAX_ACCESS_SECONDS = 900  # the longest life of an access token, whatever is configured (TK-8)
FIRST_PARTY = "cupbearer"  # our own pages and programs; everybody else is a client with an id of its own

Claims = Mapping[str, Any]


class AccessClaims(Value):
    """What a verified access token says. Times are whole seconds since the epoch.

    ``client_id`` is empty where a trusted issuer names no client; ``jkt`` is the thumbprint of the key that the
    token is bound to, None for a bearer token (RFC 9449 section 6.1). Only our own tokens
    have ``sid``, ``auth_time`` and ``amr``, only others' have ``name``: a foreign session is no session of ours.
    """

    iss: str
    sub: str
    client_id: str
    scope: Scopes
    iat: int
    exp: int
    jti: str | None = None
    sid: str | None = None
    auth_time: int | None = None
    amr: tuple[str, ...] = ()
    name: str | None = None
    aud: tuple[str, ...] = ()  # the other APIs that a token of ours is for; none: our own
    jkt: str | None = None
    # Whoever uses it in the name of ``sub``, by its subject (RFC 8693 section 4.1): at another API a service, here an operator.
    act: str | None = None

    @property
    def is_view(self) -> bool:
        """Return whether it is an operator's, who sees as ``sub`` sees, by the log-in ``sid`` of that operator."""
        return self.act is not None and self.client_id == FIRST_PARTY

    def with_scope(self, scope: Scopes) -> "AccessClaims":
        """Return what the token says with another scope; at every look at a stored one, so without ``replace``."""
        return AccessClaims(**(vars(self) | {"scope": scope}))


def is_typ(typ: str | None, wanted: str) -> bool:
    """Return whether a header's ``typ`` is the media type wanted, in any case, ``application/`` or not."""
    return typ == wanted or (typ is not None and typ.lower().removeprefix("application/") == wanted.lower())


def check_times(claims: Claims, *, now: float, max_seconds: int) -> tuple[int, int]:
    """Return ``iat`` and ``exp`` of a token alive at ``now`` and never meant to live over ``max_seconds``."""
    iat, exp = _time(claims, "iat"), _time(claims, "exp")
    if not 0 < exp - iat <= max_seconds:
        raise InvalidToken("it was made to live too long, or not at all")
    if not is_alive(now=now, exp=exp):
        raise InvalidToken("it has expired")
    if iat > now + LEEWAY_SECONDS:
        raise InvalidToken("it was issued in the future")
    if "nbf" in claims and _time(claims, "nbf") > now + LEEWAY_SECONDS:
        raise InvalidToken("it is not valid yet")
    return int(iat), int(exp)


def is_alive(*, now: float, exp: float) -> bool:
    """Return whether an expiry, with the one leeway, is still to come."""
    return now < exp + LEEWAY_SECONDS


def check_audience(claims: Claims, wanted: tuple[str, ...]) -> None:
    """Demand ``aud``: our exact identifier, or a list of strings that holds it."""
    aud = claims.get("aud")
    if isinstance(aud, str):
        aud = [aud]
    elif not isinstance(aud, list) or not all(isinstance(one, str) for one in aud):
        raise InvalidToken("aud is missing or not made of strings")
    if set(wanted).isdisjoint(aud):
        raise InvalidToken("it is for another audience")


def view_audience(audience: str) -> str:
    """Return the ``aud`` of an operator's view, which our own routes alone understand.

    Whoever else verifies our tokens by our keys would not know that it changes nothing. No API can be registered so:
    an identifier has no fragment (RFC 8707 section 2).
    """
    return f"{audience}#view"


def string_claim(claims: Claims, claim: str) -> str:
    """Return a claim that is a string of 1 to 255 printable characters; InvalidToken otherwise."""
    value = claims.get(claim)
    if not isinstance(value, str) or not 0 < len(value) <= MAX_NAME_CHARACTERS or not value.isprintable():
        raise InvalidToken(f"{claim} is missing or not a name")
    return value


def optional_string_claim(claims: Claims, claim: str) -> str | None:
    """Return such a claim, or None where it is absent."""
    return string_claim(claims, claim) if claim in claims else None


def optional_time(claims: Claims, claim: str) -> int | None:
    """Return a time in whole seconds, or None where it is absent."""
    return int(_time(claims, claim)) if claim in claims else None


def bound_key(claims: Claims) -> str | None:
    """Return the thumbprint that ``cnf`` binds a token to (RFC 7800, RFC 9449 section 6.1), None where it binds to no key."""
    cnf = claims.get("cnf")
    if cnf is None:
        return None
    if not isinstance(cnf, dict):
        raise InvalidToken("cnf is not an object")
    return optional_string_claim(cnf, "jkt")


def actor(claims: Claims) -> str | None:
    """Return the ``sub`` of ``act``, None where nobody acts for another; InvalidToken for a chain, which we make none of."""
    act = claims.get("act")
    if act is None:
        return None
    if not isinstance(act, dict) or "act" in act:
        raise InvalidToken("act does not name one actor")
    return string_claim(act, "sub")


def string_list_claim(claims: Claims, claim: str) -> tuple[str, ...]:
    """Return a claim that is a list of strings, empty where it is absent."""
    value = claims.get(claim, [])
    if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
        raise InvalidToken(f"{claim} is not a list of strings")
    return tuple(value)


def _time(claims: Claims, claim: str) -> int | float:
    """Return a NumericDate (RFC 7519 section 2): a finite JSON number, never a string, in a sane range."""
    value = claims.get(claim)
    if isinstance(value, int | float) and not isinstance(value, bool) and 0 < value <= LAST_SECOND:
        return value
    raise InvalidToken(f"{claim} is missing or not a time")
