"""The settings of second factors."""

from typing import Any

from chalicelib.settings.reader import Reader


def second_factors(read: Reader) -> dict[str, Any]:
    """Return what is set of second factors, by its name among the settings."""
    return {
        "second_factor_required": read.choice("SECOND_FACTOR", "optional", ("optional", "required"))
        == "required",
        "second_factor_scopes": read.scopes("SECOND_FACTOR_SCOPES", ""),
        "remember_device_days": read.whole("REMEMBER_DEVICE_DAYS", 30, 0, 90),
    }
