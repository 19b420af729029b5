"""What a program calls itself (RFC 9110 section 10.1.5), in words: anybody may send anything, so nothing is decided by it."""

import re

from chalicelib.i18n.said import said

BROWSERS = (  # the first that fits: most browsers also name the ones that they are like
    (re.compile(r"Edg(e|A|iOS)?/"), "Edge"),
    (re.compile(r"OPR/|Opera"), "Opera"),
    (re.compile(r"SamsungBrowser"), "Samsung Internet"),
    (re.compile(r"Firefox/|FxiOS"), "Firefox"),
    (re.compile(r"Chrome/|CriOS|Chromium"), "Chrome"),
    (re.compile(r"Safari/"), "Safari"),
    (re.compile(r"^curl/"), "curl"),
    (re.compile(r"^cupbearer command line"), said("The command line")),
    (re.compile(r"(?i)python|httpx|okhttp|Go-http|node"), said("A program")),
)
SYSTEMS = (
    (re.compile(r"Android"), "Android"),
    (re.compile(r"iPhone"), "iPhone"),
    (re.compile(r"iPad"), "iPad"),
    (re.compile(r"CrOS"), "ChromeOS"),
    (re.compile(r"Windows"), "Windows"),
    (re.compile(r"Mac OS X|Macintosh"), "Mac"),
    (re.compile(r"Linux|X11"), "Linux"),
)
UNKNOWN = said("An unknown device")


def device(user_agent: str) -> str:
    """Return a user agent in English, ``Firefox on Linux``, for what is stored and compared."""
    return str(device_words(user_agent))


def device_words(user_agent: str) -> str:
    """Return it as a person would say it; the pages' ``words.js`` says the same."""
    browser, system = _first(BROWSERS, user_agent), _first(SYSTEMS, user_agent)
    if browser and system:
        return said("{browser} on {system}", browser=said(browser), system=system)
    return browser or (said("A browser on {system}", system=system) if system else UNKNOWN)


def _first(table: tuple[tuple[re.Pattern[str], str], ...], text: str) -> str:
    return next((said for pattern, said in table if pattern.search(text)), "")
