"""HTTP to other people's servers, which may be slow, huge, wrong or hostile (FD-5, AV-1).

https alone; no redirects, no proxies from the environment, no cookies, no compression; the address that was
checked is the address that is called; one deadline over everything, a byte limit, and JSON or nothing.
Written on ``http.client``, imported at the first call, because the deployed authorizer pays for every import.
"""

import re
import threading
from collections.abc import Mapping
from typing import Any
from urllib.parse import SplitResult, urlencode, urlsplit

from chalicelib.outbound.exchange import Answer, Exchange, FetchError, Request, too_slow

__all__ = ["Answer", "FetchError", "fetch_document", "fetch_json", "post_for_status", "post_form"]

TOTAL_SECONDS = 3.0
MAX_URL_CHARACTERS = 2048
FORM = "application/x-www-form-urlencoded"

_URL = re.compile(r"[!$-;=?-\[\]_a-z~]+")  # RFC 3986, without "#": a fragment has no meaning to a server


def fetch_json(
    url: str,
    *,
    authorization: str | None = None,
    allow_loopback_http: bool = False,
    seconds: float = TOTAL_SECONDS,
) -> Any:
    """Return the JSON value at ``url`` if its status is 200; FetchError within ``seconds`` otherwise.

    ``authorization`` is the whole header value.
    """
    headers = {} if authorization is None else {"Authorization": authorization}
    parts = _checked(url, allow_loopback_http=allow_loopback_http)
    request = Request("GET", parts, allow_loopback_http, headers=headers)
    answer = _within(seconds, request)
    return _demanded(answer).body


def fetch_document(
    url: str, *, max_bytes: int, allow_loopback: bool = False, seconds: float = TOTAL_SECONDS
) -> Answer:
    """Return what is at an https URL that a stranger named, if its status is 200, with how long it may be kept.

    FetchError within ``seconds`` otherwise. ``allow_loopback`` is for development; http is never spoken.
    """
    parts = _checked(url, allow_loopback_http=False)
    return _demanded(_within(seconds, Request("GET", parts, allow_loopback, max_bytes=max_bytes)))


def post_form(
    url: str,
    form: Mapping[str, str],
    *,
    authorization: str | None = None,
    allow_loopback_http: bool = False,
    seconds: float = TOTAL_SECONDS,
) -> Answer:
    """Send a form and return the JSON answer with its status: token endpoints refuse in JSON too.

    ``authorization`` is the whole header value. FetchError for any answer that is not JSON, and for silence.
    """
    headers = {"Content-Type": FORM}
    if authorization is not None:
        headers["Authorization"] = authorization
    parts = _checked(url, allow_loopback_http=allow_loopback_http)
    return _within(seconds, Request("POST", parts, allow_loopback_http, urlencode(form).encode(), headers))


def post_for_status(
    url: str, form: Mapping[str, str], *, allow_loopback_http: bool = False, seconds: float = TOTAL_SECONDS
) -> int:
    """Send a form and return the status of the answer, whose body is not read. FetchError for a redirect and for silence."""
    headers = {"Content-Type": FORM}
    parts = _checked(url, allow_loopback_http=allow_loopback_http)
    request = Request("POST", parts, allow_loopback_http, urlencode(form).encode(), headers, wants_json=False)
    return _within(seconds, request).status


def _demanded(answer: Answer) -> Answer:
    if answer.status != 200:  # noqa: PLR2004 - the status's own name
        raise FetchError(f"status {answer.status}", status=answer.status)
    return answer


def _checked(url: str, *, allow_loopback_http: bool) -> SplitResult:
    """Return the parts of a URL we may call. Its text is checked first: urlsplit drops tabs and line ends."""
    if len(url) > MAX_URL_CHARACTERS or not _URL.fullmatch(url):
        raise FetchError("the URL has characters that no URL has, or too many")
    try:
        parts = urlsplit(url)
        usable = bool(parts.hostname) and parts.port != 0 and "@" not in parts.netloc
    except ValueError:
        raise FetchError("the URL cannot be read") from None
    if not usable or parts.scheme not in (("https", "http") if allow_loopback_http else ("https",)):
        raise FetchError("the URL is not a plain https one")
    return parts


def _within(seconds: float, request: Request) -> Answer:
    """Make the call in a thread of its own: the deadline holds over name look-up, TLS and every drip."""
    call = Exchange(request, seconds)
    thread = threading.Thread(target=call.run, name="cupbearer-http", daemon=True)
    thread.start()
    thread.join(seconds)
    if thread.is_alive():
        call.abandon()
        raise FetchError(too_slow(seconds))
    if call.answer is None:
        raise FetchError(call.reason) from call.fault
    return call.answer
