"""The table of docs/clients.md holds what its tests told, and nothing that no test tells."""

from pathlib import Path

import pytest

from tests.clients import table
from tests.clients.table import documented

HERE = Path(__file__).parent


@pytest.mark.parametrize("client", documented())
def test_a_row_stands_for_a_test_that_tells_it(client: str) -> None:
    """A row whose test is gone, or tells another client now, fails here; one that differs fails in its test."""
    _, _, _, enters, _, run_by = documented()[client].rstrip(" |").split(" | ")
    test = HERE / run_by.strip("`")
    assert f'"{client}"' in test.read_text(encoding="utf-8")
    assert enters == table.AS_IT_COMES or enters.startswith("with one line: ")
