import pytest

from tests.parts import missing


def test_a_missing_part_is_a_skip_that_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CUPBEARER_REQUIRE_PARTS", raising=False)
    with pytest.raises(pytest.skip.Exception, match="thing is not installed: get thing"):
        missing("thing", install="get thing")


def test_a_missing_part_fails_where_all_must_be_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CUPBEARER_REQUIRE_PARTS", "1")
    with pytest.raises(pytest.fail.Exception, match="thing is not installed: get thing"):
        missing("thing", install="get thing")
