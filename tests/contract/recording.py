"""One walk through everything that outside programs see, written down so that two versions can be compared."""

import json
import random
import re
import sqlite3
from collections.abc import Iterable, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

import click
from click.testing import CliRunner

from chalicelib import wiring
from chalicelib.world import SYSTEM, World
from cupbearer.cli import cli
from cupbearer.testing import AppUnderTest, Client, Reply

ROOT = Path(__file__).parents[2]
PASSWORD = "a walk along the river"
CHANCE = (  # what differs in every run, and the word for it
    (r"(/[\w.-]+)+/cupbearer\.db", "<store>"),
    (r"eyJ[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+", "<jwt>"),
    (r"\bcb[a-z]_[A-Za-z0-9_.-]{20,}", "<token>"),
    (r"\$(argon2id|2b|pbkdf2)[^\"\\\s]+", "<hash>"),
    (r"\b(mk1|kms1)\.[A-Za-z0-9_.-]+", "<wrapped>"),
    (r"(?<![A-Za-z0-9_-])[A-Za-z0-9_-]{86}(?![A-Za-z0-9_-])", "<signature>"),
    (r"(?<![A-Za-z0-9_-])[A-Za-z0-9_-]{43}(?![A-Za-z0-9_-])", "<secret>"),
    (  # no word of small letters or capitals alone: one kid in two hundred thousand is such a word
        r"(?<![A-Za-z0-9_-])(?=[A-Z_-]*[a-z0-9])(?=[a-z_-]*[A-Z0-9])[A-Za-z0-9_-]{16}(?![A-Za-z0-9_-])",
        "<kid>",
    ),
    (r"\b[0-9a-f]{64}\b", "<sha256>"),
    (r"\b[0-9]{15}-[a-z2-7]{8}\b", "<moment>"),
    (r"\b0[0-9]{6}\.[0-3]\b", "<hour>"),  # and one of its four counters
    (r"\b[a-z2-7]{26}\b", "<id>"),
    (r"\b[B-DF-HJ-NP-TV-XZ]{4}-[B-DF-HJ-NP-TV-XZ]{4}\b", "<user code>"),
)
ROUTE_BODIES: Mapping[str, Any] = {"POST": {}, "PUT": {}, "PATCH": {}}


def record(folder: Path) -> dict[str, Any]:
    """Return what the service says and stores, by chapter; two runs of one version are equal."""
    chapters = (openapi, discovery, statuses, journey, command_line)
    book: dict[str, Any] = {"help": dict(helps(cli, "cupbearer"))}
    stores = []
    for chapter in chapters:
        home = folder / chapter.__name__
        home.mkdir()
        with _under_test(home) as under_test:
            book[chapter.__name__] = chapter(under_test)
        stores.append(home / "cupbearer.db")
    book["records"] = sorted(set().union(*map(records, stores)))
    return json.loads(plain(json.dumps(book)))  # type: ignore[no-any-return]


def _under_test(folder: Path) -> AppUnderTest:
    under_test = AppUnderTest(ROOT, folder, {"CUPBEARER_ISSUER": "http://localhost:8000"})
    chance = random.Random(1)  # ids that come in the same order each time
    under_test.services.world = World(
        now=under_test.clock, monotonic=under_test.clock, sleep=SYSTEM.sleep, random_bytes=chance.randbytes
    )
    return under_test


def plain(text: str) -> str:
    """Return a text without what chance put into it."""
    for pattern, word in CHANCE:
        text = re.sub(pattern, word, text)
    return text


def seen_by_program(reply: Reply) -> dict[str, Any]:
    """Return an answer as a program sees it."""
    try:
        body = reply.json
    except ValueError:
        body = reply.body.decode(errors="replace")[:80]
    if isinstance(body, dict):
        body.pop("request_id", None)
    return {"status": reply.status, "headers": sorted(name.lower() for name in reply.headers), "body": body}


def openapi(under_test: AppUnderTest) -> Any:
    return under_test.client().get("/openapi.json").json


def discovery(under_test: AppUnderTest) -> dict[str, Any]:
    paths = ("/.well-known/openid-configuration", "/.well-known/oauth-authorization-server", "/health")
    return {path: seen_by_program(under_test.client().get(path)) for path in paths}


def statuses(under_test: AppUnderTest) -> dict[str, Any]:
    """Every route, asked with nothing in its body by each kind of caller."""
    everything = sorted(under_test.settings.default_scopes | {"pangolins", "users:read", "users:write"})
    found: dict[str, Any] = {}
    for path, methods in sorted(under_test.client().get("/openapi.json").json["paths"].items()):
        for method in sorted(
            name.upper() for name in methods if name in {"get", "post", "put", "patch", "delete"}
        ):
            callers = {
                "nobody": under_test.client(),
                "forged": Client(under_test, access_token="eyJhbGciOiJub25lIn0.e30."),
                "a person": under_test.client().as_user(scopes=[]),
                "an operator": under_test.client().as_user(scopes=everything),
                "a machine": under_test.client().as_machine(scopes=["pangolins"]),
                "an application": under_test.client()
                .as_user(scopes=["pangolins"])
                .through_app(["pangolins"]),
            }
            asked = re.sub(r"\{[^}]+\}", "a" * 26, path)
            for who, caller in callers.items():
                reply = caller.request(method, asked, json=ROUTE_BODIES.get(method))
                found[f"{method} {path} by {who}"] = [reply.status, reply.code]
    return found


