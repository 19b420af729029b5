"""Devices that ask for access: a long code for the program, a short one for the person (RFC 8628)."""

import re
from dataclasses import dataclass, field, replace

from chalicelib import scopes
from chalicelib.audit.trail import Audit, Source
from chalicelib.credentials.throttling import Throttle
from chalicelib.keys.secret_hash import hash_of
from chalicelib.oauth.client import Client
from chalicelib.oauth.consents import Consents, Wanted
from chalicelib.oauth.errors import OAuthRefusal
from chalicelib.oauth.resource_indicators import ResourceIndicators
from chalicelib.sessions.resource_scopes import Audience, ResourceScopes
from chalicelib.sessions.session import Session
from chalicelib.store import Check, Insert, Key, Replace, Store, Write
from chalicelib.store.records import is_good
from chalicelib.store.stored_values import StoredRecord, stored_unless_default
from chalicelib.users.user import User
from chalicelib.world import World

PREFIX = "cbd_"
SECONDS = 600  # how long a person has
INTERVAL = 5  # seconds between two polls
WINDOW = 4  # a little less, so that a punctual program never gets ``slow_down``
BEGUN_PER_NETWORK = 100  # an hour (DS-3)
HOUR = 3600

# Section 6.1: twenty consonants without look-alikes or words; 8 of them are 34 bits, for ten throttled minutes.
ALPHABET = "BCDFGHJKLMNPQRSTVWXZ"
CHARACTERS = 8
_EVEN = 256 - 256 % len(ALPHABET)  # octets from here on would favour the first letters

PENDING, APPROVED, REFUSED, SPENT = "pending", "approved", "refused", "spent"

_FORM = re.compile(r"cbd_[A-Za-z0-9_-]{43}")


@dataclass(frozen=True, slots=True)
class Device(StoredRecord):
    """A device that asks, and what became of it. Once approved it is what a person agreed to."""

    client_id: str
    scope: scopes.Scopes
    code_hash: str
    status: str = PENDING
    user_id: str = ""
    login_id: str = ""
    session_id: str = ""
    consent_id: str = ""
    # The APIs that it asks for; none: our own.
    audience: tuple[ResourceScopes, ...] = field(default=(), metadata=stored_unless_default())

    @property
    def acr_values(self) -> tuple[str, ...]:
        """Return the levels that it wishes for: none, as there is no parameter for it."""
        return ()

    @property
    def id_token_claims(self) -> tuple[str, ...]:
        """Return the claims that it asks for one by one: none, as there is no parameter for it."""
        return ()

    @property
    def is_pending(self) -> bool:
        """Return whether a person has to decide yet."""
        return self.status == PENDING

    @property
    def was_allowed(self) -> bool:
        """Return whether a person decided that it may have what it asks for."""
        return self.status in (APPROVED, SPENT)


