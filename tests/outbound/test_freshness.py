"""How long an answer says that it may be kept (RFC 9111): what is said twice, wrongly or by another clock counts as less."""

from email.message import Message

import pytest

from chalicelib.outbound import freshness

DATE = "Sun, 22 Nov 2026 00:00:00 GMT"
HOUR_LATER = "Sun, 22 Nov 2026 01:00:00 GMT"


def headers(*lines: tuple[str, str]) -> Message:
    found = Message()
    for name, value in lines:
        found[name] = value
    return found


@pytest.mark.parametrize(
    ("lines", "seconds"),
    [
        ([], None),
        ([("Cache-Control", "public")], None),
        ([("Cache-Control", "max-age=60")], 60),
        ([("Cache-Control", 'Public, Max-Age="60"')], 60),
        ([("Cache-Control", "public"), ("Cache-Control", "max-age=60")], 60),
        ([("Cache-Control", "max-age=60, max-age=600")], 60),
        ([("Cache-Control", "max-age=60"), ("Age", "20")], 40),
        ([("Cache-Control", "max-age=60"), ("Age", "200")], 0),
        ([("Cache-Control", "max-age=60"), ("Age", "soon")], 60),
        ([("Cache-Control", "max-age=-1")], 0),
        ([("Cache-Control", "max-age=\u0661")], 0),
        ([("Cache-Control", "max-age=9999999999")], 0),
        ([("Cache-Control", "max-age=60, no-store")], 0),
        ([("Cache-Control", "no-cache"), ("Expires", HOUR_LATER), ("Date", DATE)], 0),
        ([("Expires", HOUR_LATER), ("Date", DATE)], 3600),
        ([("Expires", DATE), ("Date", HOUR_LATER)], 0),
        ([("Expires", HOUR_LATER)], None),
        ([("Expires", "0"), ("Date", DATE)], 0),
        ([("Expires", "Sun, 22 Nov 2026 01:00:00"), ("Date", DATE)], 0),
        ([("Cache-Control", "max-age=60"), ("Expires", HOUR_LATER), ("Date", DATE)], 60),
    ],
)
def test_an_answer_is_kept_as_long_as_it_says(lines: list[tuple[str, str]], seconds: int | None) -> None:
    assert freshness.seconds(headers(*lines)) == seconds
