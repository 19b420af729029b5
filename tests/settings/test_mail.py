"""The settings of mail: how it leaves and as whose."""

import pytest

from chalicelib.settings.mail import MailAddress, MailRoute, parse_address, parse_route
from chalicelib.settings.reader import SettingsError
from chalicelib.settings.settings import parse
from tests.settings.test_settings import PRODUCTION

FROM = {"CUPBEARER_MAIL_FROM": "no-reply@example.com"}


@pytest.mark.parametrize(
    ("text", "tls", "port", "user", "password"),
    [
        ("smtp://mail.example.com", "starttls", 587, None, None),
        ("smtp://mail.example.com:2525", "starttls", 2525, None, None),
        ("smtp://127.0.0.1", "none", 25, None, None),
        ("smtp://localhost:1025", "none", 1025, None, None),
        ("smtp://[::1]:1025", "none", 1025, None, None),
        ("smtp://localhost.example.com", "starttls", 587, None, None),
        ("smtps://ada%40example.com:deep%2Fred@mail.example.com", "implicit", 465, "ada@example.com", "deep/red"),
    ],
)  # fmt: skip
def test_a_server_is_a_url_and_its_way_is_secured_off_loopback(
    text: str, tls: str, port: int, user: str | None, password: str | None
) -> None:
    route = parse_route(text)
    assert (route.tls, route.port, route.user, route.password) == (tls, port, user, password)


@pytest.mark.parametrize(("text", "region"), [("ses:", None), ("ses:eu-west-1", "eu-west-1")])
def test_ses_is_a_word_with_or_without_a_region(text: str, region: str | None) -> None:
    assert parse_route(text) == MailRoute(scheme="ses", region=region)


@pytest.mark.parametrize(
    "text",
    [
        "console", "sendmail:", "smtp:mail.example.com", "smtp://", "smtp://mail.example.com/path", "smtp://mail:x",
        "smtp://mail:0", "smtp://mail:70000", "smtp://m ail", "smtp://mail\r\nRCPT", "http://mail.example.com",
        "ses:eu west", "smtp://ma!l", "smtp://user@mail.example.com",
    ],
)  # fmt: skip
def test_what_is_no_way_out_stops_the_start(text: str) -> None:
    with pytest.raises(SettingsError) as refused:
        parse({"CUPBEARER_MAIL": text, **FROM})
    assert refused.value.variable == "CUPBEARER_MAIL"


@pytest.mark.parametrize("text", ["smtps://ada:deep-red@mail.example/x", "smpt://ada:deep-red@mail.example"])
def test_a_password_is_not_repeated_in_the_sentence_that_refuses_it(text: str) -> None:
    with pytest.raises(SettingsError) as refused:
        parse({"CUPBEARER_MAIL": text, **FROM})
    assert "deep-red" not in str(refused.value)


def test_mail_that_is_sent_is_from_somebody() -> None:
    with pytest.raises(SettingsError, match="CUPBEARER_MAIL_FROM"):
        parse({"CUPBEARER_MAIL": "ses:"})
    assert parse({"CUPBEARER_MAIL": "ses:", **FROM}).mail_from == "no-reply@example.com"
    assert parse({}).mail_from is None  # on the console it is the issuer's


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("no-reply@example.com", MailAddress(name=None, address="no-reply@example.com")),
        ("Die Mühle <no-reply@xn--mhle-0ra.example>", MailAddress(name="Die Mühle", address="no-reply@xn--mhle-0ra.example")),
        ("A, B & Co. <a@b.example>", MailAddress(name="A, B & Co.", address="a@b.example")),
    ],
)  # fmt: skip
def test_an_address_has_a_name_or_none(text: str, address: MailAddress) -> None:
    assert parse_address("MAIL_FROM", text) == address


@pytest.mark.parametrize("name", ["MAIL_FROM", "MAIL_REPLY_TO"])
@pytest.mark.parametrize(
    "text",
    ["x", "a@b@c", "a@b, c@d", "<a@b.example", 'Bad "name" <a@b.example>', "A\r\nBcc: x@y <a@b.example>",
     "a@b.example\nX: y", "a@bücher.example"],
)  # fmt: skip
def test_an_address_that_could_be_more_than_one_stops_the_start(name: str, text: str) -> None:
    with pytest.raises(SettingsError, match=f"CUPBEARER_{name}"):
        parse({"CUPBEARER_MAIL": "ses:", **FROM, f"CUPBEARER_{name}": text})


def test_a_laptop_shows_mail_and_a_deployed_service_sends_none_unless_told() -> None:
    assert parse({}).mail == "console:"
    assert parse({"CUPBEARER_MAIL": "none"}).mail is None
    assert parse(PRODUCTION).mail is None
    assert parse({"AWS_LAMBDA_FUNCTION_NAME": "cupbearer-dev"}).mail is None


def test_a_deployed_service_knows_who_delivers() -> None:
    assert parse({}).mail_function is None
    assert parse({"AWS_LAMBDA_FUNCTION_NAME": "cupbearer-dev"}).mail_function == "cupbearer-dev-deliver_mail"
    named = {"AWS_LAMBDA_FUNCTION_NAME": "cupbearer-dev", "CUPBEARER_MAIL_FUNCTION": "cupbearer-mail"}
    assert parse(named).mail_function == "cupbearer-mail"


@pytest.mark.parametrize("mail", ["console:", "smtp://u:p@mail.example:25", "smtps://u:p@mail.example"])
def test_production_refuses_a_console_and_a_password_in_the_clear(mail: str) -> None:
    """DP-2, KM-1."""
    with pytest.raises(SettingsError, match="CUPBEARER_MAIL must be none"):
        parse({**PRODUCTION, "CUPBEARER_MAIL": mail, **FROM})


@pytest.mark.parametrize(
    "mail", ["none", "ses:", "smtp://mail.example", "ssm:/cupbearer/mail", "secretsmanager:cupbearer/mail"]
)
def test_production_takes_what_holds_no_secret(mail: str) -> None:
    assert parse({**PRODUCTION, "CUPBEARER_MAIL": mail, **FROM}).mail == (None if mail == "none" else mail)
