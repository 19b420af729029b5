"""Which language a request is answered in: what is known of it when it comes, and what the answer says of it (LA-1).

The person's choice travels in a cookie, so that no page asks the store for it; the account keeps it, and a log-in gives the
cookie to a new browser.
"""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from chalicelib.i18n import chosen
from chalicelib.i18n.languages import LANGUAGES
from chalicelib.web.cookies import host_cookie

if TYPE_CHECKING:
    from chalicelib.settings.settings import Settings
    from chalicelib.web.call import Call

COOKIE = "__Host-cupbearer_language"
YEAR = 365 * 24 * 60 * 60  # seconds
VARY = "Accept-Language, Cookie"


def offered(settings: "Settings") -> tuple[str, ...]:
    """Return the languages that a service offers, first the one for who wishes for none of them."""
    return settings.languages or tuple(LANGUAGES)


def begin(
    headers: Mapping[str, str], query: Mapping[str, Iterable[str]] | None, settings: "Settings"
) -> None:
    """Note what a request says of its language, before anything is said; nothing else of a request before is left."""
    asked = next(iter((query or {}).get("ui_locales", ())), "") if query else ""
    chosen.WISHES.set(
        chosen.Wishes(
            offered=offered(settings),
            otherwise=offered(settings)[0],
            own=_cookie(headers.get("cookie") or ""),
            ui_locales=asked,
            accept_language=headers.get("accept-language") or "",
        )
    )


def end() -> None:
    """Forget it: what this thread says after the answer is nobody's who asked."""
    chosen.WISHES.set(None)


def _cookie(header: str) -> str:
    pairs = (pair.strip().partition("=") for pair in header.split(";")) if COOKIE in header else ()
    values = [value for name, _, value in pairs if name == COOKIE]
    return values[0] if len(values) == 1 and values[0] in LANGUAGES else ""


def remembering(call: "Call", own: str) -> tuple[str, ...]:
    """Return the cookies by which a browser keeps what its person chose; ``""`` makes it forget what another chose."""
    chosen.choose(own)
    if own == (call.cookie(COOKIE) or ""):
        return ()
    return (host_cookie.kept(COOKIE, own, seconds=YEAR) if own else host_cookie.dropped(COOKIE),)


def headers() -> dict[str, str | list[str]]:
    """Return what an answer in words says of its language, for caches too."""
    return {"Content-Language": chosen.language(), "Vary": VARY}


def merged_vary(*values: object) -> dict[str, str]:
    """Return one ``Vary`` for all that an answer depends on; none for nothing."""
    named = [str(value) for value in values if value]
    return {"Vary": ", ".join(named)} if named else {}
