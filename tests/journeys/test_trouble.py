"""What befalls a running service: kill -9, a locked file, a database that is away (M5, M6, AV-1, AV-2, DL-1, DL-2)."""

import json
import sqlite3
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from http.client import HTTPConnection, HTTPException
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from chalicelib.settings import settings
from chalicelib.store.dynamodb import create_table
from chalicelib.wiring import Services
from cupbearer.testing import AppUnderTest, Client
from tests.parts.faulty import FaultyProxy, lose_request
from tests.parts.server import Server, running
from tests.store.places import DynamoPlace
from tests.store.reading import walk
from tests.support import patience

KILLS = 8
REQUEST_SECONDS = 8
PHRASE = "a long phrase of words"
KEY = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"


def ask(
    server: Server, method: str, path: str, body: Any = None, token: str | None = None
) -> tuple[int, Any, Any]:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    sent = None if body is None else json.dumps(body)
    if sent is not None:
        headers["Content-Type"] = "application/json"
    with closing(HTTPConnection("127.0.0.1", server.port, timeout=patience.SECONDS)) as connection:
        connection.request(method, path, sent, headers)
        answer = connection.getresponse()
        text = answer.read()
    return answer.status, json.loads(text) if text else None, answer.headers


@pytest.mark.race
def test_what_was_acknowledged_survives_kills_of_the_whole_service(tmp_path: Path) -> None:
    """M5, DL-1, DL-2: sign-ups with a log-in and refreshes, killed in the middle."""
    answered: dict[str, tuple[str, str]] = {}  # user name → user id and the refresh token told last
    asked: set[str] = set()  # refresh tokens that were shown: where no reply came they may be spent
    numbers = count()

    def sign_up_for_ever(server: Server) -> None:
        with suppress(OSError, HTTPException):
            while True:
                name = f"person{next(numbers)}"
                body = {"username": name, "password": PHRASE, "log_in": True}
                status, made, _ = ask(server, "POST", "/users", body)
                if status == 429:  # a hundred came from this network in an hour
                    return
                answered[name] = made["user"]["user_id"], made["refresh_token"]
                asked.add(made["refresh_token"])
                _, moved, _ = ask(
                    server, "POST", "/sessions/refresh", {"refresh_token": made["refresh_token"]}
                )
                answered[name] = made["user"]["user_id"], moved["refresh_token"]

    for turn in range(KILLS):
        with running(tmp_path) as server, ThreadPoolExecutor(4) as callers:
            busy = [callers.submit(sign_up_for_ever, server) for _ in range(4)]
            before = len(answered)
            while len(answered) < before + 4 + turn % 4 and not all(caller.done() for caller in busy):
                time.sleep(0.01)
            server.process.kill()
            server.process.wait(patience.SECONDS)
            for caller in busy:
                caller.result(timeout=patience.SECONDS)
    with running(tmp_path) as server:
        for _, token in answered.values():
            status, moved, _ = ask(server, "POST", "/sessions/refresh", {"refresh_token": token})
            assert status == 200 or (moved["code"] in ("spent", "reused") and token in asked), moved
    services = Services(settings.parse({"CUPBEARER_STORE": f"sqlite:///{tmp_path / 'cupbearer.db'}"}))
    there = {line.split("#")[1] for page in walk(services.store, "users", limit=1000) for line in page}
    assert {user_id for user_id, _ in answered.values()} <= there
    for user_id in there:
        user = services.accounts.users.require(user_id)
        assert services.accounts.users.id_of(user.canonical) == user_id
    assert len(there) - len(answered) <= 4 * KILLS


