"""A person at a browser without script: keeps cookies by host, fills in our pages, follows every redirect."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from http.client import HTTPConnection
from http.cookies import SimpleCookie
from typing import Any
from urllib.parse import urlencode, urljoin, urlsplit

from tests.oauth.server import Reply
from tests.support import patience

PASSWORD = "correct horse battery staple"
REDIRECTS = (301, 302, 303, 307)


@dataclass
class Person:
    """Cookies are sent over http too: a real browser does so on localhost."""

    username: str = "zoe"
    show: Callable[[], str] | None = None  # what an authenticator app shows now
    cookies: dict[str, dict[str, str]] = field(default_factory=dict)
    at: str = ""
    leads_to: str = ""  # where the last redirect led, whoever is there
    decision: str = "allow"  # at the page that asks for consent
    asked: str = ""  # the last such page

    def open(self, url: str) -> Reply:
        """Open an address and do what our pages ask for; return the last page, whose address is ``at``."""
        reply = self._follow(self._ask("GET", url))
        for button in ("Log in", "Code", "Allow"):
            fields = {**reply.form}
            if button == "Log in" and "password" in fields:
                fields |= {"username": self.username, "password": PASSWORD}
                reply = self.send("login", fields)
            elif button == "Code" and "totp" in fields and self.show is not None:
                hidden = {name: fields[name] for name in ("csrf", "request")}
                reply = self.send("second-factor", {**hidden, "totp": self.show()})
            elif button == "Allow" and 'value="allow"' in reply.text:
                self.asked = reply.text
                reply = self.send(
                    urlsplit(self.at).path.rpartition("/")[2], {**fields, "decision": self.decision}
                )
        return reply

    def withdraw(self, url: str) -> Reply:
        """Take back at the account page what the first application there was allowed."""
        reply = self.open(f"{url}/account/plain")
        found = re.search(r'name="client" value="([^"]+)"', reply.text)
        assert found, reply.text
        return self.send("plain", {"csrf": reply.form["csrf"], "act": "withdraw", "client": found[1]})

    def send(self, page: str, fields: dict[str, str]) -> Reply:
        """Send a form of the page."""
        body, kind = urlencode(fields).encode(), "application/x-www-form-urlencoded"
        return self._follow(self._ask("POST", urljoin(self.at, page), body, {"Content-Type": kind}))

    def _follow(self, reply: Reply) -> Reply:
        for _ in range(10):
            if reply.status not in REDIRECTS:
                return reply
            self.leads_to = urljoin(self.at, reply.location)
            if urlsplit(self.leads_to).scheme != "http":
                return reply  # an app's: a browser hands it over and asks nobody
            reply = self._ask("GET", self.leads_to)
        raise AssertionError("too many redirects")

    def _ask(self, method: str, url: str, body: bytes = b"", headers: dict[str, str] | None = None) -> Reply:
        parts = urlsplit(url)
        jar = self.cookies.setdefault(parts.netloc, {})
        sent = {
            "Accept": "text/html,*/*;q=0.8",
            **(headers or {}),
            "Cookie": "; ".join(f"{name}={value}" for name, value in jar.items()),
        }
        connection = HTTPConnection(str(parts.hostname), parts.port, timeout=patience.SECONDS)
        try:
            connection.request(
                method, f"{parts.path}?{parts.query}" if parts.query else parts.path, body, sent
            )
            answer = connection.getresponse()
            text, printed = answer.read().decode(), answer.headers
        finally:
            connection.close()
        for line in printed.get_all("Set-Cookie", []):
            _keep(jar, line)
        self.at = url
        found: dict[str, Any] = {name.title(): value for name, value in printed.items()}
        return Reply(answer.status, found, text)


def _keep(jar: dict[str, str], line: str) -> None:
    for name, morsel in SimpleCookie(line).items():
        if morsel["max-age"] == "0":
            jar.pop(name, None)
        else:
            jar[name] = morsel.value
