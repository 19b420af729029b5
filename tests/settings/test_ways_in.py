"""Passwords can be turned off where people have another way to log in that needs nothing beforehand, and not otherwise."""

import json
from collections.abc import Mapping

import pytest

from chalicelib.settings.reader import SettingsError
from chalicelib.settings.settings import parse

OFF = {"CUPBEARER_PASSWORD_LOG_IN": "off"}
MAIL = {"CUPBEARER_EMAIL_LOG_IN": "on", "CUPBEARER_MAIL": "console:"}
PROVIDER = {"issuer": "https://accounts.example", "client_id": "us", "client_secret": "a secret of theirs"}
PROVIDERS = {"CUPBEARER_PROVIDERS": json.dumps({"accounts": PROVIDER})}


@pytest.mark.parametrize("other", [MAIL, PROVIDERS, {**MAIL, **PROVIDERS}], ids=["mail", "provider", "both"])
def test_they_are_off_beside_another_way(other: Mapping[str, str]) -> None:
    assert parse({**OFF, **other}).password_log_in is False
    assert parse(other).password_log_in is True


def test_a_function_that_logs_nobody_in_starts_without_mail() -> None:
    """As deployed: the settings of a stage are every function's, and how mail leaves is the API's alone."""
    deployed = {
        **OFF,
        "CUPBEARER_EMAIL_LOG_IN": "on",
        "AWS_LAMBDA_FUNCTION_NAME": "cupbearer-prod-authorizer",
    }
    assert parse({**deployed, "_HANDLER": "app.jwt_authorizer"}).password_log_in is False
    with pytest.raises(SettingsError):
        parse({**deployed, "_HANDLER": "app.app"})


@pytest.mark.parametrize(
    "other",
    [{}, {"CUPBEARER_MAIL": "console:"}, {**MAIL, "CUPBEARER_MAIL": "none"}],
    ids=["nothing", "mail without log-in", "log-in without mail"],
)
def test_the_start_says_what_is_missing(other: Mapping[str, str]) -> None:
    with pytest.raises(
        SettingsError, match="set CUPBEARER_EMAIL_LOG_IN=on with CUPBEARER_MAIL, or name a provider"
    ):
        parse({**OFF, **other})
