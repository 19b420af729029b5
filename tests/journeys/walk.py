"""One walk through the whole service, told as the statuses and bodies its caller sees. The test chooses who carries it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

Answer = tuple[int, Any]  # the status, and the body read as JSON or None
PHRASE = "a walk along the river"


@dataclass(frozen=True)
class Walker:
    """``ask(method, path, token, body)`` gets an answer; ``demo`` are the pass phrases of the two demo users."""

    ask: Callable[[str, str, str | None, Any], Answer]
    demo: Mapping[str, str]
    issuer: str

    def get(self, path: str, token: str | None = None) -> Answer:
        return self.ask("GET", path, token, None)

    def post(self, path: str, body: Any, token: str | None = None) -> Answer:
        return self.ask("POST", path, token, body)

    def log_in(self, username: str, password: str, **more: Any) -> dict[str, Any]:
        status, tokens = self.post("/sessions", {"username": username, "password": password, **more})
        assert status == 201, tokens
        assert tokens["token_type"] == "Bearer"
        found: dict[str, Any] = tokens
        return found


def walk(walker: Walker) -> None:
    """The walk of "Done when": sign up, log in, guarded routes, refresh, log out, refused with a reason."""
    newcomer = _sign_up(walker)
    _guarded_at_the_gateway(walker, newcomer)
    _guarded_in_the_handler(walker, newcomer)
    _board(walker, newcomer)
    _sessions(walker, newcomer)


def _sign_up(walker: Walker) -> dict[str, Any]:
    status, made = walker.post("/users", {"username": "Walker", "password": PHRASE, "name": "Wanda"})
    assert status == 201
    assert made["user"]["scopes"] == ["get:profile"]
    assert walker.post("/users", {"username": "WALKER", "password": PHRASE})[1]["code"] == "username_taken"
    assert walker.post("/sessions", {"username": "Walker", "password": "not this"})[0] == 401
    return walker.log_in("walker", PHRASE)


def _guarded_at_the_gateway(walker: Walker, newcomer: Mapping[str, Any]) -> None:
    assert walker.get("/cats") == (200, {"cats": [{"id": 1, "name": "Furball", "address": "2 Fur Lane"}]})
    nobody, azure = None, walker.log_in("AzureDiamond", walker.demo["AzureDiamond"])
    cthon = walker.log_in("cthon98", walker.demo["Cthon98"])
    tokens = (nobody, "forged", azure["access_token"], newcomer["access_token"], cthon["access_token"])
    answers = [walker.get("/pangolins", token) for token in tokens]
    assert [status for status, _ in answers] == [401, 401, 403, 403, 200]
    assert answers[-1][1] == {"pangolins": [{"id": 2, "name": "Pengu", "address": "123 Carapace Drive"}]}


def _guarded_in_the_handler(walker: Walker, newcomer: Mapping[str, Any]) -> None:
    assert walker.get("/profile", newcomer["access_token"]) == (200, {"name": "Wanda"})
    narrow = walker.log_in("walker", PHRASE, scope="")["access_token"]
    status, problem = walker.get("/profile", narrow)
    assert (status, problem["detail"]) == (403, 'scope "get:profile" is required')
    assert walker.get("/users/me", newcomer["access_token"])[1]["user"]["username"] == "Walker"
    assert walker.get("/users", newcomer["access_token"])[0] == 403


def _board(walker: Walker, newcomer: Mapping[str, Any]) -> None:
    assert walker.post("/messages", {"text": "hello"})[0] == 401
    for number in range(21):
        status, _ = walker.post("/messages", {"text": f"hello {number}"}, newcomer["access_token"])
        assert status == 201
    status, board = walker.get("/messages")
    assert (status, len(board["messages"])) == (200, 20)
    assert {message["author"] for message in board["messages"]} == {"Walker"}


def _sessions(walker: Walker, newcomer: Mapping[str, Any]) -> None:
    spent = newcomer["refresh_token"]
    status, moved = walker.post("/sessions/refresh", {"refresh_token": spent})
    assert status == 200
    assert walker.get("/profile", moved["access_token"])[0] == 200
    _, lost = walker.post("/sessions/refresh", {"refresh_token": spent})
    assert lost["refresh_token"] == moved["refresh_token"]
    assert walker.ask("DELETE", "/sessions/current", moved["access_token"], None)[0] == 204
    refused = walker.post("/sessions/refresh", {"refresh_token": moved["refresh_token"]})
    assert (refused[0], refused[1]["code"]) == (401, "revoked")
    assert walker.get("/users/me", moved["access_token"])[0] == 401
