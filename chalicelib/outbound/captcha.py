"""Whether a person stands behind a form: the verdict of Cloudflare's Turnstile or of hCaptcha.

Both take the same form and give the same answer, ``success`` and ``error-codes``
(https://developers.cloudflare.com/turnstile/get-started/server-side-validation/,
https://docs.hcaptcha.com/#verify-the-user-response-server-side). Without a verdict nobody gets in (BR-12): one that is not to
be had is trouble of ours, 503, and no door. The person's address is not told: the vendor's own script has seen it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from chalicelib import logs
from chalicelib.errors import Invalid, Unavailable
from chalicelib.outbound.exchange import FetchError
from chalicelib.outbound.http import post_form

SITEVERIFY = {
    "turnstile": "https://challenges.cloudflare.com/turnstile/v0/siteverify",
    "hcaptcha": "https://api.hcaptcha.com/siteverify",
}
MAX_ANSWER = 8192  # characters; Turnstile's are at most 2,048
SECONDS = 3.0
TROUBLE = 500  # statuses from here are the vendor's own trouble; refusals come as 200 or 400
# The codes by which either says that what the person sent is no good; any other is about our keys, or its own trouble.
ANSWER_IS_BAD = {
    "missing-input-response",
    "invalid-input-response",
    "expired-input-response",
    "already-seen-response",
    "invalid-or-already-seen-response",
    "timeout-or-duplicate",
}


@dataclass(frozen=True, slots=True)
class Captcha:
    """Asks for the verdict. ``url`` is the vendor's; ``allow_loopback_http`` is for development."""

    vendor: str
    site_key: str
    secret: Callable[[], str]
    url: str
    allow_loopback_http: bool = False

    def demand(self, answer: str | None) -> None:
        """Raise Invalid unless the vendor knows this answer as a person's, which it does once; Unavailable without a verdict."""
        if not answer:
            raise Invalid("Show that you are a person first.", code="captcha_required")
        if len(answer) > MAX_ANSWER:
            raise _refused()
        verdict = self._verdict(answer)
        codes = verdict.get("error-codes") or []
        if verdict.get("success") is True:
            return
        if (
            verdict.get("success") is False
            and isinstance(codes, list)
            and ANSWER_IS_BAD.issuperset(map(str, codes))
        ):
            raise _refused()
        raise self._trouble(f"{self.vendor} says {codes}")

    def _verdict(self, answer: str) -> dict[str, Any]:
        form = {"secret": self.secret(), "response": answer, "sitekey": self.site_key}
        try:
            given = post_form(self.url, form, allow_loopback_http=self.allow_loopback_http, seconds=SECONDS)
        except FetchError as fault:
            raise self._trouble(fault.reason) from None
        if given.status >= TROUBLE or not isinstance(given.body, dict):
            raise self._trouble(f"{self.vendor} answered {given.status} without a verdict")
        return given.body

    @staticmethod
    def _trouble(reason: str) -> Unavailable:
        """Return the refusal, having told the operator why: nobody can sign up meanwhile."""
        logs.trouble("captcha_trouble", stack=False, reason=reason)
        logs.metric("CaptchaTrouble")
        return Unavailable(
            "Whether you are a person cannot be checked now: try again in a minute.", retry_after=30
        )


def _refused() -> Invalid:
    return Invalid("The check that you are a person did not pass: do it again.", code="captcha_refused")
