"""What may be registered as a redirect URI, and what of it reaches a header (OP-1, BR-4; RFC 8252 section 7.3)."""

import re
from dataclasses import replace
from html import escape
from urllib.parse import urlencode

import pytest

from chalicelib.errors import Invalid
from chalicelib.oauth.client import client_key
from chalicelib.store import Replace
from tests.oauth.server import App, Browser, Server

FORGED_HOSTS = (
    "https://a;script-src",
    "https://a;script-src/cb",
    "https://*.x/cb",
    "https://*/cb",
    "https://'self'/",
    "https://'unsafe-inline'/cb",
    "https://a,b/cb",
    "https://a&b/cb",
    "https://a b/cb",
    "https://a%20b/cb",
    "https://$x/cb",
    "https://(x)/cb",
    "https:///cb",
    "https:/shop.example/cb",
    "https:shop.example/cb",
    "https://?x",
    "https://.example/cb",
    "https://shop..example/cb",
    "https://shop.example./cb",
    "https://-shop.example/cb",
    "https://shop-.example/cb",
    f"https://{'a' * 64}.example/cb",
    f"https://{'a.' * 130}example/cb",
    "https://127.1/cb",
    "https://0x7f000001/cb",
    "https://shop.0x10/cb",
    "https://256.1.1.1/cb",
    "https://[::1/cb",
    "https://[::g]/cb",
    "https://[1.2.3.4]/cb",
    "https://[fe80::1%25eth0]/cb",
    "http://localhost.evil.example/cb",
    "http://127.0.0.2/cb",
)
FORGED_PORTS = (":0", ":65536", ":99999", ":123456", ":", ":x", ":-1", ":08000", ":+1", ": 1")


@pytest.mark.parametrize("uri", FORGED_HOSTS)
def test_a_host_that_is_none_cannot_be_registered(server: Server, uri: str) -> None:
    for wanted in ({"redirect_uris": (uri,)}, {"post_logout_redirect_uris": (uri,)}):
        with pytest.raises(Invalid) as refused:
            server.client(**wanted)
        assert refused.value.public_code == "invalid_redirect_uri"


@pytest.mark.parametrize("port", FORGED_PORTS)
@pytest.mark.parametrize(
    "host", ["https://shop.example", "http://127.0.0.1", "http://[::1]", "http://localhost"]
)
def test_a_port_that_is_none_cannot_be_registered(server: Server, host: str, port: str) -> None:
    with pytest.raises(Invalid):
        server.client(redirect_uris=(f"{host}{port}/cb",))


@pytest.mark.parametrize("port", FORGED_PORTS)
@pytest.mark.parametrize("host", ["127.0.0.1", "[::1]"])
def test_a_native_programs_port_is_one_that_exists(
    server: Server, browser: Browser, host: str, port: str
) -> None:
    """RFC 8252 section 7.3: any port, but a port."""
    app = server.client(public=True, redirect_uris=(f"http://{host}/cb",))
    assert browser.ask("GET", app.authorize_url(redirect_uri=f"http://{host}{port}/cb")).status == 400


@pytest.mark.parametrize("host", ["127.0.0.1", "[::1]"])
def test_a_confidential_client_has_the_port_that_it_registered(
    server: Server, browser: Browser, host: str
) -> None:
    """The exception is for native programs, and those are public: a server knows its own port."""
    app = server.client(redirect_uris=(f"http://{host}:3000/cb",))
    assert browser.ask("GET", app.authorize_url(redirect_uri=f"http://{host}:3000/cb")).status == 303
    for port in ("", ":3001", ":80"):
        assert browser.ask("GET", app.authorize_url(redirect_uri=f"http://{host}{port}/cb")).status == 400


@pytest.mark.parametrize(
    ("uri", "target"),
    [
        ("https://shop.example/cb?x=1", "https://shop.example"),
        ("https://SHOP.example:443/cb", "https://shop.example"),
        ("https://shop.example:8443/cb", "https://shop.example:8443"),
        ("https://xn--bcher-kva.example/cb;a='self'", "https://xn--bcher-kva.example"),
        ("https://192.0.2.1/cb", "https://192.0.2.1"),
        ("http://127.0.0.1:3000/cb", "http://127.0.0.1:3000"),
        ("http://localhost:80/cb", "http://localhost"),
        ("http://[::1]:3000/cb", "http:"),
        ("com.Example.app://x;script-src/cb", "com.example.app:"),
    ],
)
def test_the_policy_of_a_page_names_the_origin_written_anew(
    server: Server, browser: Browser, uri: str, target: str
) -> None:
    """BR-4. A policy has no words for an IPv6 address: its scheme stands for it."""
    app = server.client(public=True, redirect_uris=(uri,))
    page = browser.log_in(browser.go(app.authorize_url(redirect_uri=uri)))
    policy = page.headers["Content-Security-Policy"]
    assert f"form-action 'self' {target};" in policy
    assert re.findall(r"(?:^|; )([a-z-]+) ", policy) == [
        "default-src", "script-src", "style-src", "img-src", "connect-src", "form-action", "base-uri", "frame-ancestors",
    ]  # fmt: skip
    assert "code" in browser.consent(page).parameters


