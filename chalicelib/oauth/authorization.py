"""What comes next for an authorization request: a log-in, a second factor, consent, or a code (RFC 6749 section 4.1).

Everything in the request is judged again at each step by what the server holds now: the client, its redirect URIs, the
person's rights, the consent (OP-4, OP-7).
"""

from dataclasses import dataclass
from typing import NoReturn

from chalicelib.audit.trail import Source
from chalicelib.errors import Taken
from chalicelib.oauth.authorization_codes import Code, Codes
from chalicelib.oauth.authorization_request import AuthorizationRequest, registered_client
from chalicelib.oauth.authorization_response import AuthorizationResponse
from chalicelib.oauth.client import Client
from chalicelib.oauth.client_documents import ClientDocuments
from chalicelib.oauth.consent_forms import ALLOWED, REFUSED, ConsentForms
from chalicelib.oauth.consent_policy import ConsentPolicy
from chalicelib.oauth.consents import Consent, Consents
from chalicelib.oauth.errors import OAuthRefusal, RefusedAtClient
from chalicelib.oauth.levels import Levels, Need
from chalicelib.oauth.pushed_requests import PushedRequests
from chalicelib.oauth.resource_indicators import ResourceIndicators
from chalicelib.oauth.steps import Question, Step
from chalicelib.sessions.session import LiveSession
from chalicelib.store import Conflict, Store, Write
from chalicelib.store.retrying import retrying
from chalicelib.world import SKEW_SECONDS, World


