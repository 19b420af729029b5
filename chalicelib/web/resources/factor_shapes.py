"""The shapes of second factors in answers."""

from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:  # the authorizer loads every shape and makes none
    from chalicelib.credentials.factors import Factors


class FactorShape(msgspec.Struct, frozen=True, omit_defaults=True):
    """One factor, or a remembered browser. Times are seconds since the epoch."""

    factor_id: str
    kind: str
    created_at: int
    name: str | None = None
    last_used_at: int | None = None
    backed_up: bool | None = None


class FactorList(msgspec.Struct, frozen=True):
    """What there is; ``reset_at`` is when an operator's reset takes them away, if one was begun."""

    factors: list[FactorShape]
    recovery_codes_left: int
    devices: list[FactorShape]
    reset_at: int | None

    @classmethod
    def of(cls, factors: "Factors") -> "FactorList":
        app = [FactorShape("totp", "totp", factors.totp.created_at)] if factors.totp else []
        passkeys = [
            FactorShape(
                each.factor_id, "passkey", each.created_at, each.name, each.last_used_at, each.backed_up
            )
            for each in factors.passkeys
        ]
        devices = [
            FactorShape(each.factor_id, "device", each.created_at, each.user_agent)
            for each in factors.devices
        ]
        codes = factors.recovery_codes.hashes if factors.recovery_codes else ()
        return cls(passkeys + app, len(codes), devices, factors.reset.due_at if factors.reset else None)


class EnrolmentShape(msgspec.Struct, frozen=True):
    """The secret of a new authenticator app, shown once: as text, as URI and as a picture (SVG)."""

    secret: str
    uri: str
    qr: str


class CodesShape(msgspec.Struct, frozen=True):
    """Ten recovery codes, shown once."""

    codes: list[str]
