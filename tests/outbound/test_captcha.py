"""BR-12: a person's answer opens sign-up once; no verdict is no door."""

from collections.abc import Iterator
from typing import Any

import pytest

from chalicelib.errors import Invalid, Unavailable
from tests.support import hostile_http, siteverify
from tests.support.siteverify import BAD, DUMMY, FAILS, PASSES, SITE_KEYS, SPENT, Vendor


@pytest.fixture
def vendor() -> Iterator[Vendor]:
    with siteverify.serving() as vendor:
        yield vendor


@pytest.mark.parametrize("name", ["turnstile", "hcaptcha"])
def test_an_answer_passes_once_and_is_asked_about_as_the_vendor_says(name: str, vendor: Vendor) -> None:
    captcha = vendor.captcha(name)
    captcha.demand(DUMMY)
    assert vendor.asked == [{"secret": PASSES[name], "response": DUMMY, "sitekey": SITE_KEYS[name]}]
    with pytest.raises(Invalid, match="did not pass") as refused:
        captcha.demand(DUMMY)
    assert refused.value.public_code == "captcha_refused"


@pytest.mark.parametrize(("secret", "answer"), [(None, BAD), (FAILS, DUMMY), (SPENT, DUMMY)])
def test_an_answer_that_the_vendor_does_not_take_is_refused(
    secret: str | None, answer: str, vendor: Vendor
) -> None:
    with pytest.raises(Invalid) as refused:
        vendor.captcha(secret=secret).demand(answer)
    assert refused.value.public_code == "captcha_refused"


@pytest.mark.parametrize(
    ("answer", "code"),
    [(None, "captcha_required"), ("", "captcha_required"), ("x" * 9000, "captcha_refused")],
)
def test_what_can_be_no_answer_is_not_asked_about(answer: str | None, code: str, vendor: Vendor) -> None:
    with pytest.raises(Invalid) as refused:
        vendor.captcha().demand(answer)
    assert (refused.value.public_code, vendor.asked) == (code, [])


@pytest.mark.parametrize(
    ("status", "says"),
    [
        (200, {"success": False, "error-codes": ["invalid-input-secret"]}),
        (200, {"success": False, "error-codes": ["invalid-input-response", "internal-error"]}),
        (200, {"success": False, "error-codes": ["sitekey-secret-mismatch"]}),
        (200, {"success": "true"}),
        (200, {"success": 1}),
        (200, {"success": False, "error-codes": "invalid-input-response"}),
        (200, {}),
        (200, [True]),
        (500, {"success": True}),
        (503, {"success": False, "error-codes": ["invalid-input-response"]}),
    ],
)
def test_what_is_no_verdict_opens_nothing_and_is_told_as_trouble_of_ours(
    status: int, says: Any, vendor: Vendor, caplog: pytest.LogCaptureFixture
) -> None:
    vendor.status, vendor.says = status, says
    captcha = vendor.captcha()
    with pytest.raises(Unavailable) as refused:
        captcha.demand(DUMMY)
    assert refused.value.retry_after == 30
    told = caplog.text
    assert PASSES["turnstile"] not in told
    assert DUMMY not in told


@pytest.mark.parametrize(
    "said", ["HTTP/1.1 200 OK\r\n\r\nyes", "", hostile_http.page("<p>", media_type="text/html")]
)
def test_a_vendor_that_talks_nonsense_opens_nothing(said: str | bytes, vendor: Vendor) -> None:
    with hostile_http.serving(hostile_http.answers(said)) as server:
        vendor.port = server.port
        with pytest.raises(Unavailable):
            vendor.captcha().demand(DUMMY)


def test_a_vendor_that_is_not_there_opens_nothing(vendor: Vendor) -> None:
    captcha = vendor.captcha()
    vendor.port = 1
    with pytest.raises(Unavailable):
        vendor.captcha().demand(DUMMY)
    captcha.demand(DUMMY)
