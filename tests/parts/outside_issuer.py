"""panva's oidc-provider as a child process, and the person who logs in at it."""

import contextlib
import json
import os
import shutil
import subprocess
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from email.message import Message
from http.cookiejar import CookieJar
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.parse import urlencode, urljoin

from tests.parts import missing
from tests.parts.ports import free_port
from tests.support import children, patience

HERE = Path(__file__).parent
INSTALL = "npm install --prefix tests/parts"
MOST_HOPS = 12


@contextlib.contextmanager
def running(
    clients: Sequence[Mapping[str, Any]],
    *,
    audience: str = "urn:none",
    scopes: str = "none",
    features: Sequence[str] = (),
) -> Iterator[str]:
    """Start the issuer with these clients registered; yield its identifier; end it.

    ``audience`` and ``scopes`` are of the API that it issues JWT access tokens for; ``features`` are more of its own that are on.
    """
    node = shutil.which("node")
    if node is None or not (HERE / "node_modules" / "oidc-provider").exists():
        missing("oidc-provider", install=INSTALL)
    port = free_port()
    answered = {
        "port": port,
        "clients": list(clients),
        "audience": audience,
        "scopes": scopes,
        "features": [*features],
    }
    with children.running(
        [node, "issuer.mjs", json.dumps(answered)],
        cwd=HERE,
        env={"PATH": os.environ["PATH"], "NODE_NO_WARNINGS": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as child:
        assert child.stdout is not None
        for line in child.stdout:
            if line.strip() == "ready":
                break
        else:
            raise RuntimeError("the outside issuer did not come up")
        yield f"http://127.0.0.1:{port}"


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: object) -> None:
        return None


@dataclass
class Visitor:
    """A person with a browser of their own at the issuer, who fills in its forms: log-in, then consent."""

    login: str
    agrees: bool = True
    jar: CookieJar = field(default_factory=CookieJar)

    def go(self, url: str, *, until: str) -> str:
        """Open a URL and do what is asked there; return the first address that begins with ``until``."""
        for _ in range(MOST_HOPS):
            status, headers, page = self._open(url)
            if status in {302, 303}:
                url = urljoin(url, str(headers["Location"]))
                if url.startswith(until):
                    return url
                continue
            url = self._answer(url, page)
            if url.startswith(until):
                return url
        raise AssertionError(f"it never came back: {page}")

    def _answer(self, url: str, page: str) -> str:
        """Send the form of a page; return where that leads."""
        if not self.agrees:
            return urljoin(url, f"{url}/abort")
        form = {"prompt": "consent"}
        if 'value="login"' in page:
            form = {"prompt": "login", "login": self.login, "password": "any"}
        elif 'value="consent"' not in page:
            raise AssertionError(f"neither log-in nor consent: {page}")
        status, headers, text = self._open(url, form)
        assert status in {302, 303}, text
        return urljoin(url, str(headers["Location"]))

    def _open(self, url: str, form: Mapping[str, str] | None = None) -> tuple[int, Message, str]:
        opener = urllib.request.build_opener(_NoRedirects, urllib.request.HTTPCookieProcessor(self.jar))
        data = urlencode(form).encode() if form is not None else None
        try:
            with opener.open(urllib.request.Request(url, data), timeout=patience.SECONDS) as reply:
                return reply.status, reply.headers, reply.read().decode()
        except HTTPError as answer:
            with answer:
                return answer.code, answer.headers, answer.read().decode()


def token(issuer: str, form: Mapping[str, str]) -> dict[str, Any]:
    """Ask the issuer's token endpoint for what an own client of the test is due."""
    request = urllib.request.Request(f"{issuer}/token", urlencode(form).encode())
    with urllib.request.urlopen(request, timeout=patience.SECONDS) as reply:
        answered: dict[str, Any] = json.loads(reply.read())
    return answered
