"""The service as seen from outside: real requests, one connection each, nothing followed and nothing retried."""

import http.client
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from chalicelib import VERSION

SECONDS = 15  # a cold start included
MAX_BYTES = 1_000_000
LOOPBACK = ("localhost", "127.0.0.1", "::1")


class Unreachable(Exception):  # noqa: N818 - what it is
    """No answer at all."""


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer; header names are in lower case."""

    status: int
    headers: Mapping[str, tuple[str, ...]]
    body: bytes

    def header(self, name: str) -> str | None:
        """Return a header as API Gateway may have renamed it, repeated ones joined; None where there is none."""
        values = self.headers.get(name) or self.headers.get(f"x-amzn-remapped-{name}")
        return None if values is None else ", ".join(values)

    @property
    def json(self) -> Any:
        """Return the body's JSON, or None for a body that is none."""
        try:
            return json.loads(self.body)
        except ValueError:
            return None

    @property
    def code(self) -> str | None:
        """Return the ``code`` of a problem document."""
        body = self.json
        return str(body["code"]) if isinstance(body, dict) and "code" in body else None


@dataclass(frozen=True, slots=True)
class Site:
    """Where a service is. ``url`` has no slash at its end and is what its issuer should be."""

    url: str

    @property
    def origin(self) -> str:
        """Return scheme, host and port."""
        parts = urlsplit(self.url)
        return f"{parts.scheme}://{parts.netloc}"

    @property
    def is_local(self) -> bool:
        """Return whether it is on this machine."""
        return urlsplit(self.url).hostname in LOOPBACK

    def ask(
        self,
        method: str,
        path: str,
        *,
        token: str | None = None,
        body: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Reply:
        """Return the answer to one request; raise Unreachable where none comes."""
        parts = urlsplit(self.url)
        kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
        connection = kind(parts.hostname or "", parts.port, timeout=SECONDS)
        sent = {"User-Agent": f"cupbearer doctor {VERSION}", "Accept": "application/json", **(headers or {})}
        if token is not None:
            sent["Authorization"] = f"Bearer {token}"
        payload = None if body is None else json.dumps(body).encode()
        if payload is not None:
            sent["Content-Type"] = "application/json"
        try:
            connection.request(method, f"{parts.path}{path}", payload, sent)
            answer = connection.getresponse()
            return Reply(answer.status, _headers(answer), answer.read(MAX_BYTES))
        except (OSError, http.client.HTTPException) as error:
            raise Unreachable(f"{method} {self.url}{path}: {error or type(error).__name__}") from error
        finally:
            connection.close()


def _headers(answer: http.client.HTTPResponse) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for name, value in answer.getheaders():
        found[name.lower()] = (*found.get(name.lower(), ()), value)
    return found
