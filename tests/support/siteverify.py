"""A vendor's ``siteverify`` on loopback: it answers as Turnstile's and hCaptcha's pages say, their keys for testing included.

https://developers.cloudflare.com/turnstile/troubleshooting/testing/, https://docs.hcaptcha.com/#integration-testing-test-keys
"""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs

from chalicelib.outbound.captcha import Captcha

SITE_KEYS = {"turnstile": "1x00000000000000000000AA", "hcaptcha": "10000000-ffff-ffff-ffff-000000000001"}
PASSES = {
    "turnstile": "1x0000000000000000000000000000000AA",
    "hcaptcha": "0x0000000000000000000000000000000000000000",
}
FAILS, SPENT = "2x0000000000000000000000000000000AA", "3x0000000000000000000000000000000AA"
DUMMY = "XXXX.DUMMY.TOKEN.XXXX"
GOOD = {"success": True, "error-codes": [], "hostname": "example.com", "challenge_ts": "2026-11-22T05:00:00Z"}
BAD = "a robot"


@dataclass
class Vendor:
    """What it was asked, and what it answers: once for each answer of a person."""

    port: int = 0
    asked: list[dict[str, str]] = field(default_factory=list)
    spent: set[str] = field(default_factory=set)
    status: int = 200
    says: Any = None  # in place of a verdict

    def verdict(self, form: dict[str, str]) -> Any:
        self.asked.append(form)
        if self.says is not None:
            return self.says
        secret, answer = form.get("secret", ""), form.get("response", "")
        if secret not in (*PASSES.values(), FAILS, SPENT):
            return {"success": False, "error-codes": ["invalid-input-secret"]}
        if secret == FAILS or answer == BAD:
            return {"success": False, "error-codes": ["invalid-input-response"]}
        if secret == SPENT or answer in self.spent:
            return {"success": False, "error-codes": ["timeout-or-duplicate"]}
        self.spent.add(answer)
        return GOOD

    def captcha(self, vendor: str = "turnstile", *, secret: str | None = None) -> Captcha:
        """Return what asks this vendor in place of the one on the internet."""
        key, url = secret or PASSES[vendor], f"http://127.0.0.1:{self.port}/siteverify"
        return Captcha(vendor, SITE_KEYS[vendor], lambda: key, url, allow_loopback_http=True)


@contextmanager
def serving() -> Iterator[Vendor]:
    vendor = Vendor()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            said = json.dumps(
                vendor.verdict({name: values[0] for name, values in parse_qs(body).items()})
            ).encode()
            self.send_response(vendor.status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(said)))
            self.end_headers()
            self.wfile.write(said)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as listener:
        vendor.port = listener.server_address[1]
        threading.Thread(target=listener.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        yield vendor
        listener.shutdown()
