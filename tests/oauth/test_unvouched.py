"""Clients that no operator registered: people are told so, and none of them is ever one of our own (OP-7)."""

from dataclasses import replace
from typing import Any

import pytest

from chalicelib.errors import Invalid
from chalicelib.oauth.client import Origin
from chalicelib.oauth.client_options import ClientOptions
from chalicelib.store import Replace
from tests.oauth.server import CALLBACK, SOURCE, App, Browser, Server

LOOPBACK = "http://127.0.0.1:3000/cb"
WARNING = "Any program on this computer can pass for it"


def unvouched(server: Server, app: App, **changes: Any) -> App:
    """Make a client one that registered itself."""
    client = server.services.oauth.clients.require(app.client_id)
    assert client.record is not None
    new = replace(client, origin=Origin.REGISTRATION, **changes)
    server.services.store.commit(Replace(client.record, new.data()))
    return app


def asked(browser: Browser, app: App, redirect_uri: str) -> str:
    return browser.log_in(browser.go(app.authorize_url(redirect_uri=redirect_uri))).text


def test_a_person_is_asked_about_what_a_client_cannot_invent(server: Server, browser: Browser) -> None:
    page = asked(browser, unvouched(server, server.client(name="Your bank")), CALLBACK)
    assert "<h1>May <strong>shop.example</strong> do this?</h1>" in page
    assert "<small>“Your bank”</small>" in page
    assert "Neither the name nor the application is verified" in page
    assert WARNING not in page


def test_a_person_is_warned_of_a_client_that_any_program_can_pass_for(
    server: Server, browser: Browser
) -> None:
    app = unvouched(server, server.client(public=True, redirect_uris=(LOOPBACK, CALLBACK)))
    page = asked(browser, app, "http://127.0.0.1:4000/cb")
    assert "<h1>May <strong>a program on this computer</strong> do this?</h1>" in page
    assert WARNING in page


def test_a_program_with_a_scheme_of_its_own_is_called_by_it(server: Server, browser: Browser) -> None:
    app = unvouched(server, server.client(public=True, redirect_uris=("com.example.app:/cb",)))
    assert "<h1>May <strong>com.example.app</strong> do this?</h1>" in asked(
        browser, app, "com.example.app:/cb"
    )


def test_nothing_is_said_of_a_client_that_an_operator_registered(server: Server, browser: Browser) -> None:
    page = asked(browser, server.client(), CALLBACK)
    assert "<h1>May <strong>Shop</strong> do this?</h1>" in page
    assert "verified" not in page


def test_an_unvouched_client_cannot_be_made_trusted(server: Server) -> None:
    app = unvouched(server, server.client())
    with pytest.raises(Invalid, match="Only a client that an operator registered can be trusted"):
        server.services.oauth.clients.update(
            app.client_id, lambda wanted: replace(wanted, options=ClientOptions(trusted=True)), source=SOURCE
        )


def test_a_person_is_asked_about_an_unvouched_client_whatever_its_record_says(
    server: Server, browser: Browser
) -> None:
    app = unvouched(server, server.client(), options=ClientOptions(trusted=True))
    assert 'value="allow"' in asked(browser, app, CALLBACK)


def test_where_a_client_comes_from_is_kept_and_survives_a_change(server: Server) -> None:
    clients = server.services.oauth.clients
    own, other = server.client(), unvouched(server, server.client())
    clients.update(other.client_id, lambda wanted: replace(wanted, name="Changed"), source=SOURCE)
    assert clients.require(own.client_id).vouched
    assert clients.require(other.client_id).origin is Origin.REGISTRATION
    record = clients.require(own.client_id).record
    assert record is not None
    assert "origin" not in record.data
