"""What is begun at a provider and finished here: ``state``, ``nonce`` and PKCE, each for one use (FD-1).

A flow is found only by its state, the browser that began it and its provider together: their hash is its key. So
another browser's link or another provider's answer finds nothing, and spends nothing.
"""

import hashlib
import re
from dataclasses import dataclass, replace
from typing import Literal

from chalicelib.errors import Invalid
from chalicelib.keys import pkce
from chalicelib.store import Insert, Key, Store
from chalicelib.store.records import is_good
from chalicelib.store.stored_values import StoredValue
from chalicelib.world import World

FLOW_SECONDS = 600
_SECRET = re.compile(r"[A-Za-z0-9_-]{43}")  # as World.secret gives it: 256 bits


@dataclass(frozen=True, slots=True)
class Flow(StoredValue):
    """What to do when the person comes back. A ``link`` is for one user in one session, a ``log_in`` for nobody yet.

    ``fresh`` where the provider was asked to authenticate the person again, whatever session it has with them.
    """

    provider: str
    purpose: Literal["log_in", "link"] = "log_in"
    return_to: str | None = None
    user_id: str | None = None
    session_id: str | None = None
    fresh: bool = False
    nonce: str = ""
    code_verifier: str = ""

    @property
    def code_challenge(self) -> str:
        """Return what the provider is shown of the verifier."""
        return pkce.code_challenge(self.code_verifier)


class Flows:
    """Begins flows, and gives each back once."""

    def __init__(self, store: Store, world: World) -> None:
        self._store = store
        self._world = world

    def begin(self, flow: Flow, *, browser: str) -> tuple[Flow, str]:
        """Keep a flow for ten minutes; return it with its secrets, and the ``state`` to find it by."""
        state = self._world.secret()
        flow = replace(flow, nonce=self._world.secret(), code_verifier=self._world.secret())
        key = _key(state=state, browser=browser, provider=flow.provider)
        self._store.commit(Insert(key, flow.data(), expires_at=self._world.timestamp() + FLOW_SECONDS))
        return flow, state

    def spend(self, *, state: str | None, browser: str | None, provider: str) -> Flow:
        """Return a flow to exactly one caller (ST-2); raise Invalid ``invalid_state`` to all others."""
        if not is_secret(state) or not is_secret(browser):
            raise _not_begun()
        key = _key(state=str(state), browser=str(browser), provider=provider)
        record = self._store.take(key, taker=self._world.identifier())
        if not is_good(record, FLOW_SECONDS, now=self._world.now()):
            raise _not_begun()
        return Flow.from_data(record.data)


def is_secret(text: str | None) -> bool:
    """Return whether a text has the form of our secrets: what has not costs no store request."""
    return text is not None and _SECRET.fullmatch(text) is not None


def _key(*, state: str, browser: str, provider: str) -> Key:
    return Key(f"flow#{hashlib.sha256(f'{state}.{browser}.{provider}'.encode()).hexdigest()}", "flow")


def _not_begun() -> Invalid:
    return Invalid(
        "This log-in was not begun in this browser, took longer than ten minutes, or is finished already: "
        "begin it again.",
        code="invalid_state",
    )
