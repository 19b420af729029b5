"""A store with somebody who is quicker: before each commit another act comes first."""

from collections.abc import Callable

from chalicelib.store import Store, StoreUnavailable, Write
from cupbearer.testing import AppUnderTest
from tests.support.keys_world import Line


class Rival(Line):
    """The way to a real store on which ``act`` happens before each commit; its own commits pass."""

    def __init__(self, store: Store, act: Callable[[], object]) -> None:
        super().__init__(store)
        self.act = act
        self.acting = False

    def commit(self, *writes: Write) -> None:
        if not self.acting:
            self.acting = True
            self.act()
            self.acting = False
        super().commit(*writes)


class OneCommit(Line):
    """The way to a real store that is lost after one commit."""

    def __init__(self, store: Store) -> None:
        super().__init__(store)
        self.done = False

    def commit(self, *writes: Write) -> None:
        if self.done:
            raise StoreUnavailable("lost")
        self.done = True
        super().commit(*writes)


def sessions_over(under_test: AppUnderTest, store: Store) -> None:
    """Let the sessions of the app reach their store this way."""
    under_test.services.authentication.sessions._store = store
