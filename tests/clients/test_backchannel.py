"""A client's server with a JOSE library that nobody here wrote hears of log-outs, as docs/clients.md shows it (BL-3, BL-7)."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlencode, urlsplit

import pytest
import requests
from requests_oauthlib import OAuth2Session

from tests.clients import examples, table
from tests.clients.conftest import register, sign_up
from tests.clients.person import Person
from tests.clients.test_libraries import CALLBACK, code_at
from tests.oauth.server import payload_of
from tests.parts.ports import free_port
from tests.parts.server import Server
from tests.support import patience

if TYPE_CHECKING:
    import subprocess


@pytest.fixture
def shop(server: Server, tmp_path: Path) -> Iterator[tuple["subprocess.Popen[str]", dict[str, str]]]:
    """The running example, and the client that it is."""
    examples.demand("jose")
    here = f"http://127.0.0.1:{free_port()}"
    environ = register(server, "Told", "--redirect-uri", CALLBACK, "--backchannel-logout-uri", f"{here}/x")
    path = examples.write(tmp_path, "backchannel.mjs")
    with examples.running(path, PORT=str(urlsplit(here).port), **environ) as child:
        assert examples.line_of(child) == f"listening on {here}"
        yield child, {**environ, "HERE": here}


def tokens_of(
    person: Person, server: Server, environ: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> dict[str, str]:
    monkeypatch.setenv("OAUTHLIB_INSECURE_TRANSPORT", "1")
    session = OAuth2Session(environ["CLIENT_ID"], redirect_uri=CALLBACK, scope=["openid"], pkce="S256")
    url, _ = session.authorization_url(f"{server.url}/oauth/authorize")
    back = code_at(person, url)
    token = session.fetch_token(
        f"{server.url}/oauth/token", authorization_response=back, client_secret=environ["CLIENT_SECRET"]
    )
    return dict(token)


def test_a_client_hears_of_a_log_out_at_the_page_and_of_one_by_an_operator(
    server: Server,
    shop: tuple["subprocess.Popen[str]", dict[str, str]],
    monkeypatch: pytest.MonkeyPatch,
    tells: table.Teller,
) -> None:
    child, environ = shop
    sign_up(server, "yan")
    yan = Person("yan")
    first = payload_of(tokens_of(yan, server, environ, monkeypatch)["id_token"])
    page = yan.open(f"{server.url}/oauth/logout")
    yan.send("logout", page.form)
    assert examples.line_of(child) == f"logged out {first['sub']} {first['sid']}"
    tokens = tokens_of(yan, server, environ, monkeypatch)
    server.command("sessions", "end", "yan", "--all", "--yes")
    assert examples.line_of(child) == f"logged out {first['sub']} {payload_of(tokens['id_token'])['sid']}"
    for forged in (tokens["id_token"], tokens["access_token"], "x.y.z"):
        body = urlencode({"logout_token": forged})
        assert requests.post(environ["HERE"], body, timeout=patience.SECONDS).status_code == 400
        assert examples.line_of(child).startswith("refused ERR_")
    done = "back-channel log-out"
    tells("jose, log-out tokens", table.npm("jose"), "Node", done, client_id=environ["CLIENT_ID"])
