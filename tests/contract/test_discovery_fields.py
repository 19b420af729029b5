"""All that discovery tells is used by a test, and all that works is told (OP-9)."""

import ast
import json
from pathlib import Path
from typing import Any

import pytest

from tests.contract.discovery_fields import LACKS_VALUES, NAMED_NOWHERE, ONLY_AT_THE_PEER, USED_BY

HERE = Path(__file__).parent
RECORDED = json.loads((HERE / "recorded.json").read_text(encoding="utf-8"))
OPENID: dict[str, Any] = RECORDED["discovery"]["/.well-known/openid-configuration"]["body"]


def test_every_field_names_the_test_that_uses_it() -> None:
    assert sorted(OPENID) == sorted(USED_BY)
    assert OPENID.keys() >= RECORDED["discovery"]["/.well-known/oauth-authorization-server"]["body"].keys()


def test_what_is_told_needs_no_reason_why_it_is_not() -> None:
    assert OPENID.keys() & ONLY_AT_THE_PEER.keys() == set()
    assert LACKS_VALUES.keys() <= OPENID.keys()


@pytest.mark.parametrize("field", USED_BY)
def test_the_test_that_a_field_names_is_there(field: str) -> None:
    path, _, name = USED_BY[field].partition("::")
    tree = ast.parse((HERE.parent / path).read_text(encoding="utf-8"))
    assert name in {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}


def test_every_route_of_the_standards_is_named() -> None:
    named = {url.removeprefix(OPENID["issuer"]) for url in OPENID.values() if isinstance(url, str)}
    paths = {path for path in RECORDED["openapi"]["paths"] if path.startswith(("/oauth/", "/.well-known/"))}
    assert len(paths) > 10
    assert sorted(paths - named) == sorted(NAMED_NOWHERE)
