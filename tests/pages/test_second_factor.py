"""The log-in pages with a second factor: by code without script, by passkey in a real browser with its own authenticator."""

import json
import time
import urllib.request
from base64 import b64encode
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

pytest.importorskip("playwright")

from cryptography.hazmat.primitives import serialization
from playwright.sync_api import Browser, Page, expect

from tests.pages.eyes import PASSWORD, Person, assert_accessible, settled, take_pictures
from tests.parts.server import Server
from tests.support.factor_people import code_of
from tests.support.soft_authenticator import SoftAuthenticator

FACTORS = "/users/me/factors"


@dataclass
class Account:
    """Somebody with an authenticator app, recovery codes and a passkey, made over HTTP."""

    server: Server
    username: str
    token: str = ""
    secret: str = ""

    def ask(self, method: str, path: str, body: Any = None) -> Any:
        headers = {"Content-Type": "application/json"}
        if self.token:
            headers["Authorization"] = f"Bearer {self.token}"
        data = json.dumps(body or {}).encode()
        request = urllib.request.Request(self.server.url + path, data, headers, method=method)
        with urllib.request.urlopen(request, timeout=60) as answer:
            octets = answer.read()
        return json.loads(octets) if octets else None

    @classmethod
    def made(cls, server: Server, username: str) -> "Account":
        account = cls(server, username)
        wanted = {"username": username, "password": PASSWORD, "log_in": True}
        account.token = account.ask("POST", "/users", wanted)["access_token"]
        account.secret = account.ask("POST", f"{FACTORS}/totp")["secret"]
        earlier = code_of(account.secret, time.time(), off=-1)  # so that the code of now still counts
        account.ask("PUT", f"{FACTORS}/totp", {"totp": earlier})
        return account

    def code(self, *, off: int = 0) -> str:
        return code_of(self.secret, time.time(), off=off)

    def add_passkey(self) -> SoftAuthenticator:
        device = SoftAuthenticator(self.server.url)
        options = self.ask("POST", f"{FACTORS}/passkeys/options")["options"]
        self.ask("POST", f"{FACTORS}/passkeys", {"passkey": device.create(options), "name": "Laptop"})
        return device


@pytest.fixture
def plain(browser: Browser, server: Server) -> Iterator[Person]:
    """A person whose browser runs no script."""
    person = Person.at(browser, server, java_script_enabled=False)
    yield person
    assert not person.complaints
    person.context.close()


def type_password(page: Page, username: str) -> None:
    page.locator("[name=username]").fill(username)
    page.locator("[name=password]").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()


def plug_in(page: Page, device: SoftAuthenticator) -> None:
    """Give the browser an authenticator of its own that holds the key."""
    session = page.context.new_cdp_session(page)
    session.send("WebAuthn.enable")
    kind = {"protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True}
    kind |= {"isUserVerified": True, "automaticPresenceSimulation": True}
    plugged = session.send("WebAuthn.addVirtualAuthenticator", {"options": kind})
    key = device.key.private_bytes(
        serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    credential = {
        "credentialId": b64encode(device.credential_id).decode(),
        "isResidentCredential": True,
        "rpId": device.rp_id,
        "privateKey": b64encode(key).decode(),
        "userHandle": b64encode(device.user_handle).decode(),
        "signCount": 1,
    }
    where = {"authenticatorId": plugged["authenticatorId"], "credential": credential}
    session.send("WebAuthn.addCredential", where)


def test_without_script_a_code_is_enough(plain: Person, server: Server) -> None:
    account = Account.made(server, "Olga")
    page = plain.page()
    page.goto(f"{server.url}/login")
    type_password(page, "Olga")
    expect(page.get_by_role("heading", name="One thing more")).to_be_visible()
    page.locator("[name=totp]").fill("000000")
    page.get_by_role("button", name="Log in").click()
    assert "wrong" in page.get_by_role("alert").inner_text()
    page.locator("[name=totp]").fill(account.code())
    page.get_by_role("checkbox").check()
    page.get_by_role("button", name="Log in").click()
    assert page.url == f"{server.url}/account"
    again = plain.page()
    again.goto(f"{server.url}/login")
    type_password(again, "Olga")
    assert again.url == f"{server.url}/account"


def test_a_passkey_is_asked_for_by_script_and_is_all_one_needs(person: Person, server: Server) -> None:
    account = Account.made(server, "Petra")
    device = account.add_passkey()
    page = person.page()
    page.goto("about:blank")
    plug_in(page, device)
    page.goto(f"{server.url}/login")
    # The browser may offer it by itself, as this one's authenticator always agrees.
    page.wait_for_url(f"{server.url}/account")


def test_beside_a_password_a_passkey_is_one_of_the_ways(person: Person, server: Server) -> None:
    account = Account.made(server, "Quinn")
    device = account.add_passkey()
    page = person.page()
    page.goto(f"{server.url}/login")
    type_password(page, "Quinn")
    expect(page.get_by_role("button", name="Use a passkey")).to_be_visible()
    assert_accessible(page, where="second factor")
    take_pictures(page, "second-factor")
    plug_in(page, device)
    page.get_by_role("button", name="Use a passkey").click()
    page.wait_for_url(f"{server.url}/account")


def test_at_the_board_the_code_is_asked_for_in_the_same_form(person: Person, server: Server) -> None:
    """And nothing that was typed is lost."""
    account = Account.made(server, "Rhea")
    page = person.open(state="out")
    page.locator("#in-username").fill("Rhea")
    page.locator("#in-password").fill(PASSWORD)
    page.locator("#log-in button[type=submit]").click()
    expect(page.locator("#in-code")).to_be_visible()
    assert page.locator("#in-password").input_value() == PASSWORD
    page.locator("#in-code").fill(account.code())
    page.locator("#log-in button[type=submit]").click()
    settled(page, "in")
