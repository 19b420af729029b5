"""One line of refresh tokens to a session: a counter, a window for lost replies, theft seen (SE-1 to SE-3, D2)."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from cupbearer.testing import AppUnderTest, Client
from tests.support.refreshing import refusal, spend
from tests.support.watching import watched

ROOT = Path(__file__).parents[2]
DAY = 86_400


@pytest.fixture
def ann(client: Client) -> Client:
    return client.as_user(["get:profile", "pangolins"])


def counter(token: str) -> int:
    return int(token.split(".")[3])


class TestOneLine:
    """SE-1: a counter that one conditional write moves."""

    def test_every_refresh_moves_the_counter_by_one(self, cupbearer: AppUnderTest, ann: Client) -> None:
        tokens = [ann.refresh_token or ""]
        for _ in range(5):
            tokens.append(spend(cupbearer, tokens[-1]).refresh_token)
        assert [counter(token) for token in tokens] == list(range(6))

    def test_two_moves_within_one_second_are_two_moves(self, cupbearer: AppUnderTest, ann: Client) -> None:
        second = spend(cupbearer, ann.refresh_token)
        third = spend(cupbearer, second.refresh_token)
        cupbearer.clock.advance(71)
        assert refusal(cupbearer, second.refresh_token) == "reused"
        assert third.refresh_token != second.refresh_token

    def test_the_order_survives_a_restart(self, tmp_path: Path) -> None:
        """CVE-2026-9802: rotation is in the store, not in the process."""
        with AppUnderTest(ROOT, tmp_path) as before:
            signed_in, _ = before.sign_up()
            successor = spend(before, signed_in.refresh_token)
        with AppUnderTest(ROOT, tmp_path) as after:
            assert counter(spend(after, successor.refresh_token).refresh_token) == 2
            after.clock.advance(71)
            assert refusal(after, signed_in.refresh_token) == "reused"

    def test_an_uncontended_refresh_is_one_read_and_one_write(
        self, cupbearer: AppUnderTest, ann: Client
    ) -> None:
        """The design's section 8."""
        again = watched(cupbearer)
        token = spend(again, ann.refresh_token).refresh_token
        again.line.requests = 0
        spend(again, token)
        assert again.line.requests == 2

    @pytest.mark.parametrize("text", ["", "cbr_", "cbr_k.a.b.0.c.d", "x" * 10_000, "cba_x", "é", "\x00"])
    @pytest.mark.usefixtures("ann")
    def test_a_malformed_token_costs_no_store_request(self, cupbearer: AppUnderTest, text: str) -> None:
        """DS-1."""
        again = watched(cupbearer)
        assert refusal(again, text) == "invalid_token"
        assert again.line.requests == 0

    def test_a_forged_token_costs_no_store_request(self, cupbearer: AppUnderTest, ann: Client) -> None:
        token = ann.refresh_token or ""
        forged = [token[:-1] + ("0" if token[-1] != "0" else "1"), token.replace(".0.", ".1."), token.upper()]
        again = watched(cupbearer)
        assert {refusal(again, text) for text in forged} == {"invalid_token"}
        assert again.line.requests == 0


