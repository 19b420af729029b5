"""Sessions: one line of refresh tokens, a reason for every refusal, limits that hold (SE-1 to SE-7, D2)."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from chalicelib.errors import REFRESH_REASONS, NotFound, RefreshRefused
from chalicelib.sessions.refresh_tokens import RefreshTokens
from chalicelib.sessions.session import Session
from chalicelib.sessions.session_room import MAX_SESSIONS
from chalicelib.store import Write
from chalicelib.users.user import User
from cupbearer.testing import SOURCE, AppUnderTest, Client
from tests.support.refreshing import refusal, spend

ROOT = Path(__file__).parents[2]
DAY = 86_400


@pytest.fixture
def ann(client: Client) -> Client:
    return client.as_user(["get:profile", "pangolins"])


class TestReasons:
    """Every refusal has a reason that a program can read."""

    def test_the_reasons_are_those_of_the_contract(self) -> None:
        wanted = "invalid_token expired idle spent reused revoked password_changed disabled"
        assert set(REFRESH_REASONS) == set(wanted.split())

    def test_unused_too_long_is_idle(self, cupbearer: AppUnderTest, ann: Client) -> None:
        cupbearer.clock.advance(14 * DAY - 1)
        token = spend(cupbearer, ann.refresh_token).refresh_token
        cupbearer.clock.advance(14 * DAY)
        assert refusal(cupbearer, token) == "idle"

    def test_past_its_greatest_age_is_expired_however_busy(
        self, cupbearer: AppUnderTest, ann: Client
    ) -> None:
        token = ann.refresh_token or ""
        for _ in range(8):
            cupbearer.clock.advance(11 * DAY)
            token = spend(cupbearer, token).refresh_token
        cupbearer.clock.advance(2 * DAY)
        assert refusal(cupbearer, token) == "expired"

    def test_logged_out_is_revoked(self, cupbearer: AppUnderTest, ann: Client) -> None:
        ann.revoke()
        assert refusal(cupbearer, ann.refresh_token) == "revoked"

    def test_logged_out_everywhere_is_revoked(self, cupbearer: AppUnderTest, ann: Client) -> None:
        cupbearer.services.accounts.administration.end_session(ann.user_id or "", None, source=SOURCE)
        assert refusal(cupbearer, ann.refresh_token) == "revoked"

    def test_a_disabled_account_is_disabled(self, cupbearer: AppUnderTest, ann: Client) -> None:
        cupbearer.services.accounts.administration.administer(ann.user_id or "", disabled=True, source=SOURCE)
        assert refusal(cupbearer, ann.refresh_token) == "disabled"

    def test_enabling_again_revives_no_session(self, cupbearer: AppUnderTest, ann: Client) -> None:
        """SE-6."""
        for disabled in (True, False):
            cupbearer.services.accounts.administration.administer(
                ann.user_id or "", disabled=disabled, source=SOURCE
            )
        assert refusal(cupbearer, ann.refresh_token) == "disabled"

    def test_a_password_set_by_an_operator_is_password_changed(
        self, cupbearer: AppUnderTest, ann: Client
    ) -> None:
        cupbearer.services.accounts.administration.set_password(
            ann.user_id or "", new="a new long phrase", source=SOURCE
        )
        assert refusal(cupbearer, ann.refresh_token) == "password_changed"

    def test_a_deleted_users_token_is_revoked(self, cupbearer: AppUnderTest, ann: Client) -> None:
        cupbearer.services.accounts.administration.delete(ann.user_id or "", source=SOURCE)
        assert refusal(cupbearer, ann.refresh_token) == "revoked"

    def test_another_clients_token_is_no_token(self, cupbearer: AppUnderTest, ann: Client) -> None:
        """SE-4: bound to its client; and the attempt ends nothing."""
        with pytest.raises(RefreshRefused) as refused:
            cupbearer.services.authentication.log_in.refresh(
                ann.refresh_token or "", source=SOURCE, client_id="other"
            )
        assert refused.value.public_code == "invalid_token"
        assert spend(cupbearer, ann.refresh_token)

    def test_the_reason_is_told_for_a_day_and_written_down_once(
        self, cupbearer: AppUnderTest, ann: Client
    ) -> None:
        """DS-3: a thief who keeps trying cannot fill the trail."""
        ann.revoke()
        for _ in range(5):
            assert refusal(cupbearer, ann.refresh_token) == "revoked"
        events, _ = cupbearer.services.audit.of(ann.user_id or "")
        assert [event.event for event in events].count("refresh_refused") == 1

    def test_a_session_that_was_swept_away_is_expired(self, cupbearer: AppUnderTest, ann: Client) -> None:
        cupbearer.clock.advance(200 * DAY)
        assert refusal(cupbearer, ann.refresh_token) == "expired"

    def test_a_store_restored_to_before_a_token_ends_that_token(
        self, cupbearer: AppUnderTest, ann: Client
    ) -> None:
        """DL-3: a counter ahead of the session's was given out by a history that was undone."""
        ahead = spend(cupbearer, ann.refresh_token).refresh_token
        sessions = cupbearer.services.authentication.sessions
        _, session = sessions.read(ann.user_id or "", ann.session_id or "")
        assert session
        assert session.record
        cupbearer.services.store.commit(
            sessions.carried_over(replace(session, counter=0, spent=()), session.epoch)
        )
        assert refusal(cupbearer, ahead) == "revoked"


