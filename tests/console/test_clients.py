"""Applications in the console: shown, registered, changed, rotated, disabled, deleted, each in the operator's name (CO-5)."""

import re
from urllib.parse import urlencode

import pytest

from chalicelib.authentication.log_in import LogInResult
from chalicelib.oauth.client import CLIENT_CREDENTIALS, Client
from chalicelib.oauth.client_options import ClientOptions
from chalicelib.oauth.client_rules import Registration
from tests.console.conftest import Asked
from tests.oauth.server import SOURCE, App, Browser, Reply, Server

LIST, NEW, ONE = "/console/clients", "/console/clients/new", "/console/client"
OWN = {"Origin": "null", "Sec-Fetch-Site": "same-origin"}
CALLBACK = "https://shop.example/callback"


def page_of(client: Client) -> str:
    return f"{ONE}?{urlencode({'id': client.client_id})}"


def fields_of(page: Reply) -> dict[str, str]:
    """What the form that changes it holds, as a browser would send it."""
    csrf = re.findall(r'name="csrf" value="([^"]+)"', page.text)[0]
    return {"csrf": csrf}


def send(browser: Browser, page: str, act: str, path: str = ONE, **fields: str) -> Reply:
    return browser.send(path, {**fields_of(browser.go(page)), "act": act, **fields})


def registered(server: Server, **said: object) -> Client:
    usual: dict[str, object] = {"name": "My shop", "redirect_uris": (CALLBACK,)}
    client, _ = server.services.oauth.clients.create(Registration(**usual | said), source=SOURCE)  # type: ignore[arg-type]
    return client


def acts_on(server: Server, client: Client) -> list[tuple[str, str]]:
    events, _ = server.services.audit.of(client.subject)
    return [(each.event, each.actor) for each in events]


def test_who_is_registered_is_listed_page_by_page_with_as_many_requests_whoever_there_is(
    server: Server, console: Browser, asked: Asked
) -> None:
    """No client costs a request of its own."""
    costs = []
    for count in (1, 59):
        for number in range(count):
            registered(server, name=f"shop {count} {number}")
        costs.append(asked(lambda: console.go(LIST)))
    assert costs[0] == costs[1]
    page = console.go(LIST)
    assert page.text.count('<li class="device">') == 50
    onward = re.search(r'rel="next" href="/api(/console/clients\?[^"]+)"', page.text)
    assert onward
    assert console.go(onward[1]).text.count('<li class="device">') == 10


def test_an_application_is_registered_and_its_secret_shown_once(
    server: Server, console: Browser, ada: LogInResult
) -> None:
    said = {
        "name": "My shop",
        "redirect_uris": f"{CALLBACK}\r\nhttps://shop.example/second",
        "scopes": "openid",
    }
    page = send(console, NEW, "register", NEW, **said)
    assert page.status == 200
    assert page.headers["Cache-Control"] == "no-store"
    (secret,) = re.findall(r"cbs_[A-Za-z0-9_-]{43}", page.text)
    (client,), _ = server.services.oauth.clients.page()
    assert client.redirect_uris == (CALLBACK, "https://shop.example/second")
    assert client.scopes == {"openid"}
    assert acts_on(server, client) == [("client_created", ada.user.user_id)]
    assert secret not in console.go(page_of(client)).text
    assert (
        App(server, client.client_id, secret).token(grant_type="refresh_token").json["error"]
        == "invalid_request"
    )


def test_a_public_page_is_told_which_origin_to_allow(console: Browser) -> None:
    page = send(console, NEW, "register", NEW, name="App", public="yes", redirect_uris="https://app.example/")
    assert "<code>https://app.example</code>" in page.text
    assert "cbs_" not in page.text


def test_what_is_wrong_is_said_on_the_page_and_what_was_typed_stays(server: Server, console: Browser) -> None:
    page = send(
        console, NEW, "register", NEW, name="My shop", redirect_uris="shop.example", grant_device_code="yes"
    )
    assert page.status == 400
    assert "shop.example</textarea>" in page.text
    assert 'name="grant_device_code" value="yes" checked' in page.text
    assert server.services.oauth.clients.page() == ((), None)
    page = send(console, NEW, "register", NEW, name="My shop", redirect_uris=CALLBACK, jwks="{")
    assert "is no JWK set" in page.text


def test_a_form_that_is_sent_as_it_was_shown_changes_nothing(server: Server, console: Browser) -> None:
    """Each option is read back as it was shown: so none is lost by changing another."""
    options = ClientOptions(
        pkce="optional",
        backchannel_logout_uri="https://shop.example/out",
        id_token_claims=False,
        trusted=True,
        assertion_audience="token-endpoint",
        require_pushed_authorization_requests=True,
        dpop_bound_access_tokens=True,
    )
    client = registered(server, options=options, post_logout_redirect_uris=("https://shop.example/",))
    page = console.go(page_of(client))
    form = page.text.partition("Change it</h2>")[2].partition("</form>")[0]
    typed = dict(re.findall(r'<input id="f-[a-z_]+" name="([a-z_]+)"[^>]* value="([^"]*)"', form))
    typed |= dict.fromkeys(re.findall(r'name="([a-z_]+)" value="yes" checked', form), "yes")
    typed |= dict(re.findall(r'name="([a-z_]+)" rows[^>]*>\n([^<]*)</textarea>', form))
    for name, choices in re.findall(r'<select id="[^"]+" name="([a-z_]+)">(.*?)</select>', form):
        typed[name] = re.findall(r'value="([^"]*)" selected', choices)[0]
    assert send(console, page_of(client), "change", id=client.client_id, **typed).status == 200
    found = server.services.oauth.clients.require(client.client_id)
    assert (found.options, found.redirect_uris, found.post_logout_redirect_uris) == (
        client.options,
        client.redirect_uris,
        client.post_logout_redirect_uris,
    )
    assert (found.scopes, found.grants, found.secrets) == (client.scopes, client.grants, client.secrets)


