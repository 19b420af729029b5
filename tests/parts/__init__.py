"""Real parts that tests start: a missing one is a named skip, or a failure where all must be there."""

import os
from typing import NoReturn

import pytest


def missing(part: str, *, install: str) -> NoReturn:
    """Say which part is not there and the line that installs it; fail if CUPBEARER_REQUIRE_PARTS is 1."""
    sentence = f"{part} is not installed: {install}"
    if os.environ.get("CUPBEARER_REQUIRE_PARTS") == "1":
        pytest.fail(sentence, pytrace=False)
    pytest.skip(sentence)
