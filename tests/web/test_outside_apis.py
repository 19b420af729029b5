"""Other APIs that this authorizer guards: any good token enters, with its scope in the context, and no unlisted one."""

import pytest

from chalicelib.authorizer.policy import Rights, policy_for
from chalicelib.authorizer.route_table import OWN, Route, RouteTable
from chalicelib.settings import settings
from chalicelib.settings.reader import SettingsError
from tests.gateway import iam

TABLE = RouteTable([Route("GET", "/users/me", OWN)])
NOBODY_SPECIAL = Rights(own=False)
ACCOUNT = "arn:aws:execute-api:eu-central-1:123456789012"


def allows(asked: str, *listed: str) -> bool:
    policy = policy_for(NOBODY_SPECIAL, TABLE, method_arn=f"{ACCOUNT}:{asked}", outside=listed)
    return iam.allows(policy, f"{ACCOUNT}:{asked}")


@pytest.mark.parametrize(
    "listed", ["other1", "other1/live", f"{ACCOUNT}:other1", f"{ACCOUNT}:other1/live"], ids=str
)
def test_a_listed_api_lets_any_good_token_in_on_all_its_routes(listed: str) -> None:
    assert allows("other1/live/GET/orders", listed)
    assert allows("other1/live/DELETE/orders/7/lines", listed)


@pytest.mark.parametrize(
    "asked",
    [
        "other10/live/GET/orders",
        "xother1/live/GET/orders",
        "ours/live/GET/other1",
        "ours/other1/GET/orders",
        "ours/live/GET/x:other1/live",
    ],
)
def test_an_api_that_only_looks_like_a_listed_one_does_not(asked: str) -> None:
    assert not allows(asked, "other1")


def test_another_stage_or_account_of_a_listed_api_does_not() -> None:
    assert not allows("other1/beta/GET/orders", "other1/live")
    assert not allows("other1/live/GET/orders", "arn:aws:execute-api:eu-central-1:999999999999:other1")


def test_our_own_routes_are_guarded_as_ever() -> None:
    assert not allows("ours/api/GET/users/me", "other1")


def test_the_policy_of_an_outside_api_is_the_same_for_each_of_its_routes() -> None:
    """AZ-1: it is cached too."""
    policies = [
        policy_for(NOBODY_SPECIAL, TABLE, method_arn=f"{ACCOUNT}:other1/live/{route}", outside=("other1",))
        for route in ("GET/a", "POST/b/c")
    ]
    assert policies[0] == policies[1]


def test_the_setting_is_a_list_of_ids_or_arns() -> None:
    listed = settings.parse({"CUPBEARER_OUTSIDE_APIS": f'["abc123", "abc123/live", "{ACCOUNT}:abc123"]'})
    assert listed.outside_apis == ("abc123", "abc123/live", f"{ACCOUNT}:abc123")
    assert settings.parse({}).outside_apis == ()


@pytest.mark.parametrize("entry", ['"*"', '"abc/*"', '"https://x"', "7", '""', f'"{ACCOUNT}:abc/live/GET"'])
def test_a_wildcard_or_anything_else_stops_start_up(entry: str) -> None:
    """AZ-2: nothing that widens an ARN."""
    with pytest.raises(SettingsError, match="CUPBEARER_OUTSIDE_APIS has"):
        settings.parse({"CUPBEARER_OUTSIDE_APIS": f"[{entry}]"})
