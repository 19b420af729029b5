"""Posts to clients' back channels: whoever registered a URI may be slow, gone or hostile (FD-5)."""

from collections.abc import Mapping
from dataclasses import dataclass

from chalicelib.outbound.http import FetchError, post_for_status
from chalicelib.outbox.line import NotSent

POST_SECONDS = 5.0  # a client ends its sessions meanwhile


@dataclass(frozen=True, slots=True)
class BackChannel:
    """Posts forms. ``allow_loopback_http`` is for development."""

    allow_loopback_http: bool

    def post(self, url: str, form: Mapping[str, str]) -> int:
        """Return the status of the answer; nothing else of it is read. NotSent within five seconds where there is none."""
        try:
            return post_for_status(
                url, form, allow_loopback_http=self.allow_loopback_http, seconds=POST_SECONDS
            )
        except FetchError as fault:
            raise NotSent(fault.reason) from None
