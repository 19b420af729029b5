"""SC-1, SC-2: a set of exact names, and nothing is granted that was not held."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib import scopes
from chalicelib.errors import Invalid

NAMES = st.text("abcXYZ:._-/*", min_size=1, max_size=8)
SETS = st.frozensets(NAMES, max_size=8)


@given(SETS)
def test_text_and_set_are_two_spellings_of_one_thing(held: frozenset[str]) -> None:
    assert scopes.parse(scopes.text(held)) == held
    assert scopes.parse_each(sorted(held)) == held


@given(held=SETS, needed=NAMES)
def test_only_the_very_name_opens(held: frozenset[str], needed: str) -> None:
    """SC-1: exact, case-sensitive, no wildcard, no hierarchy."""
    assert scopes.covers(held, needed) == (needed in held)


@given(requested=st.none() | SETS, entitled=SETS, allowed=st.none() | SETS)
def test_what_is_granted_was_asked_for_is_held_and_is_allowed_to_the_client(
    requested: frozenset[str] | None, entitled: frozenset[str], allowed: frozenset[str] | None
) -> None:
    """SC-2."""
    granted = scopes.grant(requested=requested, entitled=entitled, allowed=allowed)
    limits = [limit for limit in (requested, allowed) if limit is not None]
    assert granted == entitled.intersection(*limits)


@pytest.mark.parametrize(
    ("held", "needed"),
    [
        ("get:profile", "Get:profile"),
        ("get:profile", "get:profil"),
        ("get:*", "get:profile"),
        ("*", "a"),
        ("a", "ab"),
    ],
)
def test_a_near_miss_is_a_miss(held: str, needed: str) -> None:
    assert not scopes.covers(scopes.parse(held), needed)


@pytest.mark.parametrize(
    "text", [" a", "a ", "a  b", "a\tb", "a\nb", 'a"b', "a\\b", "é", "a\x00", "a\x7f", " "]
)
def test_another_form_is_refused(text: str) -> None:
    with pytest.raises(Invalid) as refused:
        scopes.parse(text)
    assert refused.value.public_code == "invalid_scope"


@pytest.mark.parametrize(
    "names", [["a b"], [""], ["a", " "], ["x" * 601], [f"scope-{n:03d}" for n in range(70)]]
)
def test_a_list_holds_single_scopes_that_fit_a_token(names: list[str]) -> None:
    """TK-8: 600 characters in all."""
    with pytest.raises(Invalid):
        scopes.parse_each(names)


def test_the_longest_string_has_600_characters() -> None:
    assert scopes.parse("x" * 600) == {"x" * 600}
    with pytest.raises(Invalid):
        scopes.parse("x" * 601)
