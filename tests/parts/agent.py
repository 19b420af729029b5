"""An agent on the official Python SDK, as it comes: reads what to do from its standard input, a line of JSON each.

``{"begin": {"client_id"?, "document"?}}`` makes it one that knows nothing else; ``{"tool", "arguments", "later"}`` calls a
tool, so many seconds later.

It runs in the venvs of the MCP SDKs, the newest and one of before 2026-07, and imports nothing of the tests.
"""

import asyncio
import json
import os
import sys
import time
from importlib.metadata import version
from urllib.parse import parse_qs, urlsplit

from mcp.client.auth import OAuthClientProvider
from mcp.client.streamable_http import streamable_http_client
from mcp.shared._httpx_utils import create_mcp_http_client
from mcp.shared.auth import OAuthClientInformationFull, OAuthClientMetadata

SERVER = os.environ["MCP_SERVER"]
IS_OLD = version("mcp").startswith("1.")
_clock, moved = time.time, [0.0]
time.time = lambda: _clock() + moved[0]  # what the SDK looks at


def say(**what):
    print(json.dumps(what), flush=True)


class Storage:
    """What an application keeps. One with an id was registered beforehand."""

    def __init__(self, redirect_uri, client_id):
        self.tokens = self.client = None
        if client_id:
            self.client = OAuthClientInformationFull(
                client_id=client_id, redirect_uris=[redirect_uri], token_endpoint_auth_method="none"
            )

    async def get_tokens(self):
        return self.tokens

    async def set_tokens(self, tokens):
        self.tokens = tokens

    async def get_client_info(self):
        return self.client

    async def set_client_info(self, client):
        self.client = client


class Listener:
    """Where the browser comes back to."""

    async def open(self):
        self.came = asyncio.Queue()
        server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        return server.sockets[0].getsockname()[1]

    async def _serve(self, reader, writer):
        target = (await reader.readuntil(b"\r\n\r\n")).split()[1].decode()
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\nConnection: close\r\n\r\ndone")
        await writer.drain()
        writer.close()
        self.came.put_nowait({name: values[0] for name, values in parse_qs(urlsplit(target).query).items()})

    async def answer(self):
        came = await self.came.get()
        if "error" in came:
            raise PermissionError(came["error"])
        if IS_OLD:
            return came.get("code"), came.get("state")
        from mcp.client.auth import AuthorizationCodeResult

        return AuthorizationCodeResult(
            code=came.get("code", ""), state=came.get("state"), iss=came.get("iss")
        )


async def ask_person(url):
    say(open=url)


async def call(http, tool, arguments):
    """Connect, call one tool and return what it says."""
    if IS_OLD:
        from mcp import ClientSession

        async with (
            streamable_http_client(SERVER, http_client=http) as (read, write, _),
            ClientSession(read, write) as session,
        ):
            await session.initialize()
            return await session.call_tool(tool, arguments)
    from mcp import Client

    async with Client(streamable_http_client(SERVER, http_client=http)) as client:
        return await client.call_tool(tool, arguments)


def provider(listener, port, known):
    redirect_uri = f"http://localhost:{port}/callback"
    return OAuthClientProvider(
        server_url=SERVER,
        client_metadata=OAuthClientMetadata(
            client_name="Agent",
            redirect_uris=[redirect_uri],
            grant_types=["authorization_code", "refresh_token"],
            token_endpoint_auth_method="none",
        ),
        storage=Storage(redirect_uri, known.get("client_id")),
        redirect_handler=ask_person,
        callback_handler=listener.answer,
        client_metadata_url=known.get("document"),
    )


async def answered(auth, todo):
    """Do what a line asks for."""
    moved[0] += todo.get("later", 0)
    try:
        async with create_mcp_http_client(auth=auth) as http:
            result = await call(http, todo["tool"], todo.get("arguments", {}))
        say(says=[each.text for each in result.content])
    except Exception as error:  # noqa: BLE001 - whatever it is, it is told
        say(failed=repr(error))


async def main():
    listener, auth = Listener(), None
    port = await listener.open()
    while line := await asyncio.to_thread(sys.stdin.readline):
        todo = json.loads(line)
        if "begin" in todo:
            auth = provider(listener, port, todo["begin"])
        else:
            await answered(auth, todo)


asyncio.run(main())
