"""Start the notes server of this folder, and Cupbearer beside it unless one runs here already: what ``make mcp`` does."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import urlopen

from cupbearer import served

HERE = Path(__file__).parent
PYTHON = HERE.parents[1] / ".venv-mcp" / "bin" / "python"
URL = f"http://localhost:{os.environ.get('MCP_PORT', '9000')}/mcp"
SCOPES = {"notes:read": "Read your notes", "notes:write": "Write notes for you"}

# For a Cupbearer that is started here: new people may let agents do all this.
SETTINGS = {"CUPBEARER_DEFAULT_SCOPES": f"get:profile {' '.join(SCOPES)}"}
NEXT = """
The notes server: {url}

1. Paste that address into your agent as a remote (HTTP) MCP server.
2. It opens {issuer} in your browser: sign up, log in, allow.
   An account made before needs the rights: .venv/bin/cupbearer users grant NAME {scopes}
3. Take it back, whenever you like: {issuer}/account, Applications with access.

Ctrl-C ends it."""


def main() -> int:
    """Run until a signal; end what was started here."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    started = []
    try:
        running, _ = served.running()
        if running:
            issuer = running[0].issuer
        else:
            started.append(_serve())
            issuer = json.loads(started[0].stdout.readline() or "{}").get("issuer")
            if issuer is None:
                return 1  # it has said why
        _register()
        started.append(
            subprocess.Popen([PYTHON, HERE / "server.py"], env={**os.environ, "ISSUER": issuer, "URL": URL})
        )
        _wait(started[-1])
        print(NEXT.format(url=URL, issuer=issuer, scopes=" ".join(SCOPES)), flush=True)
        return started[-1].wait()
    except KeyboardInterrupt:
        return 0
    finally:
        for child in started:
            child.terminate()
        for child in started:
            child.wait()


def _serve() -> "subprocess.Popen[str]":
    command = [sys.executable, "-m", "cupbearer.serve", "--json"]
    return subprocess.Popen(command, env=SETTINGS | os.environ, stdout=subprocess.PIPE, text=True)


def _wait(server: "subprocess.Popen[str]") -> None:
    """Return once the notes server answers, or has ended."""
    while server.poll() is None:
        try:
            urlopen(URL).close()
        except HTTPError:
            return  # it wants a token
        except OSError:
            time.sleep(0.1)


def _register() -> None:
    """Tell Cupbearer of the notes server: its address, and what its scopes let an agent do."""
    said = [word for scope, words in SCOPES.items() for word in ("--scope", f"{scope}={words}")]
    command = [sys.executable, "-m", "cupbearer.cli", "resources"]
    known = subprocess.run([*command, "show", URL], capture_output=True, check=False).returncode == 0
    how = ["update"] if known else ["create"]
    subprocess.run(
        [*command, *how, URL, "--name", "Notes", "--for-any-client", *said, "--json"],
        stdout=subprocess.DEVNULL,
        check=True,
    )


if __name__ == "__main__":
    sys.exit(main())
