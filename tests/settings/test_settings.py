"""Settings are read once; a bad one stops start-up with one sentence that names its variable (KM-1, DP-2)."""

import json
import re
from collections.abc import Mapping
from pathlib import Path

import pytest

from chalicelib.settings.reader import SettingsError
from chalicelib.settings.settings import Settings, demand_key_material, known_names, parse

DAY = 86_400
KEY = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
PRODUCTION = {
    "CUPBEARER_ENV": "production",
    "CUPBEARER_STORE": "dynamodb://cupbearer",
    "CUPBEARER_ISSUER": "https://auth.example.com",
    "CUPBEARER_MASTER_KEY": "kms:alias/cupbearer",
}
ISSUER = {"issuer": "https://other.example", "audience": "api", "scopes": "get:profile"}
PROVIDER = {"issuer": "https://accounts.example", "client_id": "a", "client_secret": "b"}


def test_an_empty_environment_gives_the_defaults_of_the_contract() -> None:
    chosen = parse({})
    assert (chosen.store_engine, chosen.store_name) == ("sqlite", ".cupbearer/cupbearer.db")
    assert (chosen.issuer, chosen.audience) == ("http://localhost:8000", "http://localhost:8000")
    assert (chosen.signing_alg, chosen.access_tokens) == ("RS256", "jwt")
    assert (chosen.access_token_seconds, chosen.refresh_grace_seconds) == (300, 10)
    assert (chosen.session_idle_seconds, chosen.session_max_seconds) == (14 * DAY, 90 * DAY)
    assert (chosen.authorizer_ttl_seconds, sorted(chosen.default_scopes)) == (300, ["get:profile"])
    assert (chosen.password_min_length, chosen.sign_up_open) == (8, True)
    assert (chosen.trusted_issuers, chosen.providers, chosen.allowed_origins) == ((), (), ())
    assert (chosen.production, chosen.in_lambda, chosen.mail) == (False, False, "console:")


def test_a_variable_that_is_set_but_empty_is_its_default() -> None:
    assert parse({"CUPBEARER_ACCESS_TOKEN_SECONDS": "", "CUPBEARER_STORE": ""}) == parse({})


def test_no_default_scopes_is_a_choice_of_its_own() -> None:
    assert parse({"CUPBEARER_DEFAULT_SCOPES": ""}).default_scopes == frozenset()


def test_the_port_is_part_of_the_default_issuer() -> None:
    assert parse({"PORT": "8123"}).issuer == "http://localhost:8123"


def test_the_audience_is_the_issuer_unless_said() -> None:
    chosen = parse({"CUPBEARER_ISSUER": "https://a.example/api", "CUPBEARER_AUDIENCE": "https://b.example"})
    assert (chosen.issuer, chosen.audience) == ("https://a.example/api", "https://b.example")


def test_opaque_tokens_are_cached_for_a_minute() -> None:
    assert parse({"CUPBEARER_ACCESS_TOKENS": "opaque"}).authorizer_ttl_seconds == 60


