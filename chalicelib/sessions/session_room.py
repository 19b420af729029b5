"""How many sessions one person has, and which give way to one more (DS-3)."""

from collections import Counter
from collections.abc import Sequence

from chalicelib.jose.claims import FIRST_PARTY
from chalicelib.sessions.session import Session, session_key
from chalicelib.store import Record

MAX_SESSIONS = 50  # kept for one person, ended ones of the last day included
MAX_SESSIONS_OF_A_CLIENT = 20  # of these, for one application; our own pages and programs may have all


def make_room(
    existing: Sequence[Record], client_id: str, *, but: Session | None = None
) -> tuple[Record, ...]:
    """Return the records of the sessions that go, so that a client has room for one more and pushes out no other's.

    Ended sessions go first, then the client's own, the longest unused of them. A client that has none yet takes the
    place of the longest unused one of whoever has most. ``but`` stays: the new one comes from it. Each is judged by
    three members of its record: of up to fifty sessions a log-in needs no other.
    """
    if len(existing) < MAX_SESSIONS_OF_A_CLIENT:
        return ()
    count = Counter(record.data["client_id"] for record in existing)

    def turn(record: Record) -> tuple[bool, bool, int, float]:
        data = record.data
        is_anothers = data["client_id"] != client_id
        return data["ended"] is None, is_anothers, -count[data["client_id"]], data["last_used_at"]

    stays = session_key(but.user_id, but.session_id) if but else None
    rest = sorted(existing, key=turn)
    gone = []
    if client_id != FIRST_PARTY:
        own = [record for record in rest if record.data["client_id"] == client_id]
        gone = own[: max(0, len(own) - MAX_SESSIONS_OF_A_CLIENT + 1)]
    surplus = len(existing) - len(gone) - MAX_SESSIONS + 1
    kept = {record.key for record in gone} | {stays}
    left = [record for record in rest if record.key not in kept]
    return (*gone, *left[: max(0, surplus)])
