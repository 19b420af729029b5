"""The board says who wrote: by a name that nobody else can have."""

from typing import Any

import pytest

from chalicelib.errors import Invalid
from chalicelib.sample.board import BOARD
from chalicelib.store import Insert, Key
from chalicelib.users.names import canonical_username
from cupbearer.testing import Client


def authors(client: Client) -> list[str | None]:
    return [message["author"] for message in client.get("/messages").json["messages"]]


def test_a_message_is_under_the_user_name_whatever_its_author_likes_to_be_called(client: Client) -> None:
    client.as_user(username="ada").post("/messages", json={"text": "mine"})
    client.clock.advance(1)
    mallory = client.as_user(username="mallory", name="ada")
    posted = mallory.post("/messages", json={"text": "hers"})
    assert posted.json["message"]["author"] == "mallory"
    assert authors(client) == ["mallory", "ada"]


def test_a_message_from_before_has_no_author(client: Client) -> None:
    """Then the display name was kept, which anyone could set to another's."""
    answered: dict[str, Any] = {
        "message_id": "001799999999000-old",
        "author": "ada",
        "text": "an old one",
        "created_at": 1799999999,
    }
    client.services.store.commit(Insert(Key(BOARD, answered["message_id"]), answered))
    (old,) = client.get("/messages").json["messages"]
    assert (old["author"], old["text"]) == (None, "an old one")


def test_a_machine_is_shown_by_a_name_that_no_person_can_take(client: Client) -> None:
    posted = client.as_machine().post("/messages", json={"text": "beep"}).json["message"]
    assert posted["author"].startswith("client:")
    with pytest.raises(Invalid):
        canonical_username(posted["author"])
