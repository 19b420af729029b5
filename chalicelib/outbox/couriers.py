"""Who delivers once an act is done: a Lambda function of this app, or on a laptop a thread."""

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from chalicelib import logs
from chalicelib.store import StoreUnavailable
from chalicelib.world import World

LONGEST_WAIT_SECONDS = 300  # between two looks at what is due: a clock may be set meanwhile
ANSWER_FIRST_SECONDS = (
    0.1  # the answer to who asked is out before work begins that a decoy does not need (EN-3)
)
TROUBLE_SECONDS = 10  # before another look at a store that is in trouble


@dataclass(frozen=True, slots=True)
class FunctionCourier:
    """Leaves the lines to a function; ``member`` of its event names them."""

    call: Callable[[Mapping[str, Any]], None]
    member: str = "lines"

    def __call__(self, lines: tuple[str, ...]) -> None:
        """Tell the function which lines are new."""
        self.call({self.member: list(lines)})


@dataclass(slots=True)
class ThreadCourier:
    """Delivers in one thread of this process, which begins with the first line and also sees to what is tried again.

    ``deliver`` delivers what is due; ``next_due`` tells when there will be more.
    """

    world: World
    deliver: Callable[[], object]
    next_due: Callable[[], int | None]
    name: str = "mail"
    _wanted: threading.Event = field(default_factory=threading.Event, init=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, init=False)
    _thread: threading.Thread | None = field(default=None, init=False)

    def __call__(self, lines: tuple[str, ...] = ()) -> None:  # noqa: ARG002 - it delivers whatever is due
        """Wake the thread."""
        with self._lock:
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._run, name=f"cupbearer-{self.name}", daemon=True)
                self._thread.start()
        self._wanted.set()

    def _run(self) -> None:
        wait: float | None = None
        while True:
            if self._wanted.wait(wait):
                self.world.sleep(ANSWER_FIRST_SECONDS)
            self._wanted.clear()
            wait = self._delivered()

    def _delivered(self) -> float | None:
        """Deliver; return for how many seconds there is nothing to do, None where that is until somebody asks."""
        try:
            self.deliver()
            due = self.next_due()
        except StoreUnavailable:
            return TROUBLE_SECONDS
        except Exception:  # noqa: BLE001 - whatever it was, lines of later acts must leave
            logs.trouble(f"{self.name}_delivery_failed")
            return TROUBLE_SECONDS
        if due is None:
            return None
        return min(max(1.0, due - self.world.now()), LONGEST_WAIT_SECONDS)
