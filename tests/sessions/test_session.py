"""One session as a value: when it is over, and how far its tokens may reach (SC-2, SE-4)."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib import scopes
from chalicelib.errors import REFRESH_REASONS
from chalicelib.sessions.session import Session, SessionId, SessionLimits, over
from chalicelib.store import Key, Record
from chalicelib.users.user import User, UserId

LIMITS = SessionLimits(idle=100, absolute=1000, grace=10)
USER = User(UserId("u"), "ann", "ann", frozenset({"a", "b"}), 0, epoch=3, epoch_reason="password_changed")
SESSION = Session(SessionId("s"), "u", "cupbearer", None, 5000, 5000.0, "hash", epoch=3, auth_time=5000)
SETS = st.frozensets(st.sampled_from(["a", "b", "c", "A", "openid", "profile", "users:write"]))


@pytest.mark.parametrize(
    ("user", "session", "now", "reason"),
    [
        ({}, {}, 5000, None),
        ({}, {}, 5099.9, None),
        ({}, {}, 5100, "idle"),
        ({}, {"last_used_at": 5950.0}, 5999.9, None),
        ({}, {"last_used_at": 5950.0}, 6000, "expired"),
        ({}, {"last_used_at": 5000.0}, 6000, "expired"),
        ({"disabled_by_operator": True}, {}, 5000, "disabled"),
        ({"epoch": 4}, {}, 5000, "password_changed"),
        ({"epoch": 4, "epoch_reason": "revoked"}, {}, 5000, "revoked"),
        ({}, {"ended": "reused"}, 5000, "reused"),
        ({"disabled_by_operator": True, "epoch": 4}, {"ended": "revoked"}, 9000, "revoked"),
        ({"disabled_by_operator": True, "epoch": 4}, {}, 9000, "disabled"),
        ({}, {}, 4000, None),
    ],
)
def test_the_one_rule_of_when_it_is_over(
    user: dict[str, Any], session: dict[str, Any], now: float, reason: str | None
) -> None:
    """The reason first in time is the reason told; a clock that went back ends nothing (AV-4)."""
    found = over(replace(SESSION, **session), replace(USER, **user), now=now, limits=LIMITS)
    assert found == reason
    assert found is None or found in REFRESH_REASONS


def test_without_a_user_it_is_revoked_and_without_a_session_expired() -> None:
    assert over(SESSION, None, now=5000, limits=LIMITS) == "revoked"
    assert over(None, USER, now=5000, limits=LIMITS) == "expired"


@given(asked=st.none() | SETS, held=SETS)
def test_a_token_carries_what_was_asked_for_and_is_held(
    asked: scopes.Scopes | None, held: scopes.Scopes
) -> None:
    """SC-2: whatever the user gains later, a session begun narrow stays narrow."""
    granted = replace(SESSION, scope=asked).granted(replace(USER, scopes=held), LIMITS)
    assert granted <= held | scopes.PROTOCOL
    assert granted == held if asked is None else granted <= asked


@given(
    scope=st.none() | SETS,
    counter=st.integers(0, 2**31),
    spent=st.lists(st.tuples(st.integers(0, 9), st.floats(0, 9))),
)
def test_what_is_stored_reads_back_as_it_was(
    scope: scopes.Scopes | None, counter: int, spent: list[tuple[int, float]]
) -> None:
    session = replace(
        SESSION, scope=scope, counter=counter, spent=tuple(spent), ended="idle", refusal_audited=True
    )
    record = Record(Key("user#u", "session#s"), session.data(), "v1")
    assert replace(Session.from_record(record), record=None) == session
