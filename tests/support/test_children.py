"""Nothing that a test has started outlives a test run that is killed."""

import os
import signal
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
PARENT = """
import sys, time
from tests.support import children
with children.running([sys.executable, "-c", "import time; time.sleep(3600)"]):
    print("up", flush=True)  # said by the parent: a child can be up before its parent has told anybody of it
    time.sleep(3600)
"""


def test_a_child_ends_when_its_parent_is_killed() -> None:
    parent = subprocess.Popen(
        [sys.executable, "-c", PARENT],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert parent.stdout is not None
    with parent.stdout as shared:
        assert shared.readline() == "up\n"
        parent.send_signal(signal.SIGKILL)
        parent.wait()
        assert shared.read() == ""  # its other end is closed: the child, which had it too, has gone
