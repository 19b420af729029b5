"""The guard: what the gateway's authorizer decides, and the second look that every guarded view takes (AZ-1, AZ-3).

The authorizer's answer is cached by API Gateway and reused for every route of the same token. So a good token gets
one policy of all it opens, a bad one a 401, and trouble on our side is raised: a cached deny would outlive it (AZ-5).
"""

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from chalicelib.authorizer.policy import Rights, is_of, keeps_out, opens, policy_for
from chalicelib.authorizer.route_table import Route, RouteTable
from chalicelib.errors import InsufficientScope, InvalidToken, NotAllowed
from chalicelib.jose.claims import AccessClaims, is_alive

if TYPE_CHECKING:
    from chalicelib.tokens.bearer import BearerTokens
    from chalicelib.wiring import Services

MAX_HEADER = 8 * 1024 + 16

# Only the scheme is in any case: a whole pattern that is takes 7 µs for a token, this one 1 µs.
_TOKEN = re.compile(r"(?i:bearer|(?P<bound>dpop)) +(?P<token>[A-Za-z0-9._~+/-]+=*)")


def shown_token(header: str) -> tuple[str, bool]:
    """Return the token of an Authorization header, and whether it is shown as one that is bound to a key.

    (RFC 6750 section 2.1, RFC 9449 section 7.1) Raises InvalidToken for any other header.
    """
    match = _TOKEN.fullmatch(header) if len(header) <= MAX_HEADER else None
    if match is None:
        raise InvalidToken("not one access token")
    return match["token"], match["bound"] is not None


def authorize(event: Mapping[str, Any], services: "Services", table: RouteTable) -> dict[str, Any]:
    """Return what API Gateway wants of a TOKEN authorizer: principal, policy and flat context.

    Raises InvalidToken for a token that opens nothing, and any trouble of our own as it is.
    """
    bearer = services.tokens.bearer
    text, as_bound = shown_token(str(event.get("authorizationToken", "")))
    claims = bearer.verify(text)
    arn, outside = str(event["methodArn"]), services.settings.outside_apis
    if as_bound or claims.jkt is not None:
        _demand_scheme(claims, as_bound=as_bound, is_outside=is_of(arn, outside))
    if claims.act is not None and is_of(arn, outside):
        raise InvalidToken(
            "it is an operator's view: the API that it is shown to is not known to refuse changes"
        )
    return {
        "principalId": claims.sub,
        "policyDocument": policy_for(rights(claims, bearer), table, method_arn=arn, outside=outside),
        "context": context_of(claims),
    }


def _demand_scheme(claims: AccessClaims, *, as_bound: bool, is_outside: bool) -> None:
    """Refuse a bound token as bearer and a bearer token as bound (RFC 9449 section 7.2).

    The proof beside it is not seen here: the handler looks at it, which another API is not known to do.
    """
    if claims.jkt is None:
        raise InvalidToken("it is a bearer token, shown as one that is bound to a key")
    if not as_bound:
        raise InvalidToken("it is bound to a key, and shown as a bearer token")
    if is_outside:
        raise InvalidToken("it is bound to a key: the API that it is shown to is not known to look at proofs")


def rights(claims: AccessClaims, bearer: "BearerTokens") -> Rights:
    """Return what a token's claims open."""
    return Rights(own=bearer.is_own(claims), scope=claims.scope, reads_only=claims.act is not None)


def context_of(claims: AccessClaims) -> dict[str, str]:
    """Return the claims as the flat strings that API Gateway hands on."""
    context = {
        "sub": claims.sub,
        "scope": " ".join(sorted(claims.scope)),
        "client_id": claims.client_id,
        "sid": claims.sid or "",
        "exp": str(claims.exp),
        "iss": claims.iss,
    }
    context |= {"name": claims.name} if claims.name else {}
    context |= {"act": claims.act} if claims.act else {}
    return context | ({"jkt": claims.jkt} if claims.jkt else {})


def claims_of(context: Mapping[str, Any] | None) -> AccessClaims | None:
    """Return the claims that an authorizer context holds, or None where there is none or it is not whole (AZ-3)."""
    if not context:
        return None
    values = {name: context.get(name) for name in ("sub", "scope", "client_id", "sid", "exp", "iss")}
    if not all(isinstance(value, str) for value in values.values()) or not values["sub"] or not values["iss"]:
        return None
    if not re.fullmatch(r"[0-9]{1,12}", str(values["exp"])):
        return None
    name, jkt, act = context.get("name"), context.get("jkt"), context.get("act")
    return AccessClaims(
        iss=str(values["iss"]),
        sub=str(values["sub"]),
        client_id=str(values["client_id"]),
        scope=frozenset(str(values["scope"]).split()),
        iat=0,
        exp=int(str(values["exp"])),
        sid=str(values["sid"]) or None,
        name=name if isinstance(name, str) else None,
        jkt=jkt if isinstance(jkt, str) else None,
        act=act if isinstance(act, str) else None,
    )


def admit(route: Route, claims: AccessClaims | None, services: "Services") -> None:
    """Look again, behind the gateway: a stale policy, a missing context or a mistake in the policy opens nothing.

    Of an operator's view it looks whether it goes on: the gateway does not ask the store.
    """
    guard = route.guard
    if guard.caller == "public":
        return
    if claims is None:
        raise InvalidToken("no authorizer context")
    if not is_alive(now=services.world.now(), exp=claims.exp):
        raise InvalidToken("it has expired")
    held = rights(claims, services.tokens.bearer)
    if keeps_out(held, route):
        raise NotAllowed(
            "An operator who sees as a person sees changes nothing, and has no copy of everything.",
            code="reading_only",
        )
    if claims.act is not None:
        services.tokens.standing.look(claims)
    if opens(held, guard):
        return
    if guard.caller == "own" and not held.own:
        raise NotAllowed("Only a person's own log-in may do this.", code="own_token_required")
    raise InsufficientScope(guard.scope or "")
