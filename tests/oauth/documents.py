"""Clients that describe themselves: an https server on loopback whose answers a test sets, and the app that fetches them."""

import json
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from chalicelib.oauth.client import Origin
from tests.oauth.server import CALLBACK, App, Browser, Reply, Server
from tests.support.certificates import Authority
from tests.support.hostile_http import Behaviour, answers, page, serving
from tests.support.hostile_http import Server as Listener


@dataclass
class Site:
    """A client's own web site. ``documents`` are what it answers to each path; anything else is 404."""

    listener: Listener
    documents: dict[str, Behaviour] = field(default_factory=dict)

    def url(self, path: str = "/client.json") -> str:
        return f"https://localhost:{self.listener.port}{path}"

    @property
    def host(self) -> str:
        return f"localhost:{self.listener.port}"

    @property
    def fetched(self) -> int:
        """How often it was asked for anything."""
        return len(self.listener.requests)

    def says(self, path: str = "/client.json", *, cache: str = "", **changes: Any) -> dict[str, Any]:
        """Publish a document, the usual one but for ``changes``; None leaves a member out."""
        usual = {
            "client_id": self.url(path),
            "client_name": "Agent",
            "redirect_uris": [CALLBACK],
            "grant_types": ["authorization_code", "refresh_token"],
            "token_endpoint_auth_method": "none",
        }
        document = {name: value for name, value in (usual | changes).items() if value is not None}
        more = f"Cache-Control: {cache}\r\n" if cache else ""
        self.answers(path, page(json.dumps(document), more=more))
        return document

    def answers(self, path: str, octets: bytes) -> None:
        self.documents[path] = answers(octets)

    def client(self, server: Server, path: str = "/client.json") -> App:
        return App(server, self.url(path), None)


@contextmanager
def site_at(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    """A site whose certificate this process believes in, and no other."""
    authority = Authority.at(folder / "authority")
    monkeypatch.setenv("SSL_CERT_FILE", authority.file)
    monkeypatch.setenv("SSL_CERT_DIR", str(folder / "none"))
    with site_of(authority) as site:
        yield site


@contextmanager
def site_of(authority: Authority) -> Iterator[Site]:
    """A site whose certificate this authority signed."""

    def behave(connection: socket.socket) -> None:
        path = listener.requests[-1].split(b" ", 2)[1].decode()
        site.documents.get(path, answers(page("{}", status="404 Not Found")))(connection)

    with serving(behave, tls=authority.server("localhost")) as listener:
        site = Site(listener)
        yield site


def described(server: Server) -> list[str]:
    """The ids of the clients that are kept of documents."""
    found, _ = server.services.oauth.clients.page()
    return [client.client_id for client in found if client.origin is Origin.DOCUMENT]


def asked(browser: Browser, agent: App, **changes: str | None) -> Reply:
    """The page that asks the person about it."""
    reply = browser.go(agent.authorize_url(**changes))
    return browser.log_in(reply) if 'name="password"' in reply.text else reply
