"""The walk notices what is taken away: a guard, a gateway's answer, a permission, a scope.

One of each kind here; ``python -m tests.deploy.mutations`` tries them all.
"""

from pathlib import Path

import pytest

from tests.deploy.mutations import MUTATIONS, ROOT, Mutation, notice

HERE = {
    "no authorizer on GET /pangolins",
    "no answer of ours for ACCESS_DENIED",
    "the API may not Query",
    "no scope on GET /pangolins",
}


@pytest.mark.parametrize(
    "mutation", [each for each in MUTATIONS if each.name in HERE], ids=lambda mutation: mutation.name
)
def test_the_walk_fails_where_something_is_taken_away(
    mutation: Mutation, package: Path, cli: Path, tmp_path: Path
) -> None:
    assert notice(mutation, package, tmp_path) is not None


def test_there_is_one_of_each_kind() -> None:
    assert {mutation.name for mutation in MUTATIONS} >= HERE


def test_what_a_mutation_takes_out_of_the_source_stands_there() -> None:
    """Of those too that are tried by hand alone."""
    for mutation in MUTATIONS:
        if mutation.source is not None:
            file, before, _ = mutation.source
            assert before in (ROOT / file).read_text(encoding="utf-8"), mutation.name
