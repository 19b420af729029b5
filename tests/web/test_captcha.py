"""BR-12: where a vendor is set, nobody makes an account unseen, by whichever door; where none is, nothing is asked."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest

from chalicelib.settings import settings
from chalicelib.settings.reader import SettingsError
from cupbearer.testing import AppUnderTest, Client, Reply
from tests.support import siteverify
from tests.support.command_line import ROOT
from tests.support.siteverify import BAD, PASSES, SITE_KEYS, Vendor

ADA = {"username": "ada", "password": "a pangolin in the rain"}


def variables(vendor: str = "turnstile", **more: str) -> dict[str, str]:
    return {
        "CUPBEARER_CAPTCHA": vendor,
        "CUPBEARER_CAPTCHA_SITE_KEY": SITE_KEYS[vendor],
        "CUPBEARER_CAPTCHA_SECRET": PASSES[vendor],
        **{f"CUPBEARER_{name}": value for name, value in more.items()},
    }


@pytest.fixture
def vendor() -> Iterator[Vendor]:
    with siteverify.serving() as vendor:
        yield vendor


@pytest.fixture
def client(tmp_path: Path, vendor: Vendor) -> Iterator[Client]:
    with AppUnderTest(ROOT, tmp_path, variables()) as at:
        at.services.accounts.captcha = vendor.captcha()
        yield at.client()


def signed_up(client: Client, **more: object) -> Reply:
    return client.post("/users", json={**ADA, **more})


def test_a_program_signs_up_with_the_answer_of_the_widget_and_not_without(
    client: Client, vendor: Vendor
) -> None:
    assert (signed_up(client).status, signed_up(client).code) == (400, "captcha_required")
    assert (signed_up(client, captcha=BAD).status, signed_up(client, captcha=BAD).code) == (
        400,
        "captcha_refused",
    )
    assert client.services.accounts.users.find("ada") is None
    assert signed_up(client, captcha="a person").status == 201
    assert signed_up(client, username="ben", captcha="a person").code == "captcha_refused"


def test_an_answer_is_not_spent_on_a_sign_up_that_is_wrong_anyway(client: Client, vendor: Vendor) -> None:
    assert signed_up(client, password="short", captcha="a person").code == "weak_password"
    assert signed_up(client, username="", captcha="a person").status == 400
    assert vendor.asked == []
    assert signed_up(client, captcha="a person").status == 201


def test_asking_again_by_the_same_key_needs_no_second_answer(client: Client, vendor: Vendor) -> None:
    """A lost answer: the vendor takes a person's once."""
    key = {"Idempotency-Key": "5f0c8b7e-7d5a-4d6e-9b7a-1f2e3d4c5b6a"}
    made = [client.post("/users", json={**ADA, "captcha": "a person"}, headers=key) for _ in range(2)]
    assert [reply.status for reply in made] == [201, 201]
    assert made[0].json["user"]["user_id"] == made[1].json["user"]["user_id"]
    assert len(vendor.asked) == 1


NO_VERDICTS: list[Any] = [
    {"success": False, "error-codes": ["internal-error"]},
    {"success": False, "error-codes": [{}]},
    {"success": False, "error-codes": "invalid-input-response"},
    {"success": "true"},
    {"success": 1},
    [],
]


def test_without_a_verdict_nobody_gets_in_and_is_told_when_to_come_again(
    client: Client, vendor: Vendor
) -> None:
    for vendor.says in NO_VERDICTS:
        refused = signed_up(client, captcha="a person")
        assert (refused.status, refused.code, refused.headers["Retry-After"]) == (503, "unavailable", "30")
    assert client.services.accounts.users.find("ada") is None


def test_a_program_learns_whose_widget_to_show(client: Client) -> None:
    ways = client.get("/sessions/ways").json
    assert ways["captcha"] == {"vendor": "turnstile", "site_key": SITE_KEYS["turnstile"]}


def test_a_newcomer_without_a_password_is_seen_too(tmp_path: Path, vendor: Vendor) -> None:
    off = variables(PASSWORD_LOG_IN="off", EMAIL_LOG_IN="on")
    with AppUnderTest(ROOT, tmp_path, off) as at:
        at.services.accounts.captcha = vendor.captcha()
        client, wanted = at.client(), {"email": "ada@example.com"}
        assert client.post("/users/email", json=wanted).code == "captcha_required"
        assert client.post("/users/email", json={**wanted, "captcha": "a person"}).status == 202


