"""The trail: an event per scenario, in the commit of the act, and never a secret (LG-1, LG-2, LG-4, M9)."""

import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from typing import Any

import pytest

from chalicelib.audit.events import EVENTS
from chalicelib.audit.trail import AUDIT_SECONDS, NOBODY, Source
from chalicelib.store import StoreUnavailable
from cupbearer.testing import SOURCE, AppUnderTest, Client

NEW = "another long phrase"
AWAY = Source(ip="198.51.100.7", user_agent="A browser\r\nX: y", request_id="r-1")


@pytest.fixture
def ann(client: Client) -> Client:
    return client.as_user(["get:profile"], username="ann")


def events(under_test: AppUnderTest, person: Client) -> list[str]:
    found, _ = under_test.services.audit.of(person.user_id or "", limit=100)
    return [event.event for event in found]


def reuse(person: Client) -> None:
    thief = person.steal_refresh_token()
    thief.refresh()
    person.clock.advance(71)
    person.refresh()


SCENARIOS: dict[str, Callable[[AppUnderTest, Client], Any]] = {
    "log_in": lambda _, ann: ann.log_in(),
    "log_in_failed": lambda _, ann: ann.log_in(password="wrong phrase"),
    "log_in_throttled": lambda _, ann: [ann.log_in(password="wrong phrase") for _ in range(11)],
    "log_out": lambda _, ann: ann.delete("/sessions/current"),
    "log_out_everywhere": lambda _, ann: ann.delete("/sessions"),
    "refresh_refused": lambda _, ann: (ann.delete("/sessions/current"), ann.refresh()),
    "session_reused": lambda _, ann: reuse(ann),
    "password_changed": lambda _, ann: ann.put(
        "/users/me/password", json={"current_password": ann.password, "new_password": NEW}
    ),
    "password_refused": lambda _, ann: ann.put(
        "/users/me/password", json={"current_password": "wrong one", "new_password": NEW}
    ),
    "profile_changed": lambda _, ann: ann.patch("/users/me", json={"name": "Anna"}),
    "deleted": lambda _, ann: ann.delete("/users/me"),
    "scopes_changed": lambda under_test, ann: under_test.services.accounts.administration.administer(
        ann.user_id or "", granted=frozenset({"pangolins"}), source=SOURCE
    ),
    "disabled": lambda under_test, ann: under_test.services.accounts.administration.administer(
        ann.user_id or "", disabled=True, source=SOURCE
    ),
    "enabled": lambda under_test, ann: [
        under_test.services.accounts.administration.administer(
            ann.user_id or "", disabled=disabled, source=SOURCE
        )
        for disabled in (True, False)
    ],
    "unlocked": lambda under_test, ann: under_test.services.accounts.administration.unlock(
        ann.user_id or "", source=SOURCE
    ),
}


@pytest.mark.parametrize("event", SCENARIOS)
def test_what_happened_is_written_down(cupbearer: AppUnderTest, ann: Client, event: str) -> None:
    """LG-1."""
    assert events(cupbearer, ann) == ["sign_up"]
    cupbearer.clock.advance(1)
    SCENARIOS[event](cupbearer, ann)
    assert event in events(cupbearer, ann)
    newest = next(e for e in cupbearer.services.audit.of(ann.user_id or "", limit=100)[0] if e.event == event)
    assert newest.target == ann.user_id
    assert newest.actor in {ann.user_id, "operator"}
    assert newest.at >= cupbearer.clock.now - 1
    assert newest.request_id
    refused = event.endswith(("failed", "refused", "throttled", "reused"))
    assert (newest.outcome == "success") != refused


def test_who_from_where_and_by_which_request(cupbearer: AppUnderTest, ann: Client) -> None:
    sign_in = cupbearer.services.authentication.log_in
    cupbearer.clock.advance(1)
    sign_in.with_password(username="ann", password=ann.password or "", source=AWAY)
    (event, *_), _ = cupbearer.services.audit.of(ann.user_id or "")
    assert (event.ip, event.request_id, event.event) == ("198.51.100.7", "r-1", "log_in")


def test_an_operators_act_names_the_operator(cupbearer: AppUnderTest, client: Client, ann: Client) -> None:
    operator = client.as_user(["users:write", "pangolins"])
    cupbearer.clock.advance(1)
    operator.patch(f"/users/{ann.user_id}", json={"scopes": ["pangolins"]})
    (event, *_), _ = cupbearer.services.audit.of(ann.user_id or "")
    assert (event.actor, event.target) == (operator.user_id, ann.user_id)
    assert dict(event.detail) == {"granted": "pangolins", "revoked": "get:profile"}


def test_a_refresh_that_is_honoured_writes_nothing(cupbearer: AppUnderTest, ann: Client) -> None:
    for _ in range(3):
        ann.refresh()
    assert events(cupbearer, ann) == ["sign_up"]