class TestLockedFile:
    """M6 on SQLite: another program holds the file."""

    @pytest.fixture
    def cupbearer_settings(self) -> dict[str, str]:
        return {"CUPBEARER_ACCESS_TOKENS": "opaque"}

    def test_writes_are_503_reads_go_on_and_all_is_well_afterwards(
        self, cupbearer: AppUnderTest, client: Client
    ) -> None:
        ann = client.as_user()
        with closing(sqlite3.connect(cupbearer.settings.store_name)) as other:
            other.execute("BEGIN IMMEDIATE")
            began = time.monotonic()
            refused = client.post("/sessions", json={"username": ann.username, "password": ann.password})
            assert time.monotonic() - began < REQUEST_SECONDS
            assert (refused.status, refused.code) == (503, "unavailable")
            assert int(refused.header("Retry-After") or 0) >= 1
            assert ann.get("/profile").status == 200
            assert client.get("/messages").status == 200
            other.rollback()
        assert ann.log_in().status == 201
        assert len(cupbearer.services.authentication.sessions.live(ann.user_id or "")) == 2


@pytest.fixture(scope="module")
def proxy(dynamodb: DynamoPlace) -> Iterator[FaultyProxy]:
    with FaultyProxy(dynamodb.endpoint) as proxy:
        yield proxy


@pytest.fixture(scope="module")
def server(
    dynamodb: DynamoPlace, proxy: FaultyProxy, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Server]:
    table, client = "cupbearer-trouble", dynamodb.client()
    create_table(client, table)
    key, secret = dynamodb.credentials or ("", "")
    aws = {"AWS_ENDPOINT_URL": proxy.url, "AWS_DEFAULT_REGION": dynamodb.region}
    aws |= {"AWS_ACCESS_KEY_ID": key, "AWS_SECRET_ACCESS_KEY": secret} if key else {}
    folder = tmp_path_factory.mktemp("away")
    with running(
        folder, aws=aws, STORE=f"dynamodb://{table}", MASTER_KEY=KEY, ACCESS_TOKENS="opaque"
    ) as server:
        yield server
    client.delete_table(TableName=table)


@pytest.mark.dynamodb
class TestDynamoAway:
    """M6 on DynamoDB: no wrong answer, none later than 8 s, recovery without a restart."""

    @pytest.mark.parametrize("fault", ["lost", "hanging"])
    def test_every_answer_is_503_in_time_and_then_all_is_well(
        self, server: Server, proxy: FaultyProxy, fault: str
    ) -> None:
        """AZ-5: the authorizer in trouble is 503 too, never 401, never 403."""
        account = {"username": f"ann-{fault}", "password": PHRASE}
        _, made, _ = ask(server, "POST", "/users", account | {"log_in": True})
        token, body = made["access_token"], {"refresh_token": made["refresh_token"]}
        requests: list[tuple[Any, ...]] = [
            ("POST", "/sessions", account), ("POST", "/sessions/refresh", body), ("GET", "/profile", None, token),
            ("GET", "/users/me", None, token), ("DELETE", "/sessions/current", None, token), ("GET", "/health"),
            ("GET", "/messages"), ("POST", "/users", {"username": f"ben-{fault}", "password": PHRASE}),
        ]  # fmt: skip

        def timed(request: tuple[Any, ...]) -> tuple[int, str, bool, bool]:
            began = time.monotonic()
            status, problem, headers = ask(server, *request)
            in_time = time.monotonic() - began < REQUEST_SECONDS
            return status, problem["code"], "Retry-After" in headers, in_time

        proxy.always = lose_request if fault == "lost" else proxy.hang
        try:
            with ThreadPoolExecutor(len(requests)) as callers:
                assert set(callers.map(timed, requests)) == {(503, "unavailable", True, True)}
        finally:
            proxy.always = None
        statuses = [ask(server, *request)[0] for request in requests]
        assert statuses == [201, 200, 200, 200, 204, 200, 200, 201]

    def test_keys_that_are_known_verify_while_the_store_is_away(
        self, server: Server, proxy: FaultyProxy
    ) -> None:
        """AV-3."""
        assert ask(server, "GET", "/.well-known/jwks.json")[0] == 200
        proxy.always = lose_request
        try:
            status, document, _ = ask(server, "GET", "/.well-known/jwks.json")
        finally:
            proxy.always = None
        assert (status, len(document["keys"]) >= 1) == (200, True)
