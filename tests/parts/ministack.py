"""ministack, an AWS emulator, as a child process on loopback."""

import contextlib
import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.parts import missing
from tests.parts.ports import free_port
from tests.support import children, patience

ROOT = Path(__file__).parents[2]
VENV = ROOT / ".venv-ministack"
INSTALL = (
    "python3 -m venv .venv-ministack && "
    ".venv-ministack/bin/pip install -r tests/parts/requirements-ministack.txt"
)
REGION = "us-east-1"
QUICK = Path(__file__).with_name("quick_ministack.py")


def access_key() -> str:
    """Return this test worker's own access key: one key is one account, so workers never meet."""
    digits = "".join(filter(str.isdigit, os.environ.get("PYTEST_XDIST_WORKER", ""))) or "0"
    return f"{int(digits) + 1:012d}"


@contextlib.contextmanager
def running(log: Path, *, whole: bool = False, **environment: str) -> Iterator[str]:
    """Start ministack, yield its URL, end it. Its output goes to ``log``.

    It runs behind a server that answers about twice as fast as its own. ``whole`` keeps its own, which API Gateway needs.
    """
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
    # -P: beside it lies a module of the emulator's name
    quick: list[str | Path] = [program.with_name("python"), "-P", QUICK, str(port)]
    with (
        log.open("wb") as output,
        children.running(
            [program] if whole else quick,
            end_by=signal.SIGKILL,  # it has nothing to lose
            env=settings | environment, stdout=output, stderr=subprocess.STDOUT, cwd=log.parent,
        ) as child,
    ):  # fmt: skip
        _await_port(port, child)
        yield f"http://127.0.0.1:{port}"


def _await_port(port: int, child: "subprocess.Popen[Any]") -> None:
    deadline = time.monotonic() + patience.SECONDS
    while time.monotonic() < deadline and child.poll() is None:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        time.sleep(0.05)
    raise RuntimeError(f"ministack did not come up on port {port}")