def test_people_read_their_own_trail_in_words(ann: Client) -> None:
    ann.clock.advance(1)
    ann.log_in(password="wrong phrase")
    page = ann.get("/users/me/activity?limit=1").json
    (event,) = page["events"]
    assert (event["event"], event["says"]) == ("log_in_failed", EVENTS["log_in_failed"])
    rest = ann.get(f"/users/me/activity?cursor={page['next_cursor']}").json["events"]
    assert [event["event"] for event in rest] == ["sign_up"]


def test_an_operators_address_is_not_told_to_the_person(client: Client, ann: Client) -> None:
    operator = client.as_user(["users:write"])
    ann.clock.advance(1)
    operator.patch(f"/users/{ann.user_id}", json={"name": "Anna"})
    event = ann.get("/users/me/activity").json["events"][0]
    assert (event["actor"], event["ip"], event["user_agent"]) == ("operator", None, "")


def test_what_concerns_nobody_is_only_counted(cupbearer: AppUnderTest, client: Client) -> None:
    """DS-3, EN-2: a stranger cannot grow the store."""
    for number in range(5):
        client.post("/sessions", json={"username": f"nobody{number}", "password": "wrong phrase"})
    (counts,) = cupbearer.services.store.get(NOBODY)
    assert counts
    assert counts.data["log_in_failed"] == 5


def test_an_act_that_cannot_be_written_down_does_not_happen(
    cupbearer: AppUnderTest, ann: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """LG-4: they are one commit."""
    store = cupbearer.services.store
    commit = store.commit

    def fails_with_audit(*writes: Any) -> None:
        if any(getattr(write, "key", None) and write.key.partition.startswith("audit#") for write in writes):
            raise StoreUnavailable("the trail is full")
        commit(*writes)

    monkeypatch.setattr(store, "commit", fails_with_audit)
    assert ann.delete("/sessions/current").status == 503
    assert ann.log_in().status == 503
    monkeypatch.undo()
    assert len(cupbearer.services.authentication.sessions.live(ann.user_id or "")) == 1


def test_the_trail_outlives_the_account_and_ends_after_ninety_days(
    cupbearer: AppUnderTest, ann: Client
) -> None:
    ann.delete("/users/me")
    assert "deleted" in events(cupbearer, ann)
    cupbearer.clock.advance(AUDIT_SECONDS)
    assert events(cupbearer, ann) == []


def test_an_event_that_is_not_on_the_list_is_a_defect(cupbearer: AppUnderTest) -> None:
    with pytest.raises(ValueError, match="not an audit event"):
        cupbearer.services.audit.write("hacked", target="x", source=SOURCE)


def test_texts_from_outside_are_capped(cupbearer: AppUnderTest, ann: Client) -> None:
    """LG-3."""
    source = Source(ip=None, user_agent="x" * 10_000, request_id="y" * 10_000)
    cupbearer.services.audit.record("log_in_failed", target="z", source=source, outcome="wrong_password")
    (event,), _ = cupbearer.services.audit.of("z")
    assert (len(event.user_agent), len(event.request_id)) == (256, 256)


def test_no_secret_of_any_scenario_is_in_the_trail_or_anywhere_in_the_store(
    cupbearer: AppUnderTest,
    client: Client,
    capfd: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    """LG-2, M9: canaries of every kind through every scenario; the store, the log and the terminal are searched."""
    caplog.set_level("DEBUG")
    secrets: set[str] = {"wrong phrase", "wrong one", NEW}
    for number, scenario in enumerate(SCENARIOS.values()):
        person = client.as_user(["get:profile"], username=f"person{number}")
        secrets |= {person.password or "", person.access_token or "", person.refresh_token or ""}
        scenario(cupbearer, person)
        secrets |= {person.access_token or "", person.refresh_token or ""}
    client.get("/cats?access_token=canary-in-a-query", headers={"Cookie": "a=canary-in-a-cookie"})
    client.post("/sessions/refresh", json={"refresh_token": "cbr_canary-in-a-body"})
    secrets |= {"canary-in-a-query", "canary-in-a-cookie", "canary-in-a-body"}
    secrets |= {part for text in secrets if text.startswith("cbr_") for part in text.split(".")[4:]}
    with closing(sqlite3.connect(cupbearer.settings.store_name)) as connection:
        stored = json.dumps(connection.execute("SELECT * FROM records").fetchall(), ensure_ascii=False)
    terminal = capfd.readouterr()
    logged = caplog.text + repr([vars(record) for record in caplog.records]) + terminal.out + terminal.err
    assert len(secrets) > 60
    assert not [secret for secret in secrets if secret in stored]
    assert not [secret for secret in secrets if secret in logged]
    assert len(caplog.records) > 30
