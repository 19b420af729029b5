"""What becomes of one call: the looks that the gateway and the handler take, each by itself.

The verdict is the service's own: the same verifier, policy and guard decide here, and only where a token was
refused is it looked at again, to say by which look.
"""

from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from typing import Any

from chalicelib.authorizer.policy import policy_for
from chalicelib.authorizer.route_table import Route, RouteTable
from chalicelib.errors import InsufficientScope, InvalidToken, NotAllowed
from chalicelib.jose import jws
from chalicelib.jose.claims import AccessClaims
from chalicelib.jose.jwk import check_signature
from chalicelib.sessions.refresh_tokens import PREFIX as REFRESH_PREFIX
from chalicelib.tokens.bearer import OPAQUE_PREFIX
from chalicelib.tokens.opaque_access_tokens import OTHER_API_PREFIX
from chalicelib.web import guard
from chalicelib.wiring import Services
from cupbearer.cli.deciding_assertions import about_assertion, about_client, is_assertion
from cupbearer.cli.deciding_routes import matching_line, route_of
from cupbearer.cli.deciding_words import about_claims, about_scopes, about_session, hint_of

Look = Callable[[], str]

OK, UNAUTHORIZED, FORBIDDEN, NOT_FOUND = 200, 401, 403, 404


@dataclass(frozen=True, slots=True)
class Step:
    """One look. ``ok`` is None for what is shown but decides nothing."""

    step: str
    ok: bool | None
    says: str


@dataclass(slots=True)
class Decision:
    """The looks in their order, and what the caller gets: 200 stands for "the view is run"."""

    status: int = OK
    verdict: str = "The call is let through."
    steps: list[Step] = field(default_factory=list)

    def look(self, step: str, *, ok: bool | None, says: str) -> None:
        self.steps.append(Step(step, ok, says))

    def ends(self, status: int, verdict: str) -> "Decision":
        """Return the decision with its verdict."""
        self.status, self.verdict = status, verdict
        return self

    def shape(self) -> dict[str, Any]:
        return asdict(self)


def decide(at: Services, table: RouteTable, token: str, *, method: str, path: str) -> Decision:
    """Return what becomes of a call. Raises the trouble of the store or the keys, which the caller would get as 503."""
    decision = Decision()
    route, says = route_of(table, method, path)
    decision.look("route", ok=route is not None, says=says)
    if route is None:
        return decision.ends(NOT_FOUND, "404: there is no such path, or it does not take this method.")
    if is_assertion(route.path, token):
        return _asserted(at, token, decision)
    if route.guard.caller == "public":
        return decision.ends(OK, "The call is let through: the route is public and no token is looked at.")
    claims = _verified(at, token, decision)
    if claims is None:
        return decision.ends(UNAUTHORIZED, "401 invalid_token, by the gateway: the token opens nothing.")
    return _opened(at, table, route, claims, decision, path=path)


def _asserted(at: Services, token: str, decision: Decision) -> Decision:
    client: tuple[str, Look] = ("client", lambda: about_client(at, token))
    for name, look in (client, ("assertion", lambda: about_assertion(at, token))):
        try:
            decision.look(name, ok=True, says=look())
        except InvalidToken as refusal:
            decision.look(name, ok=False, says=refusal.reason)
            return decision.ends(UNAUTHORIZED, "401 invalid_client: the client does not prove itself by it.")
    return decision.ends(OK, "The client proves itself by it, once.")


def _verified(at: Services, token: str, decision: Decision) -> AccessClaims | None:
    """Return the claims of a good token; the looks at a bad one end with the one that refuses it."""
    for name, look in _looks(at, token):
        try:
            decision.look(name, ok=True, says=look())
        except InvalidToken as refusal:
            decision.look(name, ok=False, says=refusal.reason + hint_of(at, token, refusal.reason))
            return None
    return at.tokens.bearer.verify(token)