class TestWhatItCarries:
    """SE-4: user state and scopes are read again at every refresh."""

    def test_a_changed_scope_reaches_the_next_token(self, cupbearer: AppUnderTest, ann: Client) -> None:
        operate = cupbearer.services.accounts.administration.administer
        operate(ann.user_id or "", granted=frozenset({"orders:read"}), source=SOURCE)
        assert spend(cupbearer, ann.refresh_token).scope == {"orders:read"}

    def test_a_session_begun_narrow_stays_narrow(self, cupbearer: AppUnderTest, ann: Client) -> None:
        signed_in = cupbearer.services.authentication.log_in.with_password(
            username=ann.username or "",
            password=ann.password or "",
            scope=frozenset({"pangolins"}),
            source=SOURCE,
        )
        assert signed_in.scope == {"pangolins"}
        cupbearer.services.accounts.administration.administer(
            ann.user_id or "", granted=frozenset({"pangolins", "more"}), source=SOURCE
        )
        assert spend(cupbearer, signed_in.refresh_token).scope == {"pangolins"}

    def test_a_refresh_may_narrow_and_never_widen(self, cupbearer: AppUnderTest, ann: Client) -> None:
        refresh = cupbearer.services.authentication.log_in.refresh
        narrowed = refresh(
            ann.refresh_token or "", source=SOURCE, scope=frozenset({"pangolins", "users:write"})
        )
        assert narrowed.scope == {"pangolins"}
        assert refresh(narrowed.refresh_token, source=SOURCE).scope == {"pangolins", "get:profile"}


class TestOvertaken:
    """SE-7: what befalls the user between the read and the write of a refresh decides about this very refresh."""

    @staticmethod
    def refresh(under_test: AppUnderTest, token: str | None, act: Callable[[], object]) -> frozenset[str]:
        """Refresh while ``act`` happens once, after the user was read; return the scopes for the new token."""
        acts = iter([act])

        def issue(user: User, session: Session) -> tuple[frozenset[str], tuple[Write, ...]]:
            next(acts, lambda: None)()
            return session.granted(user, under_test.services.authentication.session_limits), ()

        sessions = under_test.services.authentication.sessions
        moved = sessions.refresh(token or "", client_id="cupbearer", source=SOURCE, issue=issue)
        found: frozenset[str] = moved.extra
        return found

    def test_by_a_scope_cut(self, cupbearer: AppUnderTest, ann: Client) -> None:
        left = frozenset({"get:profile"})
        operate, user_id = cupbearer.services.accounts.administration, ann.user_id or ""
        cut = partial(operate.administer, user_id, granted=left, source=SOURCE)
        assert self.refresh(cupbearer, ann.refresh_token, cut) == left

    @pytest.mark.parametrize("act", ["disabled", "password_changed", "revoked", "logged out", "deleted"])
    def test_by_an_end(self, cupbearer: AppUnderTest, ann: Client, act: str) -> None:
        operate, user_id = cupbearer.services.accounts.administration, ann.user_id or ""
        acts: dict[str, Callable[[], object]] = {
            "disabled": partial(operate.administer, user_id, disabled=True, source=SOURCE),
            "password_changed": partial(
                operate.set_password, user_id, new="a phrase of words", source=SOURCE
            ),
            "revoked": partial(operate.end_session, user_id, None, source=SOURCE),
            "logged out": ann.revoke,
            "deleted": partial(operate.delete, user_id, source=SOURCE),
        }
        with pytest.raises(RefreshRefused) as refused:
            self.refresh(cupbearer, ann.refresh_token, acts[act])
        assert refused.value.public_code == (act if act in REFRESH_REASONS else "revoked")


