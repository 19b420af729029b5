"""What programs and people rely on is as it was recorded; ``python -m tests.contract`` records a change that is meant."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.contract.recording import record
from tests.contract.structure import missing, structure, without_prose

HERE = Path(__file__).parent
RECORDED = json.loads((HERE / "recorded.json").read_text(encoding="utf-8"))
BEFORE = json.loads((HERE / "structure_before.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def now(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    return record(tmp_path_factory.mktemp("contract"))


GONE = {  # on purpose: OpenAPI's ids are unique, and two operations each had one of these
    '/paths//oauth/logout/get/operationId was "log_out", is "log_out_by_link"',
    '/paths//oauth/userinfo/post/operationId was "userinfo", is "post_userinfo"',
}


@pytest.mark.parametrize("chapter", RECORDED)
def test_what_others_rely_on_is_as_it_was(chapter: str, now: dict[str, Any]) -> None:
    assert now[chapter] == RECORDED[chapter]


@pytest.mark.parametrize("chapter", BEFORE)
def test_nothing_that_the_release_before_promised_is_gone(chapter: str, now: dict[str, Any]) -> None:
    """Paths, parameters, schemas, statuses, codes, options: sentences may change, and more may come."""
    assert set(missing(BEFORE[chapter], structure(now)[chapter])) - GONE == set()


def test_only_sentences_may_change_unnoticed() -> None:
    promised = {
        "paths": {"/cats": {"get": {"summary": "Cats", "responses": {"200": {"description": "Good"}}}}}
    }
    reworded = {
        "paths": {"/cats": {"get": {"summary": "All", "responses": {"200": {"description": "Fine"}}}}}
    }
    changed = {
        "paths": {"/cats": {"get": {"summary": "Cats", "responses": {"204": {"description": "Good"}}}}}
    }
    assert missing(without_prose(promised), without_prose(reworded)) == []
    assert missing({"names": ["a", "b"]}, {"names": ["c", "b", "a"]}) == []
    assert missing({"names": ["a", "b"]}, {"names": ["b", "c"]}) == ["/names: a is gone"]
    assert missing({"claims_parameter_supported": False}, {"claims_parameter_supported": True}) == []
    assert missing({"claims_parameter_supported": True}, {"claims_parameter_supported": False}) != []
    assert missing({"required": ["a"]}, {"required": ["a", "b"]}) != []  # of who sent enough, more is asked
    of_query = [{"in": "query", "name": "a", "required": False}]
    for required, lost in ((False, []), (True, ["/parameters: query b is asked for"])):
        more = [*of_query, {"in": "query", "name": "b", "required": required}]
        assert missing({"parameters": of_query}, {"parameters": more}) == lost
    assert missing({"parameters": of_query}, {"parameters": []}) == ["/parameters/query a is gone"]
    assert missing(without_prose(promised), without_prose(changed)) == [
        "/paths//cats/get/responses/200 is gone"
    ]
