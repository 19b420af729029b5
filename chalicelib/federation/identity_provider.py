"""An OpenID provider that people log in from: what its discovery document says, and the calls we make to it.

Discovery and keys are cached, and the last good ones outlive trouble at the provider (FD-6, AV-3). Every call is
bounded, so that a whole log-in, everything cold, ends within the eight seconds of any request (AV-1).
"""

import base64
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote_plus, urlencode, urlsplit

from chalicelib.accounts.reauthentication import FRESH_SECONDS
from chalicelib.errors import InvalidToken, NotAllowed, Unavailable
from chalicelib.federation.discovery import Metadata, read_metadata
from chalicelib.i18n.said import said
from chalicelib.jose import claims as claim
from chalicelib.keys import pkce
from chalicelib.keys.remote_jwks import PublishedKeys, discovery_url
from chalicelib.stale_cache import StaleIfErrorCache, Times
from chalicelib.world import World

DISCOVERY_TIMES = Times(fresh_seconds=3600, cool_down_seconds=30, stale_seconds=24 * 3600)
DISCOVERY_SECONDS, KEYS_SECONDS, TOKEN_SECONDS, USERINFO_SECONDS = 2.0, 1.5, 2.5, 1.5  # 7.5 in all


@dataclass(frozen=True, slots=True)
class Http:
    """Bounded HTTP: ``get(url, authorization=, seconds=)`` gives JSON, ``post(url, form, …)`` a status and a body.

    Both raise Unavailable for silence, redirects, large answers and anything but JSON (FD-5).
    """

    get: Callable[..., Any]
    post: Callable[..., Any]


@dataclass(frozen=True, slots=True)
class Registration:
    """Our registration with a provider. ``scopes`` is a scope string; ``secret`` looks the client secret up."""

    name: str
    issuer: str
    client_id: str
    secret: Callable[[], str]
    scopes: str
    trusts_mfa: bool = False


@dataclass(frozen=True, slots=True)
class Redeemed:
    """What the token endpoint gave for a code; nothing of it is believed yet. ``algorithms`` are those it may be signed by."""

    id_token: str
    access_token: str | None
    algorithms: frozenset[str]


class IdentityProvider:
    """One provider, as a process knows it."""

    def __init__(self, registration: Registration, http: Http, world: World) -> None:
        self.registration = registration
        self.name = registration.name
        self._http = http
        self._metadata = StaleIfErrorCache(self._discover, world, DISCOVERY_TIMES)
        self.keys = PublishedKeys(self._fetch_keys, world)

    def metadata(self) -> Metadata:
        """Return what the provider says of itself. Unavailable where it never did."""
        try:
            return self._metadata.get()
        except Unavailable as trouble:
            raise self.unavailable() from trouble

    def authorization_url(
        self, *, redirect_uri: str, state: str, nonce: str, code_challenge: str, fresh: bool = False
    ) -> str:
        """Return where to send the browser (OpenID Connect Core section 3.1.2.1, RFC 7636 section 4.3).

        ``max_age`` makes a provider send ``auth_time``; ``fresh`` demands that it ask the person again (MF-3).
        """
        scopes = self.registration.scopes.split()
        query = {
            "response_type": "code",
            "client_id": self.registration.client_id,
            "redirect_uri": redirect_uri,
            "scope": " ".join(scopes if "openid" in scopes else ["openid", *scopes]),
            "state": state,
            "nonce": nonce,
            "code_challenge": code_challenge,
            "code_challenge_method": pkce.METHOD,
            "max_age": str(FRESH_SECONDS),
        }
        if fresh:
            query["prompt"] = "login"
        endpoint = self.metadata().authorization_endpoint
        return f"{endpoint}{'&' if urlsplit(endpoint).query else '?'}{urlencode(query)}"

    def redeem(self, code: str, *, redirect_uri: str, code_verifier: str) -> Redeemed:
        """Exchange a code for tokens. NotAllowed where the provider says no, Unavailable where it says nothing."""
        metadata = self.metadata()
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": redirect_uri,
            "code_verifier": code_verifier,
        }
        authorization = self._authenticate(form, metadata)
        try:
            answer = self._http.post(
                metadata.token_endpoint, form, authorization=authorization, seconds=TOKEN_SECONDS
            )
        except Unavailable as trouble:
            raise self.unavailable() from trouble
        if answer.status >= 500:  # noqa: PLR2004 - the class of the server's own trouble
            raise self.unavailable()
        return self._tokens(answer.status, answer.body, metadata)

    def userinfo(self, access_token: str) -> Mapping[str, Any]:
        """Return the claims of the userinfo endpoint (OpenID Connect Core section 5.3); none where there is none."""
        endpoint = self.metadata().userinfo_endpoint
        if endpoint is None:
            return {}
        try:
            reply = self._http.get(endpoint, authorization=f"Bearer {access_token}", seconds=USERINFO_SECONDS)
        except Unavailable as trouble:
            raise self.unavailable() from trouble
        if not isinstance(reply, dict):
            raise InvalidToken("userinfo is not an object")
        return reply

    def unavailable(self) -> Unavailable:
        """Return the refusal for a provider that is down, slow, or gives what cannot be read."""
        return Unavailable(
            said("{name} cannot be reached right now: try again, or log in another way.", name=self.name)
        )

    def refused(self) -> NotAllowed:
        """Return the refusal for an answer that must not be believed; the reason is for the log alone."""
        return NotAllowed(
            said("What {name} answered could not be trusted, so nothing was done.", name=self.name),
            code="provider_refused",
        )

    def _tokens(self, status: int, body: Any, metadata: Metadata) -> Redeemed:
        reply: Mapping[str, Any] = body if isinstance(body, dict) else {}
        if status != 200 or not isinstance(reply.get("id_token"), str):  # noqa: PLR2004 - the status's own name
            raise InvalidToken(f"the token endpoint answered {status} without an ID token")
        access_token = reply.get("access_token")
        if access_token is not None and not _is_bearer_text(access_token):
            raise InvalidToken("the access token is not one")
        return Redeemed(reply["id_token"], access_token, metadata.algorithms)

    def _authenticate(self, form: dict[str, str], metadata: Metadata) -> str | None:
        """Return our ``Authorization``; where the provider knows only bodies, write into the form instead."""
        client_id, secret = self.registration.client_id, self.registration.secret()
        if metadata.secret_in_body:
            form |= {"client_id": client_id, "client_secret": secret}
            return None
        pair = f"{quote_plus(client_id)}:{quote_plus(secret)}"  # RFC 6749 section 2.3.1
        return f"Basic {base64.b64encode(pair.encode()).decode()}"

    def _discover(self) -> Metadata:
        issuer = self.registration.issuer
        return read_metadata(self._http.get(discovery_url(issuer), seconds=DISCOVERY_SECONDS), issuer=issuer)

    def _fetch_keys(self) -> object:
        return self._http.get(self._metadata.get().jwks_uri, seconds=KEYS_SECONDS)


def _is_bearer_text(value: object) -> bool:
    return (
        isinstance(value, str)
        and 0 < len(value) <= claim.MAX_NAME_CHARACTERS * 32
        and value.isascii()
        and value.isprintable()
        and " " not in value
    )
