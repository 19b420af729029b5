"""Authenticator apps: time-based one-time passwords of six digits in thirty seconds (RFC 6238, RFC 4226).

A code of the step before or after counts too, by our own clock; each step counts once (MF-1). The secret is wrapped
(MF-4). What a guess may cost is in ``docs/decisions/0083-second-factors.md``.
"""

import hmac
import re
from dataclasses import dataclass, replace

from chalicelib.credentials.factor_records import NewTotp, Totp
from chalicelib.keys.key_wrapping import Wrapper, unwrapped
from chalicelib.store import Remove, Write
from chalicelib.users.user import User
from chalicelib.world import World

SECRET_BYTES = 20  # RFC 4226 section 4, R6: as long as the hash
STEP_SECONDS = 30  # RFC 6238 section 5.2
NEAR = (0, -1, 1)  # steps: the app's clock may differ by one
NEW_SECONDS = 15 * 60  # how long a new secret waits for its first code

_CODE = re.compile(r"[0-9]{6}")
_GAPS = str.maketrans("", "", " -")


@dataclass(frozen=True, slots=True)
class Enrolment:
    """What the app has to learn, shown once: the secret in base32, and the same as a ``otpauth:`` URI."""

    secret: str
    uri: str


class Totps:
    """Makes secrets and judges codes."""

    def __init__(self, wrapper: Wrapper, world: World, *, label: str) -> None:
        self._wrapper = wrapper
        self._world = world
        self._label = label  # what the app shows: where the code is for

    def enrolling(self, user: User, before: NewTotp | None) -> tuple[Enrolment, Write]:
        """Return a new secret and the write that keeps it, in place of one before that has shown no code yet."""
        import base64

        from pyotp import TOTP

        plain = self._world.random_bytes(SECRET_BYTES)
        secret = base64.b32encode(plain).decode()
        now = self._world.timestamp()
        wrapped = self._wrapper.wrap(plain, context=_context(user.user_id))
        new = NewTotp(user.user_id, NewTotp.sort, now, wrapped)
        uri = TOTP(secret, name=user.username, issuer=self._label).provisioning_uri()
        until = now + NEW_SECONDS
        write = new.inserting(expires_at=until) if before is None else before.replacing(new, expires_at=until)
        return Enrolment(secret, uri), write

    def step_of(self, totp: Totp, code: str) -> int | None:
        """Return the time step whose code it is, used or not; None for a wrong one."""
        import base64

        from pyotp import TOTP

        if not _CODE.fullmatch(given := code.translate(_GAPS)):
            return None
        plain = unwrapped(self._wrapper, totp.secret, context=_context(totp.user_id))
        codes = TOTP(base64.b32encode(plain).decode())
        now = self._world.timestamp() // STEP_SECONDS
        found = [step for step in (now + near for near in NEAR) if _same(codes.generate_otp(step), given)]
        return found[0] if found else None

    @staticmethod
    def is_spent(totp: Totp, step: int) -> bool:
        """Return whether a step counts no more: it, or a later one, was taken."""
        return step <= totp.last_step

    @staticmethod
    def spending(totp: Totp, step: int) -> Write:
        """Return the write that takes a step: of two commits that hold it one fails (MF-1)."""
        if step <= totp.last_step:
            raise ValueError("the step was taken before")
        return totp.replacing(replace(totp, last_step=step))

    def confirming(self, new: NewTotp, old: Totp | None, step: int) -> tuple[Write, ...]:
        """Return the writes that make a new app count, in place of the old one; its first code is taken by it."""
        kept = Totp(new.user_id, Totp.sort, self._world.timestamp(), new.secret, last_step=step)
        made = kept.inserting() if old is None else old.replacing(kept)
        return Remove(new.read), made


def _same(one: str, other: str) -> bool:
    return hmac.compare_digest(one, other)


def _context(user_id: str) -> str:
    return f"totp:{user_id}"
