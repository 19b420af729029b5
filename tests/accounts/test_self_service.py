"""What a person does with the own account (PW-6, SE-6, MF-3, SC-3), through the real routes."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from chalicelib.errors import NotAllowed
from chalicelib.sessions.session import SessionRequest
from chalicelib.users.user import User
from cupbearer.testing import SOURCE, AppUnderTest, Client

NEW = "another long phrase"


@pytest.fixture
def ann(client: Client) -> Client:
    return client.as_user(["get:profile"], name="Ann", username="ann")


def change(under_test: AppUnderTest, person: Client, how: Callable[[User], User]) -> None:
    under_test.services.accounts.users.change(person.user_id or "", how)


class TestProfile:
    def test_name_and_address_change_and_what_is_left_out_stays(self, ann: Client) -> None:
        ann.patch("/users/me", json={"email": "ann@example.com"})
        user = ann.patch("/users/me", json={"name": "Anna"}).json["user"]
        assert (user["name"], user["email"], user["email_verified"]) == ("Anna", "ann@example.com", False)
        assert ann.patch("/users/me", json={"name": None, "email": None}).json["user"]["email"] is None

    def test_beside_a_verified_address_a_new_one_waits_for_its_proof(
        self, cupbearer: AppUnderTest, ann: Client
    ) -> None:
        ann.patch("/users/me", json={"email": "ann@example.com"})
        change(cupbearer, ann, lambda user: replace(user, email_verified=True))
        assert cupbearer.services.accounts.users.find("ann@example.com")
        same = ann.patch("/users/me", json={"email": "ann@example.com"}).json["user"]
        assert same["email_verified"]
        other = ann.patch("/users/me", json={"email": "ann@example.org"}).json["user"]
        assert (other["email"], other["email_verified"]) == ("ann@example.com", True)
        assert ann.patch("/users/me", json={"email": None}).json["user"]["email"] is None
        assert cupbearer.services.accounts.users.find("ann@example.com") is None

    @pytest.mark.parametrize(
        "field",
        ["scopes", "disabled", "email_verified", "user_id", "created_at", "epoch", "password", "identities"],
    )
    def test_protected_fields_are_refused(self, ann: Client, field: str) -> None:
        """SC-3."""
        answer = ann.patch("/users/me", json={field: True})
        assert (answer.status, answer.code) == (400, "invalid_request")
        assert field in answer.body.decode()

    def test_a_user_name_stays_unless_it_was_made_up(self, cupbearer: AppUnderTest, ann: Client) -> None:
        assert ann.patch("/users/me", json={"username": "anna"}).status == 400
        change(cupbearer, ann, lambda user: replace(user, username_is_given=True))
        assert ann.patch("/users/me", json={"username": "anna"}).json["user"]["username"] == "anna"
        assert ann.patch("/users/me", json={"username": "annie"}).status == 400

    def test_anothers_name_cannot_be_taken(
        self, cupbearer: AppUnderTest, client: Client, ann: Client
    ) -> None:
        ben = client.as_user(username="ben")
        change(cupbearer, ben, lambda user: replace(user, username_is_given=True))
        answer = ben.patch("/users/me", json={"username": "ANN"})
        assert (answer.status, answer.code) == (409, "username_taken")


class TestPassword:
    def body(self, person: Client, **more: Any) -> dict[str, Any]:
        return {"current_password": person.password, "new_password": NEW, **more}

    def test_a_new_one_ends_all_other_sessions_and_keeps_this_one(self, ann: Client) -> None:
        """PW-6, SE-6."""
        other = ann.steal_refresh_token()
        ann.log_in()
        assert ann.put("/users/me/password", json=self.body(ann)).status == 204
        assert other.refresh().code == "password_changed"
        assert ann.refresh().status == 200
        assert ann.log_in().status == 401
        ann.password = NEW
        assert ann.log_in().status == 201

    def test_it_asks_for_the_current_one(self, ann: Client) -> None:
        assert ann.put("/users/me/password", json={"new_password": NEW}).status == 400
        answer = ann.put("/users/me/password", json=self.body(ann, current_password="not this one"))
        assert (answer.status, answer.code) == (403, "wrong_password")
        assert ann.log_in().status == 201

    def test_guesses_of_the_current_one_are_throttled(self, ann: Client) -> None:
        """TH-4."""
        wrong = self.body(ann, current_password="not this one")
        codes = [ann.put("/users/me/password", json=wrong).code for _ in range(12)]
        assert codes == ["wrong_password"] * 10 + ["slow_down"] * 2

    @pytest.mark.parametrize("weak", ["short", "password1", "cupbearer"])
    def test_a_weak_one_is_refused_and_nothing_changes(self, ann: Client, weak: str) -> None:
        """PW-5."""
        answer = ann.put("/users/me/password", json=self.body(ann, new_password=weak))
        assert (answer.status, answer.code) == (400, "weak_password")
        assert ann.log_in().status == 201

    def test_a_step_back_of_the_clock_makes_no_log_in_fresh(
        self, cupbearer: AppUnderTest, ann: Client
    ) -> None:
        """AV-4, MF-3: a log-in in the future was not within the last five minutes."""
        cupbearer.clock.advance(-300)
        assert ann.refresh().status == 200
        answer = ann.delete("/users/me")
        assert (answer.status, answer.json["errors"]) == (400, {"password": "is required"})

    def test_who_has_none_may_set_one_right_after_a_log_in(
        self, cupbearer: AppUnderTest, ann: Client
    ) -> None:
        """MF-3."""
        change(cupbearer, ann, lambda user: replace(user, password=None))
        cupbearer.clock.advance(5 * 60 + 1)
        ann.refresh()
        answer = ann.put("/users/me/password", json={"new_password": NEW})
        assert (answer.status, answer.code) == (403, "reauthentication_required")
        account = cupbearer.services.authentication.sessions.read_account(ann.user_id or "")
        fresh = cupbearer.services.authentication.log_in.start(account, SessionRequest(SOURCE, ("fed",)))
        ann.hold(fresh.access_token, fresh.refresh_token)
        assert ann.put("/users/me/password", json={"new_password": NEW}).status == 204


class TestDeletion:
    def test_right_after_a_log_in_it_asks_for_nothing(self, client: Client, ann: Client) -> None:
        assert ann.delete("/users/me").status == 204
        assert ann.get("/users/me").status == 401
        assert ann.refresh().code == "revoked"
        assert client.as_user(username="ann").user_id != ann.user_id

    def test_later_it_asks_for_the_password(self, cupbearer: AppUnderTest, ann: Client) -> None:
        """MF-3: a refreshed session is not a fresh one."""
        cupbearer.clock.advance(5 * 60 + 1)
        ann.refresh()
        assert ann.delete("/users/me").status == 400
        assert ann.delete("/users/me", json={"password": "wrong one"}).code == "wrong_password"
        assert ann.delete("/users/me", json={"password": ann.password}).status == 204

    def test_nothing_but_the_trail_is_left(self, cupbearer: AppUnderTest, ann: Client) -> None:
        ann.log_in()
        ann.clock.advance(1)
        ann.delete("/users/me")
        store = cupbearer.services.store
        assert store.list(f"user#{ann.user_id}").records == ()
        assert store.list("users").records == ()
        events, _ = cupbearer.services.audit.of(ann.user_id or "")
        assert events[0].event == "deleted"


class TestSessions:
    def test_a_person_sees_the_own_sessions_and_which_is_this_one(self, ann: Client) -> None:
        ann.headers["User-Agent"] = "Ann's browser"
        ann.clock.advance(1)
        ann.log_in()
        sessions = ann.get("/sessions").json["sessions"]
        assert [session["current"] for session in sessions] == [True, False]
        assert sessions[0]["session_id"] == ann.session_id
        assert sessions[0]["ip"] == "127.0.0.1"

    def test_one_there_is_ended_from_here(self, ann: Client) -> None:
        other, there = ann.steal_refresh_token(), ann.session_id
        ann.log_in()
        assert ann.delete(f"/sessions/{there}").status == 204
        assert other.refresh().code == "revoked"
        assert ann.get("/users/me").status == 200
        assert ann.delete(f"/sessions/{there}").status == 404

    def test_here_and_everywhere(self, ann: Client) -> None:
        other = ann.steal_refresh_token()
        ann.log_in()
        assert ann.delete("/sessions/current").status == 204
        assert (ann.get("/sessions").status, ann.refresh().code) == (401, "revoked")
        ann.log_in()
        assert ann.delete("/sessions").status == 204
        assert (other.refresh().code, ann.refresh().code) == ("revoked", "revoked")

    def test_an_act_of_a_session_that_just_ended_is_refused(
        self, cupbearer: AppUnderTest, ann: Client
    ) -> None:
        """TK-6: looked up again by the handler that acts."""
        ann.revoke()
        for method, path in (("GET", "/users/me"), ("DELETE", "/users/me"), ("GET", "/users/me/activity")):
            assert ann.request(method, path).status == 401

    def test_a_password_that_changed_under_a_change_of_password_is_not_overwritten(
        self, cupbearer: AppUnderTest, ann: Client
    ) -> None:
        services = cupbearer.services
        acting = services.accounts.self_service.acting(services.tokens.bearer.verify(ann.access_token or ""))
        services.accounts.administration.set_password(
            ann.user_id or "", new="set by the operator", source=SOURCE
        )
        with pytest.raises(Exception) as refused:  # noqa: PT011 - a refusal of either kind
            services.accounts.self_service.change_password(
                acting, current=ann.password, new=NEW, source=SOURCE
            )
        assert not isinstance(refused.value, NotAllowed)
        ann.password = "set by the operator"
        assert ann.log_in().status == 201
