"""How long things last."""

from typing import Any

from chalicelib.settings.reader import Reader

DAY = 24 * 60 * 60


def durations(read: Reader, *, opaque: bool) -> dict[str, Any]:
    """Return every duration of the settings, by its name there, which ends in its unit."""
    idle = read.whole("SESSION_IDLE_SECONDS", 14 * DAY, 60, 365 * DAY)
    return {
        "access_token_seconds": read.whole("ACCESS_TOKEN_SECONDS", 300, 60, 900),
        "session_idle_seconds": idle,
        "session_max_seconds": read.whole("SESSION_MAX_SECONDS", max(90 * DAY, idle), idle, 400 * DAY),
        "refresh_grace_seconds": read.whole("REFRESH_GRACE_SECONDS", 10, 0, 60),
        "deletion_grace_days": read.whole("DELETION_GRACE_DAYS", 0, 0, 30),
        "authorizer_ttl_seconds": read.whole("AUTHORIZER_TTL_SECONDS", 60 if opaque else 300, 0, 3600),
    }
