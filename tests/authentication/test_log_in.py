"""The one doorway from proofs to a session (EN-1, EN-2, TH-1, TH-2, TH-4, PW-3, SC-2)."""

from dataclasses import replace
from typing import Any

import pytest

from chalicelib.audit.trail import Source
from chalicelib.credentials.passwords import Verdict
from chalicelib.errors import Invalid, InvalidCredentials, NotAllowed, SlowDown, Taken
from chalicelib.sessions.session import SessionRequest
from chalicelib.store import Conflict
from cupbearer.testing import SOURCE, AppUnderTest, Client
from tests.support.watching import AWAY, PHRASE, Counting, log_in, watched


@pytest.fixture
def ann(client: Client) -> Client:
    return client.as_user(["get:profile", "pangolins"])


class TestSignUp:
    def test_a_new_user_has_the_default_scopes_and_logs_in(self, cupbearer: AppUnderTest) -> None:
        user, nothing = cupbearer.services.accounts.sign_up.create(
            username="Ann", password=PHRASE, source=SOURCE
        )
        assert nothing is None
        assert user.scopes == {"get:profile"}
        assert log_in(cupbearer, "ANN", PHRASE).user.user_id == user.user_id

    def test_with_log_in_there_is_one_hash_and_one_commit(self, cupbearer: AppUnderTest, ann: Client) -> None:
        """The design's section 8: sign-up is at most one read and two writes."""
        watch = watched(cupbearer)
        _, signed_in = watch.services.accounts.sign_up.create(
            username="ben", password=PHRASE, log_in=True, source=AWAY
        )
        assert signed_in
        assert signed_in.scope == {"get:profile"}
        assert watch.hashes == {"hash": 1}
        assert watch.line.requests <= 3

    def test_a_taken_name_is_told_before_anything_is_hashed(
        self, cupbearer: AppUnderTest, ann: Client
    ) -> None:
        """D8, DS-1."""
        watch = watched(cupbearer)
        with pytest.raises(Taken) as refused:
            watch.services.accounts.sign_up.create(username="USER-1", password=PHRASE, source=SOURCE)
        assert refused.value.public_code == "username_taken"
        assert not watch.hashes

    @pytest.mark.parametrize("password", ["short", "password1", "user-2-name", "cupbearer"])
    def test_a_weak_password_is_refused_with_the_reason(self, cupbearer: AppUnderTest, password: str) -> None:
        """PW-5."""
        with pytest.raises(Invalid) as refused:
            cupbearer.services.accounts.sign_up.create(
                username="user-2-name", password=password, source=SOURCE
            )
        assert refused.value.public_code == "weak_password"
        assert set(refused.value.errors) == {"password"}

    def test_sign_ups_of_one_network_are_capped(self, cupbearer: AppUnderTest) -> None:
        """TH-6, DS-3: and another network is not."""
        throttle, source = cupbearer.services.credentials.throttle, Source(ip="192.0.2.1")
        for _ in range(100):
            throttle.spend("sign_up", "192.0.2.1", limit=100, seconds=3600)
        with pytest.raises(SlowDown) as refused:
            cupbearer.services.accounts.sign_up.create(username="ann", password=PHRASE, source=source)
        assert 1 <= refused.value.retry_after <= 3600
        assert cupbearer.services.accounts.sign_up.create(username="ann", password=PHRASE, source=SOURCE)
        cupbearer.clock.advance(3600)
        assert cupbearer.services.accounts.sign_up.create(username="ben", password=PHRASE, source=source)


class TestClosed:
    @pytest.fixture
    def cupbearer_settings(self) -> dict[str, str]:
        return {"CUPBEARER_SIGN_UP": "closed"}

    def test_only_operators_make_users(self, cupbearer: AppUnderTest, client: Client) -> None:
        with pytest.raises(NotAllowed) as refused:
            cupbearer.services.accounts.sign_up.create(username="ann", password=PHRASE, source=SOURCE)
        assert refused.value.public_code == "sign_up_closed"
        assert client.as_user().get("/users/me").status == 200


