"""Rotating keys, written down who did it: what it means is said before (LG-1, KM-2)."""

from dataclasses import dataclass
from typing import ClassVar, Literal

from chalicelib.audit.doers import AT_THE_COMMAND_LINE, Doer
from chalicelib.audit.trail import Audit, Source
from chalicelib.i18n.said import said
from chalicelib.keys.key_ring import EMERGENCY_SECONDS, KeyRing
from chalicelib.keys.mac_keys import MacKeys
from chalicelib.keys.rotation import Noting
from chalicelib.store import Write

Ring = Literal["signing", "refresh"]

RINGS: tuple[Ring, ...] = ("signing", "refresh")
EMERGENCIES: dict[Ring, str] = {
    "signing": said(
        "Every access token that is out stops working, everywhere within {seconds} s, and has to be refreshed; "
        "sessions go on.",
        seconds=EMERGENCY_SECONDS,
    ),
    "refresh": said("Everybody has to log in again."),
}


@dataclass(frozen=True, slots=True)
class Rotated:
    """A new key, and when it comes into use, in seconds since the epoch."""

    ring: Ring
    kid: str
    used_from: int


@dataclass(frozen=True, slots=True)
class KeyRotation:
    """Rotates either ring; ``emergencies`` is what it means, by ring, when its keys have leaked."""

    emergencies: ClassVar[dict[Ring, str]] = EMERGENCIES

    signing: KeyRing
    refresh: MacKeys
    audit: Audit

    def rotate(
        self,
        ring: Ring,
        *,
        emergency: bool = False,
        ahead_seconds: int = 0,
        source: Source,
        doer: Doer = AT_THE_COMMAND_LINE,
    ) -> Rotated:
        """Start to use a new key; in an emergency the old ones stop counting at once, as EMERGENCIES says.

        Raises Invalid ``too_many_keys``, and WrongMasterKey before anything is wrapped that nobody could unwrap.
        """
        noting = self._noting(ring, "emergency" if emergency else "ordinary", source, doer)
        if not emergency:
            (self.signing if ring == "signing" else self.refresh).check()
        if ring == "signing":
            kid = self.signing.rotate(emergency=emergency, ahead_seconds=ahead_seconds, noting=noting)
            begins = {key.kid: key.signs_from for key in self.signing.list()}
        else:
            kid = self.refresh.rotate(emergency=emergency, noting=noting)
            begins = {key.kid: key.used_from for key in self.refresh.list()}
        return Rotated(ring, kid, begins[kid])

    def _noting(self, ring: Ring, kind: str, source: Source, doer: Doer) -> Noting:
        def noting(kid: str) -> tuple[Write, ...]:
            line = self.audit.write(
                "keys_rotated", target=f"keys:{ring}", actor=doer.actor, source=source, kid=kid, kind=kind
            )
            return (line, *doer.demands())

        return noting
