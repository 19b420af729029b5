"""What programs and people rely on is as it was recorded; ``python -m tests.contract`` records a change that is meant."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.contract.recording import record

RECORDED = json.loads(Path(__file__).with_name("recorded.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def now(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    return record(tmp_path_factory.mktemp("contract"))


@pytest.mark.parametrize("chapter", RECORDED)
def test_what_others_rely_on_is_as_it_was(chapter: str, now: dict[str, Any]) -> None:
    assert now[chapter] == RECORDED[chapter]
