"""One second factor as a value, of each kind: what is stored of it, beside its user."""

from dataclasses import dataclass
from typing import ClassVar, Self

from chalicelib.store import Insert, Key, Record, Replace, Write
from chalicelib.store.owned_partitions import partition_of
from chalicelib.store.stored_values import StoredRecord

PREFIX = "factor#"


@dataclass(frozen=True, slots=True)
class FactorRecord(StoredRecord):
    """What all kinds share. ``created_at`` is seconds since the epoch."""

    sort: ClassVar[str]

    user_id: str
    factor_id: str
    created_at: int

    @property
    def key(self) -> Key:
        """Return where it lives: beside its user; of a kind whose ``sort`` ends in ``#`` there may be several."""
        several = self.factor_id if self.sort.endswith("#") else ""
        return Key(partition_of("user", self.user_id), PREFIX + self.sort + several)

    def inserting(self, *, expires_at: int | None = None) -> Write:
        """Return the write that makes it."""
        return Insert(self.key, self.data(), expires_at=expires_at)

    def replacing(self, new: Self, *, expires_at: int | None = None) -> Write:
        """Return the write that turns it, as read, into another state of it, which is kept as long unless said."""
        return Replace(self.read, new.data(), expires_at=expires_at or self.read.expires_at)

    @property
    def read(self) -> Record:
        """Return the record that it was read from."""
        if self.record is None:
            raise ValueError("only a factor that was read can be changed")
        return self.record


@dataclass(frozen=True, slots=True)
class Totp(FactorRecord):
    """An authenticator app: its secret, wrapped, and the last time step whose code was taken (RFC 6238)."""

    sort: ClassVar[str] = "totp"

    secret: str
    last_step: int = 0


@dataclass(frozen=True, slots=True)
class NewTotp(Totp):
    """An authenticator app that has not shown a code yet: it guards nothing and ends by itself."""

    sort: ClassVar[str] = "new-totp"


@dataclass(frozen=True, slots=True)
class Passkey(FactorRecord):
    """A passkey (WebAuthn section 4, credential record). Octets are base64url without padding."""

    sort: ClassVar[str] = "passkey#"

    credential_id: str
    public_key: str  # COSE, as CBOR
    name: str
    sign_count: int = 0
    backup_eligible: bool = False  # may be on several devices: it is no hardware key
    backed_up: bool = False
    transports: tuple[str, ...] = ()
    last_used_at: int = 0


@dataclass(frozen=True, slots=True)
class RecoveryCodes(FactorRecord):
    """The codes that are left, as hashes."""

    sort: ClassVar[str] = "recovery-codes"

    hashes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Device(FactorRecord):
    """A browser that is not asked again for a while. ``created_at`` is when a factor was proven there.

    ``epoch`` is the person's then: a new password, another factor or the end of all sessions forgets every device.
    """

    sort: ClassVar[str] = "device#"

    secret_hash: str
    epoch: int
    user_agent: str = ""


@dataclass(frozen=True, slots=True)
class Reset(FactorRecord):
    """An operator's word that all factors made before ``due_at`` end then: the person has lost them."""

    sort: ClassVar[str] = "reset"

    due_at: int
