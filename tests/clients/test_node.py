"""Node's libraries as they come, in one process of their own: those of docs/clients/node.md and others (M10)."""

import json
from collections.abc import Iterator

import pytest

from tests.clients import examples, table
from tests.clients.judging import judges
from tests.clients.person import Person
from tests.clients.running_programs import PROGRAMS, Programs, told
from tests.clients.table import Teller
from tests.parts.server import Server

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
def programs(server: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Programs]:
    examples.demand("express", "express-openid-connect", "@auth/express", "openid-client-5")
    made = Programs(server, tmp_path_factory.mktemp("node"))
    (made.folder / "node_modules").symlink_to(examples.NODE_MODULES)
    for name, called in SERVERS.items():
        here = made.place(name)
        uris = ("--redirect-uri", here + called, "--post-logout-redirect-uri", here)
        made.plan(name, made.register(name, *uris))
    here = made.place("libraries.mjs")
    clients = {name: made.register(name, "--redirect-uri", f"{here}/{name}/callback") for name in LIBRARIES}
    machine = ("--grant", "client_credentials", "--scope", "pangolins")
    clients["simple-oauth2"] = made.register("simple-oauth2", *machine)
    made.plan("libraries.mjs", {"CLIENTS": json.dumps(clients)})
    with made.running("node", str(PROGRAMS / "all.mjs")):
        yield made


def test_auth_js_knows_the_person(programs: Programs, zoe: Person, tells: Teller) -> None:
    here = programs.at["auth.mjs"]
    token = told(zoe, f"{here}/auth/csrf")["csrfToken"]
    zoe.send("signin/cupbearer", {"csrfToken": token, "callbackUrl": here})
    person = told(zoe, zoe.at)
    assert person["user"] == {"name": "zoe", "email": "zoe@example.com"}
    zoe.at = f"{here}/auth/"
    zoe.send("signout", {"csrfToken": token})
    assert told(zoe, here) is None
    client_id = programs.clients["auth.mjs"]
    tells(
        "Auth.js (@auth/express)", table.npm("@auth/express"), "Node", "log-in, ID token", client_id=client_id
    )


def test_express_openid_connect_logs_in_refreshes_and_logs_out(
    programs: Programs, zoe: Person, tells: Teller
) -> None:
    here = programs.at["express.mjs"]
    assert told(zoe, f"{here}/login") == {"name": "zoe"}
    assert told(zoe, f"{here}/who").items() >= ZOE.items()
    assert told(zoe, f"{here}/renew") == {"renewed": True}
    assert told(zoe, f"{here}/logout") == {"name": None}
    version, done = table.npm("express-openid-connect"), "log-in, userinfo, ID token, refresh, log-out"
    tells(
        "express-openid-connect",
        version,
        "Node",
        done,
        line='`response_type: "code"`',
        client_id=programs.clients["express.mjs"],
    )


def test_passport_logs_in_with_the_strategy_of_openid_client(
    programs: Programs, zoe: Person, tells: Teller
) -> None:
    assert told(zoe, f"{programs.at['passport.mjs']}/login").items() >= ZOE.items()
    tells(
        "openid-client/passport",
        table.npm("openid-client"),
        "Node",
        "log-in, ID token",
        client_id=programs.clients["passport.mjs"],
    )


def test_passport_oauth2_logs_in(programs: Programs, zoe: Person, tells: Teller) -> None:
    assert told(zoe, f"{programs.at['passport-oauth2.mjs']}/login").items() >= ZOE.items()
    version = table.npm("passport-oauth2")
    tells(
        "passport-oauth2",
        version,
        "Node",
        "log-in, userinfo",
        line="`pkce: true, state: true`",
        client_id=programs.clients["passport-oauth2.mjs"],
    )


def test_an_express_api_judges_our_tokens(
    programs: Programs, server: Server, zoe: Person, tells: Teller, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OAUTHLIB_INSECURE_TRANSPORT", "1")
    judges(programs.at["api-express.mjs"], server, zoe)
    version = table.npm("express-oauth2-jwt-bearer")
    tells("express-oauth2-jwt-bearer", version, "Node", "verifies access tokens", line="`strict: true`")


def test_grant_logs_in(programs: Programs, zoe: Person, tells: Teller) -> None:
    found = told(zoe, f"{programs.at['grant.mjs']}/connect/cupbearer")
    assert found["profile"].items() >= ZOE.items()
    tells(
        "grant",
        table.npm("grant"),
        "Node",
        "log-in, userinfo",
        line="`pkce: true`",
        client_id=programs.clients["grant.mjs"],
    )


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
    programs: Programs, zoe: Person, tells: Teller, name: str, package: str, client: str, done: str
) -> None:
    who = told(zoe, f"{programs.at['libraries.mjs']}/{name}/login")
    assert who.items() >= ZOE.items()
    assert who.get("id", who["sub"]) == who["sub"]
    tells(client, table.npm(package), "Node", done, client_id=programs.clients[name])


def test_simple_oauth2_speaks_for_a_machine(programs: Programs, zoe: Person, tells: Teller) -> None:
    found = told(zoe, f"{programs.at['libraries.mjs']}/simple-oauth2/callback")
    assert found["pangolins"][0]["name"] == "Pengu"
    tells(
        "simple-oauth2",
        table.npm("simple-oauth2"),
        "Node",
        "client credentials, guarded route",
        client_id=programs.clients["simple-oauth2"],
    )
