"""The few threads that hash: a bound on memory, a line with an end, and a fork that goes on (DS-1)."""

import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from chalicelib.credentials import hashing_threads
from chalicelib.credentials.hashing_threads import HashingThreads
from chalicelib.errors import Unavailable

ROOT = Path(__file__).parents[2]
MAX_MIB = 130

EVERYBODY_LOGS_IN = """
import re, sys, tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
import app
from chalicelib.credentials import hashing_threads
from chalicelib.credentials.passwords import Passwords
from chalicelib.wiring import services
hashing_threads.HASH_WAIT_SECONDS = 600  # what is looked at is memory, on however busy a machine
passwords = Passwords(services().world, min_length=8)
hashed = passwords.hash("a long enough phrase")
with ThreadPoolExecutor(16) as people:
    assert all(people.map(lambda _: passwords.verify("a long enough phrase", hashed).ok, range(48)))
print(int(re.search(r"VmHWM:\\s+([0-9]+) kB", Path("/proc/self/status").read_text())[1]) // 1024)
"""

A_CHILD_HASHES = """
import os
from chalicelib.credentials.passwords import Passwords
from chalicelib.world import SYSTEM
passwords = Passwords(SYSTEM, min_length=8)
hashed = passwords.hash("a long enough phrase")
child = os.fork()
if child == 0:
    os._exit(0 if passwords.verify("a long enough phrase", hashed).ok else 1)
print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), passwords.verify("a long enough phrase", hashed).ok)
"""


A_CHILD_HASHES_WHILE_ITS_PARENT_LOADS = """
import os, sys, threading
from passlib.context import CryptContext
from passlib.handlers.argon2 import argon2
from chalicelib.credentials.passwords import Passwords
from chalicelib.world import SYSTEM
passwords = Passwords(SYSTEM, min_length=8)
loading = threading.Event()
def stay(frame, event, _):
    if event == "call" and frame.f_code is CryptContext.__init__.__code__:
        loading.set()
        threading.Event().wait()
def first():
    sys.setprofile(stay)
    passwords.check_import("$argon2id$")
threading.Thread(target=first, daemon=True).start()
loading.wait()
child = os.fork()
if child == 0:
    os._exit(0 if passwords.hash("a long enough phrase") else 1)
print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
os._exit(0)
"""


def printed(code: str) -> str:
    environ = {"PYTHONPATH": str(ROOT), "CUPBEARER_STORE": "sqlite:////nonexistent/never-used.db"}
    run = subprocess.run(
        [sys.executable, "-c", code], env=environ, capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stderr
    return run.stdout.strip()


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="the peak of memory is read from /proc")
def test_sixteen_people_logging_in_at_once_leave_the_process_below_130_mib() -> None:
    assert int(printed(EVERYBODY_LOGS_IN)) <= MAX_MIB


def test_a_forked_process_hashes_with_threads_of_its_own() -> None:
    assert printed(A_CHILD_HASHES) == "0 True"


def test_a_process_forked_while_another_thread_loads_what_hashes_hashes() -> None:
    """The lock is a new one: whoever held it does not live in the child."""
    assert printed(A_CHILD_HASHES_WHILE_ITS_PARENT_LOADS) == "0"


def test_no_more_run_at_once_than_there_are_threads_and_the_line_has_an_end(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(hashing_threads, "HASH_WAIT_SECONDS", 0.05)
    threads, begun, end = HashingThreads(2), threading.Semaphore(0), threading.Event()

    def work() -> bool:
        begun.release()
        return end.wait(30)

    with ThreadPoolExecutor(2) as people:
        running = [people.submit(threads.run, work) for _ in range(2)]
        for _ in running:
            begun.acquire()
        with pytest.raises(Unavailable):
            threads.run(int)
        end.set()
        assert [one.result() for one in running] == [True, True]
    assert threads.run(int, "7") == 7


def test_what_the_work_raises_is_raised_and_frees_its_place() -> None:
    threads = HashingThreads(1)
    for _ in range(3):
        with pytest.raises(ValueError, match="invalid literal"):
            threads.run(int, "seven")
    assert threads.run(int, "7") == 7
