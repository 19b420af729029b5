"""ministack, an AWS emulator, as a child process on loopback."""

import contextlib
import os
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

from tests.parts import missing

ROOT = Path(__file__).parents[2]
VENV = ROOT / ".venv-ministack"
INSTALL = (
    "python3 -m venv .venv-ministack && "
    ".venv-ministack/bin/pip install -r tests/parts/requirements-ministack.txt"
)
REGION = "us-east-1"
START_SECONDS = 20


def access_key() -> str:
    """Return this test worker's own access key: one key is one account, so workers never meet."""
    digits = "".join(filter(str.isdigit, os.environ.get("PYTEST_XDIST_WORKER", ""))) or "0"
    return f"{int(digits) + 1:012d}"


@contextlib.contextmanager
def running(log: Path, **environment: str) -> Iterator[str]:
    """Start ministack, yield its URL, end it. Its output goes to ``log``."""
    program = VENV / "bin" / "ministack"
    if not program.exists():
        missing("ministack", install=INSTALL)
    port = free_port()
    settings = {
        "PATH": os.environ["PATH"],
        "TMPDIR": str(log.parent),
        "BIND_HOST": "127.0.0.1",
        "GATEWAY_PORT": str(port),
        "IOT_MTLS_ENABLED": "0",
        "AWS_DEFAULT_REGION": REGION,
        "AWS_ACCESS_KEY_ID": access_key(),
        "AWS_SECRET_ACCESS_KEY": "test",
        "LOG_LEVEL": "WARNING",
    }
    with log.open("wb") as output:
        child = subprocess.Popen(
            [program], env=settings | environment, stdout=output, stderr=subprocess.STDOUT, cwd=log.parent
        )
        try:
            _await_port(port, child)
            yield f"http://127.0.0.1:{port}"
        finally:
            _end(child)


def free_port() -> int:
    """Return a port of loopback that nobody listens on."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


def _await_port(port: int, child: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and child.poll() is None:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        time.sleep(0.05)
    raise RuntimeError(f"ministack did not come up on port {port}")


def _end(child: subprocess.Popen[bytes]) -> None:
    child.terminate()
    try:
        child.wait(timeout=5)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()
