"""One answer of every status, for what all of them must carry."""

from typing import Any

from cupbearer.testing import Client


def answers_of_every_status(client: Client) -> dict[int, Any]:
    ann = client.as_user([])
    found = [
        client.get("/cats"),
        client.post("/users", json={"username": "neu", "password": "a long phrase"}),
        ann.delete("/sessions/current"),
        client.post("/users", json={}),
        client.post("/sessions/refresh", json={"refresh_token": "x"}),
        ann.get("/profile"),
        ann.log_in() and ann.delete("/sessions/none"),
        client.post("/users", json={"username": "neu", "password": "a long phrase"}),
        client.post("/users", body=b"x" * 70_000),
        client.post("/users", body=b"{}", headers={"Content-Type": "text/plain"}),
        *(client.post("/sessions", json={"username": "q", "password": "a long phrase"}) for _ in range(12)),
    ]
    return {answer.status: answer for answer in found}
