"""All second factors of a person together: what a log-in asks for, and what a reset has ended.

They stand beside their user, so that a log-in's one query reads them too. A factor counts from the moment that it was
proven once; recovery codes stand in for a factor and are none themselves.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from chalicelib.credentials.factor_records import (
    PREFIX,
    Device,
    FactorRecord,
    NewTotp,
    Passkey,
    RecoveryCodes,
    Reset,
    Totp,
)
from chalicelib.store import Forget, Key, Record, Write

PASSKEY, TOTP, RECOVERY_CODE = "passkey", "totp", "recovery_code"
KINDS = (PASSKEY, TOTP, RECOVERY_CODE)  # in the order in which they are offered
MAX_PASSKEYS = 20
MAX_DEVICES = 10
MAX_RECORDS = MAX_PASSKEYS + MAX_DEVICES + 4  # of one person, all kinds together


@dataclass(frozen=True, slots=True)
class Factors:
    """All of one person, as read at one moment; what a reset has ended is in ``void`` alone."""

    totp: Totp | None = None
    new_totp: NewTotp | None = None
    passkeys: tuple[Passkey, ...] = ()
    recovery_codes: RecoveryCodes | None = None
    devices: tuple[Device, ...] = ()
    reset: Reset | None = None
    void: tuple[Key, ...] = ()

    @classmethod
    def of(cls, records: Iterable[Record], *, now: float) -> "Factors":
        """Return the factors among a user's records."""
        found: dict[type[FactorRecord], list[Any]] = {kind: [] for kind in _KINDS}
        for record in records:
            kind = _kind_of(record.key.sort)
            if kind is not None:
                found[kind].append(kind.from_record(record))
        reset: Reset | None = _one(found[Reset])
        if reset is None or now < reset.due_at:
            return cls._of(found, reset=reset)
        void = tuple(each.key for some in found.values() for each in some if each.created_at <= reset.due_at)
        kept = {kind: [each for each in some if each.key not in void] for kind, some in found.items()}
        return cls._of(kept, reset=None, void=void)

    @classmethod
    def _of(
        cls, found: Mapping[type[FactorRecord], list[Any]], *, reset: Reset | None, void: tuple[Key, ...] = ()
    ) -> "Factors":
        return cls(
            totp=_one(found[Totp]),
            new_totp=_one(found[NewTotp]),
            passkeys=tuple(found[Passkey]),
            recovery_codes=_one(found[RecoveryCodes]),
            devices=tuple(found[Device]),
            reset=reset,
            void=void,
        )

    @property
    def kinds(self) -> tuple[str, ...]:
        """Return what the person can be asked for; nothing where there is no second factor."""
        if not self.is_set:
            return ()
        codes = self.recovery_codes.hashes if self.recovery_codes else ()
        there = {PASSKEY: self.passkeys, TOTP: self.totp, RECOVERY_CODE: codes}
        return tuple(kind for kind in KINDS if there[kind])

    @property
    def is_set(self) -> bool:
        """Return whether a log-in of this person needs a second factor."""
        return self.totp is not None or bool(self.passkeys)

    def clearing(self) -> tuple[Write, ...]:
        """Return the writes that remove what a reset has ended."""
        return tuple(Forget(key) for key in self.void)

    def forgetting(self) -> tuple[Write, ...]:
        """Return the writes that remove everything here."""
        single = (self.totp, self.new_totp, self.recovery_codes, self.reset)
        every = (*(each for each in single if each), *self.passkeys, *self.devices)
        return (*(Forget(each.key) for each in every), *self.clearing())


NONE = Factors()
_KINDS: tuple[type[FactorRecord], ...] = (Totp, NewTotp, Passkey, RecoveryCodes, Device, Reset)


def _kind_of(sort: str) -> type[FactorRecord] | None:
    name = sort.removeprefix(PREFIX) if sort.startswith(PREFIX) else ""
    return next(
        (
            kind
            for kind in _KINDS
            if name == kind.sort or (kind.sort[-1] == "#" and name.startswith(kind.sort))
        ),
        None,
    )


def _one(some: list[Any]) -> Any:
    return some[0] if some else None
