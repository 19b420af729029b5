"""Node's libraries as they come, in one process of their own: those of docs/clients/node.md and others (M10)."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.clients import examples, table
from tests.clients.conftest import register
from tests.clients.judging import judges
from tests.clients.person import Person
from tests.clients.table import Teller
from tests.parts.ports import free_port
from tests.parts.server import Server

PROGRAMS = Path(__file__).parent / "programs"
SECRET = "a secret of the program's own, for its cookies"
ZOE = {"preferred_username": "zoe", "email": "zoe@example.com"}
LIBRARIES = ("arctic", "badgateway", "openid-client-5", "oauth4webapi")
SERVERS = {  # each example or program, and where its library wants to be called back
    "auth.mjs": "/auth/callback/cupbearer",
    "express.mjs": "/callback",
    "passport.mjs": "/callback",
    "passport-oauth2.mjs": "/callback",
    "grant.mjs": "/connect/cupbearer/callback",
    "api-express.mjs": "/unused",
}


@pytest.fixture(scope="module")
def address(server: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], str]]:
    """Where each program of the one running process is."""
    examples.demand("express", "express-openid-connect", "@auth/express", "openid-client-5")
    folder = tmp_path_factory.mktemp("node")
    (folder / "node_modules").symlink_to(examples.NODE_MODULES)
    at = {name: f"http://127.0.0.1:{free_port()}" for name in (*SERVERS, "libraries.mjs")}
    planned = []
    for name, called in SERVERS.items():
        uris = ("--redirect-uri", at[name] + called, "--post-logout-redirect-uri", at[name])
        environ = {
            **register(server, name, *uris),
            "PORT": at[name].rpartition(":")[2],
            "COOKIE_SECRET": SECRET,
        }
        planned.append({"path": _written(folder, name), "environ": environ})
    clients = {
        name: register(server, name, "--redirect-uri", f"{at['libraries.mjs']}/{name}/callback")
        for name in LIBRARIES
    }
    machine = ("--grant", "client_credentials", "--scope", "pangolins")
    clients["simple-oauth2"] = register(server, "simple-oauth2", *machine)
    environ = {"PORT": at["libraries.mjs"].rpartition(":")[2], "CLIENTS": json.dumps(clients)}
    planned.append({"path": _written(folder, "libraries.mjs"), "environ": environ})
    (folder / "planned.json").write_text(json.dumps(planned))
    command = ["node", _written(folder, "all.mjs"), "planned.json"]
    with examples.many_running(command, folder, [int(url.rpartition(":")[2]) for url in at.values()]):
        yield at.__getitem__


def _written(folder: Path, name: str) -> str:
    if name in examples.examples():
        return str(examples.write(folder, name))
    (folder / name).write_text((PROGRAMS / name).read_text())
    return str(folder / name)


def told(person: Person, url: str) -> Any:
    reply = person.open(url)
    assert reply.status == 200, reply.text
    return json.loads(reply.text)


def test_auth_js_knows_the_person(address: Callable[[str], str], zoe: Person, tells: Teller) -> None:
    here = address("auth.mjs")
    token = told(zoe, f"{here}/auth/csrf")["csrfToken"]
    zoe.send("signin/cupbearer", {"csrfToken": token, "callbackUrl": here})
    person = told(zoe, zoe.at)
    assert person["user"] == {"name": "zoe", "email": "zoe@example.com"}
    zoe.at = f"{here}/auth/"
    zoe.send("signout", {"csrfToken": token})
    assert told(zoe, here) is None
    tells("Auth.js", table.npm("@auth/express"), "Node", "log-in, ID token")


def test_express_openid_connect_logs_in_refreshes_and_logs_out(
    address: Callable[[str], str], zoe: Person, tells: Teller
) -> None:
    here = address("express.mjs")
    assert told(zoe, f"{here}/login") == {"name": "zoe"}
    assert told(zoe, f"{here}/who").items() >= ZOE.items()
    assert told(zoe, f"{here}/renew") == {"renewed": True}
    assert told(zoe, f"{here}/logout") == {"name": None}
    version, done = table.npm("express-openid-connect"), "log-in, userinfo, ID token, refresh, log-out"
    tells("express-openid-connect", version, "Node", done, line='`response_type: "code"`')


def test_passport_logs_in_with_the_strategy_of_openid_client(
    address: Callable[[str], str], zoe: Person, tells: Teller
) -> None:
    assert told(zoe, f"{address('passport.mjs')}/login").items() >= ZOE.items()
    tells("openid-client/passport", table.npm("openid-client"), "Node", "log-in, ID token")


def test_passport_oauth2_logs_in(address: Callable[[str], str], zoe: Person, tells: Teller) -> None:
    assert told(zoe, f"{address('passport-oauth2.mjs')}/login").items() >= ZOE.items()
    version = table.npm("passport-oauth2")
    tells("passport-oauth2", version, "Node", "log-in, userinfo", line="`pkce: true, state: true`")


def test_an_express_api_judges_our_tokens(
    address: Callable[[str], str], server: Server, zoe: Person, tells: Teller, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OAUTHLIB_INSECURE_TRANSPORT", "1")
    judges(address("api-express.mjs"), server, zoe)
    version = table.npm("express-oauth2-jwt-bearer")
    tells("express-oauth2-jwt-bearer", version, "Node", "verifies access tokens", line="`strict: true`")


def test_grant_logs_in(address: Callable[[str], str], zoe: Person, tells: Teller) -> None:
    found = told(zoe, f"{address('grant.mjs')}/connect/cupbearer")
    assert found["profile"].items() >= ZOE.items()
    tells("grant", table.npm("grant"), "Node", "log-in, userinfo", line="`pkce: true`")


@pytest.mark.parametrize(
    ("name", "package", "client", "done"),
    [
        ("arctic", "arctic", "arctic", "log-in, ID token, refresh, revocation"),
        (
            "badgateway",
            "@badgateway/oauth2-client",
            "@badgateway/oauth2-client",
            "log-in, refresh, introspection, revocation",
        ),
        (
            "openid-client-5",
            "openid-client-5",
            "openid-client 5",
            "log-in, userinfo, ID token, refresh, revocation",
        ),
        ("oauth4webapi", "oauth4webapi", "oauth4webapi", "log-in, userinfo, ID token, refresh, revocation"),
    ],
)
def test_a_library_logs_in_refreshes_and_takes_its_tokens_back(
    address: Callable[[str], str], zoe: Person, tells: Teller, name: str, package: str, client: str, done: str
) -> None:
    who = told(zoe, f"{address('libraries.mjs')}/{name}/login")
    assert who.items() >= ZOE.items()
    assert who.get("id", who["sub"]) == who["sub"]
    tells(client, table.npm(package), "Node", done)


def test_simple_oauth2_speaks_for_a_machine(
    address: Callable[[str], str], zoe: Person, tells: Teller
) -> None:
    found = told(zoe, f"{address('libraries.mjs')}/simple-oauth2/callback")
    assert found["pangolins"][0]["name"] == "Pengu"
    tells("simple-oauth2", table.npm("simple-oauth2"), "Node", "client credentials, guarded route")
