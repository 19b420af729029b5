"""How an operator comes to see as a person sees: proven lately, named in the person's trail, for ten minutes (OV-1 to OV-7)."""

from dataclasses import dataclass

from chalicelib import scopes
from chalicelib.accounts.reauthentication import Reauthentication
from chalicelib.audit.trail import Audit, Source
from chalicelib.credentials.factor_answers import FactorAnswer
from chalicelib.errors import InsufficientScope, InvalidToken, NotAllowed, NotFound, Taken
from chalicelib.jose.claims import FIRST_PARTY, AccessClaims
from chalicelib.sessions import views
from chalicelib.sessions.session import LiveSession
from chalicelib.sessions.sessions import Sessions
from chalicelib.sessions.views import VIEW_SECONDS, View
from chalicelib.store import Check, Store
from chalicelib.store.retrying import retrying
from chalicelib.tokens.access_tokens import AccessTokenIssuer, Grant, Issued
from chalicelib.users.user import User
from chalicelib.world import World


@dataclass(frozen=True, slots=True)
class Begun:
    """A view that has begun: who is seen, and the token that sees."""

    person: User
    token: Issued


@dataclass(frozen=True, slots=True)
class Views:
    """Begins views and looks at them."""

    store: Store
    world: World
    issuer: str
    sessions: Sessions
    reauthentication: Reauthentication
    access: AccessTokenIssuer
    audit: Audit

    def begin(
        self, acting: LiveSession, user_id: str, *, answer: FactorAnswer | None = None, source: Source
    ) -> Begun:
        """Return a token that sees as a person sees. Raises InsufficientScope, NotFound, and NotAllowed, which says why."""
        if not scopes.covers(acting.session.granted(acting.user, self.sessions.limits), scopes.ADMINISTER):
            raise InsufficientScope(scopes.ADMINISTER)
        if user_id == acting.user.user_id:
            raise NotAllowed("This is your own account: open it as ever.", code="own_account")
        acting = self.reauthentication.demand_lately(acting, answer=answer, source=source)
        operator = acting.user
        wanted = self._claims(operator.user_id, acting.session.session_id, user_id)

        def attempt() -> Begun:
            records = self.store.get(*views.keys_of(wanted))
            _demand_may_be_seen(User.from_record(records[2]) if records[2] else None)
            view = views.judged(records, now=self.world.now(), limits=self.sessions.limits)
            issued = self.access.issue(_grant(view))
            named = self.audit.write(
                "account_viewed",
                target=user_id,
                actor=operator.user_id,
                source=source,
                operator=operator.display_name,
            )
            self.store.commit(*(Check(record) for record in records if record), *issued.writes, named)
            return Begun(view.person, issued)

        return retrying(attempt, busy=Taken("The account is being changed by others: try again."))

    def look(self, claims: AccessClaims) -> View:
        """Return what is seen by a token now, by one read; raise InvalidToken when that is over."""
        if not claims.is_view:
            raise InvalidToken("it is no operator's view")
        records = self.store.get(*views.keys_of(claims))
        return views.judged(records, now=self.world.now(), limits=self.sessions.limits)

    def _claims(self, operator_id: str, session_id: str, user_id: str) -> AccessClaims:
        now = self.world.timestamp()
        return AccessClaims(
            self.issuer,
            user_id,
            FIRST_PARTY,
            scopes.NONE,
            now,
            now + VIEW_SECONDS,
            sid=session_id,
            act=operator_id,
        )


def _demand_may_be_seen(person: User | None) -> None:
    if person is None:
        raise NotFound
    if scopes.are_about_users(person.scopes):
        raise NotAllowed("Nobody sees as another operator sees.", code="operator_account")
    if person.disabled:
        raise NotAllowed(
            "The account is disabled or closed: its person sees nothing.", code="account_disabled"
        )


def _grant(view: View) -> Grant:
    return Grant(
        sub=view.person.user_id,
        client_id=FIRST_PARTY,
        scope=view.scope,
        sid=view.operator.session.session_id,
        act=view.operator.user.user_id,
        seconds=VIEW_SECONDS,
    )
