"""What the service says of how people log in, for pages of one's own that offer it."""

import json
from collections.abc import Mapping

import pytest

from cupbearer.testing import Client

PROVIDER = {"issuer": "https://accounts.google.com", "client_id": "a", "client_secret": "a secret of theirs"}
OTHERS = {
    "CUPBEARER_NAME": "Pangolin & Sons",
    "CUPBEARER_MAIL": "console:",
    "CUPBEARER_EMAIL_LOG_IN": "on",
    "CUPBEARER_PASSWORD_LOG_IN": "off",
    "CUPBEARER_SIGN_UP": "closed",
    "CUPBEARER_PROVIDERS": json.dumps({"google": PROVIDER}),
}


@pytest.fixture
def cupbearer_settings(request: pytest.FixtureRequest) -> Mapping[str, str]:
    return dict(getattr(request, "param", {"CUPBEARER_MAIL": "none"}))


def test_without_mail_there_are_passwords_alone(client: Client) -> None:
    assert client.get("/sessions/ways").json == {
        "name": "Cupbearer",
        "password": True,
        "password_reset": False,
        "email": False,
        "sign_up": True,
        "providers": [],
        "captcha": None,
    }


@pytest.mark.parametrize("cupbearer_settings", [OTHERS], indirect=True)
def test_it_is_what_the_services_own_page_offers_without_a_secret(client: Client) -> None:
    reply = client.get("/sessions/ways")
    assert reply.json == {
        "name": "Pangolin & Sons",
        "password": False,
        "password_reset": False,
        "email": True,
        "sign_up": False,
        "providers": ["google"],
        "captcha": None,
    }
    assert b"secret" not in reply.body


def test_pages_of_every_origin_may_ask_and_browsers_keep_it_for_minutes(client: Client) -> None:
    reply = client.get("/sessions/ways", headers={"Origin": "https://app.example.com"})
    assert reply.headers["Access-Control-Allow-Origin"] == "*"
    assert reply.headers["Cache-Control"] == "public, max-age=300"
