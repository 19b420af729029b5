"""Passwords: judged when new, hashed with Argon2id, verified in whatever scheme they came in (PW-1 to PW-5).

passlib (its maintained fork libpass, D7) is imported at the first hash, never before. What was chosen and
measured stands in ``docs/decisions/0010-password-hashing.md``.
"""

import base64
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from chalicelib.credentials.hashing_threads import OF_THIS_PROCESS
from chalicelib.credentials.password_blocklist import why_weak
from chalicelib.errors import Invalid, NotAllowed
from chalicelib.i18n.said import said
from chalicelib.world import World

SHORTEST_MINIMUM = 8  # code points; ASVS 6.2.1, NIST 800-63B-4 section 3.1.1.2
MAX_BYTES = 1024  # of UTF-8: refused before hashing, so that a long text costs nothing (PW-2, DS-1)
SALT_BYTES = 16
HASH_BYTES = 32

IMPORTED_SCHEMES = (  # verified, and replaced at the next log-in; never made
    "bcrypt",
    "pbkdf2_sha256",
    "pbkdf2_sha512",
    "scrypt",
    "django_pbkdf2_sha256",
    "django_bcrypt_sha256",
    "django_bcrypt",
)


@dataclass(frozen=True, slots=True)
class Profile:
    """The cost of one Argon2id hash."""

    memory_kib: int
    passes: int
    lanes: int


OWASP_19_MIB = Profile(memory_kib=19_456, passes=2, lanes=1)  # OWASP cheat sheet; ASVS 5.0 appendix C
RFC_9106_LOW_MEMORY = Profile(memory_kib=65_536, passes=3, lanes=4)  # RFC 9106 section 4, second choice
CHEAPEST_ONLY_FOR_TESTING = Profile(memory_kib=8, passes=1, lanes=1)  # guards nothing


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether the password is right, and if so, what to store instead where the stored hash is outdated."""

    ok: bool
    new_hash: str | None = None


WRONG = Verdict(ok=False)


class Passwords:
    """Judges, hashes and verifies; in few threads, so memory is bounded (DS-1)."""

    def __init__(
        self, world: World, *, min_length: int, profile: Profile = OWASP_19_MIB, is_on: bool = True
    ) -> None:
        if min_length < SHORTEST_MINIMUM:
            raise ValueError(f"A password has at least {SHORTEST_MINIMUM} characters.")
        self._min_length = min_length
        self._profile = profile
        self.is_on = is_on  # whether anybody logs in by password (CUPBEARER_PASSWORD_LOG_IN)
        self._nobodys = _hash_of_no_password(profile, world)

    def demand_on(self) -> None:
        """Raise NotAllowed ``password_log_in_off`` where nobody logs in by password."""
        if not self.is_on:
            raise NotAllowed(
                "Nobody has a password here: log in by mail, by a passkey or through a provider.",
                code="password_log_in_off",
            )

    def check_form(self, password: str) -> None:
        """Refuse what can be no password at all, before anything is looked up. Raises Invalid, and as :meth:`demand_on`."""
        self.demand_on()
        _prepared(password)

    def check_new(self, password: str, *, context: Sequence[str]) -> None:
        """Refuse what is short or would be guessed early: Invalid ``weak_password`` with the reason.

        ``context`` holds the user name, the e-mail address and the shown name, as far as there are any. Raises as
        :meth:`demand_on` too.
        """
        self.demand_on()
        prepared = _prepared(password)
        if len(prepared) < self._min_length:
            reason: str | None = said("A password has at least {least} characters.", least=self._min_length)
        else:
            reason = why_weak(prepared, context=context)
        if reason is not None:
            raise Invalid(reason, code="weak_password", errors={"password": reason})

    def hash(self, password: str) -> str:
        """Return the hash to store, a PHC string. Raises Invalid, or Unavailable when the line is long."""
        prepared = _prepared(password)
        return str(OF_THIS_PROCESS.run(_context(self._profile).hash, prepared))

    def verify(self, password: str, hashed: str | None) -> Verdict:
        """Return whether the password is right. None stands for nobody: never ok, at equal cost (EN-2).

        A stored hash that cannot be read is wrong too, at that same cost. Raises Invalid or Unavailable.
        """
        prepared = _prepared(password)
        return OF_THIS_PROCESS.run(self._verdict, prepared, self._nobodys if hashed is None else hashed)

    def check_import(self, hashed: str) -> None:
        """Refuse a hash from elsewhere that no log-in could ever match. Raises Invalid; costs no hash."""
        stored = _without_django_prefix(hashed)
        try:
            _context(self._profile, stored).identify(stored, resolve=True, required=True).needs_update(stored)
        except (ValueError, TypeError):
            reason = f"This is no hash of argon2, {', '.join(IMPORTED_SCHEMES)}."
            raise Invalid(reason, errors={"password_hash": reason}) from None

    def _verdict(self, prepared: str, hashed: str) -> Verdict:
        try:
            return self._judge(prepared, hashed)
        except (ValueError, TypeError):  # malformed, unknown, or a text this scheme cannot hold (bcrypt: D7)
            self._judge(prepared, self._nobodys)
            return WRONG

    def _judge(self, prepared: str, hashed: str) -> Verdict:
        stored = _without_django_prefix(hashed)
        context = _context(self._profile, stored)
        ok = context.verify(prepared, stored)
        is_old = context.needs_update(stored, secret=prepared)  # asked of a wrong one too: it takes its time
        if not ok:
            return WRONG
        return Verdict(ok=True, new_hash=context.hash(prepared) if is_old else None)


def _prepared(password: str) -> str:
    """Return the text in NFC and otherwise as it came (D1)."""
    try:
        if len(password) <= MAX_BYTES:  # so that nothing long is ever normalised
            composed = unicodedata.normalize("NFC", password)
            if len(composed.encode()) <= MAX_BYTES:
                return composed
        reason = said("A password has at most {most} bytes.", most=MAX_BYTES)
    except UnicodeEncodeError:
        reason = "A password is made of characters; this holds a half of one."
    raise Invalid(reason, errors={"password": reason})


def _hash_of_no_password(profile: Profile, world: World) -> str:
    """Return a hash that costs as much as any and that nothing matches: its checksum is chance."""
    salt, checksum = (
        base64.b64encode(world.random_bytes(size)).decode().rstrip("=") for size in (SALT_BYTES, HASH_BYTES)
    )
    return f"$argon2id$v=19$m={profile.memory_kib},t={profile.passes},p={profile.lanes}${salt}${checksum}"


def _without_django_prefix(hashed: str) -> str:
    """Return Django's Argon2 hash as a PHC string; libpass's own wrapper knows its older argon2i only."""
    return hashed.removeprefix("argon2") if hashed.startswith("argon2$argon2") else hashed


def _context(profile: Profile, stored: str = "$argon2") -> Any:
    with OF_THIS_PROCESS.loading:  # passlib loads its parts lazily, and not for two threads at once
        return _loaded_context(profile, () if stored.startswith("$argon2") else IMPORTED_SCHEMES)


@cache
def _loaded_context(profile: Profile, imported: tuple[str, ...]) -> Any:
    from passlib.context import CryptContext

    context = CryptContext(
        ["argon2", *imported],
        default="argon2",
        deprecated="auto",
        argon2__type="ID",
        argon2__memory_cost=profile.memory_kib,
        argon2__time_cost=profile.passes,
        argon2__parallelism=profile.lanes,
    )
    context.handler("argon2").get_backend()
    return context
