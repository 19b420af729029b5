"""One person's whole walk with mail and second factors, by the pages alone; a virtual authenticator is the device."""

import re
import time
from dataclasses import dataclass, field

import pytest

pytest.importorskip("playwright")

import pyotp
from playwright.sync_api import Browser, CDPSession, Page, expect

from chalicelib.accounts.factor_reset import WAIT_SECONDS
from chalicelib.settings import settings
from chalicelib.world import World
from cupbearer.testing import SOURCE, QuickServices
from tests.pages.eyes import PASSWORD, PHONE, Person, assert_accessible, settled, take_pictures
from tests.parts.server import Server

NEW_PASSWORD, THIRD_PASSWORD = "seven other words on a hill", "eight more words under a bridge"
AUTHENTICATOR = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


@dataclass
class Walk:
    """One page with a device of its own, and what the person keeps in mind, in the app and on paper."""

    person: Person
    page: Page
    wire: CDPSession
    device: str
    name: str
    secret: str = ""
    step: int = 0
    codes: list[str] = field(default_factory=list)

    @classmethod
    def of(cls, person: Person, name: str) -> "Walk":
        page = person.page()
        wire = person.context.new_cdp_session(page)
        wire.send("WebAuthn.enable")
        made = wire.send("WebAuthn.addVirtualAuthenticator", {"options": AUTHENTICATOR})
        return cls(person, page, wire, made["authenticatorId"], name)

    def go(self, path: str, state: str | None = None) -> Page:
        self.page.goto(self.person.server.url + path)
        return settled(self.page, state) if state else self.page

    def touch(self, *, allowed: bool) -> None:
        """Let the person touch whatever asks for a passkey, or leave it waiting."""
        said = {"authenticatorId": self.device, "enabled": allowed}
        self.wire.send("WebAuthn.setAutomaticPresenceSimulation", said)

    def looked_at(self, name: str) -> None:
        assert_accessible(self.page, where=name)
        take_pictures(self.page, name)

    def open_mail(self, subject: str) -> None:
        """Open the link of the newest mail of that subject, as it is shown on this machine."""
        self.go("/outbox")
        mail = self.page.locator(
            "article", has=self.page.get_by_role("heading", name=re.compile(subject))
        ).first
        mail.locator(".mail a").first.click()

    def code(self) -> str:
        """Return a code of the app that was not used yet: each step counts once, and one that is to come is taken too."""
        self.step = max(int(time.time()) // 30, self.step + 1)
        return pyotp.TOTP(self.secret).at(self.step * 30)

    def log_out(self) -> None:
        self.go("/account", "in")
        self.page.get_by_role("button", name="Log out").click()
        settled(self.page, "out")

    def log_in(self, password: str) -> None:
        self.go("/login")
        self.page.locator("#f-username").fill(self.name)
        self.page.locator("#f-password").fill(password)
        self.page.get_by_role("button", name="Log in", exact=True).click()

    def choose(self, password: str) -> None:
        """Choose a new password at the page of a mail's link; the second factor is asked for, and a code is at hand."""
        page = self.page
        page.locator("[name=new_password]").fill(password)
        page.get_by_role("button", name="Set the password").click()
        page.get_by_text("second factor").first.wait_for()
        page.locator("[name=new_password]").fill(password)
        page.locator("[name=recovery_code]").fill(self.codes.pop())
        page.get_by_role("button", name="Set the password").click()
        page.get_by_text("Your password is changed").wait_for()

    def show_recovery_code(self) -> None:
        self.page.get_by_text("None of these at hand?").click()
        self.page.locator("[name=recovery_code]").fill(self.codes.pop())
        self.page.get_by_role("button", name="Use the recovery code").click()


def test_from_sign_up_through_every_loss_and_back_again(person: Person, server: Server) -> None:
    walk = Walk.of(person, "Ada")
    _sign_up_and_prove_the_address(walk)
    _add_a_passkey_and_log_in_by_it(walk)
    _add_an_app_and_recovery_codes(walk)
    _forget_the_password(walk)
    _change_the_address_and_take_it_back(walk)
    _lose_the_device(walk)
    _be_helped_by_an_operator(walk, server)


def _sign_up_and_prove_the_address(walk: Walk) -> None:
    page = walk.go("/", "out")
    page.get_by_role("radio", name="Sign up").check()
    page.locator("#up-email").fill("ada@example.com")
    walk.person.sign_up("Ada", page=page)
    walk.open_mail("Is this your address")
    walk.looked_at("verify-email")
    page.get_by_role("button", name="Yes, it is mine").click()
    page.get_by_text("Your address is proven").wait_for()


def _add_a_passkey_and_log_in_by_it(walk: Walk) -> None:
    page = walk.go("/account", "in")
    page.locator("#passkey-name").fill("This laptop")
    page.get_by_role("button", name="Add a passkey").click()
    page.get_by_text("Passkey: This laptop").wait_for()
    walk.looked_at("account-factors")
    walk.log_out()
    walk.touch(allowed=False)
    walk.go("/login")
    expect(page.get_by_role("button", name="Use a passkey")).to_be_visible()
    walk.looked_at("login-passkey")
    walk.touch(allowed=True)
    walk.go("/login")  # the field of the name offers the passkey, and the person takes it
    page.wait_for_url("**/account")
    settled(page, "in")


def _add_an_app_and_recovery_codes(walk: Walk) -> None:
    page = walk.page
    page.get_by_role("button", name="Set up an authenticator app").click()
    expect(page.locator("#app-qr")).to_be_visible()
    walk.looked_at("account-app")
    walk.secret = page.locator("#app-secret").inner_text().replace(" ", "")
    page.locator("#app-totp").fill("000000")
    page.get_by_role("button", name="Set it up").click()
    expect(page.locator("#app-totp-error")).not_to_be_empty()
    page.locator("#app-totp").fill(walk.code())
    page.get_by_role("button", name="Set it up").click()
    page.locator("#factors").get_by_text("Authenticator app").wait_for()
    page.get_by_role("button", name="Make new recovery codes").click()
    expect(page.locator("#codes-list code")).to_have_count(10)
    walk.looked_at("account-codes")
    walk.codes = page.locator("#codes-list code").all_inner_texts()
    with page.expect_download() as download:
        page.get_by_role("link", name="Download", exact=True).click()
    assert all(code in download.value.path().read_text() for code in walk.codes)
    page.get_by_role("button", name="I have kept them").click()
    expect(page.locator("#codes-list code")).to_have_count(0)
    page.get_by_text("10 left").wait_for()


def _forget_the_password(walk: Walk) -> None:
    walk.log_out()
    walk.touch(allowed=False)
    page = walk.go("/login")
    page.get_by_role("link", name="Forgot your password?").click()
    walk.looked_at("forgot")
    page.locator("[name=login]").fill("ada@example.com")
    page.get_by_role("button", name="Send the link").click()
    page.get_by_text("Look into your mail").wait_for()
    walk.open_mail("Choose a new password")
    walk.looked_at("reset-password")
    walk.choose(NEW_PASSWORD)
    walk.log_in(NEW_PASSWORD)
    page.get_by_text("One thing more").wait_for()
    walk.looked_at("second-factor")
    walk.touch(allowed=True)
    page.get_by_role("button", name="Use a passkey").click()
    page.wait_for_url("**/account")
    settled(page, "in")


def _change_the_address_and_take_it_back(walk: Walk) -> None:
    page = walk.go("/account", "in")
    page.locator("#me-email").fill("ada@elsewhere.example")
    page.get_by_role("button", name="Save").click()
    page.get_by_text("ada@elsewhere.example waits for its proof").wait_for()
    walk.open_mail("Is this your address")
    page.get_by_role("button", name="Yes, it is mine").click()
    page.get_by_text("ada@elsewhere.example is the address of Ada").wait_for()
    walk.open_mail("address of your account was changed")
    walk.looked_at("undo-address")
    page.get_by_role("button", name="Undo the change").click()
    page.locator("[name=new_password]").fill(THIRD_PASSWORD)
    page.get_by_role("button", name="Set the password").click()  # and the device is touched
    page.get_by_text("Your password is changed").wait_for()


def _lose_the_device(walk: Walk) -> None:
    walk.wire.send("WebAuthn.removeVirtualAuthenticator", {"authenticatorId": walk.device})
    walk.log_in(THIRD_PASSWORD)
    walk.show_recovery_code()
    page = walk.page
    page.wait_for_url("**/account")
    settled(page, "in")
    expect(page.locator("#me-email")).to_have_value("ada@example.com")
    page.get_by_text("8 left").wait_for()
    page.get_by_role("button", name="Remove: Passkey: This laptop").click()
    page.get_by_text("Passkey: This laptop is removed.").wait_for()


def _be_helped_by_an_operator(walk: Walk, server: Server) -> None:
    walk.log_out()
    server.command("users", "reset-factors", "Ada", "--now")
    walk.log_in(THIRD_PASSWORD)
    walk.page.wait_for_url("**/account")
    settled(walk.page, "in")
    walk.page.get_by_text("None yet: only your password guards this account.").wait_for()
    with walk.page.expect_download() as download:
        walk.page.get_by_role("button", name="Download my data").click()
    assert "ada@example.com" in download.value.path().read_text()
    walk.go("/account/plain")
    walk.looked_at("account-plain-form")


def test_at_a_phone_at_night_without_script_every_loss_has_its_way_back_too(
    browser: Browser, server: Server
) -> None:
    person = Person.at(browser, server, java_script_enabled=False, viewport=PHONE, color_scheme="dark")
    walk = Walk.of(person, "Berta")
    _plainly_sign_up_and_prove_the_address(walk)
    _plainly_add_an_app_and_recovery_codes(walk)
    _plainly_forget_the_password(walk)
    _plainly_change_the_address_and_take_it_back(walk)
    _plainly_lose_the_device(walk)
    _be_helped_by_an_operator_who_waits_a_day(walk, server)
    person.context.close()


def _plainly_sign_up_and_prove_the_address(walk: Walk) -> None:
    page = walk.go("/signup")
    page.locator("#f-username").fill("Berta")
    page.locator("#f-password").fill(PASSWORD)
    page.locator("#f-email").fill("berta@example.com")
    page.get_by_role("button", name="Make my account").click()
    page.get_by_role("link", name="look after your account").click()
    expect(page.get_by_text("berta@example.com (not proven)")).to_be_visible()
    walk.open_mail("Is this your address")
    page.get_by_role("button", name="Yes, it is mine").click()
    expect(page.get_by_text("Your address is proven")).to_be_visible()


def _plainly_add_an_app_and_recovery_codes(walk: Walk) -> None:
    page = walk.go("/account/plain")
    page.get_by_role("button", name="Set up an authenticator app").click()
    walk.secret = page.locator("main code").inner_text()
    page.locator("#f-totp").fill(walk.code())
    page.get_by_role("button", name="Set it up").click()
    expect(page.get_by_role("status")).to_contain_text("The authenticator app is set up.")
    take_pictures(page, "account-plain")
    page.locator("#pw-current_password").fill("not this one at all")
    page.locator("#pw-new_password").fill(NEW_PASSWORD)
    page.get_by_role("button", name="Change the password").click()
    expect(page.get_by_role("alert")).to_contain_text("wrong")
    assert NEW_PASSWORD not in page.content()
    page.get_by_role("button", name="Make new recovery codes").click()
    walk.codes = page.locator("main code").all_inner_texts()
    assert len(walk.codes) == 10
    page.get_by_role("link", name="I have kept them").click()


def _plainly_log_out(walk: Walk) -> None:
    page = walk.go("/account/plain")
    page.get_by_role("link", name="Log out").click()
    page.get_by_role("button", name="Log out").click()


def _plainly_forget_the_password(walk: Walk) -> None:
    _plainly_log_out(walk)
    page = walk.go("/login")
    page.get_by_role("link", name="Forgot your password?").click()
    page.locator("[name=login]").fill("berta@example.com")
    page.get_by_role("button", name="Send the link").click()
    expect(page.get_by_text("Look into your mail")).to_be_visible()
    walk.open_mail("Choose a new password")
    walk.choose(NEW_PASSWORD)
    walk.log_in(NEW_PASSWORD)
    expect(page.get_by_role("heading", name="One thing more")).to_be_visible()
    page.locator("[name=totp]").fill(walk.code())
    page.get_by_role("button", name="Log in").click()
    expect(page).to_have_url(f"{walk.person.server.url}/account")


def _plainly_change_the_address_and_take_it_back(walk: Walk) -> None:
    page = walk.go("/account/plain")
    page.locator("#me-email").fill("berta@elsewhere.example")
    page.get_by_role("button", name="Change the address").click()
    expect(page.get_by_role("status")).to_contain_text("once you open the link")
    walk.open_mail("Is this your address")
    page.get_by_role("button", name="Yes, it is mine").click()
    expect(page.get_by_text("berta@elsewhere.example is the address of Berta")).to_be_visible()
    walk.open_mail("address of your account was changed")
    page.get_by_role("button", name="Undo the change").click()
    walk.choose(THIRD_PASSWORD)


def _plainly_lose_the_device(walk: Walk) -> None:
    walk.log_in(THIRD_PASSWORD)
    walk.show_recovery_code()
    page = walk.go("/account/plain")
    expect(page.get_by_text("berta@example.com (proven)")).to_be_visible()
    expect(page.get_by_text("Recovery codes: 7 left")).to_be_visible()
    _plainly_log_out(walk)


def _be_helped_by_an_operator_who_waits_a_day(walk: Walk, server: Server) -> None:
    """Nothing polls: what is due acts at the next log-in."""
    server.command("users", "reset-factors", "Berta")
    walk.open_mail("Your second factors will be taken away")
    expect(walk.page.get_by_role("heading", name="End every session")).to_be_visible()
    walk.log_in(THIRD_PASSWORD)
    expect(walk.page.get_by_role("heading", name="One thing more")).to_be_visible()
    _ask_for_the_reset_a_day_ago(server)
    walk.log_in(THIRD_PASSWORD)
    expect(walk.page).to_have_url(f"{server.url}/account")
    page = walk.go("/account/plain")
    expect(page.get_by_role("button", name="Set up an authenticator app")).to_be_visible()


def _ask_for_the_reset_a_day_ago(server: Server) -> None:
    yesterday = World(now=lambda: time.time() - WAIT_SECONDS)
    services = QuickServices(settings.parse(server.environ), yesterday)
    user = services.accounts.users.find("Berta")
    assert user
    services.second_factors.reset.ask(user.user_id, source=SOURCE)
