"""A user's records say so themselves, so a deletion takes them along whatever feature they are of."""

import pytest

from chalicelib.store import Insert, Key, owned_partitions
from chalicelib.users import owned_records
from cupbearer.testing import AppUnderTest, Client


def test_a_new_kind_of_record_that_joins_the_list_is_gone_after_a_deletion(
    cupbearer: AppUnderTest, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With what goes with it elsewhere, and nobody else's."""
    monkeypatch.setitem(owned_partitions.KINDS, "keepsakes", "of a test")
    ann, bob, store = client.as_user(), client.as_user(), cupbearer.services.store
    mine = owned_partitions.partition_of("keepsakes", ann.user_id or "")
    theirs = Key(owned_partitions.partition_of("keepsakes", bob.user_id or ""), "a")
    elsewhere = [Key("keepsake", f"of ann {n}") for n in range(60)]
    for n, other in enumerate(elsewhere):
        store.commit(
            Insert(Key(mine, str(n)), owned_records.with_others({"n": n}, [other])), Insert(other, {})
        )
    store.commit(Insert(theirs, {}))
    assert ann.delete("/users/me").status == 204
    assert store.list(mine).records == ()
    assert store.get(*elsewhere) == (None,) * 60
    assert store.get(theirs) != (None,)


def test_a_kind_that_has_not_joined_has_no_place_to_be_kept(client: Client) -> None:
    """So none can be forgotten."""
    with pytest.raises(ValueError, match="list it"):
        owned_partitions.partition_of("keepsakes", client.as_user().user_id or "")


def test_a_record_takes_few_others_along(client: Client) -> None:
    with pytest.raises(ValueError, match="at most 3"):
        owned_records.with_others({}, [Key("keepsake", str(n)) for n in range(4)])
