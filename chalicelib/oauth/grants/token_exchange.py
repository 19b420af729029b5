"""Token exchange (RFC 8693): a service that was called with a person's token gets its own, to call another API for the person.

The new token says who acts (``act``), lives no longer than the one that it was got for, and carries no more than the
log-in behind that one may have at the other API: docs/decisions/0099-token-exchange.md.
"""

from dataclasses import dataclass, replace
from typing import NoReturn

from chalicelib import logs, scopes
from chalicelib.audit.trail import Audit, Source
from chalicelib.errors import InvalidToken, Taken
from chalicelib.jose.claims import AccessClaims
from chalicelib.oauth.client import Client
from chalicelib.oauth.errors import OAuthRefusal
from chalicelib.oauth.grants.forms import Form, required, resources, scope
from chalicelib.oauth.introspection import ShownTokens
from chalicelib.oauth.resource import comparable
from chalicelib.oauth.resource_indicators import ResourceIndicators, spoken_for
from chalicelib.oauth.token_issuance import Tokens
from chalicelib.sessions.resource_scopes import Audience, resources_of, scopes_at
from chalicelib.store import Store
from chalicelib.store.retrying import retrying
from chalicelib.tokens.access_tokens import AccessTokenIssuer, Grant, Held, Issued
from chalicelib.world import World

ACCESS_TOKEN = "urn:ietf:params:oauth:token-type:access_token"  # noqa: S105 - the name of a type (section 3)


@dataclass(frozen=True, slots=True)
class TokenExchangeGrant:
    """Gives a service a token for another API in the name of the person whose token it was called with."""

    store: Store
    world: World
    shown: ShownTokens
    access: AccessTokenIssuer
    indicators: ResourceIndicators
    audit: Audit

    def redeem(self, form: Form, client: Client, *, jkt: str | None, source: Source) -> Tokens:
        """Return an access token alone. Raises OAuthRefusal: ``invalid_request`` for any fault of the subject token."""
        _check_types(form)
        subject, audience = required(form, "subject_token"), self._audience(form, client)

        def attempt() -> Issued:
            held = self._subject(subject, client)
            grant = self._grant(held.claims, audience, client)
            issued = self.access.issue(replace(grant, jkt=jkt))
            detail = {
                "client_id": client.client_id,
                "client": client.name,
                "resource": " ".join(grant.audience),
                "scope": scopes.text(grant.scope),
            }
            audit = self.audit.write("token_exchanged", target=grant.sub, source=source, **detail)
            self.store.commit(*held.checks, *issued.writes, audit)
            return issued

        issued = retrying(attempt, busy=Taken("The account is being changed by others: try again."))
        return Tokens(
            issued.token,
            issued.expires_in,
            scopes.text(issued.scope),
            token_type=issued.token_type,
            issued_token_type=ACCESS_TOKEN,
        )

    def _audience(self, form: Form, client: Client) -> Audience:
        """Return the APIs that are asked for and the client's scopes there; ``audience`` is another name of ``resource``."""
        named = (form["audience"],) if "audience" in form else ()
        _, audience = self.indicators.asked((*resources(form), *named), client, scope(form))
        into = set(map(comparable, client.options.exchanges_into))
        if not audience or not into.issuperset(map(comparable, resources_of(audience))):
            raise OAuthRefusal(
                "invalid_target", "Name the API that the token is for, one that the client is registered for."
            )
        return audience

    def _subject(self, text: str, client: Client) -> Held:
        """Return what the subject token holds now, and the demand that it stays so: a person's, meant for this service."""
        try:
            claims = self.shown.verify(text)
            self._check(claims, client)
            return self.shown.standing.look(claims)
        except InvalidToken as fault:
            _refuse(client, fault)

    def _check(self, claims: AccessClaims, client: Client) -> None:
        if claims.iss != self.shown.issuer or claims.sid is None:
            raise InvalidToken("it is no person's of ours")
        if spoken_for(client, claims.aud) is None:
            raise InvalidToken("it is not for an API that the client speaks for")
        if claims.act is not None:
            raise InvalidToken("it was exchanged before")
        if claims.jkt is not None:
            raise InvalidToken("it is bound to a key that is not the service's")
        if claims.exp <= self.world.timestamp():
            raise InvalidToken("it has expired")  # within the leeway: nothing is left to give

    def _grant(self, subject: AccessClaims, audience: Audience, client: Client) -> Grant:
        """Return what the new token says: judged as it will be wherever it is shown."""
        wanted = AccessClaims(
            **vars(subject)
            | {
                "client_id": client.client_id,
                "scope": scopes_at(audience),
                "aud": resources_of(audience),
                "act": client.subject,
            }
        )
        try:
            held = self.shown.standing.look(wanted).claims
        except InvalidToken as fault:
            _refuse(client, fault)
        if not held.scope:
            raise OAuthRefusal("invalid_scope", "The person's log-in was granted none of these scopes there.")
        return Grant(
            sub=held.sub,
            client_id=held.client_id,
            scope=held.scope,
            sid=held.sid,
            auth_time=held.auth_time,
            amr=held.amr,
            audience=held.aud,
            act=held.act,
            not_after=subject.exp,
        )


def _check_types(form: Form) -> None:
    """Demand one access token for another (section 2.1). Whoever acts authenticates as the client, and by nothing else."""
    types = (required(form, "subject_token_type"), form.get("requested_token_type", ACCESS_TOKEN))
    if types != (ACCESS_TOKEN, ACCESS_TOKEN):
        raise OAuthRefusal(
            "invalid_request", f"Tokens of the type {ACCESS_TOKEN} are exchanged, for one more."
        )
    if "actor_token" in form or "actor_token_type" in form:
        raise OAuthRefusal(
            "invalid_request", "The client that authenticates is the actor: send no actor_token."
        )


def _refuse(client: Client, fault: InvalidToken) -> NoReturn:
    """Say that the subject token is not accepted; why is for the log (section 2.2.2)."""
    logs.log("subject_token_refused", client_id=client.client_id, reason=fault.reason)
    raise OAuthRefusal(
        "invalid_request", "The subject token is no good token of a person for this service."
    ) from None
