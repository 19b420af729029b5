"""M8: no right outlives its end by more than /health states, behind a gateway that caches."""

from collections.abc import Mapping

import pytest

from cupbearer.testing import AppUnderTest, Client
from tests.support.revoking import ACTS, seconds_to_refusal

SETTINGS = {
    "signed": {},
    "signed, long": {"ACCESS_TOKEN_SECONDS": "900", "AUTHORIZER_TTL_SECONDS": "3600"},
    "signed, short": {"ACCESS_TOKEN_SECONDS": "60", "AUTHORIZER_TTL_SECONDS": "0"},
    "opaque": {"ACCESS_TOKENS": "opaque"},
    "opaque, not cached": {"ACCESS_TOKENS": "opaque", "AUTHORIZER_TTL_SECONDS": "0"},
    "opaque, cached for longer than it lives": {
        "ACCESS_TOKENS": "opaque",
        "AUTHORIZER_TTL_SECONDS": "3600",
    },
}


@pytest.fixture(params=SETTINGS)
def cupbearer_settings(request: pytest.FixtureRequest) -> Mapping[str, str]:
    return {f"CUPBEARER_{name}": value for name, value in SETTINGS[request.param].items()}


def test_health_states_the_longest_that_any_right_outlives_its_end(
    cupbearer: AppUnderTest, client: Client
) -> None:
    """M8, AZ-4: the worst of all acts exactly, so that nobody is told more or less."""
    stated = client.get("/health").json["revocation_bound_seconds"]
    begun = cupbearer.clock.now
    found = {}
    for number, act in enumerate(ACTS):
        started = cupbearer.clock.now

        def wait(seconds: int, started: float = started) -> None:
            cupbearer.clock.now = started + seconds

        found[act] = seconds_to_refusal(
            cupbearer.services, act, username=f"ann{number}", wait=wait, most=stated + 1
        )
    assert max(found.values()) == stated, found
    assert cupbearer.clock.now >= begun


def test_health_says_how_long_a_token_lives_and_how_long_it_counts(
    cupbearer: AppUnderTest, client: Client
) -> None:
    answered = client.get("/health").json
    life = cupbearer.settings.access_token_seconds
    assert (answered["access_token_seconds"], answered["access_token_counts_seconds"]) == (life, life + 60)
