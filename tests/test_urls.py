"""Settings that end in headers: an origin is one, exactly as a browser spells it (BR-3, BR-4)."""

import json

import pytest

from chalicelib.settings import settings
from chalicelib.settings.reader import SettingsError
from chalicelib.web.call import origin_of
from cupbearer import static_page

FORGED = (
    "https://a;script-src *",
    "https://a;script-src",
    "https://*.example",
    "https://'self'",
    "https://a.example, https://b.example",
    "https://a.example:99999",
    "https://a.example:0",
    "https://a@b.example",
    "https://a.example\\b",
    "https://a%2eexample",
    "https://a..example",
    "https://[::g]",
    "https://127.1",
    "https://\u212a.example",  # the sign of kelvin, a k to whoever folds case
    "http\u017f://a.example",  # a long s
    "https://a.example/\u212a",
    "https://",
    "null",
    "*",
)


@pytest.mark.parametrize(
    "origin", [*FORGED, "https://A.example", "https://a.example:443", "https://a.example/"]
)
def test_an_allowed_origin_is_spelt_as_a_browser_spells_it(origin: str) -> None:
    with pytest.raises(SettingsError, match="ALLOWED_ORIGINS"):
        settings.parse({"CUPBEARER_ALLOWED_ORIGINS": json.dumps([origin])})
    with pytest.raises(static_page.WrongOriginError):
        static_page.api_of(settings.parse({"CUPBEARER_ISSUER": "https://auth.example"}), origin)


def test_a_refused_origin_is_told_with_the_spelling_to_use() -> None:
    with pytest.raises(SettingsError, match=r"such as https://a\.example\."):
        settings.parse({"CUPBEARER_ALLOWED_ORIGINS": '["https://A.example:443"]'})


@pytest.mark.parametrize("issuer", FORGED)
def test_an_issuer_is_an_address_that_everybody_reads_alike(issuer: str) -> None:
    """Every link, every policy of the page elsewhere, and the ``iss`` of each token are made of it."""
    with pytest.raises(SettingsError, match="ISSUER"):
        settings.parse({"CUPBEARER_ISSUER": issuer})


@pytest.mark.parametrize(
    ("issuer", "origin"),
    [
        ("https://Auth.Example.com/api", "https://auth.example.com"),
        ("https://auth.example.com:443", "https://auth.example.com"),
        ("http://localhost:80", "http://localhost"),
        ("http://localhost:8000", "http://localhost:8000"),
        ("http://[::1]:8000/api", "http://[::1]:8000"),
    ],
)
def test_our_own_origin_is_spelt_as_a_browser_spells_it(issuer: str, origin: str) -> None:
    """Else our own pages would be refused as foreign (BR-2)."""
    assert origin_of(settings.parse({"CUPBEARER_ISSUER": issuer}).issuer) == origin
    assert static_page.policy(issuer).count(f"'self' {origin};") >= 1
