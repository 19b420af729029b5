"""A small HTTP client that remembers every secret it sent or was given, to look for them in the logs later."""

import http.client
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from tests.support import patience

SECRET_MEMBERS = ("password", "access_token", "refresh_token", "new_password", "current_password")


@dataclass(frozen=True)
class Answer:
    status: int
    headers: Mapping[str, str]  # names in lower case; of a repeated one the last
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def code(self) -> str:
        """The stable word of a problem document."""
        assert self.headers["content-type"].startswith("application/problem+json"), self
        document = self.json
        assert set(document) >= {"type", "title", "status", "detail", "code", "request_id"}, document
        assert document["status"] == self.status, document
        assert document["request_id"], document
        return str(document["code"])


@dataclass
class Client:
    """Calls one base URL."""

    base: str
    secrets: set[str] = field(default_factory=set)

    def __call__(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        token: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        sent = dict(headers or {})
        if token is not None:
            sent["Authorization"] = f"Bearer {token}"
        data = None
        if body is not None:
            self._remember(body)
            data, sent["Content-Type"] = json.dumps(body).encode(), "application/json"
        return self._remembered(self.raw(method, path, data, sent))

    def raw(self, method: str, path: str, data: bytes | None, headers: Mapping[str, str]) -> Answer:
        """Send exactly this."""
        place = urlsplit(self.base)
        connection = http.client.HTTPConnection(str(place.hostname), place.port, timeout=patience.SECONDS)
        try:
            connection.request(method, place.path + path, data, dict(headers))
            reply = connection.getresponse()
            found = {name.lower(): value for name, value in reply.getheaders()}
            return Answer(reply.status, found, reply.read())
        finally:
            connection.close()

    def _remembered(self, answer: Answer) -> Answer:
        if answer.body and answer.headers.get("content-type", "").startswith("application/json"):
            self._remember(answer.json)
        return answer

    def _remember(self, answered: Any) -> None:
        if isinstance(answered, dict):
            self.secrets |= {answered[name] for name in SECRET_MEMBERS if isinstance(answered.get(name), str)}
