"""What is said of a token's claims, session and scopes, and what would mend a refusal."""

from chalicelib.authorizer.route_table import Guard
from chalicelib.errors import InvalidToken
from chalicelib.jose import jws
from chalicelib.jose.claims import LEEWAY_SECONDS, AccessClaims
from chalicelib.sessions.session import Session
from chalicelib.users.user import User
from chalicelib.wiring import Services
from cupbearer.cli.output import when

MAX_CLAIM = 200  # characters shown of what a stranger may have written


def about_claims(at: Services, claims: AccessClaims) -> str:
    """Return whose token it is, for whom it was made, and until when it counts."""
    left = int(claims.exp + LEEWAY_SECONDS - at.world.now())
    whose = "ours" if claims.iss == at.settings.issuer else f"of {claims.iss}"
    client = f", client {claims.client_id}" if claims.client_id else ""
    bound = (
        ""
        if claims.jkt is None
        else f"; bound to the key {claims.jkt}: send Authorization: DPoP, and a new proof in the header DPoP each time"
    )
    until = when(claims.exp + LEEWAY_SECONDS)
    return f"{whose}, sub {claims.sub}{client}, counts until {until} ({left} s){bound}"


def about_session(at: Services, claims: AccessClaims) -> tuple[bool, str]:
    """Return whether the token's session is over, and what that means for the token."""
    if claims.sid is None:
        return False, "no session stands behind it: a client's own token, or another issuer's"
    if claims.is_view:
        return _about_view(at, claims)
    user, session = at.authentication.sessions.read(claims.sub, claims.sid)
    reason = at.authentication.sessions.end_reason(session, user)
    if reason is None and user is not None:
        return False, f"session {claims.sid} of {user.username} goes on"
    who = user.username if user is not None else "a user who is deleted"
    return True, (
        f"session {claims.sid} of {who} is over ({reason}); the gateway does not look, "
        "and the token opens routes until it expires, but none of the account's own"
    )


def _about_view(at: Services, claims: AccessClaims) -> tuple[bool, str]:
    try:
        view = at.accounts.views.look(claims)
    except InvalidToken as over:
        return True, f"an operator's view that is over: {over.reason}"
    return (
        False,
        f"the operator {view.operator.user.username} sees as {view.person.username} sees, reading only",
    )


def about_scopes(at: Services, guard: Guard, claims: AccessClaims) -> str:
    """Return what the token holds against what the route wants, and what would mend it."""
    has = f"it has {' '.join(sorted(claims.scope)) or 'none'}"
    if guard.scope is None:
        return f"none is wanted; {has}"
    if guard.scope in claims.scope:
        return f'it has "{guard.scope}"'
    return f'"{guard.scope}" is missing; {has}{_mend(at, guard.scope, claims)}'


def hint_of(at: Services, token: str, reason: str) -> str:
    """Return what may have gone wrong with a refused token, to stand behind the reason."""
    if not token:
        return ": there is no token"
    try:
        payload = jws.parse(token).payload
    except InvalidToken:
        return ""
    ours = at.settings
    hints = {
        "another issuer": f": it is of {_short(payload.get('iss'))}, ours is {ours.issuer} (PORT, CUPBEARER_ISSUER)",
        "another audience": f": it is for {_short(payload.get('aud'))}, ours is {ours.audience} (CUPBEARER_AUDIENCE)",
        "expired": f" at {_moment(payload.get('exp'))}: refresh it",
        "unknown or retired": ": it was made with another store, or the key was rotated away",
    }
    return next((hint for word, hint in hints.items() if word in reason), "")


def _mend(at: Services, scope: str, claims: AccessClaims) -> str:
    if claims.iss != at.settings.issuer:
        return ""
    client = at.oauth.clients.find(claims.client_id) if claims.client_id else None
    if client is not None and scope not in client.scopes:
        may = " ".join(sorted(client.scopes)) or "none"
        return (
            f". Nor may the client {client.name} have it, whatever it asks for: it may have {may}. "
            f"Register one that may: cupbearer clients create NAME --scope {scope} …"
        )
    if claims.sid is None:
        return f". The client {client.name} may have it, but did not ask for it" if client else ""
    user, session = at.authentication.sessions.read(claims.sub, claims.sid)
    if user is None:
        return ""
    if scope not in user.scopes:
        return f". Nor has {user.username}: cupbearer users grant {user.user_id} {scope}"
    return _older(at, user, session, scope)


def _older(at: Services, user: User, session: Session | None, scope: str) -> str:
    if session is not None and scope not in session.granted(user, at.authentication.session_limits):
        return f". {user.username} has it, but less was asked for at log-in: log in again and ask for it"
    return f". {user.username} has it by now: refresh the token"


def _moment(seconds: object) -> str:
    return when(seconds) if isinstance(seconds, int | float) else "-"


def _short(claim: object) -> str:
    return repr(claim)[:MAX_CLAIM]
