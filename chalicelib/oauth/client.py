"""One client as a value: a program that may ask us for tokens, and what it may ask for."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, NewType

from chalicelib import logs, scopes
from chalicelib.oauth.client_options import USUAL, ClientOptions
from chalicelib.scopes import NONE, Scopes
from chalicelib.store import Key
from chalicelib.store.stored_values import StoredRecord, StoredValue, stored_unless_default

ClientId = NewType("ClientId", str)

DIRECTORY = "clients"
PLACES = "registered"
SUBJECT_PREFIX = "client:"  # no user id has a colon, so no machine is ever taken for a person (SC-4)

AUTHORIZATION_CODE = "authorization_code"
REFRESH_TOKEN = "refresh_token"  # noqa: S105 - the name of a grant
CLIENT_CREDENTIALS = "client_credentials"
DEVICE_CODE = "urn:ietf:params:oauth:grant-type:device_code"
TOKEN_EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange"  # noqa: S105 - the name of a grant
SHORT_GRANTS = {  # by what operators call them
    "authorization_code": AUTHORIZATION_CODE,
    "refresh_token": REFRESH_TOKEN,
    "client_credentials": CLIENT_CREDENTIALS,
    "device_code": DEVICE_CODE,
    "token_exchange": TOKEN_EXCHANGE,
}
GRANTS = (AUTHORIZATION_CODE, REFRESH_TOKEN, CLIENT_CREDENTIALS, DEVICE_CODE, TOKEN_EXCHANGE)


class Origin(StrEnum):
    """Who says what a client is: an operator here, or the client itself, whom nobody has verified."""

    OPERATOR = "operator"
    DOCUMENT = "document"  # at the address that is its id (draft-ietf-oauth-client-id-metadata-document)
    REGISTRATION = "registration"  # sent by itself (RFC 7591)


@dataclass(frozen=True, slots=True)
class Secret(StoredValue):
    """What is kept of a client's secret: its hash, and when it was made."""

    hashed: str
    created_at: int


@dataclass(frozen=True, slots=True)
class DynamicRegistration(StoredValue):
    """What is kept of a client's registering itself (RFC 7591): the hashes of its tokens, the newest first, and what it said.

    ``place`` is the one that it takes among openly registered clients; one that an initial access token let in has none.
    """

    access_tokens: tuple[str, ...]
    auth_method: str
    application_type: str | None = None
    place: int | None = None


@dataclass(frozen=True, slots=True)
class Described(StoredValue):
    """What is kept of the document that a client is described by: when it was fetched and how long that holds, in seconds.

    ``version`` names what it says; ``jwks_uri`` is where its keys are, if not in it.
    """

    fetched_at: int
    fresh_seconds: int
    version: str
    jwks_uri: str | None = None


@dataclass(frozen=True, slots=True)
class Client(StoredRecord):
    """A registered program. A public one has no secret; one with ``jwks`` proves itself by its own key."""

    client_id: ClientId
    name: str
    created_at: int
    public: bool = False
    redirect_uris: tuple[str, ...] = ()
    post_logout_redirect_uris: tuple[str, ...] = ()
    grants: tuple[str, ...] = ()
    scopes: Scopes = NONE
    secrets: tuple[Secret, ...] = ()
    jwks: dict[str, Any] | None = None
    resource_server: bool = False  # may introspect every access token, not only its own
    disabled: bool = False
    options: ClientOptions = field(default=USUAL, metadata=stored_unless_default())
    origin: Origin = field(default=Origin.OPERATOR, metadata=stored_unless_default())
    registered: DynamicRegistration | None = field(default=None, metadata=stored_unless_default())
    document: Described | None = field(default=None, metadata=stored_unless_default())

    @property
    def subject(self) -> str:
        """Return the ``sub`` of tokens that the client gets for itself."""
        return SUBJECT_PREFIX + self.client_id

    @property
    def auth_method(self) -> str:
        """Return how it proves itself, in the words of OpenID Connect Core section 9."""
        if self.public:
            return "none"
        return "private_key_jwt" if self.jwks is not None else "client_secret"

    @property
    def newest_secret(self) -> str:
        """Return a name of its newest secret, which tells nothing of it."""
        return self.secrets[0].hashed[:16] if self.secrets else ""

    @property
    def vouched(self) -> bool:
        """Return whether an operator registered it; people are told of any other that nobody has verified it."""
        return self.origin is Origin.OPERATOR

    @property
    def trusted(self) -> bool:
        """Return whether it is one of our own, about which nobody is asked (OP-7): never one that an operator does not know."""
        return self.vouched and self.options.trusted

    @property
    def called(self) -> str:
        """Return how lists and trails call it: by the host of its document, which it cannot invent as it does its name."""
        if self.origin is not Origin.DOCUMENT:
            return self.name
        return f"{self.client_id.split('/')[2]} ({self.name})"

    @property
    def version(self) -> str | None:
        """Return which version of its document it is as; None for one without."""
        return None if self.document is None else self.document.version

    @property
    def is_told(self) -> bool:
        """Return whether it is told of log-outs (OpenID Connect Back-Channel Logout 1.0)."""
        return self.options.backchannel_logout_uri is not None

    @property
    def reads_id_token(self) -> bool:
        """Return whether its ID tokens say who the person is: by default those of servers do, as their libraries expect.

        A public client's does not: it ends up in the addresses of log-outs, and userinfo tells the same.
        """
        wished = self.options.id_token_claims
        return not self.public if wished is None else wished

    def allowed(self, requested: Scopes | None) -> Scopes:
        """Return what the client may have of what it requests; what it may not is left out and named in the log."""
        if requested is not None and (left_out := requested - self.scopes):
            logs.log("scopes_left_out", client_id=self.client_id, scopes=" ".join(sorted(left_out)))
        return scopes.grant(requested=requested, entitled=self.scopes)

    def may(self, grant: str) -> bool:
        """Return whether it may use a grant (OP-4)."""
        return grant in self.grants


def client_key(client_id: str) -> Key:
    """Return where a client lives."""
    return Key(f"client#{client_id}", "client")


def directory_key(client: Client) -> Key:
    """Return the client's line in the directory, in the order of registration."""
    return Key(DIRECTORY, f"{client.created_at:012d}#{client.client_id}")


def place_key(place: int) -> Key:
    """Return where one of the places of clients that registered themselves is taken."""
    return Key(PLACES, f"{place:07d}")
