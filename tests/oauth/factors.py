"""People of the provider's tests who have a second factor, and browsers that show one at our page."""

import json
from dataclasses import dataclass
from typing import Any

from chalicelib.authentication.log_in import LogInResult
from chalicelib.sessions.session import LiveSession
from cupbearer.testing import Clock
from tests.oauth.server import PASSWORD, App, Browser, Reply, Server, payload_of
from tests.support.factor_people import Person

PAGE = "/login/second-factor"
ASKED = "Now show your second factor"
PENDING = "__Host-cupbearer_pending"


@dataclass
class Place:
    services: Any
    clock: Clock


def person_of(server: Server, clock: Clock, live: LiveSession | None) -> Person:
    """Return who is logged in, with the verbs that give second factors."""
    assert live is not None
    signed_in = LogInResult(live.user, live.session.session_id, "", 0, "", live.user.scopes)
    return Person(Place(server.services, clock), signed_in, PASSWORD)


def with_totp(server: Server, clock: Clock, signed_in: LogInResult) -> Person:
    """Return who has signed up, with an authenticator app."""
    sessions = server.services.authentication.sessions
    return person_of(
        server, clock, sessions.find_live(signed_in.user.user_id, signed_in.session_id)
    ).with_totp()


def show(browser: Browser, page: Reply, **shown: str) -> Reply:
    """Send a factor with the page's form, and follow it as long as it stays with us."""
    hidden = {name: text for name, text in page.form.items() if name in ("csrf", "request", "return_to")}
    return browser.send(PAGE, hidden | shown)


def passkey(browser: Browser, device: Any, *, alone: bool = False) -> str:
    """Return what the page's script would fill in: the answer of an authenticator to a challenge for this browser."""
    body = json.dumps({"cookie": True, "second_factor": not alone}).encode()
    kind = {"Content-Type": "application/json"}
    asked = browser.ask("POST", "/sessions/passkey/options", body=body, headers=kind)
    assert asked.status == 200, asked.text
    return json.dumps(device.get(asked.json["options"]))


def id_token(shop: App, reply: Reply) -> dict[str, Any]:
    """Redeem the code that a redirect brings, and return what the ID token says."""
    assert "code" in reply.parameters, reply.location
    tokens = shop.redeem(reply.parameters["code"])
    assert tokens.status == 200, tokens.text
    return dict(payload_of(tokens.json["id_token"]))


def levels_of(shop: App, reply: Reply) -> tuple[str, list[str]]:
    """Return ``acr`` and ``amr`` of the log-in that a redirect gives."""
    claims = id_token(shop, reply)
    return claims["acr"], claims["amr"]


def remembered(browser: Browser, zoe: Person) -> None:
    """Log in with both proofs, and have the browser remembered: its next log-ins show the password alone."""
    show(browser, browser.log_in(), totp=zoe.next_code(), remember="yes")
    browser.log_in()