@pytest.mark.parametrize(
    ("environ", "bound"),
    [
        ({}, 360),
        ({"CUPBEARER_ACCESS_TOKEN_SECONDS": "900"}, 960),
        ({"CUPBEARER_ACCESS_TOKENS": "opaque"}, 60),
        ({"CUPBEARER_ACCESS_TOKENS": "opaque", "CUPBEARER_AUTHORIZER_TTL_SECONDS": "0"}, 0),
    ],
)
def test_the_revocation_bound_is_told_as_it_is(environ: Mapping[str, str], bound: int) -> None:
    """M8: a signed token's life and the leeway; of stored ones the cache of the gateway."""
    assert parse(environ).revocation_bound_seconds == bound


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("STORE", "postgres://x"), ("STORE", "sqlite:///"), ("STORE", "dynamodb://"), ("STORE", "dynamodb://a b"),
        ("ISSUER", "https://a.example/"), ("ISSUER", "a.example"), ("ISSUER", "https://a.example?x=1"),
        ("ISSUER", "https://u:p@a.example"), ("ISSUER", "ftp://a.example"), ("ISSUER", "https://a.example:0"),
        ("SIGNING_ALG", "HS256"), ("SIGNING_ALG", "none"), ("SIGNING_ALG", "rs256"),
        ("ACCESS_TOKENS", "both"), ("ACCESS_TOKEN_SECONDS", "59"), ("ACCESS_TOKEN_SECONDS", "901"),
        ("ACCESS_TOKEN_SECONDS", "300s"), ("ACCESS_TOKEN_SECONDS", "3e2"), ("ACCESS_TOKEN_SECONDS", "٣٠٠"),
        ("SESSION_IDLE_SECONDS", "0"), ("SESSION_MAX_SECONDS", "60"), ("REFRESH_GRACE_SECONDS", "-1"),
        ("REFRESH_GRACE_SECONDS", "61"), ("AUTHORIZER_TTL_SECONDS", "3601"), ("PASSWORD_MIN_LENGTH", "7"),
        ("DEFAULT_SCOPES", 'a"b'), ("DEFAULT_SCOPES", "a  b"), ("SIGN_UP", "maybe"), ("ENV", "staging"),
        ("PASSWORD_LOG_IN", "no"),
        ("ALLOWED_ORIGINS", "https://a.example"), ("ALLOWED_ORIGINS", '["*"]'), ("ALLOWED_ORIGINS", '["null"]'),
        ("ALLOWED_ORIGINS", '["https://a.example/"]'), ("ALLOWED_ORIGINS", "[1]"), ("ALLOWED_ORIGINS", "{}"),
        ("MASTER_KEY", "short"), ("MASTER_KEY", "0" * 64), ("MASTER_KEY", "deadbeef" * 8), ("MASTER_KEY", KEY + "00"),
        ("TRUSTED_ISSUERS", "{}"), ("TRUSTED_ISSUERS", "[1]"), ("TRUSTED_ISSUERS", '[{"issuer":"https://a"}]'),
        ("TRUSTED_ISSUERS", json.dumps([ISSUER | {"algorithms": ["HS256"]}])),
        ("TRUSTED_ISSUERS", json.dumps([ISSUER | {"issuer": "http://other.example"}])),
        ("TRUSTED_ISSUERS", json.dumps([ISSUER | {"jwks_uri": "file:///etc/passwd"}])),
        ("TRUSTED_ISSUERS", json.dumps([ISSUER | {"unknown": 1}])), ("TRUSTED_ISSUERS", json.dumps([ISSUER, ISSUER])),
        ("TRUSTED_ISSUERS", json.dumps([ISSUER | {"scopes": "a  b"}])),
        ("PROVIDERS", "[]"), ("PROVIDERS", json.dumps({"Up": PROVIDER})), ("PROVIDERS", json.dumps({"a": {}})),
        ("PROVIDERS", json.dumps({"a": PROVIDER | {"issuer": "http://accounts.example"}})),
        ("PROVIDERS", json.dumps({"a": PROVIDER | {"client_secret": ""}})),
    ],
)  # fmt: skip
def test_a_bad_value_is_one_sentence_that_names_the_variable(name: str, value: str) -> None:
    with pytest.raises(SettingsError) as refused:
        parse({f"CUPBEARER_{name}": value})
    assert refused.value.variable == f"CUPBEARER_{name}"
    assert re.fullmatch(rf"CUPBEARER_{name} [^\n]+\.", str(refused.value))


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "[::1]"])
def test_on_a_laptop_issuers_may_be_http_on_loopback(host: str) -> None:
    entry = ISSUER | {"issuer": f"http://{host}:9000"}
    assert (
        parse({"CUPBEARER_TRUSTED_ISSUERS": json.dumps([entry])}).trusted_issuers[0].issuer == entry["issuer"]
    )


def test_a_trusted_issuer_is_read_as_it_is_written() -> None:
    entry = ISSUER | {
        "scopes": ["a", "b"],
        "audience": ["x", "y"],
        "algorithms": ["ES256"],
        "max_age_seconds": 600,
    }
    (read,) = parse({"CUPBEARER_TRUSTED_ISSUERS": json.dumps([entry])}).trusted_issuers
    assert (sorted(read.scopes), read.audience, sorted(read.algorithms)) == (
        ["a", "b"],
        ("x", "y"),
        ["ES256"],
    )
    assert (read.scope_claim, read.max_age_seconds) == ("scope", 600)


def test_dynamodb_wants_a_master_key_said() -> None:
    """KM-1: no silent throw-away key."""
    with pytest.raises(SettingsError, match="CUPBEARER_MASTER_KEY must be given"):
        parse({"CUPBEARER_STORE": "dynamodb://cupbearer"})


def test_key_material_is_32_random_bytes_in_hex() -> None:
    assert demand_key_material(KEY) == bytes(range(32))


