import pytest

pytest.register_assert_rewrite(
    *(f"tests.store.contract_{part}" for part in ("records", "expiry", "counts", "lists", "limits")),
    "tests.store.reading",
)
