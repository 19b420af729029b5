"""Agents (docs/agents.md): MCP clients on the official SDKs, as they come, at the MCP server of examples/mcp (MC-1)."""

import itertools
import json
import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.error import HTTPError
from urllib.parse import urlencode, urlsplit
from urllib.request import Request, urlopen

import pytest

from tests.clients import examples, table
from tests.clients.agents import AN_HOUR, ROOT, Agent, Notes, notes_server, program
from tests.clients.conftest import sign_up
from tests.clients.person import Person
from tests.oauth.server import basic
from tests.parts import missing
from tests.support import patience
from tests.support.certificates import Authority
from tests.support.documents import block, commands
from tests.support.hostile_http import page, serving

if TYPE_CHECKING:
    from subprocess import Popen

PARTS = ROOT / "tests" / "parts"
PYTHON = {"MCP SDK 1 for Python": ".venv-mcp-old", "MCP SDK 2 for Python": ".venv-mcp"}
NODE = {
    "MCP SDK 1 for TypeScript, of before 2026-07": "mcp-old",
    "MCP SDK 1 for TypeScript": "mcp-new",
    "MCP SDK 2 for TypeScript": "@modelcontextprotocol/client",
}
DOES = "log-in, tool, step-up, refresh, told of the withdrawal"
# Version 1 in TypeScript renews its token where it should ask its person for more (typescript-sdk issue 2255).
STEP_UP = "forgets its refresh token before a step-up"

NUMBERS = itertools.count(1)


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority.at(tmp_path_factory.mktemp("authority") / "tests")


@pytest.fixture(scope="module")
def notes(tmp_path_factory: pytest.TempPathFactory, authority: Authority) -> Iterator[Notes]:
    with notes_server(tmp_path_factory.mktemp("notes"), SSL_CERT_FILE=authority.file) as notes:
        yield notes


@pytest.fixture(scope="module")
def document(authority: Authority) -> Iterator[str]:
    """Where the maker of an agent describes it, its loopback addresses without a port as programs of today have it."""
    said: dict[str, Any] = {
        "client_name": "Agent",
        "redirect_uris": ["http://localhost/callback", "http://127.0.0.1/callback"],
        "grant_types": ["authorization_code", "refresh_token"],
        "token_endpoint_auth_method": "none",
    }
    with serving(
        lambda connection: connection.sendall(page(json.dumps(said))), tls=authority.server("localhost")
    ) as at:
        said["client_id"] = f"https://localhost:{at.port}/client.json"
        yield str(said["client_id"])


@pytest.fixture
def person(notes: Notes) -> Person:
    """Somebody new."""
    name = f"p{next(NUMBERS)}"
    sign_up(notes, name)
    return Person(name)


