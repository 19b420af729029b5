"""Fixtures for tests of routes of your own: ``client``, ``cupbearer`` and ``mailbox``; how to use them is in ``docs/testing.md``.

pytest loads this module at every start, of any project of the environment, so everything else is imported by the
first test that asks.
"""

import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from cupbearer.mailbox import Mailbox
    from cupbearer.soft_authenticator import SoftAuthenticator
    from cupbearer.testing import AppUnderTest, Client


@pytest.fixture
def cupbearer_settings() -> Mapping[str, str]:
    """Return settings that differ from the defaults, as variables; override it to choose others."""
    return {}


@pytest.fixture
def cupbearer(
    request: pytest.FixtureRequest, tmp_path: Path, cupbearer_settings: Mapping[str, str]
) -> Iterator["AppUnderTest"]:
    """Serve the project's ``app.py`` from a store and a clock of this test's own."""
    project = request.config.rootpath
    if str(project) not in sys.path:
        sys.path.insert(0, str(project))  # where app.py and chalicelib/ are
    from cupbearer.testing import AppUnderTest

    with AppUnderTest(project, tmp_path, cupbearer_settings) as under_test:
        yield under_test


@pytest.fixture
def client(cupbearer: "AppUnderTest") -> "Client":
    """Return a caller without a token; ``client.as_user(scopes=[…])`` is one with."""
    return cupbearer.client()


@pytest.fixture
def authenticator(cupbearer: "AppUnderTest") -> "SoftAuthenticator":
    """Return a passkey in software for this app: ``authenticator.create(options)`` and ``.get(options)`` answer as a browser."""
    from cupbearer.soft_authenticator import SoftAuthenticator

    passkeys = cupbearer.services.second_factors.passkeys
    return SoftAuthenticator(cupbearer.settings.issuer, rp_id=passkeys.rp_id)


@pytest.fixture
def mailbox(client: "Client") -> "Mailbox":
    """Return the mail that the app sent: ``mailbox.last("ada@example.com").link``."""
    from cupbearer.mailbox import Mailbox

    return Mailbox(client)
