"""Accounts with second factors at a running service, made over HTTP."""

import json
import time
import urllib.request
from dataclasses import dataclass
from typing import Any

from cupbearer.soft_authenticator import SoftAuthenticator
from tests.parts.server import Server
from tests.support import patience
from tests.support.factor_people import STEP, code_of

FACTORS = "/users/me/factors"
PASSWORD = "correct horse battery staple"


@dataclass
class Account:
    """Somebody with an authenticator app, unless said otherwise."""

    server: Server
    username: str
    token: str = ""
    secret: str = ""
    step: int = 0  # of the code that was shown last

    def ask(self, method: str, path: str, body: Any = None) -> Any:
        headers = {"Content-Type": "application/json"}
        if self.token:
            headers["Authorization"] = f"Bearer {self.token}"
        data = json.dumps(body or {}).encode()
        request = urllib.request.Request(self.server.url + path, data, headers, method=method)
        with urllib.request.urlopen(request, timeout=patience.SECONDS) as answer:
            octets = answer.read()
        return json.loads(octets) if octets else None

    @classmethod
    def made(cls, server: Server, username: str, *, has_app: bool = True) -> "Account":
        account = cls(server, username)
        wanted = {"username": username, "password": PASSWORD, "log_in": True}
        account.token = account.ask("POST", "/users", wanted)["access_token"]
        if has_app:
            account.secret = account.ask("POST", f"{FACTORS}/totp")["secret"]
            account.ask("PUT", f"{FACTORS}/totp", {"totp": account.code()})
        return account

    def code(self) -> str:
        """Return a code that counts for half a minute at least: of now, or the next if that of now was shown."""
        self.step = max(int(time.time()) // STEP, self.step + 1)
        return code_of(self.secret, self.step * STEP)

    def add_passkey(self) -> SoftAuthenticator:
        device = SoftAuthenticator(self.server.url)
        options = self.ask("POST", f"{FACTORS}/passkeys/options")["options"]
        self.ask("POST", f"{FACTORS}/passkeys", {"passkey": device.create(options), "name": "Laptop"})
        return device
