"""SES v2 on the emulator, which keeps what was sent."""

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any
from urllib.request import urlopen

import boto3
import pytest

from chalicelib.mail.senders import MailRefused, MailTrouble
from chalicelib.outbound.ses import Ses, client_config
from tests.outbound.test_smtp import MAIL
from tests.parts import ministack
from tests.support import hostile_http


@pytest.fixture(scope="module")
def endpoint(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with ministack.running(tmp_path_factory.mktemp("ses") / "log") as url:
        yield url


def client(endpoint: str) -> Any:
    return boto3.client(
        "sesv2", endpoint_url=endpoint, region_name=ministack.REGION, config=client_config(),
        aws_access_key_id=ministack.access_key(), aws_secret_access_key="test",
    )  # fmt: skip


def test_a_mail_goes_through_ses_as_it_is(endpoint: str) -> None:
    client(endpoint).create_email_identity(EmailIdentity="auth.example.com")
    Ses(client(endpoint)).send(MAIL)
    with urlopen(f"{endpoint}/_ministack/ses/messages") as answer:
        ((kept,),) = json.load(answer)["messages"].values()
    assert (kept["Source"], kept["To"], kept["Subject"]) == (MAIL.sender, [MAIL.to], MAIL.subject)
    assert MAIL.octets.endswith(kept["BodyText"].encode())


def test_who_may_not_send_as_that_address_is_told_at_once(endpoint: str) -> None:
    with pytest.raises(MailRefused):
        Ses(client(endpoint)).send(replace(MAIL, sender="no-reply@elsewhere.example"))


def test_what_ses_may_have_taken_is_not_repeated_by_the_sdk() -> None:
    """SES cannot tell a repeated mail from a new one."""
    with hostile_http.serving(hostile_http.answers(hostile_http.page("{}", status="500 Trouble"))) as server:
        with pytest.raises(MailTrouble):
            Ses(client(f"http://127.0.0.1:{server.port}")).send(MAIL)
        assert len(server.requests) == 1


def test_ses_that_is_out_of_reach_is_trouble() -> None:
    with pytest.raises(MailTrouble):
        Ses(client("http://127.0.0.1:1")).send(MAIL)
