"""Where a browser may be sent back to: a path of ours and nothing else (BR-6)."""

import re

from chalicelib.errors import Invalid
from chalicelib.web.call import Call
from chalicelib.web.cookies import browser_session

MAX_CHARACTERS = 4096  # a sealed authorization request fits, and so does the gateway's request line

# Judged as text, before anything parses it: browsers drop tabs and line ends, and take a backslash for a slash.
_OWN_PATH = re.compile(
    r"/(?:[A-Za-z0-9._~!$&'()*+,;=:%-][A-Za-z0-9._~!$&'()*+,;=:%/-]*)?(?:\?[\w.~!$&'()*+,;=:@%/?-]*)?",
    re.ASCII,
)


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


def cookies_of(call: Call, signed_in: browser_session.WithRefreshToken, path: str) -> tuple[str, ...]:
    """Return the cookies of a log-in that leads back to a path: the browser's earlier session is ended.

    Its name stays where what comes next was sealed for it.
    """
    browser = browser_session.renewed(call, signed_in)
    return browser_session.begin(call, signed_in) if path.startswith("/continue?") else browser.cookies
