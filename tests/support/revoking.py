"""Every way in which the right of a token that is out ends, and how long the token opens a route behind a gateway."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import app
from chalicelib import wiring
from chalicelib.audit.trail import Source
from chalicelib.errors import Refusal
from chalicelib.jose.claims import FIRST_PARTY
from chalicelib.web import guard
from cupbearer.testing import token_of_app
from tests.gateway.cache import CachingGateway
from tests.gateway.router import Router

if TYPE_CHECKING:
    from chalicelib.wiring import Services

PASSWORD, ANOTHER = "a pangolin in the rain", "two pangolins in the sun"
SOURCE = Source(ip="192.0.2.7")
HELD = frozenset({"get:profile", "pangolins"})
KINDS: tuple[Mapping[str, str], ...] = (
    {"CUPBEARER_ACCESS_TOKENS": "jwt"},
    {"CUPBEARER_ACCESS_TOKENS": "opaque"},
)


@dataclass(frozen=True, slots=True)
class Out:
    """A token that is out: of a person by our own pages, or through an application."""

    text: str
    user_id: str
    session_id: str
    client_id: str = FIRST_PARTY


Act = Callable[["Services", Out], object]

OWN: dict[str, Act] = {
    "log-out": lambda at, out: at.authentication.sessions.end(out.user_id, out.session_id, source=SOURCE),
    "disable": lambda at, out: at.accounts.administration.administer(
        out.user_id, disabled=True, source=SOURCE
    ),
    "scope cut": lambda at, out: at.accounts.administration.administer(
        out.user_id, granted=frozenset({"get:profile"}), source=SOURCE
    ),
    "password changed": lambda at, out: at.accounts.administration.set_password(
        out.user_id, new=ANOTHER, source=SOURCE
    ),
}
THROUGH_AN_APP: dict[str, Act] = {
    "client disabled": lambda at, out: at.oauth.clients.set_disabled(out.client_id, disabled=True),
    "client deleted": lambda at, out: at.oauth.clients.delete(out.client_id),
    "consent withdrawn": lambda at, out: at.oauth.consents.withdraw(
        out.user_id, out.client_id, source=SOURCE
    ),
}
ACTS = OWN | THROUGH_AN_APP


def token_out(at: "Services", act: str, *, username: str) -> Out:
    """Return the token of somebody new, of the kind that the act is about."""
    user, signed_in = at.accounts.sign_up.create(
        username=username, password=PASSWORD, log_in=True, source=SOURCE
    )
    assert signed_in is not None
    at.accounts.administration.administer(user.user_id, granted=HELD, source=SOURCE)
    if act in THROUGH_AN_APP:
        client, tokens = token_of_app(
            at, user_id=user.user_id, login_id=signed_in.session_id, scopes=HELD, source=SOURCE
        )
        return Out(tokens.access_token, user.user_id, signed_in.session_id, client.client_id)
    narrow = at.authentication.log_in.with_password(username=username, password=PASSWORD, source=SOURCE)
    return Out(narrow.access_token, user.user_id, narrow.session_id)


def seconds_to_refusal(
    at: "Services", act: str, *, username: str, wait: Callable[[int], None], most: int
) -> int:
    """Return how many seconds after an act its token still opened a route that it did before; ``most`` and more is too long.

    The worst case: the token is made, and its policy cached, in the very second of the act; then it is shown every
    second, so the gateway asks anew as soon as its cache allows.
    """
    gateway = CachingGateway(
        Router(app.TABLE),
        lambda event: app.jwt_authorizer(event, None),
        at.settings.authorizer_ttl_seconds,
        at.world.now,
    )
    with wiring.using(at):
        out = token_out(at, act, username=username)
        if not _let_through(at, gateway, out.text):
            raise RuntimeError(f"{act}: a new token is refused")
        ACTS[act](at, out)
        seconds = 0
        while seconds < most and _let_through(at, gateway, out.text):
            seconds += 1
            wait(seconds)
    return seconds


def _let_through(at: "Services", gateway: CachingGateway, token: str) -> bool:
    """Ask as a caller does: the gateway with its cache first, then the handler's own look."""
    outcome = gateway.call("GET", "/pangolins", f"Bearer {token}")
    route = next(route for route in app.TABLE if str(route) == "GET /pangolins")
    if outcome.status != 200:
        return False
    try:
        guard.admit(route, guard.claims_of(outcome.context), at)
    except Refusal:
        return False
    return True
