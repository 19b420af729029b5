"""The widget by which a vendor sees that a person fills in a form, and the field that it leaves in it.

It needs script, and the vendor's own: the policy of that page alone, and only where it is on, is widened by its hosts (BR-4).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from chalicelib.settings.settings import Settings


@dataclass(frozen=True, slots=True)
class Widget:
    """A vendor's script, the class of the element that it fills, the field that holds the answer, and what it loads."""

    script: str
    element: str
    field: str
    sources: Mapping[str, str]  # directive → hosts


_CLOUDFLARE, _HCAPTCHA = "https://challenges.cloudflare.com", "https://hcaptcha.com https://*.hcaptcha.com"
WIDGETS = {
    # https://developers.cloudflare.com/turnstile/reference/content-security-policy/
    "turnstile": Widget(
        f"{_CLOUDFLARE}/turnstile/v0/api.js",
        "cf-turnstile",
        "cf-turnstile-response",
        dict.fromkeys(("script-src", "frame-src"), _CLOUDFLARE),
    ),
    # https://docs.hcaptcha.com/#content-security-policy-settings
    "hcaptcha": Widget(
        "https://js.hcaptcha.com/1/api.js",
        "h-captcha",
        "h-captcha-response",
        dict.fromkeys(("script-src", "frame-src", "style-src", "connect-src"), _HCAPTCHA),
    ),
}


def shown(settings: "Settings") -> dict[str, Any]:
    """Return what a page with the widget is rendered with; without one where no vendor is set."""
    widget = WIDGETS.get(settings.captcha)
    sources = widget.sources if widget else {}
    return {"captcha": widget, "site_key": settings.captcha_site_key, "sources": sources}


def answer(settings: "Settings", fields: Mapping[str, str]) -> str | None:
    """Return the answer that stands in a form."""
    widget = WIDGETS.get(settings.captcha)
    return fields.get(widget.field) if widget else None