def test_production_starts_with_everything_in_its_place() -> None:
    assert parse(PRODUCTION).production


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("STORE", "sqlite:///a.db"), ("ISSUER", "http://auth.example.com"), ("ISSUER", None), ("MASTER_KEY", KEY),
        ("MASTER_KEY", None), ("ALLOWED_ORIGINS", '["http://a.example"]'), ("MAIL", "smtp://u:p@mail.example:25"),
        ("PROVIDERS", json.dumps({"a": PROVIDER})),
        ("TRUSTED_ISSUERS", json.dumps([ISSUER | {"issuer": "http://localhost:9000"}])),
        ("PROVIDERS", json.dumps({"a": PROVIDER | {"issuer": "http://localhost", "client_secret": "ssm:s"}})),
    ],
)  # fmt: skip
def test_production_refuses_what_is_for_a_laptop(name: str, value: str | None) -> None:
    """DP-2."""
    environ = {**PRODUCTION, f"CUPBEARER_{name}": value}
    with pytest.raises(SettingsError) as refused:
        parse({key: text for key, text in environ.items() if text is not None})
    assert refused.value.variable == f"CUPBEARER_{name}"


def test_secrets_of_production_are_references() -> None:
    chosen = parse(
        PRODUCTION | {"CUPBEARER_PROVIDERS": json.dumps({"a": PROVIDER | {"client_secret": "ssm:x"}})}
    )
    assert chosen.providers[0].client_secret == "ssm:x"


def test_settings_do_not_change() -> None:
    with pytest.raises(AttributeError):
        Settings.__setattr__(parse({}), "production", True)


@pytest.mark.parametrize(
    ("misspelt", "hint"),
    [
        ("CUPBEARER_ALOWED_ORIGINS", "did you mean CUPBEARER_ALLOWED_ORIGINS"),
        ("CUPBEARER_MASTERKEY", "did you mean CUPBEARER_MASTER_KEY"),
        ("CUPBEARER_store", "did you mean CUPBEARER_STORE"),
        ("CUPBEARER_DEFAULT_SCOPE", "did you mean CUPBEARER_DEFAULT_SCOPES"),
        ("CUPBEARER_WIBBLE", "docs/settings.md"),
    ],
)
def test_a_name_that_is_no_setting_is_refused_with_the_nearest_one(misspelt: str, hint: str) -> None:
    """What is misspelt would be ignored: an origin never allowed, a limit never set."""
    with pytest.raises(SettingsError) as refused:
        parse({misspelt: "x"})
    assert refused.value.variable == misspelt
    assert hint in str(refused.value)


def test_a_misspelt_name_is_told_before_what_is_missing_for_it() -> None:
    """Else CUPBEARER_MASTERKEY would be answered by "CUPBEARER_MASTER_KEY must be given"."""
    with pytest.raises(SettingsError, match="CUPBEARER_MASTERKEY is no setting"):
        parse({"CUPBEARER_STORE": "dynamodb://cupbearer", "CUPBEARER_MASTERKEY": KEY})


def test_a_misspelt_name_stops_the_deployed_service_too() -> None:
    with pytest.raises(SettingsError, match="CUPBEARER_ISSUERS"):
        parse(PRODUCTION | {"AWS_LAMBDA_FUNCTION_NAME": "cupbearer-prod-api", "CUPBEARER_ISSUERS": "x"})


def test_the_environment_of_others_and_of_our_own_suite_is_no_setting() -> None:
    assert parse({"CUPBEARERS": "x", "CUPBEARER_TEST_ANYTHING": "x", "CUPBEARER_REQUIRE_PARTS": "1"})


def test_every_setting_there_is_can_be_looked_up() -> None:
    text = (Path(__file__).parents[2] / "docs" / "settings.md").read_text(encoding="utf-8")
    told = set(re.findall(r"^\| `(CUPBEARER_\w+)`", text, re.MULTILINE))
    assert told == known_names()


@pytest.mark.parametrize(
    ("name", "example"),
    [
        ("ALLOWED_ORIGINS", '["https://app.example.com"]'),
        ("TRUSTED_ISSUERS", '[{"issuer": "https://issuer.example.com"'),
        ("PROVIDERS", '{"google": {"issuer": "https://accounts.google.com"'),
        ("OUTSIDE_APIS", '["a1b2c3d4e5"'),
    ],
)
@pytest.mark.parametrize("value", ["https://app.example.com", '"text"', "7"])
def test_what_is_not_json_is_answered_by_an_example(name: str, example: str, value: str) -> None:
    with pytest.raises(SettingsError) as refused:
        parse({f"CUPBEARER_{name}": value})
    assert example in str(refused.value)
