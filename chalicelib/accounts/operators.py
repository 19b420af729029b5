"""Operators: who may administer accounts, what each may pass on, and that one of them is always left.

An operator holds ``users:write``. Everything about one who acts is read again at each try and demanded in the commit
that it permits, so of two who strip each other one loses (SC-2, SC-4, M8).
"""

from collections.abc import Callable
from dataclasses import dataclass

from chalicelib import scopes
from chalicelib.accounts.administration import Authority
from chalicelib.errors import InsufficientScope, NotAllowed
from chalicelib.jose.claims import AccessClaims
from chalicelib.scopes import ADMINISTER, Scopes
from chalicelib.sessions.session import LiveSession
from chalicelib.store import Check
from chalicelib.tokens.access_tokens import Held, Standing
from chalicelib.users.user import User


@dataclass(frozen=True, slots=True)
class Operator:
    """Who acts through the routes. ``actor`` is what the trail calls it; ``is_own`` a person by a token of our own pages."""

    actor: str
    is_own: bool
    user_id: str | None
    look: Callable[[], Held]

    @property
    def authority(self) -> Authority:
        """Return what stands in for it where an account is changed."""
        return Authority(self.actor, self.permitted)

    def permitted(self, old: User, new: User | None) -> tuple[Check, ...]:
        """Return what the commit of a change demands; None is a deletion. Raises the refusal of what is not permitted."""
        held = self.look()
        if new is not None:
            self._demand_held(old, new, held.claims.scope)
        if old.user_id == self.user_id and (new is None or not new.is_operator):
            raise NotAllowed(
                "Nobody disables, deletes or strips the own account here: another operator does, or the command line.",
                code="own_account",
            )
        return held.checks

    def _demand_held(self, old: User, new: User, held: Scopes) -> None:
        """Demand that what is given is held, and that what is about users is given by a person in person."""
        given = new.scopes - old.scopes
        let_in = new.scopes if old.disabled and not new.disabled else scopes.NONE
        if not self.is_own and scopes.are_about_users(given | let_in):
            raise NotAllowed(
                "Only a person's own log-in may give scopes about users.", code="own_token_required"
            )
        if missing := given - held:
            raise InsufficientScope(min(missing))


@dataclass(frozen=True, slots=True)
class Operators:
    """Finds out who acts by a token, or at a browser."""

    issuer: str
    standing: Standing
    is_own: Callable[[AccessClaims], bool]

    def logged_in(self, live: LiveSession) -> Operator:
        """Return the operator who is logged in at a browser; raise InsufficientScope unless it may act now."""
        session = live.session
        return self.acting(
            AccessClaims(
                iss=self.issuer,
                sub=session.user_id,
                client_id=session.client_id,
                scope=live.user.scopes,
                iat=session.created_at,
                exp=session.created_at,
                sid=session.session_id,
            )
        )

    def acting(self, claims: AccessClaims) -> Operator:
        """Return the operator of a token; raise InvalidToken or InsufficientScope unless it may act now.

        A trusted issuer's token is judged by itself alone: we hold nothing that could have been taken away.
        """
        is_ours = claims.iss == self.issuer

        def look() -> Held:
            held = self.standing.look(claims) if is_ours else Held(claims, ())
            if not scopes.covers(held.claims.scope, ADMINISTER):
                raise InsufficientScope(ADMINISTER)
            return held

        look()
        actor = claims.sub if is_ours else f"{claims.iss} {claims.sub}"
        person = claims.sub if is_ours and claims.sid is not None else None
        return Operator(actor, self.is_own(claims), person, look)
