"""Headers that answers carry: protection of browsers (BR-4), and CORS for exactly the listed origins (BR-3).

Public documents, such as the discovery documents, are for every origin: without credentials, so nothing of a person's.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from chalicelib.web.call import Answer

PREFLIGHT_SECONDS = 7200  # the most that Chromium keeps one
NONCE = "DPoP-Nonce"  # RFC 9449 section 8
EXPOSED = f"{NONCE}, Location, Retry-After, WWW-Authenticate, X-Request-Id"
LISTED_MAY_SEND = "Authorization, Content-Type, DPoP, Idempotency-Key"

SECURITY: Mapping[str, str] = {
    "Strict-Transport-Security": "max-age=63072000; includeSubDomains",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cache-Control": "no-store",
}


def security_headers(answer: "Answer") -> dict[str, Any]:
    """Return what every answer carries; its own headers go over these."""
    lower = {name.lower() for name in answer.headers}
    return {name: value for name, value in SECURITY.items() if name.lower() not in lower}


def cors_headers(origin: str | None, allowed: tuple[str, ...], *, any_origin: bool = False) -> dict[str, Any]:
    """Return the CORS headers of an answer: those of the one origin that asked, if it is listed, never reflected.

    With ``any_origin`` an origin that is not listed may read the answer too, without credentials.
    """
    vary = {"Vary": "Origin"} if allowed else {}
    if origin in allowed:
        return vary | {
            "Access-Control-Allow-Origin": origin,
            "Access-Control-Allow-Credentials": "true",
            "Access-Control-Expose-Headers": EXPOSED,
        }
    return vary | ({"Access-Control-Allow-Origin": "*"} if any_origin else {})


def preflight_headers(
    origin: str | None, allowed: tuple[str, ...], methods: tuple[str, ...], *, any_origin: bool = False
) -> dict[str, Any]:
    """Return the answer's headers to ``OPTIONS``: what the path can do, and for an origin that may ask that it may."""
    headers = cors_headers(origin, allowed, any_origin=any_origin) | {
        "Allow": ", ".join((*methods, "OPTIONS"))
    }
    if origin in allowed or any_origin:
        headers |= {
            "Access-Control-Allow-Methods": ", ".join(methods),
            "Access-Control-Allow-Headers": LISTED_MAY_SEND if origin in allowed else "*",
            "Access-Control-Max-Age": str(PREFLIGHT_SECONDS),
        }
    return headers


def without_line_breaks(headers: Mapping[str, Any]) -> dict[str, Any]:
    """Return headers as Chalice takes them; raise ValueError for one that would begin another (its own check has gaps)."""
    for name, value in headers.items():
        for text in value if isinstance(value, list) else [value]:
            if "\n" in text or "\r" in text or "\0" in text:
                raise ValueError(f"the header {name} holds a line break")
    return dict(headers)