def test_an_application_is_changed_disabled_enabled_and_deleted_in_the_operators_name(
    server: Server, console: Browser, ada: LogInResult
) -> None:
    client, clients = registered(server), server.services.oauth.clients
    page, of = page_of(client), {"id": client.client_id}
    done = send(console, page, "change", name="Our shop", redirect_uris=CALLBACK, **of)
    assert "It is changed." in done.text
    assert clients.require(client.client_id).name == "Our shop"
    assert "every request of it is refused" in send(console, page, "disable", **of).text
    assert clients.require(client.client_id).disabled
    send(console, page, "enable", **of)
    assert not clients.require(client.client_id).disabled
    refused = send(console, page, "delete", confirm="our shop", **of)
    assert (refused.status, "Type Our shop here" in refused.text) == (400, True)
    send(console, page, "delete", confirm="Our shop", **of)
    assert clients.find(client.client_id) is None
    done_by = {event: actor for event, actor in acts_on(server, client) if event != "client_created"}
    assert set(done_by) == {"client_updated", "client_disabled", "client_enabled", "client_deleted"}
    assert set(done_by.values()) == {ada.user.user_id}


def test_a_name_is_confirmed_as_the_page_shows_it(server: Server, console: Browser) -> None:
    """Where it has two spaces, one is read and copied."""
    client = registered(server, name="My  shop")
    send(console, page_of(client), "delete", id=client.client_id, confirm="My shop ")
    assert server.services.oauth.clients.find(client.client_id) is None


def test_a_rotation_that_is_sent_twice_rotates_once(
    server: Server, console: Browser, ada: LogInResult
) -> None:
    """OP-6: or the secret that the application still uses would be pushed out by a page that is loaded anew."""
    client = registered(server)
    page = console.go(page_of(client))
    sent = {**fields_of(page), "act": "rotate", "id": client.client_id, "seen": client.newest_secret}
    first = console.send(ONE, sent)
    assert re.findall(r"cbs_[A-Za-z0-9_-]{43}", first.text)
    again = console.send(ONE, sent)
    assert (again.status, "cbs_" in again.text) == (409, False)
    secrets = server.services.oauth.clients.require(client.client_id).secrets
    assert secrets[1:] == client.secrets
    assert ("client_secret_rotated", ada.user.user_id) in acts_on(server, client)


MACHINE = {"grants": (CLIENT_CREDENTIALS,), "redirect_uris": ()}
OURS = {"options": ClientOptions(trusted=True)}


@pytest.mark.parametrize("kind", [MACHINE, OURS], ids=["a machine", "one that asks nobody"])
def test_an_operator_gets_nothing_through_an_application_that_they_do_not_hold(
    server: Server, console: Browser, kind: dict[str, object]
) -> None:
    """SC-2: neither by its secret, nor by making one, nor by widening one."""
    client = registered(server, scopes=frozenset({"payroll:read"}), **kind)
    page, of = page_of(client), {"id": client.client_id}
    typed = {"name": "Ours", "scopes": "payroll:read"}
    typed |= (
        {"grant_client_credentials": "yes"}
        if kind is MACHINE
        else {"trusted": "yes", "redirect_uris": CALLBACK}
    )
    assert send(console, page, "rotate", seen=client.newest_secret, **of).status == 403
    assert send(console, page, "change", **typed, **of).status == 403
    assert send(console, NEW, "register", NEW, **typed).status == 403
    send(console, page, "disable", **of)
    assert send(console, page, "enable", **of).status == 403
    found = server.services.oauth.clients.require(client.client_id)
    assert (found.disabled, found.secrets, found.name) == (True, client.secrets, client.name)
    typed["scopes"] = "users:read"
    assert send(console, page, "change", **typed, **of).status == 200


def test_of_others_each_person_is_asked_so_any_scope_may_be_registered(
    server: Server, console: Browser
) -> None:
    page = send(
        console, NEW, "register", NEW, name="Payroll", redirect_uris=CALLBACK, scopes="openid payroll:read"
    )
    assert page.status == 200
    assert server.services.oauth.clients.page()[0][0].scopes == {"openid", "payroll:read"}


def test_who_only_reads_sees_them_and_changes_none(server: Server) -> None:
    """CO-2."""
    client = registered(server)
    server.person("rob", granted="users:read")
    browser = server.browser()
    browser.log_in(username="rob")
    for path in (LIST, NEW, page_of(client)):
        page = browser.go(path)
        assert (page.status, "<form" in page.text) == (200, False), path


def test_an_unknown_one_is_not_found(console: Browser) -> None:
    assert console.go(f"{ONE}?id=nobody").status == 404
    assert console.go(ONE).status == 404
