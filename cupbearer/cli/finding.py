"""Which service a command works on: what the environment says, else the server that runs from this directory."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from cupbearer.cli.failures import Failure
from cupbearer.cli.output import note

if TYPE_CHECKING:
    from chalicelib.settings.settings import Settings
    from cupbearer.served import Served


def settings() -> "Settings":
    """Return the settings to work with. A given one wins; what a running server's word was used for is mentioned."""
    from chalicelib.settings.settings import parse

    # Set but empty is a default, but for the scopes: there it is a choice.
    given = {name: text for name, text in os.environ.items() if text or name == "CUPBEARER_DEFAULT_SCOPES"}
    server = _server(given)
    if server is None:
        return parse(given)
    from cupbearer.served import AT_IMPORT, MASTER_KEY

    if server.has_master_key and MASTER_KEY not in given:
        raise Failure(
            f"The server on port {server.port} was given {MASTER_KEY}, which is written nowhere: give it here too."
        )
    note(f"cupbearer: working on {server.issuer}, which runs here on {_short(server.store)}")
    if AT_IMPORT in server.settings:
        os.environ.setdefault(AT_IMPORT, server.settings[AT_IMPORT])
    return parse({**server.settings, **given})


def _server(given: Mapping[str, str]) -> "Served | None":
    """Return the running server that the environment does not speak against."""
    from chalicelib.settings.settings import parse
    from cupbearer import served

    alive, ended = served.running()
    for pid in ended:
        note(f"cupbearer: the server {pid} that ran here has ended without a word")
    fitting = [server for server in alive if _fits(server, given)]
    if len(fitting) > 1:
        usual = served.store_url(parse({}))
        fitting = [server for server in fitting if server.store == usual] or fitting
    if len(fitting) > 1:
        ports = ", ".join(f"PORT={server.port}" for server in fitting)
        raise Failure(
            f"More than one server runs from this directory: say which one is meant by one of {ports}."
        )
    return fitting[0] if fitting else None


def _fits(server: "Served", given: Mapping[str, str]) -> bool:
    from cupbearer.served import ISSUER, STORE

    store = given.get(STORE, "")
    path = store.removeprefix("sqlite:///")
    if path != store:
        store = f"sqlite:///{Path(path).absolute()}"
    said = {server.store: store, server.issuer: given.get(ISSUER), str(server.port): given.get("PORT")}
    return all(not says or says == is_so for is_so, says in said.items())


def _short(store: str) -> str:
    path = store.removeprefix("sqlite:///")
    return os.path.relpath(path) if path != store else store
