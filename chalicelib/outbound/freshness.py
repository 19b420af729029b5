"""For how long an answer says that it may be kept (RFC 9111 sections 4.2 and 5)."""

from email.message import Message

MAX_DIGITS = 9  # of a number of seconds: a whole life


def seconds(headers: Message) -> int | None:
    """Return the seconds for which an answer is fresh; None where it does not say, 0 where it forbids to keep it."""
    told = _directives(headers)
    if told.keys() & {"no-store", "no-cache"}:
        return 0
    if "max-age" in told:
        return max(0, (_number(told["max-age"]) or 0) - (_number(headers.get("Age", "0")) or 0))
    return _until(headers) if "Expires" in headers else None


def _directives(headers: Message) -> dict[str, str]:
    found: dict[str, str] = {}
    for part in ",".join(headers.get_all("Cache-Control", [])).split(","):
        name, _, value = part.strip().partition("=")
        found.setdefault(name.lower(), value.strip('"'))
    return found


def _number(text: str) -> int | None:
    digits = text.strip()
    return int(digits) if digits.isascii() and digits.isdecimal() and len(digits) <= MAX_DIGITS else None


def _until(headers: Message) -> int | None:
    """Return what Expires leaves by the server's own clock; 0 for a date that is none (section 5.3)."""
    from email.utils import parsedate_to_datetime  # few servers say it so

    if "Date" not in headers:
        return None
    try:
        left = parsedate_to_datetime(headers["Expires"]) - parsedate_to_datetime(headers["Date"])
    except (ValueError, TypeError):  # no date; or one of them without a zone
        return 0
    return max(0, int(left.total_seconds()))
