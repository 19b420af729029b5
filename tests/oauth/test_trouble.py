"""The store in trouble: nothing issued, nothing half done, and said so (OP-8, AV-2)."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from chalicelib.store import Store, StoreUnavailable
from chalicelib.world import World
from tests.oauth.server import App, Browser, Server, open_server, services


@contextmanager
def broken(server: Server, monkeypatch: pytest.MonkeyPatch, *verbs: str) -> Iterator[None]:
    def fail(*_: Any, **__: Any) -> None:
        raise StoreUnavailable

    with monkeypatch.context() as patch:
        for verb in verbs:
            patch.setattr(type(server.services.store), verb, fail)
        yield


@pytest.mark.parametrize(
    "verbs", [("get",), ("list",), ("commit",), ("get", "list", "commit", "take", "bump")]
)
def test_a_code_outlives_the_trouble_and_gives_its_tokens_after_it(
    server: Server, shop: App, browser: Browser, monkeypatch: pytest.MonkeyPatch, verbs: tuple[str, ...]
) -> None:
    code = shop.code(browser)
    with broken(server, monkeypatch, *verbs):
        reply = shop.redeem(code)
        assert (reply.status, reply.error) == (503, "temporarily_unavailable")
        assert int(reply.headers["Retry-After"]) > 0
    assert shop.redeem(code).status == 200


def test_a_revocation_that_could_not_be_written_is_not_said_to_be_done(
    server: Server, shop: App, browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    """OP-8."""
    tokens = shop.redeem(shop.code(browser)).json
    for verbs in (("commit",), ("get",)):
        with broken(server, monkeypatch, *verbs):
            assert shop.post("/oauth/revoke", token=tokens["refresh_token"]).status == 503
            assert shop.post("/oauth/introspect", token=tokens["access_token"]).status in (200, 503)
    assert shop.refresh(tokens["refresh_token"]).status == 200


@pytest.mark.parametrize("path", ["/login", "/consent", "/oauth/authorize"])
def test_a_page_in_trouble_is_a_page(
    server: Server, shop: App, browser: Browser, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    page = browser.log_in(browser.go(shop.authorize_url()))
    url = {"/oauth/authorize": shop.authorize_url()}.get(path, f"{path}?request={page.form['request']}")
    with broken(server, monkeypatch, "get"):
        reply = browser.ask("GET", url)
    assert reply.status == 503
    assert "text/html" in reply.headers["Content-Type"]
    assert int(reply.headers["Retry-After"]) > 0


def test_keys_that_cannot_be_unwrapped_are_trouble_in_the_words_of_oauth(
    server: Server, shop: App, browser: Browser, store: Store, world: World, tmp_path: Path
) -> None:
    """RFC 6749 knows no other word for a server that cannot: the request is good, so it is not ``invalid_request``."""
    code = shop.code(browser)
    with open_server(services(store, world, tmp_path, MASTER_KEY=bytes(range(32, 64)).hex())) as wrong:
        reply = App(wrong, shop.client_id, shop.secret).redeem(code)
    assert (reply.status, reply.error) == (503, "temporarily_unavailable")
    assert int(reply.headers["Retry-After"]) > 0
    assert shop.redeem(code).status == 200