def registered_before(server: Server, app: App, uri: str) -> None:
    """Write down what an earlier version would have registered."""
    client = server.services.oauth.clients.require(app.client_id)
    changed = replace(client, redirect_uris=(uri,), post_logout_redirect_uris=(uri,))
    (record,) = server.services.store.get(client_key(app.client_id))
    assert record is not None
    server.services.store.commit(Replace(record, changed.data()))


@pytest.mark.parametrize("uri", ["https://a;script-src", "https://*.x/cb", "https://'self'/"])
def test_what_was_registered_before_and_could_not_be_today_leads_nowhere(
    server: Server, browser: Browser, uri: str
) -> None:
    app = server.client()
    registered_before(server, app, uri)
    asked = browser.ask("GET", app.authorize_url(redirect_uri=uri))
    browser.log_in()
    out = browser.ask("GET", f"/oauth/logout?client_id={app.client_id}&post_logout_redirect_uri={uri}")
    for reply in (asked, out):
        assert (reply.status, "Location" in reply.headers) == (400, False)
        assert "form-action 'self';" in reply.headers["Content-Security-Policy"]


def refusals_in(caplog: pytest.LogCaptureFixture) -> list[dict[str, object]]:
    lines = [record for record in caplog.records if record.message == "oauth_refused"]
    return [dict(getattr(record, "fields", {})) for record in lines]


@pytest.mark.parametrize("endpoint", ["authorize", "logout"])
def test_a_wrong_redirect_uri_is_on_the_page_as_text_and_in_the_log_with_its_client(
    server: Server, shop: App, browser: Browser, caplog: pytest.LogCaptureFixture, endpoint: str
) -> None:
    """OP-1: it is never linked to. Its query may hold a secret and is in no log (LG-2)."""
    caplog.set_level("INFO", "cupbearer")
    wrong = "https://shop.example/callbac?tenant=canary"
    sent = {"client_id": shop.client_id, "post_logout_redirect_uri": wrong}
    asked = {
        "authorize": shop.authorize_url(redirect_uri=wrong),
        "logout": f"/oauth/logout?{urlencode(sent)}",
    }
    page = browser.ask("GET", asked[endpoint])
    assert page.status == 400
    assert f">{wrong}</code>" in page.text
    assert f'href="{wrong}' not in page.text
    (line,) = refusals_in(caplog)
    assert (line["client_id"], line["uri"]) == (shop.client_id, "https://shop.example/callbac?…")
    assert "canary" not in repr(line)


@pytest.mark.parametrize(
    ("uri", "shown"),
    [
        ("https://x/<script>alert(1)</script>", "https://x/%3Cscript%3Ealert(1)%3C/script%3E"),
        ("Your account is blocked: call 555", "Your%20account%20is%20blocked:%20call%20555"),
        ("https://x/\u202eelpmaxe", "https://x/%E2%80%AEelpmaxe"),
        ("https://x/\r\nSet-Cookie: a=1", "https://x/%0D%0ASet-Cookie:%20a=1"),
        ("https://ada:secret@x/cb", "https://…@x/cb"),
        ("https://ada:sec@ret@x/cb", "https://…@x/cb"),
        (f"https://x/{'a' * 5000}", f"https://x/{'a' * 290}…"),
    ],
)
def test_what_a_stranger_sent_can_only_be_read_as_a_uri(
    shop: App, browser: Browser, caplog: pytest.LogCaptureFixture, uri: str, shown: str
) -> None:
    """BR-5: no markup, no sentence of somebody else's on our page, no password, and not without end."""
    caplog.set_level("INFO", "cupbearer")
    page = browser.ask("GET", shop.authorize_url(redirect_uri=uri))
    assert f">{escape(shown)}</code>" in page.text
    (line,) = refusals_in(caplog)
    assert line["uri"] == shown


def test_an_unknown_client_is_named_in_the_log_and_its_uri_is_nowhere(
    shop: App, browser: Browser, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", "cupbearer")
    page = browser.ask(
        "GET", shop.authorize_url(client_id="not one of ours", redirect_uri="https://evil.example/")
    )
    assert "evil.example" not in page.text
    (line,) = refusals_in(caplog)
    assert (line["client_id"], "uri" in line) == ("not%20one%20of%20ours", False)
