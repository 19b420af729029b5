"""An ``Idempotency-Key`` makes an act whose answer was lost safe to ask for again (draft-ietf-httpapi-idempotency-key-header)."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from chalicelib import wiring
from chalicelib.store import Key
from chalicelib.store.sqlite import SqliteStore
from chalicelib.users.user import login_key, login_name
from chalicelib.world import SYSTEM, World
from cupbearer.testing import SOURCE, AppUnderTest, Client, QuickServices, Reply
from tests.parts.faulty import FaultyProxy, lose_reply, only
from tests.store.places import DynamoPlace
from tests.support.racing_people import VARIABLES

PHRASE, OTHER = "a phrase of some length", "another phrase of length"
ADA = {"username": "ada", "password": PHRASE}
KEY = "8e03978e-40d5-43dd-bc93-6894a57f9324"
DAY = 24 * 60 * 60


def sign_up(client: Client, key: str | None = KEY, **body: Any) -> Reply:
    headers = {} if key is None else {"Idempotency-Key": key}
    return client.post("/users", json=ADA | body, headers=headers)


def at_once(callers: int, ask: Callable[[], Reply]) -> list[Reply]:
    begin = threading.Barrier(callers)

    def one(_: int) -> Reply:
        begin.wait()
        return ask()

    with ThreadPoolExecutor(callers) as pool:
        return list(pool.map(one, range(callers)))


@pytest.fixture
def client(cupbearer: AppUnderTest) -> Client:
    return cupbearer.client()


class TestSignUp:
    def test_the_same_request_makes_one_account_and_is_answered_again(self, client: Client) -> None:
        first, again = sign_up(client), sign_up(client)
        assert (first.status, first.json, first.header("Location")) == (
            again.status,
            again.json,
            again.header("Location"),
        )
        assert first.status == 201
        assert (sign_up(client, None).status, sign_up(client, None).code) == (409, "username_taken")

    def test_its_tokens_are_made_anew(self, client: Client, cupbearer: AppUnderTest) -> None:
        first, again = sign_up(client, log_in=True), sign_up(client, log_in=True)
        assert first.json["user"] == again.json["user"]
        assert again.status == 201
        assert first.json["session_id"] != again.json["session_id"]
        body = {"refresh_token": again.json["refresh_token"]}
        assert client.post("/sessions/refresh", json=body).status == 200

    def test_it_is_no_way_past_a_password_that_was_changed(
        self, client: Client, cupbearer: AppUnderTest
    ) -> None:
        made = sign_up(client, log_in=True)
        change = {"current_password": PHRASE, "new_password": OTHER}
        token = {"Authorization": f"Bearer {made.json['access_token']}"}
        assert client.put("/users/me/password", json=change, headers=token).status == 204
        assert sign_up(client, log_in=True).status == 401

    def test_a_deleted_account_is_not_made_again(self, client: Client, cupbearer: AppUnderTest) -> None:
        user_id = sign_up(client).json["user"]["user_id"]
        services = cupbearer.services
        services.accounts.administration.delete(user_id, source=SOURCE)
        assert (sign_up(client).status, sign_up(client).code) == (409, "conflict")

    def test_another_request_with_the_key_is_refused(self, client: Client) -> None:
        assert sign_up(client).status == 201
        for body in ({"password": OTHER}, {"username": "ben"}, {"log_in": True}):
            refused = sign_up(client, **body)
            assert (refused.status, refused.code) == (422, "idempotency_key_reused")

    def test_a_refused_request_leaves_the_key_unused(self, client: Client) -> None:
        assert sign_up(client, password="short").status == 400
        assert sign_up(client).status == 201

    def test_a_key_counts_for_a_day(self, client: Client, cupbearer: AppUnderTest) -> None:
        assert sign_up(client).status == 201
        cupbearer.clock.advance(DAY - 1)
        assert sign_up(client).status == 201
        cupbearer.clock.advance(1)
        assert sign_up(client).status == 409

    @pytest.mark.parametrize(
        "key", ["", "short", '"short"', "x" * 256, "with blanks in between", "ä" * 20, '"' * 20]
    )
    def test_what_is_no_key_is_refused(self, client: Client, key: str) -> None:
        refused = sign_up(client, key)
        assert (refused.status, list(refused.json["errors"])) == (400, ["Idempotency-Key"])

    def test_a_quoted_key_is_the_same_as_a_bare_one(self, client: Client) -> None:
        assert sign_up(client, f'"{KEY}"').json == sign_up(client, KEY).json

    def test_two_that_arrive_at_one_moment_make_one_account_and_both_are_told(
        self, cupbearer: AppUnderTest
    ) -> None:
        replies = at_once(4, lambda: sign_up(cupbearer.client()))
        assert [reply.status for reply in replies] == [201] * 4
        assert len({reply.json["user"]["user_id"] for reply in replies}) == 1


CHANGE = {"current_password": PHRASE, "new_password": OTHER}


class TestPasswordChange:
    def change(self, client: Client, token: str, key: str | None = KEY, **body: str) -> Reply:
        headers = {"Authorization": f"Bearer {token}"} | ({} if key is None else {"Idempotency-Key": key})
        return client.put("/users/me/password", json=CHANGE | body, headers=headers)

    def test_the_same_request_is_done_once_and_answered_again(self, client: Client) -> None:
        token = sign_up(client, log_in=True).json["access_token"]
        assert [self.change(client, token).status for _ in range(2)] == [204, 204]
        assert self.change(client, token, None).code == "wrong_password"
        assert self.change(client, token, new_password=PHRASE + "!").status == 422
        assert client.post("/sessions", json=ADA | {"password": OTHER}).status == 201

    def test_two_that_arrive_at_one_moment_are_both_told_that_it_is_done(self, client: Client) -> None:
        token = sign_up(client, log_in=True).json["access_token"]
        replies = at_once(4, lambda: self.change(client, token))
        assert [reply.status for reply in replies] == [204] * 4

    def test_nobody_finds_anothers_key(self, client: Client) -> None:
        first = sign_up(client, log_in=True).json["access_token"]
        other = sign_up(client, None, username="ben", log_in=True).json["access_token"]
        assert self.change(client, first).status == 204
        assert self.change(client, other).status == 204
        assert client.post("/sessions", json=ADA | {"username": "ben", "password": OTHER}).status == 201


def test_no_secret_of_the_request_is_kept_and_who_sends_no_key_pays_nothing(cupbearer: AppUnderTest) -> None:
    client, asked = cupbearer.client(), list[str]()
    sign_up(client, username="warm", log_in=True)
    services = cupbearer.services
    store = SqliteStore(
        services.settings.store_name, now=cupbearer.clock, nonce=services.world.identifier,
        on_request=lambda verb, _: asked.append(verb),
    )  # fmt: skip
    with wiring.using(QuickServices(services.settings, services.world, store=store)):
        sign_up(client, None, username="again", log_in=True)  # the keys are in memory now
        asked.clear()
        sign_up(client, None)
        without = [*asked]
        asked.clear()
        sign_up(client, KEY[::-1], username="ben")
    store.close()
    assert sorted(asked) == sorted([*without, "get"])
    folder = Path(cupbearer.settings.store_name).parent
    kept = b"".join(path.read_bytes() for path in folder.glob("cupbearer.db*"))
    assert b"idempotency#" in kept
    assert not any(secret.encode() in kept for secret in (PHRASE, KEY, KEY[::-1]))


def until_done(place: DynamoPlace, key: Key) -> None:
    """Wait for what nobody hears of: on a busy machine a request may be given up before it arrives."""
    store, again = place.open(now=SYSTEM.now), threading.Event()
    for _ in range(1200):
        if store.get(key) != (None,):
            return
        again.wait(0.1)
    pytest.fail("the act was never done")


@pytest.mark.dynamodb
def test_an_act_whose_replies_were_all_lost_is_told_as_done_when_it_is_asked_for_again(
    cupbearer: AppUnderTest, dynamodb: DynamoPlace
) -> None:
    """Three tries of one commit, each done or found done, none of them answered: the first answer is a 503."""
    world = World(now=SYSTEM.now, monotonic=SYSTEM.monotonic, sleep=SYSTEM.sleep)
    with FaultyProxy(dynamodb.endpoint) as proxy:
        store = replace(dynamodb, endpoint=proxy.url).open(now=SYSTEM.now)
        key = VARIABLES[
            "CUPBEARER_MASTER_KEY"
        ]  # whoever comes first to a shared table wraps its keys for all
        settings = replace(cupbearer.settings, master_key=key)
        with wiring.using(QuickServices(settings, world, store=store)):
            client = cupbearer.client()
            warm = f"warm-{SYSTEM.identifier()[:8]}"  # whoever comes first to a table makes its keys
            sign_up(client, None, username=warm, log_in=True)
            body = {"username": f"ada-{SYSTEM.identifier()[:8]}"}
            proxy.always = only("TransactWriteItems", lose_reply)
            assert sign_up(client, **body).status == 503
            proxy.always = None
            until_done(dynamodb, login_key(login_name(body["username"])))
            assert sign_up(client, None, **body).code == "username_taken"
            assert sign_up(client, **body).status == 201
            token = client.post("/sessions", json=ADA | body).json["access_token"]
            change = {"current_password": PHRASE, "new_password": OTHER}
            headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": KEY}
            proxy.always = only("TransactWriteItems", lose_reply)
            assert client.put("/users/me/password", json=change, headers=headers).status == 503
            proxy.always = None
            assert client.put("/users/me/password", json=change, headers=headers).status == 204
            assert client.post("/sessions", json=ADA | body | {"password": OTHER}).status == 201