class TestMany:
    """SE-6, DS-3."""

    def test_at_most_fifty_are_kept_and_the_longest_unused_gives_way(
        self, cupbearer: AppUnderTest, ann: Client
    ) -> None:
        first = ann.refresh_token
        for _ in range(MAX_SESSIONS + 5):
            cupbearer.clock.advance(1)
            ann.log_in()
        going_on = cupbearer.services.authentication.sessions.live(ann.user_id or "")
        assert len(going_on) == MAX_SESSIONS
        assert going_on[0].session_id == ann.session_id
        assert refusal(cupbearer, first) == "expired"
        assert (
            len(cupbearer.services.store.list(f"user#{ann.user_id}", prefix="session#").records)
            == MAX_SESSIONS
        )

    def test_ended_ones_give_way_first(self, cupbearer: AppUnderTest, ann: Client) -> None:
        oldest = ann.refresh_token
        for _ in range(MAX_SESSIONS - 1):
            ann.log_in()
        ann.revoke()
        ann.log_in()
        assert spend(cupbearer, oldest)

    def test_one_is_ended_and_the_others_go_on(self, cupbearer: AppUnderTest, ann: Client) -> None:
        first = ann.refresh_token
        ann.log_in()
        ann.revoke()
        assert refusal(cupbearer, ann.refresh_token) == "revoked"
        assert spend(cupbearer, first)

    def test_an_ended_or_foreign_or_unknown_session_cannot_be_ended(
        self, cupbearer: AppUnderTest, client: Client, ann: Client
    ) -> None:
        """SC-3."""
        ben = client.as_user()
        ben.revoke()
        for session_id in (ben.session_id, ann.session_id, "none", "", "#", "x" * 900):
            with pytest.raises(NotFound):
                cupbearer.services.authentication.sessions.end(
                    ben.user_id or "", session_id or "", source=SOURCE
                )

    def test_one_persons_end_of_all_is_nobody_elses(
        self, cupbearer: AppUnderTest, client: Client, ann: Client
    ) -> None:
        ben = client.as_user()
        cupbearer.services.accounts.administration.end_session(ann.user_id or "", None, source=SOURCE)
        assert spend(cupbearer, ben.refresh_token)


class TestWhatIsStored:
    """TK-10, M9: never a token, never the secret in one."""

    @pytest.fixture
    def dump(self, cupbearer: AppUnderTest, ann: Client, tmp_path: Path) -> Iterator[bytes]:
        spend(cupbearer, ann.refresh_token)
        return iter([b"".join(path.read_bytes() for path in tmp_path.glob("cupbearer.db*"))])

    def test_no_part_of_a_token_that_opens_anything_is_in_the_store(
        self, ann: Client, dump: Iterator[bytes]
    ) -> None:
        stored = next(dump)
        parts = (ann.refresh_token or "").split(".")
        assert parts[2].encode() in stored
        assert all(part.encode() not in stored for part in (parts[4], parts[5], ann.access_token or ""))

    def test_a_token_of_another_ring_is_not_ours(self, ann: Client, tmp_path: Path) -> None:
        (tmp_path / "other").mkdir()
        with AppUnderTest(ROOT, tmp_path / "other") as other:
            token = RefreshTokens(other.services.keys.mac)
            assert token.read(ann.refresh_token or "") is None
