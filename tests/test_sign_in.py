"""The one doorway from proofs to a session (EN-1, EN-2, TH-1, TH-2, TH-4, PW-3, SC-2)."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Any

import pytest

from chalicelib.audit import Source
from chalicelib.errors import Invalid, InvalidCredentials, NotAllowed, SlowDown, Taken
from chalicelib.passwords import Passwords, Verdict
from chalicelib.sign_in import SignedIn
from chalicelib.store import Conflict
from cupbearer.testing import SOURCE, Bench, Client, QuickServices
from tests.keys_world import Line

PHRASE = "a wrong but long phrase"
AWAY = Source(ip="192.0.2.7")  # loopback is no network, and has no budget


@pytest.fixture
def ann(client: Client) -> Client:
    return client.as_user(["get:profile", "pangolins"])


class Counting:
    """Real passwords, counted."""

    def __init__(self, passwords: Passwords) -> None:
        self.passwords = passwords
        self.asked: Counter[str] = Counter()

    def verify(self, password: str, hashed: str | None) -> Verdict:
        self.asked["verify"] += 1
        return self.passwords.verify(password, hashed)

    def hash(self, password: str) -> str:
        self.asked["hash"] += 1
        return self.passwords.hash(password)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.passwords, name)


@dataclass(frozen=True)
class Watched:
    """The same service on the same store, with every store request and every hash counted."""

    services: QuickServices
    line: Line
    hashes: Counter[str]


def watched(bench: Bench) -> Watched:
    line, counting = Line(bench.services.store), Counting(bench.services.passwords)
    services = QuickServices(bench.settings, bench.services.world, store=line)
    ready = {name: getattr(bench.services, name) for name in ("key_ring", "mac_keys")}  # in memory already
    vars(services).update(ready, passwords=counting)
    return Watched(services, line, counting.asked)


def log_in(
    bench: Bench | Watched, username: str | None, password: str | None, source: Source = SOURCE
) -> SignedIn:
    sign_in = bench.services.sign_in
    return sign_in.with_password(username=username or "", password=password or "", source=source)


class TestSignUp:
    def test_a_new_user_has_the_default_scopes_and_logs_in(self, cupbearer: Bench) -> None:
        user, nothing = cupbearer.services.sign_in.sign_up(username="Ann", password=PHRASE, source=SOURCE)
        assert nothing is None
        assert user.scopes == {"get:profile"}
        assert log_in(cupbearer, "ANN", PHRASE).user.user_id == user.user_id

    def test_with_log_in_there_is_one_hash_and_one_commit(self, cupbearer: Bench, ann: Client) -> None:
        """The design's section 8: sign-up is at most one read and two writes."""
        watch = watched(cupbearer)
        _, signed_in = watch.services.sign_in.sign_up(
            username="ben", password=PHRASE, log_in=True, source=AWAY
        )
        assert signed_in
        assert signed_in.scope == {"get:profile"}
        assert watch.hashes == {"hash": 1}
        assert watch.line.requests <= 3

    def test_a_taken_name_is_told_before_anything_is_hashed(self, cupbearer: Bench, ann: Client) -> None:
        """D8, DS-1."""
        watch = watched(cupbearer)
        with pytest.raises(Taken) as refused:
            watch.services.sign_in.sign_up(username="USER-1", password=PHRASE, source=SOURCE)
        assert refused.value.public_code == "username_taken"
        assert not watch.hashes

    @pytest.mark.parametrize("password", ["short", "password1", "user-2-name", "cupbearer"])
    def test_a_weak_password_is_refused_with_the_reason(self, cupbearer: Bench, password: str) -> None:
        """PW-5."""
        with pytest.raises(Invalid) as refused:
            cupbearer.services.sign_in.sign_up(username="user-2-name", password=password, source=SOURCE)
        assert refused.value.public_code == "weak_password"
        assert set(refused.value.errors) == {"password"}

    def test_sign_ups_of_one_network_are_capped(self, cupbearer: Bench) -> None:
        """TH-6, DS-3: and another network is not."""
        throttle, source = cupbearer.services.throttle, Source(ip="192.0.2.1")
        for _ in range(100):
            throttle.spend("sign_up", "192.0.2.1", limit=100, seconds=3600)
        with pytest.raises(SlowDown) as refused:
            cupbearer.services.sign_in.sign_up(username="ann", password=PHRASE, source=source)
        assert 1 <= refused.value.retry_after <= 3600
        assert cupbearer.services.sign_in.sign_up(username="ann", password=PHRASE, source=SOURCE)
        cupbearer.clock.advance(3600)
        assert cupbearer.services.sign_in.sign_up(username="ben", password=PHRASE, source=source)


