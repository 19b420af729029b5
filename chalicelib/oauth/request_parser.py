"""Reads an authorization request once its client and redirect URI are proven: every parameter, and every fault of one."""

import re
from collections.abc import Callable
from dataclasses import dataclass

from chalicelib import scopes
from chalicelib.errors import Invalid
from chalicelib.oauth import claims_request, proof_key
from chalicelib.oauth.authorization_request import AuthorizationRequest
from chalicelib.oauth.authorization_response import QUERY
from chalicelib.oauth.claims_request import ClaimsRequest
from chalicelib.oauth.client import AUTHORIZATION_CODE, Client
from chalicelib.oauth.errors import OAuthRefusal
from chalicelib.oauth.request_parameters import MAX_STATE, RequestParameters
from chalicelib.oauth.resource_indicators import ResourceIndicators
from chalicelib.sessions import assurance
from chalicelib.sessions.resource_scopes import Audience

MAX_NONCE = 512
MAX_ACR_VALUES = 512
MAX_HINT = 320  # the longest e-mail address
LAST_AGE = 10**9  # seconds; a max_age beyond says nothing
_THUMBPRINT = re.compile(r"[A-Za-z0-9_-]{43}")
_UI_LOCALES = re.compile(r"[A-Za-z0-9 -]{2,100}")
PROMPTS = ("none", "login", "consent", "select_account")


