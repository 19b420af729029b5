"""An API of somebody else, guarded by Cupbearer's authorizer: the gateway lets good tokens in, this looks at the scope."""

import json
import time
from typing import Any

NEEDED = "orders:read"


def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """Answer ``GET /orders``. The authorizer's context is made of strings."""
    caller = event["requestContext"].get("authorizer") or {}
    if int(caller.get("exp", "0")) <= time.time():  # the gateway keeps its verdict a while: look again
        return answer(401, {"code": "invalid_token"})
    if NEEDED not in caller.get("scope", "").split():
        return answer(403, {"code": "insufficient_scope", "scope": NEEDED})
    return answer(200, {"orders": [{"order_id": 7, "of": caller["sub"]}]})


def answer(status: int, body: dict[str, Any]) -> dict[str, Any]:
    """Return what API Gateway wants of a function."""
    return {"statusCode": status, "headers": {"Content-Type": "application/json"}, "body": json.dumps(body)}
