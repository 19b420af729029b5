"""What a server says when it begins: where it is, what it serves, and what to do next."""

import json
import os
import sys
from pathlib import Path

from chalicelib.settings.settings import from_environment
from cupbearer import served
from cupbearer.local_server import Server

HERE = ("127.0.0.1", "::1", "0.0.0.0", "::")  # noqa: S104 - compared, not listened on


def announce(server: Server, *, as_json: bool) -> None:
    """Print what is served, and leave word of it for the command line."""
    chosen = from_environment()
    served.leave(chosen, os.environ, port=server.server_port)
    host = "localhost" if server.server_name in HERE else server.server_name
    url = f"http://{f'[{host}]' if ':' in host else host}:{server.server_port}"
    store = f"{'sqlite:///' if chosen.store_engine == 'sqlite' else 'dynamodb://'}{chosen.store_name}"
    if as_json:
        facts = {
            "url": url,
            "issuer": chosen.issuer,
            "store": store,
            "pid": os.getpid(),
            "port": server.server_port,
        }
        print(json.dumps(facts), flush=True)
        return
    print(f"Cupbearer serves {url} from {store} (Ctrl-C ends it)")
    path = "cats" if chosen.samples else "health"
    print(f"Try:  curl {url}/{path}   Then, in another terminal:  {_command()} demo", flush=True)
    if chosen.mail == "console:":
        print(f"Mail is not sent but shown: {url}/outbox", flush=True)


def _command() -> str:
    """Return how the command line is called here."""
    script = Path(sys.executable).with_name("cupbearer")
    if not script.exists():
        return "python -m cupbearer.cli"
    return os.path.relpath(script) if script.is_relative_to(Path.cwd()) else "cupbearer"
