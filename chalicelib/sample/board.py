"""A message board: everybody reads the newest twenty, whoever has a token writes."""

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from chalicelib.errors import Invalid
from chalicelib.i18n.said import said
from chalicelib.sample.profile import unique_name
from chalicelib.store import Insert, Key, Store
from chalicelib.web.call import created
from chalicelib.web.parsing import Body
from chalicelib.web.routes import Answer, Api, Call
from chalicelib.world import World

api = Api("sample")

BOARD = "board"
SHOWN = 20
KEPT_SECONDS = 90 * 24 * 60 * 60
POSTS_A_MINUTE = 120  # of one person (DS-3)
MAX_CHARACTERS = 500
UNIQUE = "author_is_unique"  # marks a message whose author is no display name


class Post(Body):
    """A new message: 1 to 500 characters."""

    text: str


class Message(msgspec.Struct, frozen=True):
    """One message. ``created_at`` is seconds since the epoch.

    ``author`` is the user name of whoever wrote it, null of messages from before it was kept.
    """

    message_id: str
    author: str | None
    text: str
    created_at: int


class Messages(msgspec.Struct, frozen=True):
    """The newest messages, the newest first."""

    messages: list[Message]


class Posted(msgspec.Struct, frozen=True):
    """The message as it stands on the board."""

    message: Message


@dataclass(frozen=True, slots=True)
class Board:
    """Keeps messages in the order they came; one page is one query."""

    store: Store
    world: World

    def post(self, *, author: str, text: str) -> Message:
        """Put a message on the board."""
        now = self.world.now()
        message = Message(
            f"{int(now * 1000):015d}-{self.world.identifier()[:8]}", author, cleaned(text), int(now)
        )
        key, expires_at = Key(BOARD, message.message_id), int(now) + KEPT_SECONDS
        data = msgspec.structs.asdict(message) | {UNIQUE: True}
        self.store.commit(Insert(key, data, expires_at=expires_at))
        return message

    def newest(self) -> list[Message]:
        """Return the newest messages, the newest first."""
        page = self.store.list(BOARD, limit=SHOWN, newest_first=True)
        return [_read(record.data) for record in page.records]


def _read(data: Mapping[str, Any]) -> Message:
    """Return a message as it was kept; one from before has a display name, which says nothing of who wrote it."""
    return msgspec.convert({**data, "author": data["author"] if data.get(UNIQUE) else None}, Message)


def cleaned(text: str) -> str:
    """Return a message without space at its ends; raise Invalid for none, too long, or control characters."""
    text = text.strip()
    if not 1 <= len(text) <= MAX_CHARACTERS:
        raise Invalid(
            said("A message has 1 to {most} characters.", most=MAX_CHARACTERS),
            errors={"text": said("has 1 to {most} characters", most=MAX_CHARACTERS)},
        )
    if any(unicodedata.category(c) in {"Cc", "Cs", "Co", "Cn"} and c not in "\n\t" for c in text):
        raise Invalid("A message has no control characters.", errors={"text": "has a control character"})
    return text


@api.route("/messages", methods=["GET"], public=True, gives=Messages)
def read_messages(call: Call) -> Answer:
    """Return the newest twenty messages."""
    return Answer(Messages(Board(call.services.store, call.services.world).newest()))


@api.route("/messages", methods=["POST"], token=True, body=Post, status=201, gives=Posted, refuses=(400, 429))
def post_message(call: Call) -> Answer:
    """Post a message under one's user name."""
    claims, board = call.principal, Board(call.services.store, call.services.world)
    call.services.credentials.throttle.spend(
        "post", f"{claims.iss} {claims.sub}", limit=POSTS_A_MINUTE, seconds=60
    )
    return created(Posted(board.post(author=unique_name(call), text=call.body.text)))