class TestClosed:
    @pytest.fixture
    def cupbearer_settings(self) -> dict[str, str]:
        return {"CUPBEARER_SIGN_UP": "closed"}

    def test_only_operators_make_users(self, cupbearer: Bench, client: Client) -> None:
        with pytest.raises(NotAllowed) as refused:
            cupbearer.services.sign_in.sign_up(username="ann", password=PHRASE, source=SOURCE)
        assert refused.value.public_code == "sign_up_closed"
        assert client.as_user().get("/users/me").status == 200


class TestLogIn:
    def test_less_may_be_asked_for_and_never_more(self, cupbearer: Bench, ann: Client) -> None:
        """SC-2."""
        asked = frozenset({"pangolins", "users:write"})
        signed_in = cupbearer.services.sign_in.with_password(
            username=ann.username or "", password=ann.password or "", scope=asked, source=SOURCE
        )
        assert signed_in.scope == {"pangolins"}

    def test_a_session_id_is_new_at_every_log_in(self, cupbearer: Bench, ann: Client) -> None:
        """SE-8."""
        assert len({log_in(cupbearer, ann.username, ann.password).session_id for _ in range(5)}) == 5

    def test_it_costs_one_hash_at_most_two_reads_and_three_writes(
        self, cupbearer: Bench, ann: Client
    ) -> None:
        """The design's section 8."""
        log_in(cupbearer, ann.username, ann.password, AWAY)
        watch = watched(cupbearer)
        log_in(watch, ann.username, ann.password, AWAY)
        assert watch.hashes == {"verify": 1}
        assert watch.line.requests <= 5

    @pytest.mark.parametrize("password", ["x" * 1025, "é" * 513, "half \ud800"])
    def test_what_can_be_no_password_is_refused_before_any_look_up(
        self, cupbearer: Bench, ann: Client, password: str
    ) -> None:
        """PW-2, EN-2, DS-1."""
        watch = watched(cupbearer)
        with pytest.raises(Invalid):
            log_in(watch, ann.username, password)
        assert (watch.line.requests, watch.hashes) == (0, {})

    def test_an_old_hash_is_replaced_by_the_log_in_that_proves_it(
        self, cupbearer: Bench, ann: Client
    ) -> None:
        """PW-3."""
        from passlib.hash import bcrypt

        users, user_id = cupbearer.services.users, ann.user_id or ""
        old = bcrypt.using(rounds=4).hash(PHRASE)
        users.change(user_id, lambda user: replace(user, password=old))
        log_in(cupbearer, ann.username, PHRASE)
        now = users.require(user_id)
        assert (now.password or "").startswith("$argon2id$")
        assert log_in(cupbearer, ann.username, PHRASE)

    def test_a_better_hash_ends_no_session(self, cupbearer: Bench, ann: Client) -> None:
        from passlib.hash import bcrypt

        old = bcrypt.using(rounds=4).hash(PHRASE)
        cupbearer.services.users.change(ann.user_id or "", lambda user: replace(user, password=old))
        log_in(cupbearer, ann.username, PHRASE)
        assert ann.refresh().status == 200

    @pytest.mark.parametrize("broken", ["", "x", "$argon2id$", "$argon2id$v=19$m=8,t=1,p=1$", "$2b$12$", "é"])
    def test_a_broken_hash_is_a_wrong_password(self, cupbearer: Bench, ann: Client, broken: str) -> None:
        """PW-3: closed, and no 500."""
        cupbearer.services.users.change(ann.user_id or "", lambda user: replace(user, password=broken))
        with pytest.raises(InvalidCredentials):
            log_in(cupbearer, ann.username, ann.password)

    def test_a_proof_is_worth_nothing_once_the_user_changed(self, cupbearer: Bench, ann: Client) -> None:
        """TH-4: looked at again in the commit that begins the session."""
        services = cupbearer.services
        user = services.users.require(ann.user_id or "")
        services.administration.administer(user.user_id, disabled=True, source=SOURCE)
        with pytest.raises(Conflict):
            services.sign_in.start(user, source=SOURCE, amr=("pwd",))

    @pytest.mark.parametrize("act", ["disable", "set password", "delete", "end all"])
    def test_what_happens_during_the_hash_decides(self, cupbearer: Bench, ann: Client, act: str) -> None:
        services, user_id = cupbearer.services, ann.user_id or ""
        acts: dict[str, Any] = {
            "disable": lambda: services.administration.administer(user_id, disabled=True, source=SOURCE),
            "set password": lambda: services.administration.set_password(
                user_id, new="else entirely", source=SOURCE
            ),
            "delete": lambda: services.administration.delete(user_id, source=SOURCE),
            "end all": lambda: services.administration.end_session(user_id, None, source=SOURCE),
        }
        passwords, do = services.passwords, acts[act]

        class Slow(Counting):
            def verify(self, password: str, hashed: str | None) -> Verdict:
                verdict = super().verify(password, hashed)
                do()
                return verdict

        slow: Any = Slow(passwords)
        sign_in = replace(services.sign_in, proofs=replace(services.proofs, passwords=slow))
        with pytest.raises(InvalidCredentials):
            sign_in.with_password(username=ann.username or "", password=ann.password or "", source=SOURCE)
        assert [s for s in services.sessions.live(user_id) if s.session_id != ann.session_id] == []


