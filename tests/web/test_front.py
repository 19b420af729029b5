"""What ``/`` shows: the board, the account, or what somebody else serves."""

from collections.abc import Mapping

import pytest

from chalicelib.settings.reader import SettingsError
from chalicelib.settings.settings import parse
from cupbearer.testing import Client
from tests.settings.test_settings import PRODUCTION


@pytest.fixture
def cupbearer_settings(request: pytest.FixtureRequest) -> Mapping[str, str]:
    return {"CUPBEARER_FRONT": getattr(request, "param", "board")}


def test_the_sample_is_the_front_page_of_a_laptop_and_not_of_production() -> None:
    assert parse({}).front == "board"
    assert parse(PRODUCTION).front == "account"


@pytest.mark.parametrize(
    ("cupbearer_settings", "leads"),
    [
        ("account", "http://localhost:8000/account"),
        ("https://www.example.com/shop", "https://www.example.com/shop"),
    ],
    indirect=["cupbearer_settings"],
)
def test_it_leads_to_what_is_set_in_the_boards_place(client: Client, leads: str) -> None:
    reply = client.get("/")
    assert (reply.status, reply.headers["Location"]) == (302, leads)
    assert reply.headers["Cache-Control"] == "no-cache"  # or a change of the setting would be seen by few


@pytest.mark.parametrize("cupbearer_settings", ["account"], indirect=True)
def test_where_there_is_no_board_nothing_leads_to_it(client: Client) -> None:
    page = client.get("/account").body.decode()
    assert ">Board</a>" not in page
    assert 'href="/login"' in page


def test_the_board_is_led_to_where_it_is(client: Client) -> None:
    assert client.get("/").status == 200
    assert ">Board</a>" in client.get("/account").body.decode()


@pytest.mark.parametrize(
    "front",
    [
        "home",
        "javascript:alert(1)",
        "//evil.example",
        "https://auth.example.com/",
        "https://auth.example.com",
        "HTTPS://auth.EXAMPLE.com:443/",
    ],
)
def test_what_is_no_page_or_leads_back_to_itself_stops_the_start(front: str) -> None:
    with pytest.raises(SettingsError, match="CUPBEARER_FRONT"):
        parse({"CUPBEARER_ISSUER": "https://auth.example.com", "CUPBEARER_FRONT": front})


def test_in_production_it_leads_to_https_alone() -> None:
    with pytest.raises(SettingsError, match="CUPBEARER_FRONT"):
        parse(PRODUCTION | {"CUPBEARER_FRONT": "http://www.example.com"})
