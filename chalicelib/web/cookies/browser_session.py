"""The cookies of a browser: which one it is, and who is logged in at it (BR-1, SE-8).

The refresh cookie is SameSite=Strict and so is not sent on the way from another site; these are Lax. ``begin`` is
called wherever a browser gets tokens, ``renewed`` wherever it logs in, ``dropped`` wherever it logs out.
"""

import re
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol

from chalicelib.errors import NotFound
from chalicelib.web import language
from chalicelib.web.call import Call
from chalicelib.web.cookies import host_cookie, refresh_token, remembered_device

if TYPE_CHECKING:
    from chalicelib.audit.trail import Source
    from chalicelib.sessions.session import LiveSession
    from chalicelib.users.user import User

SESSION = "__Host-cupbearer_session"
BROWSER = "__Host-cupbearer_browser"
_BROWSER_ID = re.compile(r"[a-z2-7]{26}")


class WithRefreshToken(Protocol):
    """A log-in that just happened."""

    @property
    def refresh_token(self) -> str:
        """Return its first refresh token."""

    @property
    def user(self) -> "User":
        """Return whose it is."""


@dataclass(frozen=True, slots=True)
class Browser:
    """A browser by a random name of ours; ``cookies`` are what it must be sent to keep it."""

    browser_id: str
    cookies: tuple[str, ...] = ()


def browser(call: Call) -> Browser:
    """Return the browser that asks, with a new name where it has none."""
    known = call.cookie(BROWSER)
    return Browser(known) if known and _BROWSER_ID.fullmatch(known) else new_browser(call)


def source(call: Call, shown: Browser | None = None) -> "Source":
    """Return who asks, with the browser that it is, by its cookie or as ``shown``, and what it remembers."""
    known = shown.browser_id if shown else call.cookie(BROWSER) or ""
    is_browser = _BROWSER_ID.fullmatch(known) is not None
    return replace(call.source, browser=known if is_browser else "", device=remembered_device.of(call))


def new_browser(call: Call) -> Browser:
    """Return the browser under a new name: after a log-in, nothing that was begun before counts (SE-8)."""
    browser_id = call.services.world.identifier()
    return Browser(browser_id, (host_cookie.kept(BROWSER, browser_id),))


def logged_in(call: Call) -> "LiveSession | None":
    """Return who is logged in at the browser."""
    return call.services.authentication.browser_sessions.find(call.cookie(SESSION))


def end_earlier(call: Call, signed_in: WithRefreshToken) -> None:
    """End the session that the browser still has, as another log-in takes its place (SE-8, BR-2)."""
    before = logged_in(call)
    if before is not None:
        with suppress(NotFound):
            call.services.authentication.sessions.succeed(before, signed_in.refresh_token, source=call.source)


def renewed(call: Call, signed_in: WithRefreshToken) -> Browser:
    """Return the browser after a log-in: its earlier session ended, a new name, and the cookies of the new session."""
    end_earlier(call, signed_in)
    fresh = new_browser(call)
    return Browser(fresh.browser_id, (*fresh.cookies, *begin(call, signed_in)))


def session_cookie(call: Call, signed_in: WithRefreshToken) -> str:
    """Return the cookie that shows a new log-in; its session says when it is over, whatever the browser keeps."""
    token = call.services.authentication.browser_sessions.token_for(signed_in.refresh_token)
    return host_cookie.kept(SESSION, token, seconds=call.services.settings.session_max_seconds)


def begin(call: Call, signed_in: WithRefreshToken) -> tuple[str, ...]:
    """Return the cookies of a log-in at our own pages: the browser's session, and the refresh token for their scripts."""
    seconds = call.services.settings.session_idle_seconds
    refresh = refresh_token.kept(signed_in.refresh_token, seconds=seconds)
    own = language.remembering(call, signed_in.user.language)
    return (session_cookie(call, signed_in), *values(refresh), *own)


def dropped() -> tuple[str, ...]:
    """Return the cookies that make a browser forget who was logged in."""
    return (host_cookie.dropped(SESSION), *values(refresh_token.dropped()))


def values(headers: dict[str, str | list[str]]) -> tuple[str, ...]:
    """Return the values of a ``Set-Cookie`` header, however many."""
    found = headers.get("Set-Cookie", [])
    return (found,) if isinstance(found, str) else tuple(found)


def set_cookies(cookies: Iterable[str]) -> dict[str, str | list[str]]:
    """Return the headers that set cookies."""
    listed = list(cookies)
    return {"Set-Cookie": listed} if listed else {}
