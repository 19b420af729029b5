"""What comes from outside a program without being asked for: the time and chance.

No other module reads a clock or a source of randomness, so "dies after fifteen minutes" is one line of test.
"""

import base64
import os
import time
from collections.abc import Callable

from chalicelib.value import Value

ID_BYTES = 16  # 128 bits: never guessed, never the same twice
SECRET_BYTES = 32  # 256 bits (TK-10)
SKEW_SECONDS = 60  # the clocks of two servers may differ by that much unnoticed (AV-4)


class World(Value):
    """The clock, chance and waiting of one process; tests build another one."""

    now: Callable[[], float] = time.time  # seconds since the epoch, UTC
    monotonic: Callable[[], float] = time.monotonic  # seconds; for cool-downs and durations, never stored
    random_bytes: Callable[[int], bytes] = os.urandom  # what secrets.token_bytes is, 4 ms of imports sooner
    sleep: Callable[[float], None] = time.sleep

    def timestamp(self) -> int:
        """Return whole seconds since the epoch (RFC 7519 NumericDate)."""
        return int(self.now())

    def identifier(self) -> str:
        """Return a new random name: 128 bits as 26 characters of ``a-z2-7``."""
        return base64.b32encode(self.random_bytes(ID_BYTES)).decode().rstrip("=").lower()

    def secret(self) -> str:
        """Return a new bearer secret: 256 bits as 43 characters of base64url."""
        return base64.urlsafe_b64encode(self.random_bytes(SECRET_BYTES)).decode().rstrip("=")


def calendar_of(seconds: int) -> time.struct_time:
    """Return the date and time, UTC, of seconds since the epoch."""
    return time.gmtime(seconds)


MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def moment(seconds: int) -> str:
    """Return a time, given in seconds since the epoch, as people read it: ``15 Jan 2027, 08:00 UTC``."""
    at = time.gmtime(seconds)
    return f"{at.tm_mday} {MONTHS[at.tm_mon - 1]} {at.tm_year}, {at.tm_hour:02d}:{at.tm_min:02d} UTC"


def is_within(then: float, seconds: float, *, now: float) -> bool:
    """Return whether a stored time is at most so many seconds ago; what lies in the future was not a moment ago (AV-4).

    Another server's clock may be ahead by :data:`SKEW_SECONDS`: that much of the future counts as now.
    """
    return -SKEW_SECONDS <= now - then <= seconds


SYSTEM = World()
