"""How many sessions one person has, and which give way (DS-3): judged by their records, none of which has to be read."""

from chalicelib.sessions.session import Session, SessionId, session_key
from chalicelib.sessions.session_room import MAX_SESSIONS, MAX_SESSIONS_OF_A_CLIENT, make_room
from chalicelib.store import Record, Replace
from cupbearer.testing import Client

OURS, SHOP = "cupbearer", "shop"


def session(number: int, client_id: str, *, used_at: float, ended: str | None = None) -> Session:
    return Session(
        SessionId(f"s{number:02d}"), "u", client_id, None, 0, used_at, "hash", 0, auth_time=0, ended=ended
    )


def records(*sessions: Session) -> tuple[Record, ...]:
    return tuple(Record(session_key("u", each.session_id), each.data(), "v1") for each in sessions)


def gone(*sessions: Session, client_id: str, but: Session | None = None) -> list[str]:
    given_way = make_room(records(*sessions), client_id, but=but)
    return [record.key.sort.removeprefix("session#") for record in given_way]


def test_while_there_is_room_none_gives_way() -> None:
    ours = [session(number, OURS, used_at=number) for number in range(MAX_SESSIONS - 1)]
    assert gone(*ours, client_id=OURS) == []


def test_the_longest_unused_gives_way_and_an_ended_one_before_it() -> None:
    ours = [session(number, OURS, used_at=100 - number) for number in range(MAX_SESSIONS)]
    assert gone(*ours, client_id=OURS) == ["s49"]
    ours[7] = session(7, OURS, used_at=93, ended="revoked")
    assert gone(*ours, client_id=OURS) == ["s07"]


def test_a_client_with_its_share_gives_way_to_itself() -> None:
    ours = [session(number, OURS, used_at=0) for number in range(5)]
    shops = [session(10 + number, SHOP, used_at=9 - number % 9) for number in range(MAX_SESSIONS_OF_A_CLIENT)]
    assert gone(*ours, *shops, client_id=SHOP) == ["s18"]


def test_what_the_new_one_comes_from_stays_however_long_unused() -> None:
    """The log-in at the browser, whose authorization a client redeems."""
    ours = [session(number, OURS, used_at=number) for number in range(MAX_SESSIONS)]
    assert gone(*ours, client_id=SHOP) == ["s00"]
    assert gone(*ours, client_id=SHOP, but=ours[0]) == ["s01"]


def test_a_session_in_a_form_of_another_release_stops_nobody_from_logging_in(client: Client) -> None:
    ann = client.as_user()
    store = client.services.store
    (record,) = store.list(f"user#{ann.user_id}", prefix="session#").records
    store.commit(Replace(record, {**record.data, "amr": None}, expires_at=record.expires_at))
    ann.log_in()
    assert len(store.list(f"user#{ann.user_id}", prefix="session#").records) == 2
