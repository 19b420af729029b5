"""Agents (docs/agents.md): MCP clients on the official SDKs, as they come, at the MCP server of examples/mcp."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.clients import examples, table
from tests.clients.agents import AN_HOUR, ROOT, Agent, Notes, agent, notes_server
from tests.clients.conftest import sign_up
from tests.clients.person import Person
from tests.parts import missing

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


@pytest.fixture(scope="module")
def notes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Notes]:
    with notes_server(tmp_path_factory.mktemp("notes")) as notes:
        yield notes


@pytest.fixture
def person(notes: Notes, request: pytest.FixtureRequest) -> Person:
    """Somebody new."""
    name = f"p{abs(hash(request.node.name)) % 10**8}"
    sign_up(notes, name)
    return Person(name)


@pytest.fixture(params=[*PYTHON, *NODE])
def sdk(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def command(sdk: str) -> list[str]:
    """What starts an agent on an SDK."""
    if sdk in NODE:
        examples.demand(NODE[sdk])
        return ["node", str(PARTS / "agent.mjs")]
    python = ROOT / PYTHON[sdk] / "bin" / "python"
    if not python.exists():
        missing(sdk, install="make parts")
    return [str(python), str(PARTS / "agent.py")]


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
    assert "has no access any more" in agent.person.withdraw(notes.url, "Agent").text
    agent.person.decision = "deny"
    assert "access_denied" in agent.call("list_notes", later=AN_HOUR)["failed"]
    assert len(agent.asked) == 3


def test_an_agent_that_an_operator_registered_works_until_its_person_ends_it(
    notes: Notes, sdk: str, command: list[str], person: Person, tmp_path: Path, tells: table.Teller
) -> None:
    registered = notes.command(
        "clients", "create", "Agent", "--public", "--redirect-uri", "http://localhost/callback",
        "--grant", "authorization_code", "--grant", "refresh_token",
        "--scope", "openid offline_access notes:read notes:write",
    )  # fmt: skip
    environ = {"CLIENT_ID": registered["client_id"], "MCP_SDK": NODE.get(sdk, "")}
    with agent(command, notes, person, tmp_path / "log", **environ) as running:
        walk(notes, running)
    tell(tells, sdk)