def test_nothing_is_asked_or_loaded_where_none_is_set(tmp_path: Path) -> None:
    with AppUnderTest(ROOT, tmp_path) as at:
        page = at.client().get("/signup")
        assert "captcha" not in text_of(page)
        assert "frame-src" not in page.headers["Content-Security-Policy"]
        assert signed_up(at.client()).status == 201
        assert at.client().get("/sessions/ways").json["captcha"] is None


@pytest.mark.parametrize(
    ("name", "field", "directives"),
    [
        ("turnstile", "cf-turnstile-response", ("script-src", "frame-src")),
        ("hcaptcha", "h-captcha-response", ("script-src", "frame-src", "style-src", "connect-src")),
    ],
)
def test_the_page_lets_in_its_vendor_and_only_there(
    name: str, field: str, directives: tuple[str, ...], tmp_path: Path, vendor: Vendor
) -> None:
    host = {"turnstile": "https://challenges.cloudflare.com", "hcaptcha": "https://*.hcaptcha.com"}[name]
    with AppUnderTest(ROOT, tmp_path, variables(name)) as at:
        at.services.accounts.captcha = vendor.captcha(name)
        page = at.client().get("/signup")
        policy = dict(part.split(" ", 1) for part in page.headers["Content-Security-Policy"].split("; "))
        assert {directive for directive, sources in policy.items() if host in sources} == set(directives)
        assert "'unsafe" not in page.headers["Content-Security-Policy"]
        assert f'data-sitekey="{SITE_KEYS[name]}"' in text_of(page)
        assert host not in at.client().get("/login").headers["Content-Security-Policy"]
        assert PASSES[name] not in text_of(page)
        sent = by_form(at.client(), page, {field: BAD})
        assert (sent.status, "did not pass" in text_of(sent), 'value="ada"' in text_of(sent)) == (
            400,
            True,
            True,
        )
        vendor.says = {"success": False, "error-codes": ["internal-error"]}
        sent = by_form(at.client(), page, {field: "a person"})
        assert (sent.status, sent.headers["Retry-After"], 'value="ada"' in text_of(sent)) == (503, "30", True)
        vendor.says = None
        assert by_form(at.client(), page, {field: "a person"}).status == 303


def text_of(page: Reply) -> str:
    return page.body.decode()


def by_form(client: Client, page: Reply, more: dict[str, str]) -> Reply:
    """Send the form of a page as a browser does."""
    hidden = {
        name: text_of(page).partition(f'name="{name}" value="')[2].partition('"')[0]
        for name in ("csrf", "act")
    }
    cookies = page.headers["Set-Cookie"]
    cookie = "; ".join(
        each.partition(";")[0] for each in ([cookies] if isinstance(cookies, str) else cookies)
    )
    headers = {
        "Content-Type": "application/x-www-form-urlencoded",
        "Cookie": cookie,
        "Origin": "http://localhost:8000",
    }
    return client.request(
        "POST", "/signup", body=urlencode({**hidden, **ADA, **more}).encode(), headers=headers
    )


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"CUPBEARER_CAPTCHA": "recaptcha"}, "must be one of off, turnstile, hcaptcha"),
        ({"CUPBEARER_CAPTCHA_SITE_KEY": ""}, "CUPBEARER_CAPTCHA_SITE_KEY must be given with"),
        ({"CUPBEARER_CAPTCHA_SECRET": ""}, "CUPBEARER_CAPTCHA_SECRET must be given with"),
        ({"CUPBEARER_CAPTCHA_SITE_KEY": '"><script>'}, "which is no site key"),
    ],
)
def test_a_setting_that_cannot_work_stops_the_start(changed: dict[str, str], sentence: str) -> None:
    with pytest.raises(SettingsError, match=sentence):
        settings.parse(variables() | changed)


@pytest.mark.parametrize("name", ["turnstile", "hcaptcha"])
def test_production_takes_neither_a_literal_secret_nor_a_key_for_testing(name: str) -> None:
    deployed = variables(
        name, ENV="production", STORE="dynamodb://table", ISSUER="https://auth.example", MASTER_KEY="kms:key"
    )
    with pytest.raises(SettingsError, match=r"CAPTCHA_SECRET must be ssm:NAME") as refused:
        settings.parse(deployed)
    assert PASSES[name] not in str(refused.value)
    kept = {"CUPBEARER_CAPTCHA_SECRET": "ssm:/cupbearer-prod/captcha"}
    with pytest.raises(SettingsError, match="the vendor's key for testing"):
        settings.parse(deployed | kept)
    assert (
        settings.parse(deployed | kept | {"CUPBEARER_CAPTCHA_SITE_KEY": "0x4AAAAAAADnPIDROrmt1Wwj"}).captcha
        == name
    )
