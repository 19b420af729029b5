"""Whose documents are taken, and which addresses are never called (draft-02 sections 5 and 8.6, FD-5)."""

import socket
import threading
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from chalicelib.store import Store
from chalicelib.world import World
from tests.oauth.documents import Site, described
from tests.oauth.server import App, Server, open_server, services
from tests.support import patience

MINUTE, DAY = 60, 24 * 60 * 60
ALL = "openid profile offline_access"


def wired(store: Store, world: World, folder: Path, *, production: bool = False, **settings: Any) -> Any:
    """The app with these settings; as in production, but on SQLite."""
    chosen = services(store, world, folder, **settings)
    return type(chosen)(replace(chosen.settings, production=production), world, store=store)


@pytest.mark.parametrize(
    ("policy", "taken"),
    [
        ("off", False),
        ("any", True),
        (["shop.example"], False),
        (["localhost"], False),
        (["localhost:{port}"], True),
    ],
)
def test_an_operator_says_whose_documents_are_taken(
    store: Store, world: World, tmp_path: Path, site: Site, policy: Any, taken: bool
) -> None:
    """CD-2, CD-16: a port is another site. Discovery says whether any are."""
    site.says()
    hosts = policy if isinstance(policy, str) else [each.format(port=site.listener.port) for each in policy]
    with open_server(wired(store, world, tmp_path, CLIENT_DOCUMENTS=hosts)) as server:
        status = server.browser().go(site.client(server).authorize_url()).status
        assert (status, site.fetched) == ((200, 1) if taken else (400, 0))
        for name in ("openid-configuration", "oauth-authorization-server"):
            document = server.ask("GET", f"/.well-known/{name}").json
            assert document.get("client_id_metadata_document_supported", False) is (policy != "off")


def test_a_client_that_was_let_in_is_out_when_its_host_is(
    store: Store, world: World, tmp_path: Path, site: Site
) -> None:
    """CD-2: its refresh tokens too."""
    site.says()
    with open_server(wired(store, world, tmp_path)) as server:
        server.person("zoe")
        agent = site.client(server)
        tokens = agent.redeem(agent.code(server.browser(), scope=ALL)).json
    with open_server(wired(store, world, tmp_path, CLIENT_DOCUMENTS=["shop.example"])) as server:
        reply = App(server, agent.client_id, None).refresh(tokens["refresh_token"])
        assert (reply.status, reply.error) == (401, "invalid_client")


def test_nothing_of_this_machine_is_asked_in_production(
    store: Store, world: World, tmp_path: Path, site: Site
) -> None:
    """CD-3: its name is refused, before any address of it is looked up; where an operator lists it, the address is."""
    site.says()
    for hosts, said in (("any", "of this host are not taken"), ([site.host], "could not be fetched")):
        with open_server(wired(store, world, tmp_path, production=True, CLIENT_DOCUMENTS=hosts)) as server:
            reply = server.browser().go(site.client(server).authorize_url())
            assert (reply.status, site.fetched, said in reply.text) == (400, 0, True)


def test_keys_are_fetched_from_hosts_alone_whose_documents_are_taken(
    store: Store, world: World, tmp_path: Path, site: Site
) -> None:
    """CD-3."""
    site.says(token_endpoint_auth_method="private_key_jwt", jwks_uri="https://keys.example/k")
    with open_server(wired(store, world, tmp_path, CLIENT_DOCUMENTS=[site.host])) as server:
        reply = server.browser().go(site.client(server).authorize_url())
        assert "jwks_uri is not one that may be fetched" in reply.text


def test_in_production_they_are_off_until_an_operator_sets_them() -> None:
    """CD-2."""
    from chalicelib.settings.reader import Reader
    from chalicelib.settings.ways_in import client_documents

    assert client_documents(Reader({}), local=False) == ()
    assert client_documents(Reader({}), local=True) is None


@pytest.mark.parametrize(
    "address", ["10.0.0.1", "169.254.169.254", "127.0.0.1", "::1", "fd00::1", "::ffff:10.0.0.1"]
)
def test_no_private_address_is_called_whatever_name_it_has(
    store: Store, world: World, tmp_path: Path, site: Site, monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    """CD-3: this machine neither, in production; and the page tells nothing of what was found there."""

    def resolve(_: Any, port: int, **__: Any) -> list[Any]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port))]

    with open_server(wired(store, world, tmp_path, production=True, CLIENT_DOCUMENTS="any")) as server:
        with monkeypatch.context() as dns:
            dns.setattr(socket, "getaddrinfo", resolve)
            app = App(server, f"https://inner.example:{site.listener.port}/client.json", None)
            reply = server.browser().go(app.authorize_url())
        assert (reply.status, site.fetched, described(server)) == (400, 0, [])
        assert address not in reply.text


def test_a_document_that_does_not_come_ends_the_request(server: Server, site: Site) -> None:
    """CD-4, CD-8: one deadline over all of it, however it drips."""
    waiting = threading.Event()

    def drip(connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n{")
        waiting.wait(patience.SECONDS)

    site.documents["/client.json"] = drip
    reply = server.browser().go(site.client(server).authorize_url())
    waiting.set()
    assert (reply.status, described(server)) == (400, [])
    assert "could not be fetched" in reply.text
