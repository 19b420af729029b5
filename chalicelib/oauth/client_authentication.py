"""Client authentication at the token endpoint and its neighbours (RFC 6749 section 2.3): one method a request (OP-5)."""

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import unquote_plus

from chalicelib import logs
from chalicelib.audit.trail import Audit, Source
from chalicelib.credentials.throttling import Throttle
from chalicelib.errors import InvalidToken
from chalicelib.keys.secret_hash import is_one_of
from chalicelib.oauth import assertions
from chalicelib.oauth.assertions import Assertions
from chalicelib.oauth.client import Client
from chalicelib.oauth.client_documents import ClientDocuments
from chalicelib.oauth.errors import OAuthRefusal

UNKNOWN_PER_NETWORK = 100  # wrong client ids from one network in ten minutes
TEN_MINUTES = 600
MAX_BASIC_CHARACTERS = 1024

# What discovery lists, and what `Client.auth_method` may be.
METHODS = ("client_secret_basic", "client_secret_post", "private_key_jwt", "none")


@dataclass(frozen=True, slots=True)
class Credentials:
    """Who a client says it is, and by what. At most one of the two is given."""

    client_id: str
    secret: str | None = None
    assertion: str | None = None


def read(form: Mapping[str, str], authorization: str | None) -> Credentials:
    """Return the credentials of a request; raise OAuthRefusal where there are none, two, or two names."""
    ways = [name for name in ("client_secret", "client_assertion") if name in form]
    if authorization is not None:
        ways.append("Authorization")
    if len(ways) > 1:
        raise OAuthRefusal("invalid_request", "Authenticate by one method: the request has two.")
    if authorization is not None:
        found = _basic(authorization)
    elif "client_assertion" in form:
        found = _asserted(form)
    elif "client_id" in form:
        found = Credentials(form["client_id"], form.get("client_secret"))
    else:
        raise OAuthRefusal("invalid_client", "The client does not say who it is.")
    if form.get("client_id", found.client_id) != found.client_id:
        raise OAuthRefusal("invalid_request", "client_id is not the client that authenticates.")
    return found


def _basic(header: str) -> Credentials:
    scheme, _, encoded = header.partition(" ")
    problem = OAuthRefusal("invalid_client", "The Authorization header is not HTTP Basic of id and secret.")
    if scheme.lower() != "basic" or len(encoded) > MAX_BASIC_CHARACTERS:
        raise problem
    try:
        name, _, secret = base64.b64decode(encoded.strip(), validate=True).decode("utf-8").partition(":")
        # RFC 6749 section 2.3.1: both are form-encoded before they are joined.
        # An empty secret is one left out: so public clients speak that know nothing but Basic.
        return Credentials(unquote_plus(name, errors="strict"), unquote_plus(secret, errors="strict") or None)
    except ValueError:  # not ASCII, not base64, or not UTF-8
        raise problem from None


def _asserted(form: Mapping[str, str]) -> Credentials:
    if form.get("client_assertion_type") != assertions.TYPE:
        raise OAuthRefusal("invalid_client", f"client_assertion_type must be {assertions.TYPE}.")
    client_id = assertions.subject(form["client_assertion"])
    if client_id is None:
        raise OAuthRefusal("invalid_client", "The client assertion cannot be read.")
    return Credentials(client_id, assertion=form["client_assertion"])


@dataclass(frozen=True, slots=True)
class ClientAuthentication:
    """Judges credentials."""

    clients: ClientDocuments
    assertions: Assertions
    throttle: Throttle
    audit: Audit

    def authenticate(self, credentials: Credentials, *, source: Source) -> Client:
        """Return the client; raise OAuthRefusal ``invalid_client``, or SlowDown after many wrong guesses.

        A secret has 256 bits, so no lock is needed to protect it and none can be used to shut a client out: only
        wrong guesses are counted and, past the budget, have to wait (TH-1, TH-5).
        """
        client = self.clients.known(credentials.client_id, source=source)
        if client is None:
            self.throttle.spend(
                "unknown_client", source.network, limit=UNKNOWN_PER_NETWORK, seconds=TEN_MINUTES
            )
            self.audit.count_nobody("client_refused")
            raise _refused()
        if not self._proves(credentials, client) and not self._proves_by_newer(credentials, client, source):
            self._count_guess(client, source)
            raise _refused()
        if client.disabled:
            self.audit.count_nobody("client_refused")
            raise OAuthRefusal("invalid_client", "The client is disabled.")
        return client

    def confidential(self, credentials: Credentials, *, source: Source) -> Client:
        """Return a client that has really proven itself, which a public one cannot."""
        client = self.authenticate(credentials, source=source)
        if client.public:
            raise OAuthRefusal("invalid_client", "A public client cannot do this.")
        return client

    def _proves(self, credentials: Credentials, client: Client) -> bool:
        if client.auth_method == "none":
            return credentials.secret is None and credentials.assertion is None
        if client.auth_method == "private_key_jwt":
            return credentials.assertion is not None and self._is_good(credentials.assertion, client)
        if credentials.secret is None:
            return False
        return is_one_of(credentials.secret, (secret.hashed for secret in client.secrets))

    def _proves_by_newer(self, credentials: Credentials, client: Client, source: Source) -> bool:
        """Return whether a client proves itself by keys that its document has by now: it may just have changed them."""
        if credentials.assertion is None:
            return False
        newer = self.clients.newer(client, source=source)
        return newer is not None and not newer.disabled and self._proves(credentials, newer)

    def _is_good(self, assertion: str, client: Client) -> bool:
        try:
            self.assertions.check(assertion, client)
        except InvalidToken as refusal:
            logs.log("client_assertion_refused", client_id=client.client_id, reason=refusal.reason)
            return False
        return True

    def _count_guess(self, client: Client, source: Source) -> None:
        self.audit.count_nobody("client_refused")
        with self.throttle.reserve(account=client.subject, network=source.ip) as reservation:
            reservation.failed()


def _refused() -> OAuthRefusal:
    return OAuthRefusal("invalid_client", "The client is unknown or did not prove itself.")