@pytest.fixture(params=[*PYTHON, *NODE])
def sdk(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def command(sdk: str) -> list[str | Path]:
    """Return what starts a program on an SDK."""
    if sdk in NODE:
        examples.demand(NODE[sdk])
        return ["node", PARTS / "agent.mjs"]
    python = ROOT / PYTHON[sdk] / "bin" / "python"
    if not python.exists():
        missing(sdk, install="make parts")
    return [python, PARTS / "agent.py"]


@pytest.fixture(scope="module")
def program_of(
    notes: Notes, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[[str], "Popen[str]"]]:
    """A running program on an SDK, started once."""
    with ExitStack() as programs:
        folder = tmp_path_factory.mktemp("agents")

        def started(sdk: str) -> "Popen[str]":
            environ = {"MCP_SDK": NODE[sdk]} if sdk in NODE else {}
            return programs.enter_context(program(command(sdk), notes, folder / f"{sdk}.log", **environ))

        yield cache(started)


@pytest.fixture
def agent(sdk: str, program_of: Callable[[str], "Popen[str]"], person: Person) -> Callable[..., Agent]:
    """Begin an agent on an SDK with what it knows."""
    return partial(Agent.begin, program_of(sdk), person)


def tell(tells: table.Teller, sdk: str) -> None:
    """Write down what an agent on an SDK did: all that its tests hold."""
    if sdk in NODE:
        line = STEP_UP if NODE[sdk].startswith("mcp-") else ""
        tells(sdk, table.npm(NODE[sdk]), "Node", DOES, line=line)
    else:
        (site,) = (ROOT / PYTHON[sdk]).glob("lib/python*/site-packages")
        tells(sdk, table.pypi("mcp", site=site), "Python", DOES)


def walk(notes: Notes, agent: Agent) -> None:
    """What an agent does with its person from the first call to the end of its access."""
    assert agent.call("list_notes") == {"says": []}
    (first,) = agent.asked
    assert first - {"offline_access"} == {"notes:read"}  # no more than the tool needs
    assert agent.call("add_note", text="milk") == {"says": ["noted"]}
    assert agent.asked[1:] == [first | {"notes:write"}]
    assert agent.call("list_notes", later=AN_HOUR) == {"says": ["milk"]}
    assert len(agent.asked) == 2  # the token was renewed, and nobody was asked
    assert "has no access any more" in agent.person.withdraw(notes.url).text
    agent.person.decision = "deny"
    assert "access_denied" in agent.call("list_notes", later=AN_HOUR)["failed"]
    assert len(agent.asked) == 3


def test_the_notes_server_is_started_and_named_as_the_page_says(notes: Notes) -> None:
    target = block("docs/agents.md#try.sh").partition("#")[0].split()[-1]
    recipe = f"\n{target}: $(VENV)/ready .venv-mcp/ready ## .*\n\t@$(BIN)/python -m examples.mcp.start\n"
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    assert re.search(re.escape(recipe).replace(re.escape(".*"), ".*"), makefile)
    named = json.loads(block("docs/agents.md#mcp.json"))["mcpServers"]["notes"]["url"]
    assert (
        notes.mcp.rpartition(":")[2].partition("/")[2] == named.rpartition(":")[2].partition("/")[2] == "mcp"
    )
    assert notes.mcp in notes.said
    assert f"{notes.url}/account" in notes.said


DISCOVERY = ("/.well-known/oauth-authorization-server", "/.well-known/openid-configuration")


@pytest.mark.parametrize("path", DISCOVERY)
def test_agents_find_what_they_look_for(notes: Notes, path: str) -> None:
    """MC-2: they refuse a server whose document names another issuer, or no PKCE."""
    with urlopen(notes.url + path, timeout=patience.SECONDS) as answer:
        said = json.load(answer)
    assert said["issuer"] == notes.url
    assert said["code_challenge_methods_supported"] == ["S256"]
    assert said["authorization_response_iss_parameter_supported"] is True
    assert "offline_access" in said["scopes_supported"]


@pytest.mark.parametrize("path", [*DISCOVERY, "/.well-known/oauth-protected-resource"])
def test_agents_in_a_browser_may_say_which_protocol_they_speak(notes: Notes, path: str) -> None:
    """MC-3: a header of their own makes the browser ask first."""
    asks = {"Origin": "https://agent.example", "Access-Control-Request-Method": "GET"}
    asks |= {"Access-Control-Request-Headers": "mcp-protocol-version"}
    request = Request(notes.url + path, headers=asks, method="OPTIONS")
    with urlopen(request, timeout=patience.SECONDS) as answer:
        assert answer.headers["Access-Control-Allow-Origin"] == "*"
        assert answer.headers["Access-Control-Allow-Headers"] in ("*", "mcp-protocol-version")


def challenge(notes: Notes, token: str, tool: str) -> tuple[int, str]:
    """Call a tool with a token; return the status and the challenge."""
    message = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": tool, "arguments": {}}}
    headers = {
        "Authorization": f"Bearer {token}",
        "Content-Type": "application/json",
        "Accept": "application/json",
    }
    with pytest.raises(HTTPError) as refused:
        urlopen(Request(notes.mcp, json.dumps(message).encode(), headers), timeout=patience.SECONDS)
    with refused.value as answer:
        return answer.code, answer.headers["WWW-Authenticate"]


def test_the_server_takes_tokens_for_itself_alone_and_says_which_scopes_a_tool_needs(notes: Notes) -> None:
    """MC-1; RI-12: a token for our own API is as good as none."""
    grants = ("--grant", "client_credentials", "--scope", "notes:read notes:write pangolins")
    job = notes.command("clients", "create", "job", *grants)

    def token(**asked: str) -> str:
        form = urlencode({"grant_type": "client_credentials", **asked}).encode()
        request = Request(f"{notes.url}/oauth/token", form, basic(job["client_id"], job["client_secret"]))
        with urlopen(request, timeout=patience.SECONDS) as answer:
            return str(json.load(answer)["access_token"])

    metadata = notes.mcp.replace("/mcp", "/.well-known/oauth-protected-resource/mcp")
    for stranger in (token(), token(scope="pangolins"), "x.y.z"):
        status, said = challenge(notes, stranger, "list_notes")
        assert (status, f'resource_metadata="{metadata}"' in said) == (401, True), said
    reads = token(resource=notes.mcp, scope="notes:read")
    status, said = challenge(notes, reads, "add_note")
    assert status == 403
    assert 'error="insufficient_scope", scope="notes:read notes:write"' in said
    assert f'resource_metadata="{metadata}"' in said


def test_a_server_of_ones_own_and_an_agent_are_registered_as_the_page_says(notes: Notes) -> None:
    sign_up(notes, "ada")
    made, granted = (notes.command(*words) for words in commands("docs/agents.md#register.sh"))
    assert (made["name"], made["open_to_clients"]) == ("Orders", True)
    assert {"orders:read", "orders:write"} <= set(granted["scopes"])
    (agent,) = (notes.command(*words) for words in commands("docs/agents.md#agent.sh"))
    assert agent["client_id"]


def test_an_agent_that_an_operator_registered_works_until_its_person_ends_it(
    notes: Notes, sdk: str, agent: Callable[..., Agent], tells: table.Teller
) -> None:
    registered = notes.command(
        "clients", "create", "Agent", "--public", "--redirect-uri", "http://localhost/callback",
        "--grant", "authorization_code", "--grant", "refresh_token",
        "--scope", "openid offline_access notes:read notes:write",
    )  # fmt: skip
    walk(notes, agent(client_id=registered["client_id"]))
    tell(tells, sdk)


def test_an_agent_that_registers_itself_works_until_its_person_ends_it(
    notes: Notes, sdk: str, agent: Callable[..., Agent], person: Person, tells: table.Teller
) -> None:
    walk(notes, agent())
    assert "a program on this computer" in person.asked
    tell(tells, sdk)


def test_an_agent_that_its_maker_describes_works_until_its_person_ends_it(
    notes: Notes, sdk: str, agent: Callable[..., Agent], person: Person, document: str, tells: table.Teller
) -> None:
    walk(notes, agent(document=document))
    assert urlsplit(document).netloc in person.asked
    tell(tells, sdk)