@dataclass(frozen=True, slots=True)
class Parser:
    """Reads the rest of a request, once its client and redirect URI are proven. Every fault raises RefusedAtClient."""

    sent: RequestParameters
    client: Client
    now: int
    subject_of_hint: Callable[[str], str | None]
    indicators: ResourceIndicators

    def parse(self) -> AuthorizationRequest:
        """Return the request."""
        self.sent.demand_each_once()
        self._refuse_extensions()
        mode = self._response_mode()
        self._check_response()
        prompts, nonce, claims = self._prompts(), self.sent.text("nonce", MAX_NONCE), self._claims()
        scope, audience = self._wanted(claims)
        return AuthorizationRequest(
            client_id=self.client.client_id,
            redirect_uri=self.sent.redirect_uri,
            scope=scope,
            audience=audience,
            code_challenge=self._code_challenge(has_nonce=nonce is not None and "openid" in scope),
            state=self.sent.text("state", MAX_STATE),
            nonce=nonce,
            not_before=self._not_before(prompts),
            silent="none" in prompts,
            asks_consent="consent" in prompts,
            login_hint=self._login_hint(),
            subject=self._subject(claims),
            acr_values=self._acr_values(claims),
            must_reach=claims.must_reach,
            id_token_claims=claims.id_token,
            response_mode=mode,
            dpop_jkt=self._dpop_jkt(),
            ui_locales=self._ui_locales(),
        )

    def _ui_locales(self) -> str:
        text = self.sent.one("ui_locales") or ""
        return text if _UI_LOCALES.fullmatch(text) else ""

    def _refuse_extensions(self) -> None:
        if self.sent.one("request") is not None:
            raise self.sent.refused("request_not_supported", "Request objects are not supported.")
        if self.sent.one("request_uri") is not None:
            raise self.sent.refused("request_uri_not_supported", "request_uri is not supported.")
        if self.sent.one("registration") is not None:
            raise self.sent.refused("registration_not_supported", "registration is not supported.")

    def _check_response(self) -> None:
        response_type = self.sent.one("response_type")
        if response_type is None:
            raise self.sent.refused("invalid_request", "response_type is missing.")
        if response_type != "code":
            raise self.sent.refused("unsupported_response_type", "The only response_type is code.")
        if not self.client.may(AUTHORIZATION_CODE):
            raise self.sent.refused(
                "unauthorized_client", "The client may not use the authorization code grant."
            )

    def _response_mode(self) -> str:
        mode = self.sent.one("response_mode") or QUERY
        if not self.sent.takes(mode):
            raise self.sent.refused(
                "invalid_request",
                "response_mode is query or, for a web address, form_post; there is no other.",
            )
        return mode

    def _claims(self) -> ClaimsRequest:
        """Return what is asked for claim by claim: it means something in an OpenID request alone (Core section 5.5)."""
        text = self.sent.one("claims")
        if text is None or "openid" not in (self.sent.one("scope") or "").split():
            return ClaimsRequest()
        try:
            return claims_request.read(text)
        except Invalid as fault:
            raise self.sent.refused("invalid_request", fault.detail) from None

    def _wanted(self, claims: ClaimsRequest) -> tuple[scopes.Scopes, Audience]:
        """Return the part of the asked-for scope that the client may have, and at which APIs.

        What is unknown is left out (Core section 3.1.2.1).
        """
        asked, resources = self.sent.one("scope"), self.sent.each("resource")
        try:
            wanted = None if asked is None else scopes.parse(asked) | claims.scopes
            allowed, audience = self.indicators.asked(resources, self.client, wanted)
        except Invalid as fault:
            raise self.sent.refused("invalid_scope", fault.detail) from None
        except OAuthRefusal as refusal:
            raise self.sent.refused(refusal.error, refusal.description) from None
        if not allowed:
            raise self.sent.refused("invalid_scope", "The client may have none of these scopes.")
        return allowed, audience

    def _code_challenge(self, *, has_nonce: bool) -> str | None:
        challenge, method = self.sent.one("code_challenge"), self.sent.one("code_challenge_method")
        problem = proof_key.problem_of_request(self.client, challenge, method, has_nonce=has_nonce)
        if problem is not None:
            raise self.sent.refused("invalid_request", problem)
        return challenge

    def _dpop_jkt(self) -> str | None:
        jkt = self.sent.one("dpop_jkt")
        if jkt is not None and not _THUMBPRINT.fullmatch(jkt):
            raise self.sent.refused("invalid_request", "dpop_jkt is no JWK thumbprint by SHA-256 (RFC 9449).")
        return jkt

    def _prompts(self) -> frozenset[str]:
        prompts = frozenset((self.sent.one("prompt") or "").split())
        if unknown := prompts - set(PROMPTS):
            raise self.sent.refused("invalid_request", f"{len(unknown)} value of prompt is not known.")
        if "none" in prompts and len(prompts) > 1:
            raise self.sent.refused("invalid_request", "prompt=none stands alone.")
        return prompts

    def _not_before(self, prompts: frozenset[str]) -> int:
        age = self.sent.one("max_age")
        if age is not None and not re.fullmatch(r"[0-9]{1,10}", age):
            raise self.sent.refused("invalid_request", "max_age is a number of seconds.")
        if not prompts.isdisjoint({"login", "select_account"}):
            return self.now
        return 0 if age is None else max(0, self.now - min(int(age), LAST_AGE))

    def _acr_values(self, claims: ClaimsRequest) -> tuple[str, ...]:
        """Return the levels that we know; what else is wished for cannot be given (Core section 3.1.2.1).

        Where one of some levels is a condition, the others are no wish beside it.
        """
        asked = (self.sent.text("acr_values", MAX_ACR_VALUES) or "").split()
        known = [each for each in asked if each in assurance.SUPPORTED and not claims.must_reach]
        return tuple(dict.fromkeys((*known, *claims.acr_values)))

    def _login_hint(self) -> str | None:
        """Return the hint, if it is one that a form can show; it is only a hint (EN-3)."""
        hint = self.sent.one("login_hint")
        return hint if hint is not None and len(hint) <= MAX_HINT and hint.isprintable() else None

    def _subject(self, claims: ClaimsRequest) -> str | None:
        """Return the only person that it is meant for, by a hint or by the claim."""
        hint = self.sent.one("id_token_hint")
        if hint is None:
            return claims.subject
        subject = self.subject_of_hint(hint)
        if subject is None:
            raise self.sent.refused("invalid_request", "id_token_hint is not an ID token of ours.")
        if claims.subject not in (None, subject):
            raise self.sent.refused("invalid_request", "id_token_hint and sub of claims name two people.")
        return subject
