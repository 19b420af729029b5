"""The second factor that a form of ours brings along."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from chalicelib.errors import FormRefused
from chalicelib.jose import strict_json

if TYPE_CHECKING:
    from chalicelib.credentials.factor_answers import FactorAnswer


KINDS = ("totp", "recovery_code", "passkey")  # the fields, at most one of which is filled


def shown_in(fields: Mapping[str, str]) -> "FactorAnswer":
    """Return what was shown; ``passkey`` is JSON, as a script of ours writes it. Raises FormRefused for what is none."""
    from chalicelib.credentials.factor_answers import FactorAnswer

    return FactorAnswer(fields.get("totp"), fields.get("recovery_code"), _object(fields.get("passkey")))


def _object(text: str | None) -> dict[str, Any] | None:
    if text is None:
        return None
    try:
        value = strict_json.loads(text.encode())
    except (ValueError, RecursionError):
        value = None
    if not isinstance(value, dict):
        raise FormRefused("The passkey is no JSON object.")
    return value
