"""Spend a refresh token, or learn why not."""

from pathlib import Path

import pytest

from chalicelib.audit.trail import Source
from chalicelib.authentication.log_in import LogInResult
from chalicelib.errors import RefreshRefused
from cupbearer.testing import SOURCE, AppUnderTest
from tests.support.watching import Watched

ROOT = Path(__file__).parents[2]
DAY = 86_400


def spend(under_test: AppUnderTest | Watched, token: str | None) -> LogInResult:
    return under_test.services.authentication.log_in.refresh(token or "", source=SOURCE)


def refusal(under_test: AppUnderTest | Watched, token: str | None, *, source: Source = SOURCE) -> str:
    with pytest.raises(RefreshRefused) as refused:
        under_test.services.authentication.log_in.refresh(token or "", source=source)
    return refused.value.public_code
