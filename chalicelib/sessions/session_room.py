"""How many sessions one person has, and which give way to one more (DS-3)."""

from collections import Counter
from collections.abc import Iterable

from chalicelib.jose.claims import FIRST_PARTY
from chalicelib.sessions.session import Session, session_key
from chalicelib.store import Forget, Write

MAX_SESSIONS = 50  # kept for one person, ended ones of the last day included
MAX_SESSIONS_OF_A_CLIENT = 20  # of these, for one application; our own pages and programs may have all


def make_room(
    existing: Iterable[Session], client_id: str, *, but: Session | None = None
) -> tuple[Write, ...]:
    """Return the writes that leave room for one more session of a client, so that it never pushes out another's.

    Ended sessions go first, then the client's own, the longest unused of them. A client that has none yet takes the
    place of the longest unused one of whoever has most. ``but`` stays: the new one comes from it.
    """
    sessions = list(existing)
    count = Counter(session.client_id for session in sessions)

    def turn(session: Session) -> tuple[bool, bool, int, float]:
        is_anothers = session.client_id != client_id
        return session.ended is None, is_anothers, -count[session.client_id], session.last_used_at

    gone = []
    if client_id != FIRST_PARTY:
        own = sorted((session for session in sessions if session.client_id == client_id), key=turn)
        gone = own[: max(0, len(own) - MAX_SESSIONS_OF_A_CLIENT + 1)]
    surplus = len(sessions) - len(gone) - MAX_SESSIONS + 1
    left = sorted((session for session in sessions if session not in gone and session is not but), key=turn)
    gone += left[: max(0, surplus)]
    return tuple(Forget(session_key(session.user_id, session.session_id)) for session in gone)
