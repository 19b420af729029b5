"""How far a request walks through the house: as far as the design's section 8 says, and no farther."""

from collections.abc import Callable
from pathlib import Path

import pytest

from chalicelib.store import Store
from chalicelib.world import World
from tests.federation import in_process, issuer
from tests.federation.in_process import PASSWORD, Browser, Reply
from tools import walk
from tools.walk import Stay

Walk = tuple[int, int]  # stays and climbs

LONGEST: dict[str, Walk] = {"log-in": (18, 3), "federated log-in": (21, 5)}


@pytest.fixture
def ways(store: Store, world: World, tmp_path: Path) -> dict[str, list[Stay]]:
    """Return the ways of two log-ins in a process that has served both before."""
    with issuer.running(world.now) as elsewhere:
        providers = {"elsewhere": issuer.setting(elsewhere)}
        services = in_process.services(store, world, tmp_path, PROVIDERS=providers)
        with in_process.open_app(services) as client:
            Browser(client).sign_up("ann")

            def log_in() -> Callable[[], Reply]:
                return lambda: Browser(client).ask(
                    "POST", "/sessions", {"username": "ann", "password": PASSWORD}
                )

            def federated() -> Callable[[], Reply]:
                browser = Browser(client)
                back = elsewhere.authorize(browser.begin())
                return lambda: browser.come_back(back)

            return {"log-in": _way(log_in), "federated log-in": _way(federated)}


def _way(prepare: Callable[[], Callable[[], Reply]]) -> list[Stay]:
    prepare()()
    request = prepare()
    with walk.followed() as way:
        reply = request()
    assert reply.status in (200, 201), reply.text
    return way


def test_no_log_in_walks_farther_than_it_did(ways: dict[str, list[Stay]]) -> None:
    """Stays in folders, and climbs back up. Both ways are printed with -s."""
    for name, way in ways.items():
        folders = [stay.folder for stay in way]
        climbs = walk.climbs(folders)
        print(f"{name}: {len(way)} stays, {len(climbs)} climbs", *way, sep="\n  ")
        stays_allowed, climbs_allowed = LONGEST[name]
        assert len(way) <= stays_allowed, f"{name} walks farther: {' → '.join(folders)}"
        assert len(climbs) <= climbs_allowed, f"{name} climbs more often: {climbs}"


def test_a_climb_is_a_return_to_a_higher_floor() -> None:
    """A folder that is seen for the first time is none, however high, nor is one on a lower floor."""
    assert walk.climbs(["web", "users", "authentication", "users", "sessions", "users"]) == []
    again = ["authentication", "credentials", "users", "credentials", "authentication", "users"]
    assert walk.climbs(again) == [("users", "credentials"), ("credentials", "authentication")]
