"""The apps of docs/clients/mobile.md: the values that stand there, and the requests that AppAuth makes with them (M10)."""

import re
import shlex
from dataclasses import dataclass
from urllib.parse import urlencode
from xml.etree import ElementTree as ET

import pytest
from requests_oauthlib import OAuth2Session

from tests.clients import examples
from tests.clients.conftest import register
from tests.clients.person import Person
from tests.parts.server import Server

IOS, ANDROID, MANIFEST, COMMAND = "Session.swift", "LogIn.kt", "manifest.xml", "mobile.sh"
SPACE = "{http://schemas.android.com/apk/res/android}"
PLACES = "xmlns:android='http://schemas.android.com/apk/res/android' xmlns:tools='http://schemas.android.com/tools'"


@dataclass(frozen=True)
class App:
    """What a block says of its app."""

    redirect_uri: str
    logged_out_uri: str
    scope: str


def _said(name: str) -> App:
    text = examples.examples()[name]
    redirect_uri, logged_out_uri = re.findall(r'^(?:let|val) \w+U(?:RI|ri)\b.*"(.+)"', text, re.MULTILINE)
    (scopes,) = re.findall(r'(?:scopes|SCOPE) = (?:\[(.+)\]|"(.+)")', text)
    return App(redirect_uri, logged_out_uri, " ".join(re.findall(r"\w+", "".join(scopes))))


def _registered() -> list[str]:
    """Return the words of the page's command behind ``clients create``."""
    _, _, _, *words = shlex.split(examples.examples()[COMMAND].replace("\\\n", ""))
    return words


@pytest.fixture(autouse=True)
def _on_loopback(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OAUTHLIB_INSECURE_TRANSPORT", "1")  # the issuer is http://localhost


@pytest.mark.parametrize("name", [IOS, ANDROID])
def test_an_app_logs_in_by_what_discovery_says_refreshes_and_logs_out(
    server: Server, zoe: Person, name: str
) -> None:
    app = _said(name)
    client_id = register(server, *_registered())["CLIENT_ID"]
    session = OAuth2Session(client_id, redirect_uri=app.redirect_uri, scope=app.scope.split(), pkce="S256")
    found = session.get(f"{server.url}/.well-known/openid-configuration").json()
    assert "S256" in found["code_challenge_methods_supported"]
    url, _ = session.authorization_url(found["authorization_endpoint"], nonce="a nonce of the app")
    assert zoe.open(url).status == 303
    assert zoe.leads_to.startswith(f"{app.redirect_uri}?code=")
    tokens = session.fetch_token(
        found["token_endpoint"], authorization_response=zoe.leads_to, include_client_id=True
    )
    assert set(tokens["scope"]) == set(app.scope.split())
    assert session.get(found["userinfo_endpoint"]).json()["preferred_username"] == "zoe"
    fresh = session.refresh_token(found["token_endpoint"], client_id=client_id)
    assert fresh["access_token"] != tokens["access_token"]
    end = {"id_token_hint": tokens["id_token"], "post_logout_redirect_uri": app.logged_out_uri, "state": "s"}
    zoe.open(f"{found['end_session_endpoint']}?{urlencode(end)}")
    assert zoe.leads_to == f"{app.logged_out_uri}?state=s"


def test_a_claimed_link_is_asked_about_once_and_a_scheme_that_any_app_may_take_each_time(
    server: Server, zoe: Person
) -> None:
    client_id = register(server, *_registered())["CLIENT_ID"]

    def asked(app: App) -> bool:
        zoe.asked = ""
        session = OAuth2Session(
            client_id, redirect_uri=app.redirect_uri, scope=app.scope.split(), pkce="S256"
        )
        zoe.open(session.authorization_url(f"{server.url}/oauth/authorize")[0])
        assert zoe.leads_to.startswith(f"{app.redirect_uri}?code=")
        return bool(zoe.asked)

    assert [asked(_said(ANDROID)) for _ in range(2)] == [True, False]
    assert [asked(_said(IOS)) for _ in range(2)] == [True, True]


def test_the_manifest_takes_exactly_the_links_of_the_app() -> None:
    app = _said(ANDROID)
    (activity,) = ET.fromstring(f"<a {PLACES}>{examples.examples()[MANIFEST]}</a>")  # noqa: S314 - ours
    (intent,) = activity
    assert intent.get(f"{SPACE}autoVerify") == "true"
    first, second = intent.findall("data")
    host = f"{first.get(f'{SPACE}scheme')}://{first.get(f'{SPACE}host')}"
    assert host + str(first.get(f"{SPACE}path")) == app.redirect_uri
    assert host + str(second.get(f"{SPACE}path")) == app.logged_out_uri