@dataclass(frozen=True, slots=True)
class Authorization:
    """Leads a request on, and takes the person's decision."""

    store: Store
    world: World
    clients: ClientDocuments
    codes: Codes
    consents: Consents
    forms: ConsentForms
    consent_policy: ConsentPolicy
    levels: Levels
    indicators: ResourceIndicators
    pushed: PushedRequests
    issuer: str

    def client_of(self, request: AuthorizationRequest, *, source: Source) -> Client:
        """Return the client of a request as it is now; raise RefusedAtPage or RefusedAtClient when it may not ask this."""
        client = registered_client(
            request.client_id,
            request.redirect_uri,
            lambda client_id: self.clients.current(client_id, source=source),
            otherwise="The address to return to is no longer registered.",
        )
        request.demand_still_allowed(client)
        return client

    def next_step(
        self,
        request: AuthorizationRequest,
        logged_in: LiveSession | None,
        *,
        source: Source,
        just_logged_in: bool = False,
        just_stepped_up: bool = False,
    ) -> Step | AuthorizationResponse:
        """Return what is to be done next; raise RefusedAtClient where ``prompt=none`` or a wrong person forbids it.

        Who has ``just_stepped_up`` is asked for no other factor: levels are wishes.
        """
        client = self.client_of(request, source=source)
        if logged_in is None or not self._satisfies(request, logged_in):
            if request.silent:
                raise request.refused(
                    "login_required", "The person must log in, and prompt=none forbids to ask."
                )
            if just_logged_in:
                raise request.refused(
                    "login_required", "Another person logged in than the one who was asked for."
                )
            return Step.LOG_IN
        need = self._need(request, logged_in, just_stepped_up=just_stepped_up)
        if need is not None:
            if request.silent:
                raise _unasked(request, need)
            return Step.SECOND_FACTOR
        request.demand_level(logged_in)
        question = self._question(request, client, logged_in)
        answer = self._code_unasked(question, source)
        if answer is not None:
            return answer
        if request.silent:
            raise request.refused(
                "consent_required", "The person must consent, and prompt=none forbids to ask."
            )
        return Step.CONSENT

    def question(
        self, request: AuthorizationRequest, logged_in: LiveSession | None, *, source: Source
    ) -> Question | Step:
        """Return what the person is to be asked, or what has to come first.

        Raises RefusedAtPage for a client that may no longer ask, RefusedAtClient for a person who has nothing to give.
        """
        if logged_in is None or not self._satisfies(request, logged_in):
            return Step.LOG_IN
        if self.levels.required(logged_in) is not None:
            return Step.SECOND_FACTOR
        request.demand_level(logged_in)
        return self._question(request, self.client_of(request, source=source), logged_in)

    def approve(self, question: Question, *, form: str, source: Source) -> Step | AuthorizationResponse:
        """Remember the consent and give the code, in one commit.

        Sent a second time, as by a double click, the form gives nothing more: what comes next is what would come if the
        client asked again. Raises RefusedAtPage for a form that refused before.
        """
        once = self.forms.deciding(form, ALLOWED)
        user_id = question.logged_in.user.user_id

        def give() -> Step | AuthorizationResponse:
            consent, giving = self.consents.giving(user_id, question.to_give, source=source)
            try:
                return self._give_code(question, consent, once, *giving)
            except Conflict as conflict:
                self.forms.demand_same_decision(once, conflict)
                return self.next_step(
                    question.request, question.logged_in, source=source, just_stepped_up=True
                )

        return retrying(give, busy=Taken("The consent is being changed by others: try again."))

    def refuse(self, question: Question, *, form: str, source: Source) -> NoReturn:
        """Write down that the person refused, which is the one decision on this form too, and raise RefusedAtClient.

        Sent a second time, it is written down no second time. Raises RefusedAtPage for a form that allowed before.
        """
        once = self.forms.deciding(form, REFUSED)
        audit = self.consents.refusing(question.logged_in.user.user_id, question.client, source=source)
        try:
            self.store.commit(once, audit)
        except Conflict as conflict:
            self.forms.demand_same_decision(once, conflict)
        raise question.request.refused("access_denied", "The person refused.")

    def _question(self, request: AuthorizationRequest, client: Client, logged_in: LiveSession) -> Question:
        user, session = logged_in.user, logged_in.session
        wanted = self.consents.consentable(request.scope, client, user, session)
        try:
            wanted, audience = self.indicators.consentable(wanted, request.audience)
        except OAuthRefusal as refusal:
            raise request.refused(refusal.error, refusal.description) from None
        if not wanted:
            raise request.refused("invalid_scope", "The person has none of these scopes to give.")
        return Question(request, client, logged_in, wanted, audience)

    def _satisfies(self, request: AuthorizationRequest, logged_in: LiveSession) -> bool:
        """Return whether a log-in is recent enough and of the person asked for (OP-4)."""
        latest = self.world.now() + SKEW_SECONDS  # AV-4
        is_recent = not request.not_before or request.not_before <= logged_in.session.auth_time <= latest
        return is_recent and request.subject in (None, logged_in.user.user_id)

    def _need(
        self, request: AuthorizationRequest, logged_in: LiveSession, *, just_stepped_up: bool
    ) -> Need | None:
        if just_stepped_up:
            return self.levels.required(logged_in)
        return self.levels.wanted(logged_in, request.scope, request.acr_values)

    def _code_unasked(self, question: Question, source: Source) -> AuthorizationResponse | None:
        """Return the answer with a code where the person need not be asked."""

        def give() -> AuthorizationResponse | None:
            spared = self.consent_policy.spared(question, source=source)
            return None if spared is None else self._give_code(question, spared[0], *spared[1])

        return retrying(give, busy=Taken("The consent is being changed by others: try again."))

    def _give_code(self, question: Question, consent: Consent, *writes: Write) -> AuthorizationResponse:
        """Return the code, made in one commit with ``writes`` (section 4.1.2). Raises Conflict."""
        self.clients.used(question.client)
        request, logged_in = question.request, question.logged_in
        code = Code(
            client_id=request.client_id,
            redirect_uri=request.redirect_uri,
            code_challenge=request.code_challenge,
            user_id=logged_in.user.user_id,
            login_id=logged_in.session.session_id,
            scope=question.wanted,
            nonce=request.nonce,
            consent_id=consent.consent_id,
            acr_values=request.acr_values,
            id_token_claims=request.id_token_claims,
            audience=question.audience,
            client_version=question.client.version,
            dpop_jkt=request.dpop_jkt,
        )
        text, insert = self.codes.compose(code)
        self.pushed.answer(request, logged_in.session.session_id, insert, *writes)
        return request.answered(code=text, issuer=self.issuer)


def _unasked(request: AuthorizationRequest, need: Need) -> RefusedAtClient:
    """Return what a client is told that forbade to ask (Core section 3.1.2.6; OpenID Connect Core Error Code 1.0)."""
    if need is Need.FACTOR:
        return request.refused(
            "interaction_required", "The person must show a second factor, and prompt=none forbids to ask."
        )
    return request.refused(
        "unmet_authentication_requirements", "A second factor is required here, and the person has none yet."
    )
