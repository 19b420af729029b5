"""M2, IN-1, IN-2: whatever is sent, a 4xx problem document says what is wrong, and nothing is stored."""

import os
import sqlite3
from contextlib import closing
from importlib import import_module
from itertools import cycle
from typing import Any

import pytest

from cupbearer.testing import AppUnderTest, Client, Reply
from tests.attacks import hostile_bodies
from tests.attacks.hostile_bodies import CORPUS, JSON

REQUESTS = int(os.environ.get("CUPBEARER_TEST_HOSTILE_REQUESTS", "50000"))
EVERYTHING = ["users:read", "users:write", "pangolins", "get:profile"]
FILLED = {
    "{user_id}": "a" * 26,
    "{session_id}": "a" * 26,
    "{identity}": "a",
    "{client_id}": "a",
    "{provider}": "a",
    "{factor}": "a",
}


def endpoints() -> list[Any]:
    return [endpoint for api in import_module("chalicelib.application").APIS for endpoint in api.endpoints]


def path_of(endpoint: Any) -> str:
    path: str = endpoint.route.path
    for name, value in FILLED.items():
        path = path.replace(name, value)
    return path.replace("{version}", "0")


READING = [endpoint for endpoint in endpoints() if endpoint.body is not None]
FORMS = [endpoint for endpoint in endpoints() if endpoint.form or endpoint.route.path.startswith("/oauth/")]


def stored(under_test: AppUnderTest) -> set[tuple[str, str]]:
    """Every record but the budgets and counts, which a request may cost."""
    under_test.services.store.list("users")  # the file is there now
    with closing(sqlite3.connect(under_test.settings.store_name)) as connection:
        rows = connection.execute("SELECT pk, sk FROM records").fetchall()
    return {(p, s) for p, s in rows if not p.startswith(("throttle#", "audit#nobody"))}


def send(client: Client, endpoint: Any, body: bytes, content_type: str) -> Reply:
    headers = {"Content-Type": content_type} if content_type else {}
    return client.request(endpoint.route.method, path_of(endpoint), body=body, headers=headers)


def is_refused(reply: Reply) -> bool:
    return 400 <= reply.status < 500 and reply.code is not None and bool(reply.json["detail"])


@pytest.mark.parametrize("endpoint", READING, ids=lambda endpoint: str(endpoint.route))
def test_a_hostile_body_is_refused_by_every_route_that_reads_one(
    cupbearer: AppUnderTest, client: Client, endpoint: Any
) -> None:
    person = client.as_user(EVERYTHING)
    before = stored(cupbearer)
    for name, (body, content_type) in CORPUS.items():
        if not body and endpoint.body_may_be_empty:
            continue
        reply = send(person, endpoint, body, content_type)
        assert is_refused(reply), f"{name}: {reply.status} {reply.body[:200]!r}"
    assert stored(cupbearer) == before


@pytest.mark.parametrize("endpoint", FORMS, ids=lambda endpoint: str(endpoint.route))
def test_a_form_that_cannot_be_read_is_refused_too(
    cupbearer: AppUnderTest, client: Client, endpoint: Any
) -> None:
    """OP-5: as RFC 6749 or the pages say it."""
    person = client.as_user(EVERYTHING)
    before = stored(cupbearer)
    for name, (body, content_type) in CORPUS.items():
        reply = send(person, endpoint, body, content_type)
        assert reply.status < 500, f"{name}: {reply.status} {reply.body[:200]!r}"
    assert stored(cupbearer) == before


@pytest.mark.parametrize(
    "endpoint",
    [e for e in endpoints() if e.body is None and e.route.guard.caller != "public"],
    ids=lambda endpoint: str(endpoint.route),
)
def test_a_body_nobody_asked_for_does_nothing(cupbearer: AppUnderTest, client: Client, endpoint: Any) -> None:
    person = client.as_user([])
    for name in ("too large", "NUL", "compressed", "XML", "deep lists"):
        reply = send(person, endpoint, *CORPUS[name])
        assert reply.status < 500, name


def test_fifty_thousand_made_up_bodies_make_no_500_and_no_user(
    cupbearer: AppUnderTest, client: Client
) -> None:
    """M2; another number by CUPBEARER_TEST_HOSTILE_REQUESTS."""
    targets = [e for e in READING if e.route.guard.caller == "public"] + FORMS
    cupbearer.on_reply = None  # held against the description by the corpus already
    before = stored(cupbearer)
    types = cycle([JSON, JSON, JSON, "application/x-www-form-urlencoded"])
    worst = 0
    for endpoint, content_type, body in zip(
        cycle(targets), types, hostile_bodies.many(2, REQUESTS), strict=False
    ):
        reply = send(client, endpoint, body, content_type)
        worst = max(worst, reply.status)
        assert reply.status < 500 or reply.status == 503, (endpoint.route, body)
    assert worst < 500
    assert {
        key for key in stored(cupbearer) - before if key[0].startswith(("user#", "login#", "users"))
    } == set()
