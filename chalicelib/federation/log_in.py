"""Log-in through a provider, from the first redirect to the session: the two steps of the code flow, and linking."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from chalicelib import logs
from chalicelib.audit.trail import Source
from chalicelib.authentication.log_in import LogInResult
from chalicelib.credentials.factor_refusals import SecondFactorRequired
from chalicelib.credentials.throttling import Throttle
from chalicelib.errors import Invalid, InvalidToken, NotAllowed, NotFound, Refusal, Unavailable
from chalicelib.federation import id_tokens
from chalicelib.federation.identity_provider import IdentityProvider, Redeemed
from chalicelib.federation.linking import Identities
from chalicelib.federation.login_state import Flow, Flows
from chalicelib.federation.profile import Person, described, suffices, with_userinfo
from chalicelib.i18n.said import said
from chalicelib.sessions.session import LiveSession
from chalicelib.users.linked_identity import Identity
from chalicelib.world import World

MAX_CODE_CHARACTERS = 4096
STARTS_PER_NETWORK = 200  # in ten minutes, the life of a flow: what strangers can make us store (DS-3)
TEN_MINUTES = 600

# Errors of an authorization response that have an answer of their own (RFC 6749 section 4.1.2.1; Core 3.1.2.6).
_TRY_AGAIN = frozenset({"temporarily_unavailable", "server_error"})
_DECLINED = frozenset({"access_denied", "login_required", "consent_required", "interaction_required"})


@dataclass(frozen=True, slots=True)
class Response:
    """What the browser brings back from a provider (RFC 6749 sections 4.1.2 and 4.1.2.1, RFC 9207 section 2)."""

    state: str | None
    code: str | None
    error: str | None
    issuer: str | None


@dataclass(frozen=True, slots=True)
class Finished:
    """How a flow ended: with a session, or with an identity linked. ``return_to`` is as it was at the beginning."""

    return_to: str | None
    signed_in: LogInResult | None = None
    asked: SecondFactorRequired | None = None  # the person is right, and has a second factor to show
    linked: Identity | None = None


class Federation:
    """Begins and finishes log-ins through the providers that are set up."""

    def __init__(
        self,
        providers: Mapping[str, IdentityProvider],
        *,
        issuer: str,
        flows: Flows,
        identities: Identities,
        throttle: Throttle,
        world: World,
    ) -> None:
        self._providers = providers
        self._issuer = issuer
        self._flows = flows
        self.identities = identities
        self._throttle = throttle
        self._world = world

    @property
    def names(self) -> tuple[str, ...]:
        """Return the names of the providers, in the order of the settings."""
        return tuple(self._providers)

    def begin(
        self, name: str, *, browser: str, return_to: str | None, fresh: bool = False, source: Source
    ) -> str:
        """Return the URL at the provider where a log-in goes on. ``browser`` is the secret in its cookie.

        ``fresh`` makes the provider ask the person again, so that the log-in stands for a password (MF-3).
        """
        flow = Flow(provider=name, return_to=return_to, fresh=fresh)
        return self._begin(flow, browser=browser, source=source)

    def begin_link(
        self, name: str, acting: LiveSession, *, browser: str, return_to: str | None, source: Source
    ) -> str:
        """Return the URL where linking to the user who acts goes on, who must have just been authenticated."""
        flow = Flow(
            provider=name,
            purpose="link",
            return_to=return_to,
            user_id=acting.user.user_id,
            session_id=acting.session.session_id,
        )
        return self._begin(flow, browser=browser, source=source)

    def finish(self, name: str, response: Response, *, browser: str | None, source: Source) -> Finished:
        """Spend a flow and do what it was begun for. Whatever is wrong, nothing is made and a refusal is raised."""
        provider = self._provider(name)
        try:
            flow = self._flows.spend(state=response.state, browser=browser, provider=name)
            return self._finish(provider, flow, response, source)
        except InvalidToken as fault:
            logs.log("provider_refused", provider=name, reason=fault.reason, request_id=source.request_id)
            self._count_refusal()
            raise provider.refused() from fault
        except Invalid:
            self._count_refusal()
            raise

    def _begin(self, flow: Flow, *, browser: str, source: Source) -> str:
        provider = self._provider(flow.provider)
        provider.metadata()  # a provider that is out of reach costs no record
        self._throttle.spend("federation", source.network, limit=STARTS_PER_NETWORK, seconds=TEN_MINUTES)
        flow, state = self._flows.begin(flow, browser=browser)
        return provider.authorization_url(
            redirect_uri=self._callback(flow.provider),
            state=state,
            nonce=flow.nonce,
            code_challenge=flow.code_challenge,
            fresh=flow.fresh,
        )

    def _finish(self, provider: IdentityProvider, flow: Flow, response: Response, source: Source) -> Finished:
        self._check_issuer(provider, response)
        if response.error is not None:
            raise _in_plain_words(provider, response.error)
        if not response.code or len(response.code) > MAX_CODE_CHARACTERS:
            raise Invalid("The provider sent no code.", errors={"code": "is missing or too long"})
        acting = self._acting(flow) if flow.purpose == "link" else None
        redeemed = provider.redeem(
            response.code, redirect_uri=self._callback(provider.name), code_verifier=flow.code_verifier
        )
        person = self._person(provider, redeemed, flow, response.code)
        if acting is not None:
            linked = self.identities.link(acting, person, source=source)
            return Finished(flow.return_to, linked=linked)
        auth_time = person.authenticated_at(now=self._world.now(), fresh=flow.fresh)
        try:
            signed_in = self.identities.log_in(person, auth_time=auth_time, source=source)
        except SecondFactorRequired as required:
            return Finished(flow.return_to, asked=required)
        return Finished(flow.return_to, signed_in=signed_in)

    def _check_issuer(self, provider: IdentityProvider, response: Response) -> None:
        """Refuse another issuer's answer, and none where the provider always names itself (RFC 9207 section 2.4)."""
        if response.issuer is None and not provider.metadata().sends_issuer:
            return
        if response.issuer != provider.registration.issuer:
            raise InvalidToken("the response is of another issuer, or does not say of which")

    def _acting(self, flow: Flow) -> LiveSession:
        """Return who began to link, if that session still goes on."""
        acting = self.identities.authentication.sessions.find_live(
            flow.user_id or "-", flow.session_id or "-"
        )
        if acting is None:
            raise NotAllowed("You were logged out meanwhile: log in again.", code="reauthentication_required")
        return acting

    def _person(self, provider: IdentityProvider, redeemed: Redeemed, flow: Flow, code: str) -> Person:
        registration = provider.registration
        expected = id_tokens.Expected(
            issuer=registration.issuer,
            client_id=registration.client_id,
            algorithms=redeemed.algorithms,
            nonce=flow.nonce,
            code=code,
            access_token=redeemed.access_token,
        )
        try:
            claims = id_tokens.verify(redeemed.id_token, provider.keys, expected, now=self._world.now())
        except Unavailable as trouble:
            raise provider.unavailable() from trouble
        person = self._described(provider, claims, redeemed.access_token)
        return person if registration.trusts_mfa else replace(person, is_multiple=False)

    def _described(
        self, provider: IdentityProvider, claims: Mapping[str, Any], access_token: str | None
    ) -> Person:
        """Return the person; the userinfo endpoint is asked only about one whom we do not know yet."""
        name, issuer = provider.name, provider.registration.issuer
        person = described(name, issuer, claims)
        if access_token is None or suffices(claims) or self.identities.user_id_of(person):
            return person
        return described(name, issuer, with_userinfo(claims, provider.userinfo(access_token)))

    def _provider(self, name: str) -> IdentityProvider:
        provider = self._providers.get(name)
        if provider is None:
            raise NotFound("provider")
        return provider

    def _callback(self, name: str) -> str:
        """Return the redirect URI, one for each provider, so that no answer can pass for another's (FD-4)."""
        return f"{self._issuer}/login/{name}/callback"

    def _count_refusal(self) -> None:
        self.identities.audit.count_nobody("federated_log_in_refused")


def _in_plain_words(provider: IdentityProvider, error: str) -> Refusal:
    """Return the refusal that a provider's error means; its words are never repeated (BR-5)."""
    if error in _TRY_AGAIN:
        return provider.unavailable()
    if error in _DECLINED:
        return NotAllowed(
            said("You did not agree to log in at {name}, so nothing was done.", name=provider.name),
            code="access_denied",
        )
    return provider.refused()
