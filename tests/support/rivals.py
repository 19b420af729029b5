"""A store with somebody who is quicker: before each commit another act comes first."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from chalicelib.store import Store, StoreUnavailable, Write
from chalicelib.wiring import using
from cupbearer.testing import AppUnderTest, QuickServices
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


@contextmanager
def reached_by(under_test: AppUnderTest, store: Store) -> Iterator[None]:
    """Let the app reach its store this way for a while."""
    services = under_test.services
    with using(QuickServices(services.settings, services.world, store=store)):
        yield