def journey(under_test: AppUnderTest) -> list[Any]:
    """Sign-up to deletion, refusals among it."""
    ask, seen = under_test.client(), []

    def step(who: Client, method: str, path: str, **options: Any) -> Reply:
        reply = who.request(method, path, **options)
        seen.append([method, path, seen_by_program(reply)])
        return reply

    newcomer = {"username": "Walker", "password": PASSWORD, "name": "Wanda", "email": "w@example.com"}
    step(ask, "POST", "/users", json=newcomer)
    step(ask, "POST", "/users", json=newcomer)
    step(ask, "POST", "/users", json={**newcomer, "username": "x", "password": "password"})
    step(ask, "POST", "/sessions", json={"username": "walker", "password": "no"})
    logged_in = step(ask, "POST", "/sessions", json={"username": "walker", "password": PASSWORD})
    walker = Client(under_test, logged_in.json["access_token"], logged_in.json["refresh_token"])
    for path in (
        "/cats",
        "/profile",
        "/pangolins",
        "/users/me",
        "/sessions",
        "/messages",
        "/users/me/consents",
    ):
        step(walker, "GET", path)
    step(walker, "POST", "/messages", json={"text": "hello"})
    step(ask, "GET", "/messages")
    step(ask, "POST", "/sessions/refresh", json={"refresh_token": walker.refresh_token})
    step(ask, "POST", "/sessions/refresh", json={"refresh_token": "nonsense"})
    step(walker, "PATCH", "/users/me", json={"name": "Wanda W."})
    step(
        walker,
        "PUT",
        "/users/me/password",
        json={"current_password": PASSWORD, "new_password": PASSWORD + "s"},
    )
    step(ask, "POST", "/oauth/token", body=b"grant_type=password", headers=FORM)
    step(ask, "GET", "/oauth/authorize")
    step(ask, "GET", "/oauth/userinfo")
    step(walker, "DELETE", "/sessions/current")
    step(ask, "GET", "/nowhere")
    step(ask, "POST", "/users", body=b'{"a": ', headers={"Content-Type": "application/json"})
    return seen


FORM = {"Content-Type": "application/x-www-form-urlencoded"}
COMMANDS = (
    "users create zoe --password-stdin",
    "users list",
    "users show zoe",
    "users grant zoe pangolins",
    "users revoke zoe pangolins",
    "users disable zoe",
    "users enable zoe",
    "users show nobody-of-that-name",
    "sessions list zoe",
    "clients create shop --redirect-uri https://shop.example/cb --scope get:profile",
    "clients create bad --redirect-uri http://shop.example/cb",
    "keys list",
    "audit zoe",
    "no-such-command",
)


def command_line(under_test: AppUnderTest) -> dict[str, Any]:
    """What commands print and end with, as words and as JSON."""
    found = {}
    for command in COMMANDS:
        for form in ((), ("--json",)):
            with wiring.using(under_test.services):
                words = [*command.split(), *form]
                result = CliRunner().invoke(cli, words, input=PASSWORD + "\n", prog_name="cupbearer")
            found[" ".join(words)] = [result.exit_code, result.stdout, result.stderr]
    return found


def helps(command: click.Command, name: str) -> Iterable[tuple[str, str]]:
    """Yield the help of a command and of all below it."""
    yield name, CliRunner().invoke(cli, [*name.split()[1:], "--help"], prog_name="cupbearer").output
    if isinstance(command, click.Group):
        context = click.Context(command)
        for below in sorted(command.list_commands(context)):
            if (further := command.get_command(context, below)) is not None:
                yield from helps(further, f"{name} {below}")


def records(file: Path) -> set[str]:
    """Return every kind of record in a store: the shape of its key, its members and their types."""
    if not file.exists():
        return set()
    with closing(sqlite3.connect(file)) as connection:
        rows = connection.execute("SELECT pk, sk, data, is_counter FROM records").fetchall()
    return {
        f"{re.sub(r'(?<=#).+', '…', plain(pk))} | {'…' if pk.startswith('people#') else re.sub(r'(?<=#).+', '…', plain(sk))} | "
        f"{shape(json.loads(data)) if not counts else 'counts'}"
        for pk, sk, data, counts in rows
    }


def shape(value: Any) -> Any:
    """Return what members a stored value has and of which JSON types they are."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{name}: {shape(member)}" for name, member in sorted(value.items())) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(sorted({shape(member) for member in value})) + "]"
    return {str: "text", bool: "truth", int: "number", float: "number", type(None): "null"}[type(value)]
