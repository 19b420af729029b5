"""Proving a password: every account looks alike, and guesses run out (EN-1, EN-2, TH-1, TH-2, TH-4, TH-5)."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from chalicelib.audit.trail import Source
from chalicelib.errors import InvalidCredentials, SlowDown
from cupbearer.testing import SOURCE, AppUnderTest, Client
from tests.support.watching import AWAY, PHRASE, log_in, watched


@pytest.fixture
def ann(client: Client) -> Client:
    return client.as_user(["get:profile", "pangolins"])


STATES = ("wrong password", "unknown", "disabled", "without a password", "disabled and right")


class TestEnumeration:
    """EN-1, EN-2: until the password is proven, every account looks alike."""

    def prepared(self, cupbearer: AppUnderTest, client: Client, state: str) -> dict[str, str]:
        person = client.as_user(username="somebody")
        user_id = person.user_id or ""
        if state.startswith("disabled"):
            cupbearer.services.accounts.administration.administer(user_id, disabled=True, source=SOURCE)
        if state == "without a password":
            cupbearer.services.accounts.users.change(user_id, lambda user: replace(user, password=None))
        username = "nobodyyy" if state == "unknown" else "somebody"
        return {"username": username, "password": (person.password or "") if "right" in state else PHRASE}

    @pytest.mark.parametrize("state", STATES)
    def test_the_answer_is_the_same_to_the_byte(
        self, cupbearer: AppUnderTest, client: Client, state: str
    ) -> None:
        answer = client.post("/sessions", json=self.prepared(cupbearer, client, state))
        headers = {name.lower(): value for name, value in answer.headers.items() if name != "X-Request-Id"}
        document = answer.json
        assert len(document.pop("request_id")) >= 16
        assert (answer.status, document) == (
            401,
            {
                "type": "urn:cupbearer:invalid_credentials",
                "title": "Unauthorized",
                "status": 401,
                "detail": "The user name or the password is wrong. After many wrong tries none is taken for a while.",
                "code": "invalid_credentials",
            },
        )
        assert sorted(headers) == [
            "cache-control", "content-language", "content-security-policy", "content-type",
            "cross-origin-opener-policy", "referrer-policy", "strict-transport-security", "vary",
            "www-authenticate", "x-content-type-options",
        ]  # fmt: skip

    @pytest.mark.parametrize("state", STATES)
    def test_the_work_is_the_same(self, cupbearer: AppUnderTest, client: Client, state: str) -> None:
        """EN-2: one hash and eight store requests, whoever it is. The timing itself is measured by the bench (M4)."""
        body = self.prepared(cupbearer, client, state)
        watch = watched(cupbearer)
        with pytest.raises(InvalidCredentials):
            log_in(watch, body["username"], body["password"], AWAY)
        assert watch.hashes == {"verify": 1}
        assert watch.line.requests == 8

    def test_a_lock_looks_alike_for_nobody_and_somebody(
        self, cupbearer: AppUnderTest, client: Client
    ) -> None:
        """TH-1."""
        client.as_user(username="somebody")
        answers = {}
        for username in ("somebody", "nobodyyy"):
            body = {"username": username, "password": PHRASE}
            tries = [client.post("/sessions", json=body) for _ in range(12)]
            assert [answer.status for answer in tries] == [401] * 10 + [429] * 2
            answers[username] = [(a.header("Retry-After"), a.json | {"request_id": ""}) for a in tries]
        assert answers["somebody"] == answers["nobodyyy"]


class TestBudget:
    """TH-1, TH-2, TH-4: reserved before it is checked, on every way in."""

    def test_a_hundred_parallel_guesses_cannot_overrun_it(self, cupbearer: AppUnderTest, ann: Client) -> None:
        watch = watched(cupbearer)

        def guess(number: int) -> str:
            try:
                log_in(watch, ann.username, f"{PHRASE} {number}")
            except (InvalidCredentials, SlowDown) as refused:
                return refused.code
            return "in"

        with ThreadPoolExecutor(16) as pool:
            outcomes = Counter(pool.map(guess, range(100)))
        assert outcomes == {"invalid_credentials": 10, "slow_down": 90}
        assert watch.hashes == {"verify": 10}

    def test_fifty_right_ones_at_once_all_succeed(self, cupbearer: AppUnderTest, ann: Client) -> None:
        with ThreadPoolExecutor(16) as pool:
            sessions = list(
                pool.map(lambda _: log_in(cupbearer, ann.username, ann.password).session_id, range(50))
            )
        assert len(set(sessions)) == 50

    def test_a_success_clears_it(self, cupbearer: AppUnderTest, ann: Client) -> None:
        for _ in range(3):
            for _ in range(9):
                with pytest.raises(InvalidCredentials):
                    log_in(cupbearer, ann.username, PHRASE)
            log_in(cupbearer, ann.username, ann.password)

    def test_every_spelling_and_every_way_in_draws_on_one_budget(
        self, cupbearer: AppUnderTest, client: Client
    ) -> None:
        """TH-4: user name, its other spellings, and the password asked for again."""
        ann = client.as_user(username="somebody")
        change = {"current_password": PHRASE, "new_password": "another long phrase"}
        codes = [
            *(self.guess(client, username) for username in ("somebody", "SOMEBODY", "SomeBody") * 2),
            *(ann.put("/users/me/password", json=change).code for _ in range(4)),
            self.guess(client, "Somebody"),
            ann.put("/users/me/password", json=change).code,
            ann.delete("/users/me", json={"password": PHRASE}).code,
        ]
        assert codes == ["invalid_credentials"] * 6 + ["wrong_password"] * 4 + ["slow_down"] * 3

    @staticmethod
    def guess(client: Client, username: str) -> str | None:
        return client.post("/sessions", json={"username": username, "password": PHRASE}).code

    def test_a_stranger_cannot_keep_the_owner_out(self, cupbearer: AppUnderTest, ann: Client) -> None:
        """TH-5: a network that the owner logged in from has a budget of its own."""
        home, away = Source(ip="192.0.2.1"), Source(ip="198.51.100.1")
        log_in(cupbearer, ann.username, ann.password, home)
        for _ in range(15):
            with pytest.raises((InvalidCredentials, SlowDown)):
                log_in(cupbearer, ann.username, PHRASE, away)
        assert log_in(cupbearer, ann.username, ann.password, home)

    def test_a_lock_ends_by_itself(self, cupbearer: AppUnderTest, ann: Client) -> None:
        """TH-5."""
        for _ in range(11):
            with pytest.raises((InvalidCredentials, SlowDown)):
                log_in(cupbearer, ann.username, PHRASE)
        with pytest.raises(SlowDown) as refused:
            log_in(cupbearer, ann.username, ann.password)
        cupbearer.clock.advance(refused.value.retry_after)
        assert log_in(cupbearer, ann.username, ann.password)

    def test_a_live_session_goes_on_while_the_account_is_locked(
        self, cupbearer: AppUnderTest, ann: Client
    ) -> None:
        """TH-5."""
        for _ in range(12):
            with pytest.raises((InvalidCredentials, SlowDown)):
                log_in(cupbearer, ann.username, PHRASE)
        assert ann.refresh().status == 200

    def test_an_operator_lifts_a_lock(self, cupbearer: AppUnderTest, ann: Client) -> None:
        for _ in range(12):
            with pytest.raises((InvalidCredentials, SlowDown)):
                log_in(cupbearer, ann.username, PHRASE)
        cupbearer.services.accounts.administration.unlock(ann.user_id or "", source=SOURCE)
        assert log_in(cupbearer, ann.username, ann.password)