STATES = ("wrong password", "unknown", "disabled", "without a password", "disabled and right")


class TestEnumeration:
    """EN-1, EN-2: until the password is proven, every account looks alike."""

    def prepared(self, cupbearer: Bench, client: Client, state: str) -> dict[str, str]:
        person = client.as_user(username="somebody")
        user_id = person.user_id or ""
        if state.startswith("disabled"):
            cupbearer.services.administration.administer(user_id, disabled=True, source=SOURCE)
        if state == "without a password":
            cupbearer.services.users.change(user_id, lambda user: replace(user, password=None))
        username = "nobodyyy" if state == "unknown" else "somebody"
        return {"username": username, "password": (person.password or "") if "right" in state else PHRASE}

    @pytest.mark.parametrize("state", STATES)
    def test_the_answer_is_the_same_to_the_byte(self, cupbearer: Bench, client: Client, state: str) -> None:
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
                "detail": "The user name or the password is wrong.",
                "code": "invalid_credentials",
            },
        )
        assert sorted(headers) == [
            "cache-control", "content-security-policy", "content-type", "cross-origin-opener-policy",
            "referrer-policy", "strict-transport-security", "www-authenticate", "x-content-type-options",
        ]  # fmt: skip

    @pytest.mark.parametrize("state", STATES)
    def test_the_work_is_the_same(self, cupbearer: Bench, client: Client, state: str) -> None:
        """EN-2: one hash and five store requests, whoever it is. The timing itself is measured by the bench (M4)."""
        body = self.prepared(cupbearer, client, state)
        watch = watched(cupbearer)
        with pytest.raises(InvalidCredentials):
            log_in(watch, body["username"], body["password"], AWAY)
        assert watch.hashes == {"verify": 1}
        assert watch.line.requests == 6

    def test_a_lock_looks_alike_for_nobody_and_somebody(self, cupbearer: Bench, client: Client) -> None:
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

    def test_a_hundred_parallel_guesses_cannot_overrun_it(self, cupbearer: Bench, ann: Client) -> None:
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

    def test_fifty_right_ones_at_once_all_succeed(self, cupbearer: Bench, ann: Client) -> None:
        with ThreadPoolExecutor(16) as pool:
            sessions = list(
                pool.map(lambda _: log_in(cupbearer, ann.username, ann.password).session_id, range(50))
            )
        assert len(set(sessions)) == 50

    def test_a_success_clears_it(self, cupbearer: Bench, ann: Client) -> None:
        for _ in range(3):
            for _ in range(9):
                with pytest.raises(InvalidCredentials):
                    log_in(cupbearer, ann.username, PHRASE)
            log_in(cupbearer, ann.username, ann.password)

    def test_every_spelling_and_every_way_in_draws_on_one_budget(
        self, cupbearer: Bench, client: Client
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

    def test_a_stranger_cannot_keep_the_owner_out(self, cupbearer: Bench, ann: Client) -> None:
        """TH-5: a network that the owner logged in from has a budget of its own."""
        home, away = Source(ip="192.0.2.1"), Source(ip="198.51.100.1")
        log_in(cupbearer, ann.username, ann.password, home)
        for _ in range(15):
            with pytest.raises((InvalidCredentials, SlowDown)):
                log_in(cupbearer, ann.username, PHRASE, away)
        assert log_in(cupbearer, ann.username, ann.password, home)

    def test_a_lock_ends_by_itself(self, cupbearer: Bench, ann: Client) -> None:
        """TH-5."""
        for _ in range(11):
            with pytest.raises((InvalidCredentials, SlowDown)):
                log_in(cupbearer, ann.username, PHRASE)
        with pytest.raises(SlowDown) as refused:
            log_in(cupbearer, ann.username, ann.password)
        cupbearer.clock.advance(refused.value.retry_after)
        assert log_in(cupbearer, ann.username, ann.password)

    def test_a_live_session_goes_on_while_the_account_is_locked(self, cupbearer: Bench, ann: Client) -> None:
        """TH-5."""
        for _ in range(12):
            with pytest.raises((InvalidCredentials, SlowDown)):
                log_in(cupbearer, ann.username, PHRASE)
        assert ann.refresh().status == 200

    def test_an_operator_lifts_a_lock(self, cupbearer: Bench, ann: Client) -> None:
        for _ in range(12):
            with pytest.raises((InvalidCredentials, SlowDown)):
                log_in(cupbearer, ann.username, PHRASE)
        cupbearer.services.administration.unlock(ann.user_id or "", source=SOURCE)
        assert log_in(cupbearer, ann.username, ann.password)