class TestLogIn:
    def test_less_may_be_asked_for_and_never_more(self, cupbearer: AppUnderTest, ann: Client) -> None:
        """SC-2."""
        asked = frozenset({"pangolins", "users:write"})
        signed_in = cupbearer.services.authentication.log_in.with_password(
            username=ann.username or "", password=ann.password or "", scope=asked, source=SOURCE
        )
        assert signed_in.scope == {"pangolins"}

    def test_a_session_id_is_new_at_every_log_in(self, cupbearer: AppUnderTest, ann: Client) -> None:
        """SE-8."""
        assert len({log_in(cupbearer, ann.username, ann.password).session_id for _ in range(5)}) == 5

    def test_it_costs_one_hash_at_most_two_reads_and_four_writes(
        self, cupbearer: AppUnderTest, ann: Client
    ) -> None:
        """The design's section 8; decision 0012 says what the fourth write buys."""
        log_in(cupbearer, ann.username, ann.password, AWAY)
        watch = watched(cupbearer)
        log_in(watch, ann.username, ann.password, AWAY)
        assert watch.hashes == {"verify": 1}
        assert watch.line.requests <= 6

    @pytest.mark.parametrize("password", ["x" * 1025, "é" * 513, "half \ud800"])
    def test_what_can_be_no_password_is_refused_before_any_look_up(
        self, cupbearer: AppUnderTest, ann: Client, password: str
    ) -> None:
        """PW-2, EN-2, DS-1."""
        watch = watched(cupbearer)
        with pytest.raises(Invalid):
            log_in(watch, ann.username, password)
        assert (watch.line.requests, watch.hashes) == (0, {})

    def test_an_old_hash_is_replaced_by_the_log_in_that_proves_it(
        self, cupbearer: AppUnderTest, ann: Client
    ) -> None:
        """PW-3."""
        from passlib.hash import bcrypt

        users, user_id = cupbearer.services.accounts.users, ann.user_id or ""
        old = bcrypt.using(rounds=4).hash(PHRASE)
        users.change(user_id, lambda user: replace(user, password=old))
        log_in(cupbearer, ann.username, PHRASE)
        now = users.require(user_id)
        assert (now.password or "").startswith("$argon2id$")
        assert log_in(cupbearer, ann.username, PHRASE)

    def test_a_better_hash_ends_no_session(self, cupbearer: AppUnderTest, ann: Client) -> None:
        from passlib.hash import bcrypt

        old = bcrypt.using(rounds=4).hash(PHRASE)
        cupbearer.services.accounts.users.change(ann.user_id or "", lambda user: replace(user, password=old))
        log_in(cupbearer, ann.username, PHRASE)
        assert ann.refresh().status == 200

    @pytest.mark.parametrize("broken", ["", "x", "$argon2id$", "$argon2id$v=19$m=8,t=1,p=1$", "$2b$12$", "é"])
    def test_a_broken_hash_is_a_wrong_password(
        self, cupbearer: AppUnderTest, ann: Client, broken: str
    ) -> None:
        """PW-3: closed, and no 500."""
        cupbearer.services.accounts.users.change(
            ann.user_id or "", lambda user: replace(user, password=broken)
        )
        with pytest.raises(InvalidCredentials):
            log_in(cupbearer, ann.username, ann.password)

    def test_a_proof_is_worth_nothing_once_the_user_changed(
        self, cupbearer: AppUnderTest, ann: Client
    ) -> None:
        """TH-4: looked at again in the commit that begins the session."""
        services = cupbearer.services
        account = services.authentication.sessions.read_account(ann.user_id or "")
        services.accounts.administration.administer(ann.user_id or "", disabled=True, source=SOURCE)
        with pytest.raises(Conflict):
            services.authentication.log_in.start(account, SessionRequest(SOURCE, ("pwd",)))

    @pytest.mark.parametrize("act", ["disable", "set password", "delete", "end all"])
    def test_what_happens_during_the_hash_decides(
        self, cupbearer: AppUnderTest, ann: Client, act: str
    ) -> None:
        services, user_id = cupbearer.services, ann.user_id or ""
        acts: dict[str, Any] = {
            "disable": lambda: services.accounts.administration.administer(
                user_id, disabled=True, source=SOURCE
            ),
            "set password": lambda: services.accounts.administration.set_password(
                user_id, new="else entirely", source=SOURCE
            ),
            "delete": lambda: services.accounts.administration.delete(user_id, source=SOURCE),
            "end all": lambda: services.accounts.administration.end_session(user_id, None, source=SOURCE),
        }
        passwords, do = services.credentials.passwords, acts[act]

        class Slow(Counting):
            def verify(self, password: str, hashed: str | None) -> Verdict:
                verdict = super().verify(password, hashed)
                do()
                return verdict

        slow: Any = Slow(passwords)
        sign_in = replace(
            services.authentication.log_in,
            password_checks=replace(services.credentials.password_checks, passwords=slow),
        )
        with pytest.raises(InvalidCredentials):
            sign_in.with_password(username=ann.username or "", password=ann.password or "", source=SOURCE)
        assert [
            s for s in services.authentication.sessions.live(user_id) if s.session_id != ann.session_id
        ] == []