class TestGrace:
    """D2, SE-3: lost replies and tabs within the window; theft after it."""

    def test_a_lost_reply_is_asked_for_again_and_gives_the_same_token(
        self, cupbearer: AppUnderTest, ann: Client
    ) -> None:
        first = spend(cupbearer, ann.refresh_token)
        cupbearer.clock.advance(9.9)
        again = spend(cupbearer, ann.refresh_token)
        assert again.refresh_token == first.refresh_token
        assert spend(cupbearer, again.refresh_token).session_id == ann.session_id

    def test_however_many_steps_back_the_current_token_is_given(
        self, cupbearer: AppUnderTest, ann: Client
    ) -> None:
        token = ann.refresh_token
        for _ in range(6):
            current = spend(cupbearer, token).refresh_token
            token = current
        assert spend(cupbearer, ann.refresh_token).refresh_token == current

    def test_when_the_window_is_over_a_replay_ends_the_session(
        self, cupbearer: AppUnderTest, ann: Client
    ) -> None:
        """SE-2: for the thief and for the owner. The window is 10 s, and 60 s more by which clocks may differ (AV-4)."""
        successor = spend(cupbearer, ann.refresh_token)
        cupbearer.clock.advance(70.1)
        assert refusal(cupbearer, ann.refresh_token) == "reused"
        assert refusal(cupbearer, successor.refresh_token) == "reused"

    def test_every_ancestor_is_a_replay(self, cupbearer: AppUnderTest) -> None:
        """SE-2."""
        for steps_back in range(1, 4):
            signed_in, _ = cupbearer.sign_up()
            line = [signed_in.refresh_token]
            for _ in range(3):
                line.append(spend(cupbearer, line[-1]).refresh_token)
            cupbearer.clock.advance(71)
            assert refusal(cupbearer, line[-1 - steps_back]) == "reused"

    def test_a_replay_in_the_window_never_prolongs_the_window(
        self, cupbearer: AppUnderTest, ann: Client
    ) -> None:
        """SE-3."""
        spend(cupbearer, ann.refresh_token)
        for _ in range(3):
            cupbearer.clock.advance(3)
            spend(cupbearer, ann.refresh_token)
        cupbearer.clock.advance(1.1)
        assert refusal(cupbearer, ann.refresh_token) == "spent"
        cupbearer.clock.advance(60)
        assert refusal(cupbearer, ann.refresh_token) == "reused"

    def test_a_replay_in_the_window_never_prolongs_the_session(
        self, cupbearer: AppUnderTest, ann: Client
    ) -> None:
        """SE-3: last use is when a token was truly spent."""
        spend(cupbearer, ann.refresh_token)
        used = cupbearer.services.authentication.sessions.live(ann.user_id or "")[0].last_used_at
        cupbearer.clock.advance(5)
        spend(cupbearer, ann.refresh_token)
        assert cupbearer.services.authentication.sessions.live(ann.user_id or "")[0].last_used_at == used

    def test_more_refreshes_in_the_window_than_are_remembered_log_nobody_out(
        self, cupbearer: AppUnderTest, ann: Client
    ) -> None:
        token = ann.refresh_token or ""
        for _ in range(64):
            token = spend(cupbearer, token).refresh_token
        assert counter(token) == 32
        cupbearer.clock.advance(71)
        assert counter(spend(cupbearer, token).refresh_token) == 33

    def test_the_record_of_a_session_does_not_grow(self, cupbearer: AppUnderTest, ann: Client) -> None:
        """DS-3: 70 s are remembered, and never more than 32 spends."""
        token = ann.refresh_token or ""
        for _ in range(100):
            token = spend(cupbearer, token).refresh_token
            cupbearer.clock.advance(4)
        assert len(cupbearer.services.authentication.sessions.live(ann.user_id or "")[0].spent) <= 19


class TestClocks:
    """AV-4: 60 s between two clocks neither end an honest session nor give a thief the current token."""

    @pytest.mark.parametrize("ahead", [15, 60, -15, -60])
    def test_another_servers_clock_ends_no_honest_session(
        self, cupbearer: AppUnderTest, ann: Client, ahead: int
    ) -> None:
        successor = spend(cupbearer, ann.refresh_token)
        cupbearer.clock.advance(1 + ahead)  # the same moment but one second, at the other server
        refused = refusal(cupbearer, ann.refresh_token)
        assert refused == "spent"  # and no current token for a clock that cannot tell
        assert spend(cupbearer, successor.refresh_token).session_id == ann.session_id

    def test_between_the_window_and_the_skew_a_replay_gets_and_ends_nothing(
        self, cupbearer: AppUnderTest, ann: Client
    ) -> None:
        successor = spend(cupbearer, ann.refresh_token)
        for seconds in (10, 30, 29.9):
            cupbearer.clock.advance(seconds)
            assert refusal(cupbearer, ann.refresh_token) == "spent"
        assert spend(cupbearer, successor.refresh_token).session_id == ann.session_id

    def test_a_step_back_of_the_clock_revives_no_spent_token(
        self, cupbearer: AppUnderTest, ann: Client
    ) -> None:
        """What lies in the future was not a moment ago."""
        spend(cupbearer, ann.refresh_token)
        cupbearer.clock.advance(60)
        cupbearer.clock.advance(-300)
        assert refusal(cupbearer, ann.refresh_token) == "reused"

    def test_a_step_back_stops_no_honest_line(self, cupbearer: AppUnderTest, ann: Client) -> None:
        token = ann.refresh_token
        for _ in range(3):
            token = spend(cupbearer, token).refresh_token
            cupbearer.clock.advance(-300)
        assert counter(token or "") == 3

    def test_a_refused_replay_grows_no_trail(self, cupbearer: AppUnderTest, ann: Client) -> None:
        """DS-3."""
        spend(cupbearer, ann.refresh_token)
        cupbearer.clock.advance(20)
        before = cupbearer.services.audit.of(ann.user_id or "")
        for _ in range(3):
            assert refusal(cupbearer, ann.refresh_token) == "spent"
        assert cupbearer.services.audit.of(ann.user_id or "") == before


class TestStrict:
    """A window of 0 seconds: every replay is theft."""

    @pytest.fixture
    def cupbearer_settings(self) -> Mapping[str, str]:
        return {"CUPBEARER_REFRESH_GRACE_SECONDS": "0"}

    def test_a_replay_at_once_ends_the_session(self, cupbearer: AppUnderTest, ann: Client) -> None:
        successor = spend(cupbearer, ann.refresh_token)
        assert refusal(cupbearer, ann.refresh_token) == "reused"
        assert refusal(cupbearer, successor.refresh_token) == "reused"

    def test_an_honest_line_goes_on(self, cupbearer: AppUnderTest, ann: Client) -> None:
        token = ann.refresh_token or ""
        for _ in range(5):
            token = spend(cupbearer, token).refresh_token
