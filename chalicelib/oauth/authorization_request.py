"""Authorization requests: parsed once into a frozen value; what is wrong goes to the client only where that is safe (OP-1)."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from chalicelib import scopes
from chalicelib.errors import Invalid
from chalicelib.keys import pkce
from chalicelib.oauth import redirect_uris
from chalicelib.oauth.client import AUTHORIZATION_CODE, Client
from chalicelib.oauth.errors import ErrorCode, RefusedAtClient, RefusedAtPage
from chalicelib.sessions import assurance
from chalicelib.store.stored_values import StoredValue

Parameters = Mapping[str, tuple[str, ...]]

MAX_PARAMETERS = 50
MAX_STATE = 2000
MAX_NONCE = 512
MAX_ACR_VALUES = 512
MAX_HINT = 320  # the longest e-mail address
LAST_AGE = 10**9  # seconds; a max_age beyond says nothing
PROMPTS = ("none", "login", "consent", "select_account")

_CHALLENGE = re.compile(r"[A-Za-z0-9_-]{43}")  # BASE64URL(SHA256()), RFC 7636 section 4.2
_PRINTABLE = re.compile(r"[\x20-\x7e]*")  # RFC 6749 appendix A.5


@dataclass(frozen=True, slots=True)
class AuthorizationRequest(StoredValue):
    """What a client asks of a person, proven to be the client's. Times are seconds since the epoch.

    ``not_before`` is when the log-in must have happened or later; ``subject`` is the only person it is meant for.
    """

    client_id: str
    redirect_uri: str
    scope: scopes.Scopes
    code_challenge: str
    state: str | None = None
    nonce: str | None = None
    not_before: int = 0
    silent: bool = False
    asks_consent: bool = False
    login_hint: str | None = None
    subject: str | None = None
    acr_values: tuple[str, ...] = ()  # levels that a log-in should reach, the first wished for most

    def refused(self, error: ErrorCode, description: str) -> RefusedAtClient:
        """Return the refusal that goes to its client at its redirect URI."""
        return RefusedAtClient(error, description, redirect_uri=self.redirect_uri, state=self.state)


def proven_client(parameters: Parameters, find: Callable[[str], Client | None]) -> tuple[Client, str]:
    """Return the client and the redirect URI of a request; raise RefusedAtPage unless both are proven."""
    if len(parameters) > MAX_PARAMETERS:
        raise RefusedAtPage("invalid_request", "The request has too many parameters.")
    client_id, redirect_uri = _proven(parameters, "client_id"), _proven(parameters, "redirect_uri")
    otherwise = "The address to return to is not one that this application registered."
    return registered_client(client_id, redirect_uri, find, otherwise=otherwise), redirect_uri


def registered_client(
    client_id: str, redirect_uri: str, find: Callable[[str], Client | None], *, otherwise: str
) -> Client:
    """Return the client that may be answered at this redirect URI; raise RefusedAtPage, which says ``otherwise``."""
    client = find(client_id)
    if client is None or client.disabled:
        raise RefusedAtPage(
            "invalid_client", "This application is not registered here, or is disabled.", client_id=client_id
        )
    if not redirect_uris.is_registered(redirect_uri, client.redirect_uris, any_port=client.public):
        raise RefusedAtPage("invalid_request", otherwise, client_id=client_id, uri=redirect_uri)
    return client


def _proven(parameters: Parameters, name: str) -> str:
    values = parameters.get(name, ())
    if len(values) != 1 or not values[0]:
        raise RefusedAtPage("invalid_request", f"The application must send {name} exactly once.")
    return values[0]


@dataclass(frozen=True, slots=True)
class Parser:
    """Reads the rest of a request, once its client and redirect URI are proven. Every fault raises RefusedAtClient."""

    parameters: Parameters
    client: Client
    redirect_uri: str
    now: int
    subject_of_hint: Callable[[str], str | None]

    def parse(self) -> AuthorizationRequest:
        """Return the request."""
        for name in self.parameters:
            self._one(name)
        self._refuse_extensions()
        self._check_response()
        prompts = self._prompts()
        return AuthorizationRequest(
            client_id=self.client.client_id,
            redirect_uri=self.redirect_uri,
            scope=self._scope(),
            code_challenge=self._code_challenge(),
            state=self._text("state", MAX_STATE),
            nonce=self._text("nonce", MAX_NONCE),
            not_before=self._not_before(prompts),
            silent="none" in prompts,
            asks_consent="consent" in prompts,
            login_hint=self._login_hint(),
            subject=self._subject(),
            acr_values=self._acr_values(),
        )

    def _refused(self, error: ErrorCode, description: str) -> RefusedAtClient:
        states = self.parameters.get("state", ())
        usable = len(states) == 1 and 0 < len(states[0]) <= MAX_STATE and _PRINTABLE.fullmatch(states[0])
        return RefusedAtClient(
            error, description, redirect_uri=self.redirect_uri, state=states[0] if usable else None
        )

    def _one(self, name: str) -> str | None:
        """Return a parameter; one without a value counts as left out (RFC 6749 section 3.1)."""
        values = self.parameters.get(name, ())
        if len(values) > 1:
            raise self._refused("invalid_request", "A parameter is given more than once.")
        return values[0] if values and values[0] else None

    def _text(self, name: str, most: int) -> str | None:
        value = self._one(name)
        if value is not None and (len(value) > most or not _PRINTABLE.fullmatch(value)):
            raise self._refused(
                "invalid_request", f"{name} has at most {most} characters of printable ASCII."
            )
        return value

    def _refuse_extensions(self) -> None:
        if self._one("request") is not None:
            raise self._refused("request_not_supported", "Request objects are not supported.")
        if self._one("request_uri") is not None:
            raise self._refused("request_uri_not_supported", "request_uri is not supported.")
        if self._one("registration") is not None:
            raise self._refused("registration_not_supported", "registration is not supported.")

    def _check_response(self) -> None:
        response_type = self._one("response_type")
        if response_type is None:
            raise self._refused("invalid_request", "response_type is missing.")
        if response_type != "code":
            raise self._refused("unsupported_response_type", "The only response_type is code.")
        if self._one("response_mode") not in (None, "query"):
            raise self._refused("invalid_request", "The only response_mode is query.")
        if not self.client.may(AUTHORIZATION_CODE):
            raise self._refused("unauthorized_client", "The client may not use the authorization code grant.")

    def _scope(self) -> scopes.Scopes:
        """Return the part of the asked-for scope that the client may have; what is unknown is left out (Core section 3.1.2.1)."""
        asked = self._one("scope")
        try:
            allowed = self.client.allowed(None if asked is None else scopes.parse(asked))
        except Invalid as fault:
            raise self._refused("invalid_scope", fault.detail) from None
        if not allowed:
            raise self._refused("invalid_scope", "The client may have none of these scopes.")
        return allowed

    def _code_challenge(self) -> str:
        challenge = self._one("code_challenge")
        if challenge is None:
            raise self._refused("invalid_request", "PKCE is required: code_challenge is missing.")
        if self._one("code_challenge_method") != pkce.METHOD:
            raise self._refused("invalid_request", f"The only code_challenge_method is {pkce.METHOD}.")
        if not _CHALLENGE.fullmatch(challenge):
            raise self._refused("invalid_request", "code_challenge must be 43 characters of base64url.")
        return challenge

    def _prompts(self) -> frozenset[str]:
        prompts = frozenset((self._one("prompt") or "").split())
        if unknown := prompts - set(PROMPTS):
            raise self._refused("invalid_request", f"{len(unknown)} value of prompt is not known.")
        if "none" in prompts and len(prompts) > 1:
            raise self._refused("invalid_request", "prompt=none stands alone.")
        return prompts

    def _not_before(self, prompts: frozenset[str]) -> int:
        age = self._one("max_age")
        if age is not None and not re.fullmatch(r"[0-9]{1,10}", age):
            raise self._refused("invalid_request", "max_age is a number of seconds.")
        if not prompts.isdisjoint({"login", "select_account"}):
            return self.now
        return 0 if age is None else max(0, self.now - min(int(age), LAST_AGE))

    def _acr_values(self) -> tuple[str, ...]:
        """Return the levels that we know; what else is wished for cannot be given (Core section 3.1.2.1)."""
        asked = (self._text("acr_values", MAX_ACR_VALUES) or "").split()
        return tuple(dict.fromkeys(each for each in asked if each in assurance.SUPPORTED))

    def _login_hint(self) -> str | None:
        """Return the hint, if it is one that a form can show; it is only a hint (EN-3)."""
        hint = self._one("login_hint")
        return hint if hint is not None and len(hint) <= MAX_HINT and hint.isprintable() else None

    def _subject(self) -> str | None:
        hint = self._one("id_token_hint")
        if hint is None:
            return None
        subject = self.subject_of_hint(hint)
        if subject is None:
            raise self._refused("invalid_request", "id_token_hint is not an ID token of ours.")
        return subject
