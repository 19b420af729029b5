"""Where a browser may be sent back to: a path of ours, or from the log-in page an address of a listed origin (BR-6)."""

import re

from chalicelib import urls
from chalicelib.errors import Invalid
from chalicelib.web.call import Call, origin_of
from chalicelib.web.cookies import browser_session

MAX_CHARACTERS = 4096  # a sealed authorization request fits, and so does the gateway's request line
MAX_ADDRESS = 1024  # characters: it travels sealed in the query

# Judged as text, before anything parses it: browsers drop tabs and line ends, and take a backslash for a slash.
_OWN_PATH = re.compile(
    r"/(?:[A-Za-z0-9._~!$&'()*+,;=:%-][A-Za-z0-9._~!$&'()*+,;=:%/-]*)?(?:\?[\w.~!$&'()*+,;=:@%/?-]*)?",
    re.ASCII,
)
_FRAGMENT = re.compile(r"[\w.~!$&'()*+,;=:@%/?-]*", re.ASCII)


def own_path(text: str | None) -> str | None:
    """Return a path, with a query or without, that stays on our own site below the issuer; raise Invalid for any other."""
    if text is None:
        return None
    if len(text) > MAX_CHARACTERS or not _OWN_PATH.fullmatch(text) or "//" in text.partition("?")[0]:
        raise Invalid(
            "return_to is a path of this site, such as /account.",
            errors={"return_to": "is a path of this site, such as /account"},
        )
    return text


def listed_address(call: Call, text: str | None) -> str | None:
    """Return where a page of our own site is gone back to: a path of ours, or an address at our origin or a listed one.

    Such a page may use our cookies, so it is no stranger. Raises Invalid for any other address.
    """
    if text is None or text.startswith("/"):
        path = own_path(text)
        return None if path is None else f"{call.services.settings.issuer}{path}"
    address, hash_sign, fragment = text.partition("#")
    web, settings = urls.read(address), call.services.settings
    is_listed = web is not None and web.origin in (origin_of(settings.issuer), *settings.allowed_origins)
    if not is_listed or len(text) > MAX_ADDRESS or not _FRAGMENT.fullmatch(fragment):
        raise Invalid(
            "return_to is a path of this site, or an address at one of the origins that it lists.",
            errors={"return_to": "is a path of this site, or an address at a listed origin"},
        )
    return f"{address}{hash_sign}{fragment}"


def form_target(address: str) -> str:
    """Return what ``form-action`` must name for a form whose answer leads to a listed address."""
    web = urls.read(address.partition("#")[0])
    if web is None or web.has_ipv6:
        return f"{address.partition(':')[0]}:"
    return web.origin


def cookies_of(call: Call, signed_in: browser_session.WithRefreshToken, path: str) -> tuple[str, ...]:
    """Return the cookies of a log-in that leads back to a path: the browser's earlier session is ended.

    Its name stays where what comes next was sealed for it.
    """
    browser = browser_session.renewed(call, signed_in)
    return browser_session.begin(call, signed_in) if path.startswith("/continue?") else browser.cookies
