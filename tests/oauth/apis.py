"""Two APIs of others, their clients and their person, for the tests of resource indicators."""

from typing import Any

from chalicelib.oauth.resources import ResourceChanges
from tests.oauth.server import App, Browser, Server, payload_of

ORDERS, STOCK = "https://orders.example.com", "https://stock.example.com/v2"
SCOPES = "openid profile offline_access orders:read orders:write stock:read"
ORDER_WORDS = {"orders:read": "Read your orders", "orders:write": "Place orders for you"}


def register(server: Server) -> None:
    resources = server.services.oauth.resources
    resources.create(ORDERS, ResourceChanges(name="Orders", scopes=ORDER_WORDS))
    resources.create(STOCK, ResourceChanges(name="Stock", scopes={"stock:read": "See what is in stock"}))


def tokens_for(
    shop: App, browser: Browser, *resources: str, scope: str = "openid orders:read", **more: Any
) -> dict[str, Any]:
    """Lead a person through every page to the tokens of these APIs."""
    url = shop.authorize_url(scope=scope) + "".join(f"&resource={each}" for each in resources)
    reply = browser.go(url)
    if 'name="password"' in reply.text:
        reply = browser.log_in(reply)
    if 'value="allow"' in reply.text:
        reply = browser.consent(reply)
    assert "code" in reply.parameters, reply.location
    answer = shop.redeem(reply.parameters["code"], **more)
    assert answer.status == 200, answer.text
    return dict(answer.json)


def aud(tokens: dict[str, Any]) -> Any:
    return payload_of(tokens["access_token"])["aud"]
