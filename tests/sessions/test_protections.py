"""What protects a session beside the MAC of its token, and what becomes of those that race its end (TK-10, SE-3, SE-7)."""

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from chalicelib.audit.trail import Audit
from chalicelib.errors import RefreshRefused
from chalicelib.sessions.refresh_tokens import RefreshTokens
from chalicelib.sessions.session import session_key
from chalicelib.store import Insert, Key, Replace
from chalicelib.users.users import Users
from cupbearer.testing import SOURCE, AppUnderTest, Client
from tests.support.refreshing import refusal, spend
from tests.support.rivals import OneCommit, Rival, reached_by

if TYPE_CHECKING:
    from collections.abc import Callable

NOTE = Key("test", "issued")


@pytest.fixture
def ann(client: Client) -> Client:
    return client.as_user(["get:profile", "pangolins"])


@pytest.fixture
def forged(cupbearer: AppUnderTest, ann: Client) -> str:
    """A token under our own MAC key, as who stole that key makes one: without the session's secret."""
    tokens = RefreshTokens(cupbearer.services.keys.mac)
    token = tokens.read(ann.refresh_token or "")
    assert token
    return tokens.write(replace(token, secret=cupbearer.services.world.secret()))


class TestSecret:
    """TK-10: a stolen MAC key opens no session."""

    def test_a_refresh_token_without_the_sessions_secret_is_refused_and_ends_nothing(
        self, cupbearer: AppUnderTest, ann: Client, forged: str
    ) -> None:
        assert refusal(cupbearer, forged) == "invalid_token"
        assert spend(cupbearer, ann.refresh_token).session_id == ann.session_id

    def test_a_browser_token_without_it_is_nobodys(
        self, cupbearer: AppUnderTest, ann: Client, forged: str
    ) -> None:
        browser = cupbearer.services.authentication.browser_sessions
        found = browser.find(browser.token_for(ann.refresh_token or ""))
        assert found
        assert found.session.session_id == ann.session_id
        assert browser.find(browser.token_for(forged)) is None


class TestForgivenReplay:
    """SE-3, SE-7: what a replay within the window issues, it issues for a session and a person as they were read."""

    @pytest.mark.parametrize(("act", "reason"), [("log out", "revoked"), ("disable", "disabled")])
    def test_an_end_that_comes_first_leaves_nothing_issued(
        self, cupbearer: AppUnderTest, ann: Client, act: str, reason: str
    ) -> None:
        """The log-out changes the session alone, the disable the person alone: each is demanded."""
        spend(cupbearer, ann.refresh_token)
        services = cupbearer.services
        acts: dict[str, Callable[[], object]] = {
            "log out": ann.revoke,
            "disable": lambda: services.accounts.administration.administer(
                ann.user_id or "", disabled=True, source=SOURCE
            ),
        }
        todo = [acts[act]]

        def issue(*_: object) -> tuple[Any, tuple[Insert, ...]]:
            if todo:
                todo.pop()()
            return None, (Insert(NOTE, {}),)

        with pytest.raises(RefreshRefused) as refused:
            services.authentication.sessions.refresh(
                ann.refresh_token or "", client_id="cupbearer", source=SOURCE, issue=issue
            )
        assert refused.value.public_code == reason
        assert services.store.get(NOTE) == (None,)


class TestLogOut:
    """The session is over, whoever ended it: that is what was asked for."""

    def test_a_log_out_that_another_overtakes_is_done(self, cupbearer: AppUnderTest, ann: Client) -> None:
        store = cupbearer.services.store
        with reached_by(cupbearer, Rival(store, ann.revoke)):
            assert ann.delete("/sessions/current").status == 204
        assert ann.delete("/sessions/current").status == 401

    def test_one_that_is_always_overtaken_is_told_to_try_again(
        self, cupbearer: AppUnderTest, ann: Client
    ) -> None:
        with reached_by(cupbearer, Rival(cupbearer.services.store, lambda: touch(cupbearer, ann))):
            answer = ann.delete("/sessions/current")
        assert (answer.status, answer.code) == (409, "conflict")

    def test_a_refresh_that_is_always_overtaken_is_told_to_try_again(
        self, cupbearer: AppUnderTest, ann: Client
    ) -> None:
        """And the description says so, which every answer of a test is held against."""
        store = cupbearer.services.store
        with reached_by(cupbearer, Rival(store, lambda: touch(cupbearer, ann))):
            answer = ann.refresh()
        assert (answer.status, answer.code) == (409, "conflict")
        assert ann.refresh().status == 200


def touch(under_test: AppUnderTest, person: Client) -> None:
    """Write a session as it is: who read it before writes in vain."""
    (record,) = under_test.services.store.get(session_key(person.user_id or "", person.session_id or ""))
    assert record
    under_test.services.store.commit(Replace(record, record.data, expires_at=record.expires_at))


def test_a_changed_password_stands_in_the_trail_by_the_commit_that_changes_it(
    cupbearer: AppUnderTest, ann: Client
) -> None:
    """LG-4: neither exists without the other, whatever comes after."""
    accounts, world = cupbearer.services.accounts, cupbearer.services.world
    store = OneCommit(cupbearer.services.store)
    administration = replace(accounts.administration, users=Users(store, world))
    vars(accounts)["self_service"] = replace(
        accounts.self_service, administration=administration, audit=Audit(store, world)
    )
    body = {"current_password": ann.password, "new_password": "another long phrase"}
    assert ann.put("/users/me/password", json=body).status == 204
    events, _ = cupbearer.services.audit.of(ann.user_id or "")
    assert "password_changed" in [event.event for event in events]
    assert ann.log_in().status == 401