@dataclass(frozen=True, slots=True)
class Devices:
    """Begins, finds, approves, refuses and spends."""

    store: Store
    world: World
    throttle: Throttle
    consents: Consents
    indicators: ResourceIndicators
    audit: Audit

    def begin(
        self,
        client: Client,
        wanted: scopes.Scopes | None,
        resources: tuple[str, ...] = (),
        *,
        source: Source,
    ) -> tuple[str, str]:
        """Return a device code and its user code; raise OAuthRefusal ``invalid_scope`` or ``invalid_target``."""
        granted, audience = self.indicators.asked(resources, client, wanted)
        if not granted:
            raise OAuthRefusal("invalid_scope", "The client may have none of these scopes.")
        self.throttle.spend("device", source.network, limit=BEGUN_PER_NETWORK, seconds=HOUR)
        text, user_code = PREFIX + self.world.secret(), self._user_code()
        expires_at = self.world.timestamp() + SECONDS
        device = Device(client.client_id, granted, hash_of(text), audience=audience)
        self.store.commit(
            Insert(_device_key(device.code_hash), device.data(), expires_at=expires_at),
            Insert(_user_code_key(user_code), {"code_hash": device.code_hash}, expires_at=expires_at),
        )
        return text, spaced(user_code)

    def find(self, device_code: str) -> Device | None:
        """Return the device of a device code."""
        return self._read(hash_of(device_code)) if _FORM.fullmatch(device_code) else None

    def find_by_user(self, typed: str, user: User, *, source: Source) -> Device | None:
        """Return the device of a user code as a person typed it, pending or decided by this person.

        Wrong codes are throttled (TH-1).
        """
        with self.throttle.reserve(account=f"user_code:{user.user_id}", network=source.ip) as reservation:
            device = self._by_user_code(typed, user)
            if device is None:
                reservation.failed()
            else:
                reservation.withdraw()
        return device

    def to_give(
        self, device: Device, client: Client, user: User, session: Session
    ) -> tuple[scopes.Scopes, Audience]:
        """Return what the device would get of this person at this log-in, and where.

        Raises OAuthRefusal ``invalid_target`` for an API that is registered no more.
        """
        wanted = self.consents.consentable(device.scope, client, user, session)
        return self.indicators.consentable(wanted, device.audience)

    def approve(
        self, device: Device, client: Client, user: User, session: Session, *, source: Source
    ) -> None:
        """Give the device what it asks for, as far as the log-in has it. Raises Conflict when that was decided already."""
        granted, audience = self.to_give(device, client, user, session)
        consent, giving = self.consents.giving(user.user_id, Wanted(client, granted, audience), source=source)
        approved = replace(
            device,
            status=APPROVED,
            user_id=user.user_id,
            login_id=session.session_id,
            scope=granted,
            audience=audience,
            consent_id=consent.consent_id,
        )
        checks = [Check(record) for record in (user.record, session.record) if record is not None]
        detail = {"client_id": client.client_id, "client": client.name}
        audit = self.audit.write("device_approved", target=user.user_id, source=source, **detail)
        self.store.commit(_write(device, approved), *checks, *giving, audit)

    def refuse(self, device: Device, client: Client, user: User, *, source: Source) -> None:
        """Refuse the device. Raises Conflict when that was decided already."""
        detail = {"client_id": client.client_id, "client": client.name}
        audit = self.audit.write("device_refused", target=user.user_id, source=source, **detail)
        self.store.commit(_write(device, replace(device, status=REFUSED, user_id=user.user_id)), audit)

    def spending(self, device: Device, session_id: str) -> Write:
        """Return the write that spends an approval as read: of two commits that hold it one fails."""
        if device.status != APPROVED:
            raise ValueError("only an approved device can be spent")
        return _write(device, replace(device, status=SPENT, session_id=session_id))

    def count_poll(self, device_code: str) -> None:
        """Count a question that came too early; raise OAuthRefusal ``slow_down`` for two in one interval."""
        now = self.world.timestamp()
        key = Key(f"poll#{hash_of(device_code)}", str(now // WINDOW))
        if self.store.bump(key, {"polls": 1}, expires_at=now + 2 * WINDOW)["polls"] > 1:
            raise OAuthRefusal("slow_down", f"Ask every {INTERVAL} seconds, and from now on more slowly.")

    def _read(self, code_hash: str) -> Device | None:
        (record,) = self.store.get(_device_key(code_hash))
        return Device.from_record(record) if is_good(record, SECONDS, now=self.world.now()) else None

    def _by_user_code(self, typed: str, user: User) -> Device | None:
        user_code = cleaned(typed)
        if user_code is None:
            return None
        (line,) = self.store.get(_user_code_key(user_code))
        device = self._read(line.data["code_hash"]) if line else None
        return device if device and (device.is_pending or device.user_id == user.user_id) else None

    def _user_code(self) -> str:
        letters = ""
        while len(letters) < CHARACTERS:
            even = (octet for octet in self.world.random_bytes(2 * CHARACTERS) if octet < _EVEN)
            letters += "".join(ALPHABET[octet % len(ALPHABET)] for octet in even)
        return letters[:CHARACTERS]


def cleaned(typed: str) -> str | None:
    """Return a user code as it was made, from what a person typed; None where it cannot be one."""
    letters = re.sub(r"[\s-]", "", typed[:64]).upper()
    return letters if len(letters) == CHARACTERS and set(letters) <= set(ALPHABET) else None


def spaced(user_code: str) -> str:
    """Return a user code as it is shown: ``BCDF-GHJK``."""
    return f"{user_code[:4]}-{user_code[4:]}"


def _write(old: Device, new: Device) -> Write:
    if old.record is None:
        raise ValueError("only a device that was read can be changed")
    return Replace(old.record, new.data(), expires_at=old.record.expires_at)


def _device_key(code_hash: str) -> Key:
    return Key(f"device#{code_hash}", "device")


def _user_code_key(user_code: str) -> Key:
    return Key(f"user_code#{hash_of(user_code)}", "device")
