"""Lost races without luck: services whose store lets another act just before a commit."""

from collections.abc import Callable
from typing import Any

from chalicelib.store import Store, Write
from chalicelib.wiring import Services
from cupbearer.testing import QuickServices

Act = Callable[[], object]


class Meanwhile:
    """A real store. Before each commit that ``matters`` the next of ``acts`` happens, by somebody else."""

    def __init__(self, store: Store, acts: list[Act], matters: Callable[[Write], bool]) -> None:
        self._store = store
        self._acts = acts
        self._matters = matters

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    def commit(self, *writes: Write) -> None:
        if self._acts and any(map(self._matters, writes)):
            self._acts.pop(0)()
        self._store.commit(*writes)


def overtaken(
    services: Services, *acts: Act, matters: Callable[[Write], bool] = lambda _: True
) -> QuickServices:
    """Return the same services for a caller whom these acts overtake, one for each commit."""
    store: Any = Meanwhile(services.store, list(acts), matters)
    return QuickServices(services.settings, services.world, store=store)
