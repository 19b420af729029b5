"""The settings of how people come in: by which ways, and with how many factors."""

from typing import Any

from chalicelib.settings.reader import Reader


def ways_in(read: Reader) -> dict[str, Any]:
    """Return them by their names among the settings."""
    return {
        "sign_up_open": read.choice("SIGN_UP", "open", ("open", "closed")) == "open",
        "email_log_in": read.choice("EMAIL_LOG_IN", "off", ("on", "off")) == "on",
        "second_factor_required": read.choice("SECOND_FACTOR", "optional", ("optional", "required"))
        == "required",
        "second_factor_scopes": read.scopes("SECOND_FACTOR_SCOPES", ""),
        "remember_device_days": read.whole("REMEMBER_DEVICE_DAYS", 30, 0, 90),
    }