def _looks(at: Services, token: str) -> tuple[tuple[str, Look], ...]:
    """Return the looks at a token. Each says what is right or raises InvalidToken; the last one is the verifier itself."""

    def verified() -> str:
        return about_claims(at, at.tokens.bearer.verify(token))

    form: tuple[str, Look] = ("form", lambda: _form(at, token))
    if token.startswith(OPAQUE_PREFIX):
        return form, ("look-up", verified)
    if _issuer(token) in {entry.issuer for entry in at.settings.trusted_issuers}:
        return form, ("key and claims", verified)
    return (
        form,
        ("key", lambda: _key(at, token)),
        ("signature", lambda: _signature(at, token)),
        ("claims", verified),
    )


def _form(at: Services, token: str) -> str:
    if token.startswith(REFRESH_PREFIX):
        raise InvalidToken("this is a refresh token: POST /sessions/refresh gives an access token for it")
    guard.shown_token(f"Bearer {token}")
    if token.startswith(OTHER_API_PREFIX):
        raise InvalidToken("it is for another audience: a token for an API that was asked for by resource=…")
    opaque = token.startswith(OPAQUE_PREFIX)
    if not opaque:
        typ = jws.parse(token).header.typ
    ours = _issuer(token) not in {entry.issuer for entry in at.settings.trusted_issuers}
    if ours and opaque != (at.settings.access_tokens == "opaque"):
        raise InvalidToken(
            f"CUPBEARER_ACCESS_TOKENS is {at.settings.access_tokens}: this is of the other kind"
        )
    return "an opaque access token" if opaque else f"a signed token, typ {typ}"


def _issuer(token: str) -> object:
    try:
        return jws.parse(token).payload.get("iss")
    except InvalidToken:
        return None


def _key(at: Services, token: str) -> str:
    header = jws.parse(token).header
    key = None if header.kid is None else at.keys.ring.verification_key(header.kid)
    if key is None and _issuer(token) != at.settings.issuer:
        raise InvalidToken("the key is not ours and neither is the token: it is of another issuer")
    if key is None:
        raise InvalidToken("it names no key" if header.kid is None else f"{header.kid} is unknown or retired")
    return f"{key.kid} is in use, for {key.alg}"


def _signature(at: Services, token: str) -> str:
    check_signature(jws.parse(token), at.keys.ring)
    return "it is right"


def _opened(
    at: Services, table: RouteTable, route: Route, claims: AccessClaims, decision: Decision, *, path: str
) -> Decision:
    """Look at session, scopes and policy, as the gateway and then the handler do."""
    over, says = about_session(at, claims)
    decision.look("revocation", ok=None if claims.sid is None else not over, says=says)
    held = route.guard.scope is None or route.guard.scope in claims.scope
    decision.look("scopes", ok=held, says=about_scopes(at, route.guard, claims))
    rights = guard.rights(claims, at.tokens.bearer)
    opens, line = matching_line(lambda arn: policy_for(rights, table, method_arn=arn), route.method, path)
    decision.look("policy", ok=opens, says=line)
    if not opens:
        return decision.ends(FORBIDDEN, "403 insufficient_scope, by the gateway.")
    return _admitted(at, route, claims, decision, over=over)


def _admitted(
    at: Services, route: Route, claims: AccessClaims, decision: Decision, *, over: bool
) -> Decision:
    try:
        guard.admit(route, claims, at)
    except (InsufficientScope, NotAllowed) as refusal:
        return decision.ends(FORBIDDEN, f"403 {refusal.public_code}, by the handler: {refusal.detail}")
    except InvalidToken as refusal:
        return decision.ends(UNAUTHORIZED, f"401 invalid_token, by the handler: {refusal.reason}.")
    if over and route.guard.caller == "own":
        return decision.ends(UNAUTHORIZED, "401 invalid_token, by the handler: the session is over.")
    return decision.ends(
        OK, f"{decision.verdict} The session is over, but not yet the token." if over else decision.verdict
    )
